"""Runs as documents: a list of them, some side by side, and one whole."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from catalog.direction import lower_is_better
from core.charts.bars import histogram
from core.charts.curves import curve_rows
from core.charts.export import with_data
from core.charts.lines import metric_curves
from core.render.blocks import Badge, Chart, Code, Document, Section, Table, Text
from core.tracking.compare import compare_runs
from core.tracking.run import encode_param

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from core.render.blocks import Block, Cell, Level
    from core.tracking.reader import RunReader
    from core.tracking.run import Run

MOST_ROWS: Final = 1000  # of a list
MOST_CURVES: Final = 12  # of one run
_LEVELS: Final[dict[str, Level]] = {"FINISHED": "good", "FAILED": "bad", "RUNNING": "info"}


def runs_document(
    runs: pa.Table, *, asked: str, matching: int, metric_name: str | None = None
) -> Document:
    """Describe runs as `RunBoard.search_runs_arrow` gives them; `asked` is what was asked for.

    >>> import pyarrow as pa
    >>> names = ("run_id", "run_name", "experiment_name", "status", "actor")
    >>> table = pa.table({**{n: ["FINISHED"] for n in names}, "start_time": [None],
    ...                   "duration": [1.5], "metrics.auc": [0.7]})
    >>> runs_document(table, asked="all runs", matching=1, metric_name="auc").facts[0]
    ('Runs that match', 1)
    """
    shown = runs.slice(0, MOST_ROWS)
    labels = [name for name in runs.column_names if "." in name]
    rows = [_row(run, labels) for run in shown.to_pylist()]
    headings = ["run", "experiment", "status", "started (UTC)", "took (s)", *labels, "who"]
    caption = "" if shown.num_rows == matching else f"{shown.num_rows:,} of {matching:,} runs."
    status = runs.column("status").to_pylist()
    facts: list[tuple[str, Cell]] = [
        ("Runs that match", matching),
        ("Finished", status.count("FINISHED")),
        ("Failed", status.count("FAILED")),
    ]
    summary: list[Block] = []
    values = _finite(runs, metric_name)
    if metric_name is not None and values:
        low = lower_is_better(metric_name)
        word = "Lowest" if low else "Highest"
        facts.append((f"{word} {metric_name}", (min if low else max)(values)))
        spec = histogram(f"Distribution of {metric_name}", value=metric_name)
        summary.append(Chart(with_data(spec, [{"value": value} for value in values])))
    return Document(
        "Runs",
        subtitle=asked,
        facts=facts,
        summary=summary,
        sections=[Section("All runs", blocks=[Table(headings, rows=rows, caption=caption)])],
    )


def _row(run: Mapping[str, Any], labels: Sequence[str]) -> list[Cell]:
    started = run["start_time"]
    return [
        run["run_name"],
        run["experiment_name"],
        Badge(run["status"], level=_LEVELS.get(run["status"], "neutral")),
        None if started is None else f"{started:%Y-%m-%d %H:%M:%S}",
        run["duration"],
        *(run[label] for label in labels),
        run["actor"],
    ]


def _finite(runs: pa.Table, metric_name: str | None) -> list[float]:
    label = f"metrics.{metric_name}"
    if label not in runs.column_names:
        return []
    return [v for v in runs.column(label).to_pylist() if v is not None and math.isfinite(v)]


def comparison_document(
    names: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]], *, asked: str, note: str = ""
) -> Document:
    """Describe runs side by side: `rows` has a label and a text for each of the names.

    >>> comparison_document(["a", "b"], [("depth", ["2", "4"])], asked="two runs").title
    'Runs side by side'
    """
    blocks: list[Block] = []
    if rows:
        blocks.append(Table(["", *names], rows=[[label, *texts] for label, texts in rows]))
    else:
        blocks.append(Text("Nothing differs: the same params, tags and metrics."))
    if note:
        blocks.append(Text(note, style="note"))
    return Document(
        "Runs side by side",
        subtitle=asked,
        facts=[("Runs", len(names)), ("Lines that differ", len(rows))],
        sections=[Section("What differs", blocks=blocks)],
    )


def run_document(reader: RunReader, run_id: str) -> Document:
    """Describe one run: what it was given, what came out, its curves and files.

    Raises RunNotFoundError.
    """
    run = reader.get_run(run_id)
    summary = compare_runs(reader, [run_id]).to_pylist()[0]
    metrics: list[list[Cell]] = [
        [name, *(summary.get(f"metrics.{name}{end}") for end in ("", ".best", ".best_step"))]
        for name in sorted(run.last_metrics)
    ]
    params: list[list[Cell]] = [
        [name, encode_param(run.params[name])[0]] for name in sorted(run.params)
    ]
    files: list[list[Cell]] = [
        [a.path, a.artifact_type, a.size_bytes, a.digest[:16]] for a in reader.artifacts(run_id)
    ]
    sections = [
        Section("Metrics", blocks=[*_table(("metric", "last", "best", "at step"), metrics)]),
        Section("Curves", blocks=_curves(reader, run)),
        Section("Params", blocks=[*_table(("param", "value"), params)]),
        Section("Artifacts", blocks=[*_table(("file", "type", "bytes", "SHA-256"), files)]),
        Section("Origin", blocks=[*_table(("made from", ""), _origins(run))]),
    ]
    blocks: list[Block] = []
    if run.note:
        blocks.append(Text(run.note))
    if run.error:
        blocks.append(Code(run.error))
    level = _LEVELS.get(run.status, "neutral")
    return Document(
        run.run_name,
        subtitle=f"{run.experiment_name} · {run.run_id}",
        facts=[
            ("Status", Badge(run.status, level=level)),
            ("Started (UTC)", f"{run.start_time:%Y-%m-%d %H:%M:%S}"),
            ("Took (s)", run.duration),
            ("Who", run.actor),
        ],
        summary=blocks,
        sections=[section for section in sections if section.blocks],
    )


def _table(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[Block]:
    return [Table(headings, rows=rows)] if rows else []


def _origins(run: Run) -> list[list[Cell]]:
    """Return what is known of where the run comes from."""
    known: dict[str, str | None] = {
        "commit": run.git_commit,
        "code version": run.code_version,
        "dataset versions": ", ".join(run.inputs),
        "tags": ", ".join(f"{name}: {value}" for name, value in sorted(run.tags.items())),
    }
    return [[name, text] for name, text in known.items() if text]


def _curves(reader: RunReader, run: Run) -> list[Block]:
    """Draw the metrics that have a course, thinned where they are long."""
    import pyarrow as pa  # with the history

    drawn: list[Block] = []
    for name in sorted(run.last_metrics):
        history = reader.metric_history(run.run_id, name)
        if history.num_rows < 2 or len(drawn) == MOST_CURVES:
            continue
        named = history.append_column("run_id", pa.repeat(run.run_id, history.num_rows))
        points = curve_rows(named, {run.run_id: run.run_name})
        if points.num_rows > 1:
            spec = metric_curves(name, [run.run_name])
            # without the layer that finds the point next to the mouse, which a report cannot do
            line = {**spec, "layer": spec["layer"][:1]}
            drawn.append(Chart(with_data(line, points.to_pylist())))
    return drawn
