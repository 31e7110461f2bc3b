"""What can still be read of a lake that is damaged, file by file, without a catalog.

A catalog reads all of a table or none of it. To say whom a damaged file concerns, what the other
files hold is enough.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from catalog.tables import SPECS
from core.datasets.layout import objects_of
from core.tracking.storage import SCHEME, digest_of
from lake.errors import LakeError, SchemaError
from lake.table import is_segment, journal_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lake.lake import Lake
    from lake.table import Table

_COLUMNS: Final = {
    "experiments": ("experiment_id", "experiment_name"),
    "runs": ("run_id", "run_name", "experiment_id", "experiment_name", "environment", "metrics"),
    "metrics": ("run_id",),
    "artifacts": ("artifact_id", "run_id", "path", "digest", "uri", "deleted", "event_at"),
    "dataset_versions": ("version_id", "dataset_name", "version", "storage_uri"),
    "drift_reports": ("report_id", "version1", "version2", "digest", "attachments", "deleted"),
    "eda_reports": ("report_id", "version", "digest"),
    "jobs": ("job_id", "title", "result"),
    "model_versions": ("model_id", "model_name", "version", "digest"),
    "model_evaluations": ("evaluation_id", "model_name", "version", "name", "digest"),
    "model_reports": ("report_id", "model_name", "version", "digest"),
    "model_cards": ("card_id", "model_name", "version", "card_number", "digest"),
    # after the versions, whose names its edges are told by
    "data_lineage": ("lineage_id", "input_version_id", "output_version_id", "transformation_code"),
}
_IDS: Final = {
    "experiments": "experiment_id",
    "dataset_versions": "version_id",
    "drift_reports": "report_id",
    "model_cards": "card_id",
    "eda_reports": "report_id",
    "data_lineage": "lineage_id",
    "jobs": "job_id",
    "model_versions": "model_id",
    "model_evaluations": "evaluation_id",
    "model_reports": "report_id",
}


@dataclass(slots=True)
class KnownRun:
    """What the readable rows say of a run."""

    name: str = ""
    experiment: str = ""
    has_metrics: bool = False


@dataclass(slots=True)
class _Objects:
    """What is told of objects by several rows, of which the last one counts.

    `artifacts` by id, `layouts` with their versions, and the files of `reports` by digest, "" being
    the report itself; None when it was deleted.
    """

    artifacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    layouts: dict[str, str] = field(default_factory=dict)
    reports: dict[str, dict[str, str] | None] = field(default_factory=dict)


@dataclass(slots=True)
class KnownRows:
    """What could be read.

    `runs` by id, names of `experiments`, dataset `versions`, `reports` of drift, `analyses`,
    `jobs`, `edges` of lineage, `models`, their `evaluations`, `cards` and reports (`followed`), by
    id.
    `owners` is what refers to an object, and of which run, by digest. `ids` are the ids of runs (or
    of what else has rows of its own) that occur in a table, and `in_file` those in one file.
    """

    runs: dict[str, KnownRun] = field(default_factory=dict)
    experiments: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    reports: dict[str, str] = field(default_factory=dict)
    cards: dict[str, str] = field(default_factory=dict)
    analyses: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    edges: dict[str, str] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    evaluations: dict[str, str] = field(default_factory=dict)
    followed: dict[str, str] = field(default_factory=dict)
    owners: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    ids: dict[str, set[str]] = field(default_factory=dict)
    in_file: dict[str, set[str]] = field(default_factory=dict)
    whole: bool = True

    def of_journal(self, journal: str) -> set[str]:
        """Return the runs with rows in the segments that were made from a journal."""
        together = [
            ids
            for key, ids in self.in_file.items()
            if key.split("/")[1] not in _IDS and journal_of(key.rpartition("/")[2]) == journal
        ]
        return set().union(*together) if journal else set()


def read_known_rows(lake: Lake, tables: Iterable[str] = tuple(_COLUMNS)) -> KnownRows:
    """Read what can be read of these tables, or of some of them."""
    known = KnownRows(ids={name: set() for name in _COLUMNS})
    objects = _Objects()
    for name in tables:
        for key, rows in _readable(lake, lake.table(name), known):
            known.in_file[key] = _take(name, rows, known, objects)
        _take(name, list(_live_rows(lake, name)), known, objects)
    for artifact in objects.artifacts.values():
        if not artifact["deleted"] and str(artifact["uri"]).startswith(SCHEME):
            owner = (f"artifact {artifact['path']}", artifact["run_id"])
            known.owners.setdefault(artifact["digest"], []).append(owner)
    for report_id, files in objects.reports.items():
        name = known.reports[report_id]
        for digest, file in (files or {}).items():
            what = f"{file} of {name}" if file else name
            known.owners.setdefault(digest, []).append((what, ""))
    for layout, version_id in objects.layouts.items():
        _take_layout(lake, layout, known.versions[version_id], known)
    return known


def _take_layout(lake: Lake, layout: str, version: str, known: KnownRows) -> None:
    """Take in the objects that a version of a dataset is made of."""
    known.owners.setdefault(layout, []).append((f"the layout of {version}", ""))
    try:
        pieces = list(objects_of(lake.objects.get(layout)))
    except LakeError:
        return  # it is found to be damaged or missing itself
    for piece in pieces:
        known.owners.setdefault(piece, []).append((version, ""))


def _readable(
    lake: Lake, table: Table, known: KnownRows
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    from lake.segment import decode  # with Arrow

    columns = _COLUMNS[table.spec.name]
    for key in _files(table, known):
        try:
            rows = decode(lake.checked.path(key), table.spec, columns=columns)
            yield key, _distinct(rows).to_pylist(maps_as_pydicts="lossy")
        except (LakeError, ValueError):  # ValueError: text that is no text
            known.whole = False


def _distinct(rows: Any) -> Any:
    """Leave out what is there many times: millions of points are of few runs."""
    return rows.group_by(rows.column_names).aggregate([]) if rows.num_columns == 1 else rows


def _files(table: Table, known: KnownRows) -> tuple[str, ...]:
    try:
        return table.snapshot().files
    except LakeError:
        known.whole = False  # the manifest is damaged: all files there are, also replaced ones
        data = [table.data_key(e.name) for e in table.data_entries() if is_segment(e.name)]
        tail = table.store.list(f"{table.folder}/tail")
        return (*data, *(table.tail_key(e.name) for e in tail if is_segment(e.name)))


def _live_rows(lake: Lake, name: str) -> Iterator[dict[str, Any]]:
    from lake.recover import JournalReader  # with Arrow

    try:
        update = JournalReader(lake.journal.folder, {name: SPECS[name]}).poll()
    except (LakeError, SchemaError):
        return
    if name in update.tables:
        chosen = update.tables[name].select(list(_COLUMNS[name]))
        yield from chosen.to_pylist(maps_as_pydicts="lossy")


def _take(name: str, rows: list[dict[str, Any]], known: KnownRows, objects: _Objects) -> set[str]:
    """Take rows in; the ids of the runs, or experiments, or versions, they are of."""
    column = _IDS.get(name, "run_id")
    found = {row[column] for row in rows if row[column]}
    known.ids[name] |= found
    taken = {"runs": _take_run, "data_lineage": _take_edge, "jobs": _take_job}
    for row in rows:
        if name == "experiments":
            known.experiments[row["experiment_id"]] = row["experiment_name"]
        elif name in taken:
            taken[name](row, known)
        elif name == "dataset_versions":
            _take_version(row, known, objects.layouts)
        elif name in {"drift_reports", "eda_reports"}:
            _take_report(row, known, objects.reports)
        elif name in {"model_versions", "model_evaluations", "model_reports", "model_cards"}:
            _take_model(row, known)
        elif name == "artifacts":
            before = objects.artifacts.get(row["artifact_id"])
            if before is None or (row["event_at"] or 0) >= (before["event_at"] or 0):
                objects.artifacts[row["artifact_id"]] = row
    return found


def _take_version(row: dict[str, Any], known: KnownRows, layouts: dict[str, str]) -> None:
    version_id, uri = row["version_id"], str(row["storage_uri"] or "")
    if row["dataset_name"]:
        name = f"version {row['version']} of dataset {row['dataset_name']!r} ({version_id})"
        known.versions[version_id] = name
    known.versions.setdefault(version_id, f"dataset version {version_id}")
    if uri.startswith(SCHEME):
        layouts[digest_of(uri)] = version_id


def _take_report(
    row: dict[str, Any], known: KnownRows, reports: dict[str, dict[str, str] | None]
) -> None:
    report_id = row["report_id"]
    if "version" in row:
        known.analyses[report_id] = f"the analysis of {row['version']} ({report_id})"
        known.owners.setdefault(row["digest"], []).append((known.analyses[report_id], ""))
        return
    if row["version1"]:
        between = f"{row['version1']} and {row['version2']}"
        known.reports[report_id] = f"the report of drift between {between} ({report_id})"
    known.reports.setdefault(report_id, f"the report of drift {report_id}")
    files = reports.setdefault(report_id, {})
    if row["deleted"]:
        reports[report_id] = None  # for good: its files may go
    elif files is not None:
        files |= {row["digest"]: ""} if row["digest"] else {}
        files |= {digest: name for name, digest in (row["attachments"] or {}).items()}


def _take_model(row: dict[str, Any], known: KnownRows) -> None:
    """Take in a version of a model, or an evaluation, a report or a card of one."""
    name = f"version {row['version']} of model {row['model_name']!r}"
    if "card_id" in row:
        name = f"card {row['card_number']} of {name}"
        if row["digest"]:  # else it is published, which has no name
            known.cards[row["card_id"]] = name
        known.cards.setdefault(row["card_id"], f"the model card {row['card_id']}")
    elif "evaluation_id" in row:
        name = f"the evaluation {row['name']} of {name}"
        known.evaluations[row["evaluation_id"]] = name
    elif "report_id" in row:
        name = f"a report on {name} in service"
        known.followed[row["report_id"]] = name
    elif row["version"]:
        known.models[row["model_id"]] = name
    else:  # an edit, which has no label
        known.models.setdefault(row["model_id"], f"a version of model {row['model_name']!r}")
    if row["digest"]:
        known.owners.setdefault(row["digest"], []).append((name, ""))


def _take_job(row: dict[str, Any], known: KnownRows) -> None:
    """Take in a job; its title may be in another row than what came of it."""
    if row["title"]:
        known.jobs[row["job_id"]] = f"the job {row['title']!r} ({row['job_id']})"
    name = known.jobs.setdefault(row["job_id"], f"the job {row['job_id']}")
    try:
        digest = json.loads(row["result"] or "{}").get("report")
    except ValueError:
        known.whole = False
        return
    if digest:
        known.owners.setdefault(digest, []).append((f"the report of {name}", ""))


def _take_edge(row: dict[str, Any], known: KnownRows) -> None:
    ends = [row[column] for column in ("input_version_id", "output_version_id")]
    before, after = (known.versions.get(end, str(end)) for end in ends)
    known.edges[row["lineage_id"]] = f"the lineage from {before} to {after}"
    if row["transformation_code"]:
        owner = (f"the code that made {after}", "")
        known.owners.setdefault(row["transformation_code"], []).append(owner)


def _take_run(row: dict[str, Any], known: KnownRows) -> None:
    run = known.runs.setdefault(row["run_id"], KnownRun())
    run.name = row["run_name"] or run.name
    run.experiment = row["experiment_name"] or run.experiment
    run.has_metrics |= bool(row["metrics"])
    if row["experiment_id"] and row["experiment_name"]:
        known.experiments.setdefault(row["experiment_id"], row["experiment_name"])
    if row["environment"]:
        owner = ("the surroundings", row["run_id"])
        owners = known.owners.setdefault(row["environment"], [])
        if owner not in owners:
            owners.append(owner)
