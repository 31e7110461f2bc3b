"""The part of the page of comparison that draws a metric over two params at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.draw import draw
from app.layout import empty, plain
from app.wording import counted, number
from catalog.direction import lower_is_better
from core.charts.axes import Axis, axis_of
from core.charts.contour import contour_plot
from core.tracking.repeats import is_seed
from core.tracking.surface import (
    LEAST_PLACES,
    LEAST_VALUES,
    LEVELS,
    Place,
    Surface,
    is_enough,
    places_of,
    surface,
)

if TYPE_CHECKING:
    from app.compare_choice import Compared

_MARGIN: Final = 0.03  # of an axis, beside the outermost runs
_MOST_NAMED: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pairs:
    """What a contour can be drawn of: axes by param, and the places of each pair with enough."""

    axes: dict[str, Axis]
    enough: dict[tuple[str, str], list[Place]]
    most: int  # places of the pair that has the most

    def partners(self, param: str) -> list[str]:
        """The params that can be drawn against one, those with the most places first."""
        found = {
            other: len(places)
            for pair, places in self.enough.items()
            if param in pair
            for other in pair
            if other != param
        }
        return sorted(found, key=lambda name: -found[name])

    def places(self, x: str, y: str) -> list[Place]:
        """The places of a pair, whichever of the two is across."""
        if (x, y) in self.enough:
            return self.enough[x, y]
        return [replace(place, x=place.y, y=place.x) for place in self.enough[y, x]]


def contour_part(compared: Compared, metric: str | None) -> None:
    """Draw steps of colour between the runs, where two params were tried together often enough."""
    if metric is None:
        empty("Nothing to draw", "These runs logged no metrics.")
        return
    pairs = _pairs(compared, metric)
    if not pairs.enough:
        empty(
            "Too few runs for a contour",
            f"It takes two params that are numbers, each with at least {LEAST_VALUES} values, and"
            f" finished runs with {metric} at {LEAST_PLACES} places or more. The best pair of these"
            f" runs has {pairs.most}. Scatter draws them as they are.",
            icon="stacked_line_chart",
        )
        return
    able = [name for name in pairs.axes if pairs.partners(name)]
    first = max(pairs.enough, key=lambda pair: len(pairs.enough[pair]))
    with st.container(horizontal=True):
        x = st.selectbox(
            "Across", able, able.index(first[0]), key="contour_x", bind="query-params", width=240
        )
        x = x or first[0]
        y = st.selectbox("Up", pairs.partners(x), key="contour_y", bind="query-params", width=240)
    y = y or pairs.partners(x)[0]
    places = pairs.places(x, y)
    logarithmic = pairs.axes[x].kind == "log", pairs.axes[y].kind == "log"
    found = surface(places, logarithmic=logarithmic)
    if found is None:
        empty(
            "No surface",
            f"The runs lie on one line of {x} and {y}, or all have the same {metric}:"
            " nothing is between them.",
        )
        return
    _draw(compared, metric, found, (x, y), logarithmic)


def _pairs(compared: Compared, metric: str) -> _Pairs:
    status = compared.table.column("status").to_pylist()
    values = [
        value if word == "FINISHED" else None
        for value, word in zip(compared.values(f"metrics.{metric}"), status, strict=True)
    ]
    axes = {}
    for name in compared.params:
        axis = axis_of(name, compared.values(f"params.{name}"))
        if axis.kind != "category" and not is_seed(name):
            axes[name] = axis
    enough: dict[tuple[str, str], list[Place]] = {}
    most = 0
    for pair in combinations(axes, 2):
        x, y = ([_float(value) for value in axes[name].values] for name in pair)
        places = places_of(x, y, values)
        most = max(most, len(places))
        if is_enough(places):
            enough[pair] = places
    return _Pairs(axes=axes, enough=enough, most=most)


def _float(value: float | str | None) -> float | None:
    return None if value is None else float(value)


def _draw(
    compared: Compared,
    metric: str,
    found: Surface,
    params: tuple[str, str],
    logarithmic: tuple[bool, bool],
) -> None:
    import pyarrow as pa  # loaded already, by who made the table

    low = lower_is_better(metric)
    names = list(compared.names.values())
    best = (min if low else max)(found.places, key=lambda place: place.value)
    rows: list[tuple[Any, ...]] = [
        ("strip", *strip, _range(strip[4], found.reach)) for strip in found.strips
    ]
    rows += [("line", *line, None) for line in found.lines]
    for place in sorted(found.places, key=lambda place: place is best):
        told = names[place.rows[0]]
        if len(place.rows) > 1:
            told = f"mean of {len(place.rows)} runs: {', '.join(names[row] for row in place.rows)}"
        part = "best" if place is best else "point"
        rows.append((part, place.x, place.y, None, None, place.value, told))
    spec = contour_plot(
        f"{metric} by {params[0]} and {params[1]}",
        x=params[0],
        y=params[1],
        value=metric,
        extent=(
            _extent([place.x for place in found.places], logarithmic=logarithmic[0]),
            _extent([place.y for place in found.places], logarithmic=logarithmic[1]),
        ),
        domain=found.reach,
        logarithmic=logarithmic,
    )
    columns = ("part", "x", "y", "x2", "y2", "value", "name")
    table = {name: [row[place] for row in rows] for place, name in enumerate(columns)}
    runs = sum(len(place.rows) for place in found.places)
    said = (
        f"The {'lowest' if low else 'highest'} is {number(best.value)} at {params[0]}"
        f" {number(best.x)}, {params[1]} {number(best.y)}."
    )
    draw(
        spec,
        pa.table(table),
        key="contour",
        alt=f"{spec['description']} {counted(runs, 'run')} at {len(found.places)} places. {said}",
    )
    st.caption(plain(f"{said} {_how(logarithmic)} {_told(compared, params, runs)}"))


def _range(middle: float, reach: tuple[float, float]) -> str:
    """Say the values of a step by the one in its middle.

    >>> _range(0.75, (0.2, 1.2))
    '0.7 to 0.8'
    """
    half = (reach[1] - reach[0]) / LEVELS / 2
    return f"{number(middle - half)} to {number(middle + half)}"


def _extent(values: list[float], *, logarithmic: bool) -> tuple[float, float]:
    """Return what an axis shows: all values, and a little beside them.

    >>> _extent([0.0, 100.0], logarithmic=False)
    (-3.0, 103.0)
    """
    low, high = min(values), max(values)
    if logarithmic:
        beside = (high / low) ** _MARGIN
        return low / beside, high * beside
    beside = (high - low) * _MARGIN
    return low - beside, high + beside


def _how(logarithmic: tuple[bool, bool]) -> str:
    log = " on logarithmic axes" if all(logarithmic) else ""
    if any(logarithmic) and not all(logarithmic):
        log = " on a logarithmic axis where a param spans more than two decades"
    return (
        f"Between runs the surface is linear over Delaunay triangles{log} (griddata of SciPy);"
        " nothing is drawn outside of what runs enclose."
    )


def _told(compared: Compared, params: tuple[str, str], runs: int) -> str:
    """Say which runs are drawn, and what else differs between them: that is in the surface too."""
    told = f"{counted(runs, 'finished run')} of {compared.table.num_rows:,}."
    others = [name for name in compared.params if name not in params]
    if others:
        more = ", ..." if len(others) > _MOST_NAMED else ""
        told += f" They also differ in {', '.join(others[:_MOST_NAMED])}{more}."
    return told
