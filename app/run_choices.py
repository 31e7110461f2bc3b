"""What to show first: metrics that have a course, params that tell runs apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.run_filters import RunColumns

if TYPE_CHECKING:
    from app.session import View

_NEWEST: Final = 30  # runs that are looked at
_TRIED: Final = 8  # names that are looked at; more would cost more than the choice is worth
_USUAL: Final = 3  # metrics, and as many params


def metric_choices(view: View, experiment: str | None) -> list[str]:
    """Return the names of all metrics, first the most common one that makes a curve."""
    names = view.ask(view.runs.metric_names, experiment)
    if len(names) < 2:
        return names
    newest = view.ask(view.runs.search_runs_arrow, experiment, limit=_NEWEST)
    ids = newest.column("run_id").to_pylist()
    for name in names[:_TRIED]:
        curves = view.ask(view.runs.sparklines, ids, name).values()
        if sum(len(curve) > 1 for curve in curves) > len(curves) / 2:
            return [name, *(other for other in names if other != name)]
    return names


def param_choices(view: View, experiment: str | None) -> list[str]:
    """Return the names of all params, first those that differ between the newest runs."""
    names = view.ask(view.runs.param_names, experiment)
    tried = tuple(names[:_TRIED])
    newest = view.ask(view.runs.search_runs_arrow, experiment, params=tried, limit=_NEWEST)
    differing = [
        name for name in tried if len(set(newest.column(f"params.{name}").to_pylist())) > 1
    ]
    return [*differing, *(name for name in names if name not in differing)]


def usual_columns(view: View, experiment: str | None, metric: str | None) -> RunColumns:
    """Return the columns shown at first: the metric asked for, and what tells runs apart."""
    metrics = metric_choices(view, experiment)
    first = [metric, *(name for name in metrics if name != metric)] if metric else []
    params = param_choices(view, experiment)
    return RunColumns(metrics=tuple(first[:_USUAL]), params=tuple(params[:_USUAL]))
