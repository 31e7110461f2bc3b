"""Drift over time as a heat map: columns by times, one scale of effects for all of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from core.charts.export import with_data
from core.charts.matrix import marked_heat_map
from core.drift.glossary import MEANINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.charts.theme import Spec
    from core.drift.series import DriftSeries

MOST: Final = 40  # columns whose names can be read
_DARKEST: Final = 0.5  # of the rows; labels of a table, of which all rows differ, are not the scale


def columns_in_order(series: DriftSeries) -> list[str]:
    """Return all columns: drifted ones first, those with the largest effect before the others."""
    largest = series.largest_effects
    drifted = {*series.drifted_columns}
    return sorted(largest, key=lambda name: (name not in drifted, -largest[name]))


def short_times(series: DriftSeries) -> list[str]:
    """Return what the times are called: versions of one dataset without its name.

    >>> from core.drift.series import drift_over_time
    >>> short_times(drift_over_time({"x": [1]}, {"visits@v2": {"x": [1]}, "visits@v3": {"x": [1]}}))
    ['v2', 'v3']
    """
    names = {time.rpartition("@")[0] for time in series.times}
    alone = len(names) == 1 and names != {""}
    return [time.rpartition("@")[2] if alone else time for time in series.times]


def series_heat_map(
    series: DriftSeries, *, columns: Sequence[str] | None = None, title: str = "Drift over time"
) -> Spec:
    """Describe the effects of columns at all times, with their data; by default the first 40.

    A dot is drift; a bar says that a change point begins there.

    >>> from core.drift.series import drift_over_time
    >>> found = drift_over_time({"x": [0, 1] * 99}, {"May": {"x": [5, 6] * 99}})
    >>> series_heat_map(found)["data"]["values"][0]["alert"]
    True
    """
    chosen = [*columns] if columns is not None else columns_in_order(series)[:MOST]
    cells = [*_cells(series, chosen)]
    largest = max((c["value"] for c in cells if c["value"] is not None), default=0.0)
    top = min(_DARKEST, max(0.1, math.ceil(largest * 10 - 1e-9) / 10))
    spec = marked_heat_map(
        title,
        rows=chosen,
        columns=short_times(series),
        value="Rows affected",
        domain=(0, top),
        row="Column",
        column="Time",
        alert="Drift",
        change="Change point",
        form=".0%" if top > 0.1 else ".1%",
    )
    return with_data(spec, cells)


def _cells(series: DriftSeries, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    since = {(point.column, point.since) for point in series.change_points}
    labels = short_times(series)
    for name in columns:
        changes = series.changes.get(name, ((),) * len(series.times))
        for place, time in enumerate(series.times):
            effect = series.effects[name][place]
            yield {
                "row": name,
                "column": labels[place],
                "value": None if math.isnan(effect) else effect,
                "alert": series.drifted[name][place],
                "change": (name, time) in since,
                "note": what_changed(changes[place]) or "-",
            }


def what_changed(tests: Sequence[str]) -> str:
    """Say in what ways a column drifted, by the names of the tests that found it.

    >>> what_changed(["ks", "mann_whitney", "missing_share"])
    'distribution, missing values'
    """
    return ", ".join(dict.fromkeys(MEANINGS[name].change for name in tests))
