"""Prove a lake, and say whom each damaged file concerns."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from catalog.tables import SPECS
from core.maintenance.rows import KnownRows, read_known_rows
from lake.errors import LakeError
from lake.inventory import take_inventory
from lake.lake import Lake
from lake.objects import object_key
from lake.problem import Problem
from lake.quarantine import given_up
from lake.spec import ROLLUPS
from lake.table import is_sentinel, journal_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lake.verify import Level, Progress

_NAMED: Final = 5
# What to do about a problem, by its kind (lake/problem.py).
_REPAIR: Final = "Run `mhras verify --repair`, with --from and a copy of the lake if there is one."
_ADVICE: Final = {
    "name": "Move the file out of the lake unless you know where it comes from.",
    "sentinel": "Run `mhras verify --repair`, which writes it anew.",
    "inventory": "Run `mhras verify --repair`; the next proof takes a new one.",
    "spare": "Run `mhras verify --repair`, which copies the manifest again.",
    "export": "Run `mhras export catalog`, which makes it again.",
    "journal": "Its other rows are read all the same: correct or remove the line.",
    "unreadable": "Check permissions and the disk, then verify again.",
}
# Whom a file outside of the tables concerns, by its folder.
_CONCERNS: Final = {
    "lake.json": "the whole lake",
    "backup": "rows of a writer that was living when this copy was made",
    "journal": "rows that a writer has just logged, which are passed over",
    "catalog.duckdb": "SQL views outside of this library",
    "catalog.sql": "SQL views outside of this library",
}
# tables whose rows name objects
_NAMING: Final = (
    *("runs", "artifacts", "dataset_versions", "drift_reports", "data_lineage"),
    *("model_versions", "model_evaluations", "model_reports", "model_cards"),
    *("eda_reports", "jobs"),
)


class HasLake(Protocol):
    """A workbench, a catalog, or whatever else has a lake."""

    lake: Lake


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A problem, whom it concerns in words, and the ids of all runs it concerns."""

    problem: Problem
    affects: tuple[str, ...]
    run_ids: tuple[str, ...] = ()

    @property
    def advice(self) -> str:
        """What to do about it."""
        return _ADVICE.get(self.problem.kind, _REPAIR)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What is wrong with a lake, the first problem of each file that has any.

    `given_up` is what repairs could not save: keys and reasons. `recorded` says that what is there
    was noted down, so that what gets lost later is noticed. `bytes` are those of the `files` that
    were read to their end.
    """

    level: str
    findings: tuple[Finding, ...]
    given_up: dict[str, str]
    recorded: bool
    files: int = 0
    bytes: int = 0
    seconds: float = 0.0

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems alone."""
        return tuple(finding.problem for finding in self.findings)


def verify_lake(
    source: HasLake | Lake,
    *,
    level: Level = "structure",
    record: bool = True,
    progress: Progress | None = None,
) -> VerifyReport:
    """Prove that a lake holds what it says it holds.

    Beyond `lake.verify` it looks for the objects that runs and artifacts name. Where nothing is
    wrong, `record` leaves an inventory in the lake, by which the next proof finds what is gone.
    `progress` is called with what is looked at, and the share that is done, from 0 to 1.

    >>> import tempfile
    >>> from core import Workbench
    >>> with tempfile.TemporaryDirectory() as folder, Workbench(folder + "/lake") as wb:
    ...     verify_lake(wb, level="content").problems
    ()
    """
    from lake.verify import prove  # with Arrow's types

    started = time.monotonic()
    lake = source if isinstance(source, Lake) else source.lake
    lake.define(*SPECS.values())
    proof = prove(lake.store, lake.specs.values(), level, progress=progress)
    problems = list(proof.problems)
    known = read_known_rows(lake, _NAMING)
    problems += _missing_objects(lake, known)
    if problems:
        known = read_known_rows(lake)  # also the points, of which there are many
    lost = given_up(lake.store)
    first = {problem.path: problem for problem in reversed(problems)}
    findings = tuple(
        _finding(first[path], known, lake) for path in sorted(first) if path not in lost
    )
    recorded = record and not findings and _record(lake)
    return VerifyReport(
        level=level,
        findings=findings,
        given_up=lost,
        recorded=recorded,
        files=proof.files,
        bytes=proof.bytes,
        seconds=time.monotonic() - started,
    )


def _record(lake: Lake) -> bool:
    try:
        take_inventory(lake.store)
    except LakeError:  # a lake that cannot be written can be proved all the same
        return False
    return True


def _missing_objects(lake: Lake, known: KnownRows) -> Iterator[Problem]:
    if not known.whole:
        return  # rows that cannot be read may have deleted what others name
    present = set(lake.objects.all())
    for digest in sorted(known.owners.keys() - present):
        detail = "absent, but named by a row"
        yield Problem(kind="missing", path=object_key(digest), detail=detail)


def _finding(problem: Problem, known: KnownRows, lake: Lake) -> Finding:
    parts = problem.path.split("/")
    if parts[0] == "objects":
        owners = known.owners.get(parts[-1], [])
        runs = tuple(dict.fromkeys(run_id for _, run_id in owners if run_id))
        phrases = [
            f"{what} of {_run(run_id, known)}" if run_id else what for what, run_id in owners
        ]
        return Finding(problem=problem, affects=_short(phrases), run_ids=runs)
    if parts[0] == "tables" and parts[3:4] == [ROLLUPS]:
        affects = f"a summary of {parts[1]}: nothing is lost, and a repair makes it again"
        return Finding(problem=problem, affects=(affects,))
    if parts[0] == "tables" and parts[2] in {"data", "tail"} and not is_sentinel(parts[-1]):
        return _of_table(problem, parts[1], known)
    return Finding(problem=problem, affects=(_of_the_rest(parts, known, lake),))


def _of_table(problem: Problem, table: str, known: KnownRows) -> Finding:
    ids = sorted(_ids_in(problem.path, table, known))
    if not ids:
        unknown = f"rows of the table {table}, nobody can tell which"
        return Finding(problem=problem, affects=(unknown,))
    if table == "experiments":
        names = [f"experiment {known.experiments.get(i, i)!r}" for i in ids]
        return Finding(problem=problem, affects=_short(names))
    named = {
        "dataset_versions": known.versions,
        "drift_reports": known.reports,
        "model_cards": known.cards,
        "eda_reports": known.analyses,
        "data_lineage": known.edges,
        "jobs": known.jobs,
        "model_versions": known.models,
        "model_evaluations": known.evaluations,
        "model_reports": known.followed,
    }
    if table in named:
        return Finding(problem=problem, affects=_short(named[table][i] for i in ids))
    phrases = [f"{table} of {_run(run_id, known)}" for run_id in ids]
    return Finding(problem=problem, affects=_short(phrases), run_ids=tuple(ids))


def _ids_in(path: str, table: str, known: KnownRows) -> set[str]:
    """Find the runs (or experiments) with rows in a file: in itself, in what was written with it,
    or because they should have rows in this table, and have none that can be read.
    """
    if known.in_file.get(path):
        return known.in_file[path]
    together = known.of_journal(journal_of(path.rpartition("/")[2]))
    if together and table in {"runs", "metrics", "artifacts"}:
        return together
    if table == "experiments":
        return known.experiments.keys() - known.ids["experiments"]
    if table == "metrics":
        return {i for i, run in known.runs.items() if run.has_metrics} - known.ids["metrics"]
    if table == "runs":
        return (known.ids["metrics"] | known.ids["artifacts"]) - known.ids["runs"]
    return set()


def _run(run_id: str, known: KnownRows) -> str:
    run = known.runs.get(run_id)
    if run is None or not run.name:
        return f"run {run_id}"
    return f"run {run.name!r} of experiment {run.experiment!r} ({run_id})"


def _short(phrases: Iterable[str]) -> tuple[str, ...]:
    """Name the first few, and count the others."""
    every = tuple(dict.fromkeys(phrases))
    more = len(every) - _NAMED
    return every if more <= 0 else (*every[:_NAMED], f"and {more} more")


def _of_the_rest(parts: list[str], known: KnownRows, lake: Lake) -> str:
    if parts[0] == "tables":
        return _beside_rows(parts, lake)
    if parts[:2] == ["claims", "experiments"]:
        for name in known.experiments.values():
            if claim_file(name) == parts[-1]:
                return f"the name of experiment {name!r}"
        return "the name of an experiment"
    return _CONCERNS.get(parts[0], "nothing else")


def _beside_rows(parts: list[str], lake: Lake) -> str:
    if parts[2] == "spare":
        return "nothing, while the manifest it is a copy of is sound"
    if parts[2] == "log":
        last = parts[-1] == f"{_last_version(lake, parts[1]):012d}.json"
        return f"all rows of the table {parts[1]}" if last else f"the history of {parts[1]}"
    return f"SQL views of the table {parts[1]} outside of this library"


def _last_version(lake: Lake, table: str) -> int:
    from lake.manifest import ManifestLog

    log = ManifestLog(lake.store, f"tables/{table}/log")
    return max([*log.versions(), *log.spares()], default=0)


def claim_file(name: str) -> str:
    """Return the file name of the claim of a name."""
    return f"{hashlib.sha256(name.encode()).hexdigest()[:40]}.json"
