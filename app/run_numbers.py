"""Numbers about many runs, with their course over the last two weeks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

from app.layout import Kpi, kpis
from app.run_filters import RunFilter, quoted
from app.wording import counted, number, span
from catalog.direction import lower_is_better

if TYPE_CHECKING:
    import pyarrow as pa

    from app.session import View

_DAYS: Final = 14
_TREND: Final = 30


def run_numbers(view: View, chosen: RunFilter, metric: str | None, matching: int) -> None:
    """Draw how many runs match, the best of them, how many failed and how long they took."""
    cards = two_weeks(view, chosen, matching)
    if metric is not None:
        cards.insert(1, _best(view, chosen, metric))
    kpis(cards)


def two_weeks(view: View, chosen: RunFilter, matching: int) -> list[Kpi]:
    """Return the numbers of the runs that match: how many, how many failed, how long they took."""
    days = view.ask(
        view.runs.run_statistics,
        chosen.experiment,
        chosen.expression,
        days=_DAYS,
        only_deleted=chosen.deleted,
    )
    runs, failed = (days.column(name).to_pylist() for name in ("runs", "failed"))
    began = since(runs, matching)
    cards = [
        _by_week("Runs", matching, runs, began=began),
        _by_week(f"Failed, {_DAYS} days", sum(failed), failed, began=began, better="down"),
        _duration(days),
    ]
    if sum(map(bool, runs)) > 1:
        return cards
    return [replace(card, trend=()) for card in cards]  # of a single day there is no course


def since(days: list[int], matching: int) -> str:
    """Say since when there are runs, if that is not long enough to compare a week with another.

    >>> since([0] * 13 + [4], 4), since([0] * 10 + [1, 0, 0, 3], 4), since([1] * 14, 14)
    ('since today', 'since 3 days ago', '')
    >>> since([0] * 13 + [4], 9)  # others are older
    ''
    """
    first = next((place for place, count in enumerate(days) if count), None)
    if first is None or sum(days) < matching:
        return ""
    past = len(days) - 1 - first
    if past >= _DAYS // 2:
        return ""
    return f"since {counted(past, 'day')} ago" if past else "since today"


def _by_week(
    label: str,
    value: int,
    days: list[int],
    *,
    began: str,
    better: Literal["up", "down"] | None = None,
) -> Kpi:
    if began:
        return Kpi(label=label, value=f"{value:,}", note=began, trend=days)
    change = week_change(days)
    delta = f"{change:+,}" if change else 0
    note = "vs week before"
    return Kpi(label=label, value=f"{value:,}", delta=delta, note=note, trend=days, better=better)


def week_change(days: list[int]) -> int:
    """Return by how much the last seven days differ from the seven before.

    >>> week_change([1] * 7 + [2] * 7)
    7
    """
    return sum(days[-7:]) - sum(days[-14:-7])


def _duration(days: pa.Table) -> Kpi:
    took = [value or 0.0 for value in days.column("mean_duration").to_pylist()]
    ended = [
        runs if value else 0
        for runs, value in zip(days.column("runs").to_pylist(), took, strict=True)
    ]
    total = sum(runs * value for runs, value in zip(ended, took, strict=True))
    mean = total / sum(ended) if sum(ended) else None
    return Kpi(label="Mean duration", value=span(mean), trend=took, note=f"{_DAYS} days")


def _best(view: View, chosen: RunFilter, metric: str) -> Kpi:
    low = lower_is_better(metric)
    name = quoted("metrics", metric)
    filled = f"{name} is not null"
    expression = f"{chosen.expression} and {filled}" if chosen.expression else filled
    order = f"{name} {'asc' if low else 'desc'}"
    find, column = view.runs.search_runs_arrow, f"metrics.{metric}"
    shown: dict[str, Any] = {"metrics": (metric,), "only_deleted": chosen.deleted}
    best = view.ask(find, chosen.experiment, expression, (order,), limit=1, **shown)
    recent = view.ask(find, chosen.experiment, expression, limit=_TREND, **shown)
    return Kpi(
        label=f"{'Lowest' if low else 'Highest'} {metric}",
        value=number(best.column(column).to_pylist()[0] if best.num_rows else None),
        trend=list(reversed(recent.column(column).to_pylist())),
        chart="line",
        note=f"trend of the last {_TREND} runs",
        colour="green",
    )
