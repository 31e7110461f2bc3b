"""`mhras runs` and `mhras run show`: what was tried, and one run whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from app.cli_options import JsonOption, LakeOption, open_workbench
from app.cli_output import at_terminal, remark, say_json, say_table
from app.wording import ago, clock, counted, span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core import Run, Workbench

commands = typer.Typer()
# ids sort by time: this much of them is the millisecond
_SHORTEST_ID: Final = 13
_MAPS: Final = {"metrics": "last_metrics", "params": "params", "tags": "tags"}
# attributes of a run that may be columns, and what JSON says of it besides params, metrics, tags
_FIELDS: Final = (
    "run_id",
    "run_name",
    "experiment_id",
    "experiment_name",
    "status",
    "is_stale",
    "start_time",
    "end_time",
    "duration",
    "heartbeat_at",
    "actor",
    "parent_run_id",
    "git_commit",
    "code_version",
    "inputs",
    "error",
    "note",
    "deleted",
)


def columns_of(texts: Iterable[str]) -> list[str]:
    """Read the names of --columns. Raises BadParameter for what no run has.

    >>> columns_of(["metrics.auc, params.depth", "actor"])
    ['metrics.auc', 'params.depth', 'actor']
    """
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    for name in names:
        kind, dot, key = name.partition(".")
        if not (dot and key and kind in _MAPS) and name not in _FIELDS:
            message = (
                f"{name!r} is no column. Write metrics.<name>, params.<name>, tags.<name>, "
                f"or one of {', '.join(_FIELDS)}."
            )
            raise typer.BadParameter(message, param_hint="--columns")
    return names


@commands.command("runs")
def list_runs(
    *,
    lake: LakeOption = None,
    expression: Annotated[
        str | None,
        typer.Option(
            "--filter", metavar="EXPR", help="For example: metrics.auc > 0.8 and tags.stage = 'dev'"
        ),
    ] = None,
    experiment: Annotated[
        str | None, typer.Option("--experiment", metavar="NAME", help="Of this experiment only.")
    ] = None,
    order_by: Annotated[
        list[str] | None,
        typer.Option(
            "--order-by", metavar="KEY", help="For example: 'metrics.auc desc'; may be repeated."
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="At most so many; 0: all.")] = 20,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--columns",
            metavar="NAMES",
            help="What the table shows of each: metrics.auc,params.depth,tags.stage,actor",
        ),
    ] = None,
    stale: Annotated[
        bool, typer.Option("--stale", help="Only runs left RUNNING by a process that is gone.")
    ] = False,
    mark_failed: Annotated[
        bool, typer.Option("--mark-failed", help="With --stale: end all of them as FAILED.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List runs, the newest first."""
    chosen = columns_of(columns or ())
    if mark_failed and (not stale or expression or experiment):
        message = "It goes with --stale, and with neither --filter nor --experiment: it ends all."
        raise typer.BadParameter(message, param_hint="--mark-failed")
    with open_workbench(lake) as wb:
        if mark_failed:
            runs = _end_stale(wb)
            total = len(runs)
        else:
            runs, total = _find(wb, experiment, expression, order_by, limit, stale=stale)
        if as_json:
            say_json([run_document(run) for run in runs])
        elif stale and not mark_failed:
            _say_stale(runs)
        else:
            _say_runs(runs, chosen or _usual_columns(wb, experiment))
    if mark_failed:
        remark(f"{counted(total, 'stale run')} ended as FAILED.")
    elif len(runs) < total:
        remark(f"{len(runs):,} of {counted(total, 'run')}; --limit 0 shows all.")


def _end_stale(wb: Workbench) -> list[Run]:
    return [wb.tracker.get_run(run.run_id) for run in wb.tracker.close_stale_runs()]


def _find(
    wb: Workbench,
    experiment: str | None,
    expression: str | None,
    order_by: Sequence[str] | None,
    limit: int,
    *,
    stale: bool,
) -> tuple[list[Run], int]:
    """Return the runs to list, and how many there are of them without the limit."""
    page = None if stale or not limit else limit  # what is stale, DuckDB does not know
    runs = wb.tracker.search_runs(experiment, expression, order_by, limit=page)
    if stale:
        runs = [run for run in runs if run.is_stale]
    total = len(runs)
    if page is not None and total == page:
        total = wb.runs.count_runs(experiment, expression)
    return runs[: limit or None], total


def run_document(run: Run) -> dict[str, Any]:
    """Say what a listing knows of a run; `metrics` are the last values."""
    document = {name: getattr(run, name) for name in _FIELDS}
    return document | {name: getattr(run, source) for name, source in _MAPS.items()}


def _usual_columns(wb: Workbench, experiment: str | None) -> list[str]:
    return [f"metrics.{name}" for name in wb.runs.metric_names(experiment)[:3]]


def _say_runs(runs: Sequence[Run], columns: Sequence[str]) -> None:
    started = ago if at_terminal() else clock
    headers = ("run", "name", "experiment", "status", "started", "took", *columns)
    rows = [
        (
            run_id,
            run.run_name,
            run.experiment_name,
            "RUNNING (stale)" if run.is_stale else run.status,
            started(run.start_time),
            span(run.duration),
            *(_cell(run, column) for column in columns),
        )
        for run_id, run in zip(shortened([run.run_id for run in runs]), runs, strict=True)
    ]
    say_table(headers, rows)


def _say_stale(runs: Sequence[Run]) -> None:
    headers = ("run", "name", "experiment", "status", "last heard of", "ago")
    rows = [
        (
            run_id,
            run.run_name,
            run.experiment_name,
            "RUNNING (stale)",
            clock(run.heartbeat_at),
            ago(run.heartbeat_at),
        )
        for run_id, run in zip(shortened([run.run_id for run in runs]), runs, strict=True)
    ]
    say_table(headers, rows)
    if runs:
        remark("`mhras runs --stale --mark-failed` ends them.")


def _cell(run: Run, column: str) -> object:
    kind, dot, key = column.partition(".")
    if dot:
        return getattr(run, _MAPS[kind]).get(key)
    return getattr(run, column)


def shortened(run_ids: Sequence[str]) -> list[str]:
    """Shorten ids for a terminal, so that they still differ; whole ones for a pipe."""
    if not at_terminal():
        return list(run_ids)
    length = _SHORTEST_ID
    while len({run_id[:length] for run_id in run_ids}) < len(set(run_ids)):
        length += 1
    return [run_id[:length] for run_id in run_ids]
