"""Drift over time as a document: when what changed.

verdict        in one sentence
heat map       columns by times, with drift and change points marked
what drifted   since when, how often, by how much, in what way
change points  levels before and after
the tables     how many rows each has, and how many columns drifted in it
all columns    also those that never drifted
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from core.drift.series_chart import (
    MOST,
    columns_in_order,
    series_heat_map,
    short_times,
    what_changed,
)
from core.drift.verdicts import verdict
from core.render.blocks import Bars, Callout, Chart, Document, Section, Share, Table, Text
from core.render.wording import number, share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.drift.series import ChangePoint, DriftSeries
    from core.render.blocks import Cell

_NAMED: Final = 5  # drifted columns in the first sentence
_METHODS: Final = {"page_hinkley": "Page-Hinkley", "adwin": "ADWIN"}


def series_document(series: DriftSeries, *, title: str = "Drift over time") -> Document:
    """Describe a series of comparisons for readers.

    >>> from core.drift.series import drift_over_time
    >>> found = drift_over_time({"x": [0, 1] * 99}, {"May": {"x": [5, 6] * 99}})
    >>> series_document(found).summary[0].title
    'Drift: 1 of 1 columns changed, first at May.'
    """
    series = replace(series, times=tuple(short_times(series)), change_points=_short(series))
    made = f"{series.generated_at:%Y-%m-%d %H:%M} UTC"
    times = _counted(len(series.times), "table")
    return Document(
        title,
        subtitle=f"{times} compared with {series.reference} · {made}",
        facts=[
            ("Columns compared", len(series.effects)),
            ("Columns drifted", len(series.drifted_columns)),
            ("Tables with drift", sum(1 for n in _drifted_at(series) if n)),
            ("Rows of the reference", series.reference_rows),
            ("Rows compared with it", sum(series.rows)),
        ],
        summary=[_verdict(series)],
        sections=[
            *_heat_map(series),
            *_what_drifted(series),
            *_change_points(series),
            _tables(series),
            _all_columns(series),
            _how_to_read(),
        ],
    )


def _short(series: DriftSeries) -> tuple[ChangePoint, ...]:
    short = dict(zip(series.times, short_times(series), strict=True))
    return tuple(
        replace(point, at=short.get(point.at, point.at), since=short.get(point.since, point.since))
        for point in series.change_points
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _drifted_at(series: DriftSeries) -> list[int]:
    """Return how many columns drifted at each time."""
    return [
        sum(drifted[n] for drifted in series.drifted.values()) for n in range(len(series.times))
    ]


def _verdict(series: DriftSeries) -> Callout:
    drifted, compared = series.drifted_columns, len(series.effects)
    said = []
    if drifted:
        more = len(drifted) - _NAMED
        named = ", ".join(f"{name} ({_first(series, name)})" for name in drifted[:_NAMED])
        said.append(f"First seen: {named}{f' and {more} more' if more > 0 else ''}.")
    else:
        said.append(
            f"None of {compared} columns differs at any time by more than chance explains and by"
            " enough to matter."
        )
    if series.undated:
        said.append(f"{_counted(series.undated, 'row')} without a time are in no table.")
    if not drifted:
        return Callout("No drift was found.", text=" ".join(said), level="good")
    first = next(time for time, n in zip(series.times, _drifted_at(series), strict=True) if n)
    title = f"Drift: {len(drifted)} of {compared} columns changed, first at {first}."
    return Callout(title, text=" ".join(said), level="warning")


def _first(series: DriftSeries, column: str) -> str:
    pairs = zip(series.times, series.drifted[column], strict=True)
    return next(time for time, drifted in pairs if drifted)


def _heat_map(series: DriftSeries) -> Iterator[Section]:
    if not series.times or not series.effects:
        return
    said = (
        "How far each column is from the reference at each time: the darker, the more of its rows"
        " are affected; the darkest are half of them or more. A dot is drift: significant, and"
        " large enough to matter. A bar at the left of a cell says that the level of the column"
        " changed there, judged over all times. An empty cell: the table does not have the column."
    )
    left = len(series.effects) - MOST
    if left > 0:
        said += f" {_counted(left, 'column')} with less drift are in the table of all columns."
    chart = Chart(series_heat_map(series, title="Columns by times"), wide=True)
    yield Section("When what changed", blocks=[Text(said), chart])


def _what_drifted(series: DriftSeries) -> Iterator[Section]:
    if not series.drifted_columns:
        return
    largest = series.largest_effects
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            _first(series, name),
            f"{sum(series.drifted[name])} of {_compared_at(series, name)}",
            Share(largest[name]),
            series.times[series.effects[name].index(largest[name])],
            _ways(series, name),
        )
        for name in series.drifted_columns
    ]
    columns = ("Column", "First", "Times drifted", "Rows affected at most", "At", "What changed")
    yield Section("What drifted", blocks=[Table(columns, rows=rows)])


def _compared_at(series: DriftSeries, column: str) -> int:
    return sum(not math.isnan(effect) for effect in series.effects[column])


def _ways(series: DriftSeries, column: str) -> str:
    tests = dict.fromkeys(name for found in series.changes.get(column, ()) for name in found)
    return what_changed([*tests])


def _change_points(series: DriftSeries) -> Iterator[Section]:
    found: dict[tuple[str, str, str], list[ChangePoint]] = {}
    for point in series.change_points:
        found.setdefault((point.column, point.signal, point.since), []).append(point)
    if not found:
        return
    order = {time: place for place, time in enumerate(series.times)}
    rows: list[tuple[Cell, ...]] = [
        (
            column,
            signal,
            since,
            _levels(points[0]),
            min((point.at for point in points), key=lambda at: order.get(at, -1)),
            ", ".join(_METHODS[point.method] for point in points),
        )
        for (column, signal, since), points in found.items()
    ]
    rows.sort(key=lambda row: order.get(str(row[2]), -1))
    said = (
        "Since when the level of a column is another one, the earliest change first. Two tests that"
        " are independent of each other look for it: Page-Hinkley in the means of the tables, ADWIN"
        " in their rows. The beginning is the most likely one, and may be a table off."
    )
    columns = ("Column", "Level of", "Since", "Before and after", "Seen at", "Found by")
    yield Section("Change points", blocks=[Text(said), Table(columns, rows=rows)])


def _levels(point: ChangePoint) -> str:
    written = number if point.signal == "mean" else share
    return f"{written(point.before)} → {written(point.after)}"


def _tables(series: DriftSeries) -> Section:
    rows: list[tuple[Cell, ...]] = [
        (time, count, drifted)
        for time, count, drifted in zip(series.times, series.rows, _drifted_at(series), strict=True)
    ]
    return Section("The tables", blocks=[Table(("Time", "Rows", "Columns drifted"), rows=rows)])


def _all_columns(series: DriftSeries) -> Section:
    rows: list[tuple[Cell, ...]] = []
    for name in columns_in_order(series):
        effects = [0.0 if math.isnan(effect) else effect for effect in series.effects[name]]
        bars = Bars(effects, description=", ".join(map(share, effects)))
        drifted = any(series.drifted[name])
        rows.append((name, verdict(drifted=drifted), Share(max(effects, default=0.0)), bars))
    columns = ("Column", "Verdict", "Rows affected at most", "Over time")
    return Section("All columns", blocks=[Table(columns, rows=rows)])


def _how_to_read() -> Section:
    rule = (
        "Each table is compared with the reference by the same tests as two tables are. A column"
        " drifts when a difference is both significant and large. p values are adjusted for all"
        " columns and all times together (Benjamini and Hochberg), so that a long series is no more"
        " often a false alarm than a short one."
    )
    effect = (
        "Rows affected is the part of the rows, 0 to 100 %, by which a table differs from the"
        " reference in this column. Small tables differ more by chance: a dark cell without a dot"
        " is no drift."
    )
    return Section("How to read this", blocks=[Text(f"{rule}\n\n{effect}")])
