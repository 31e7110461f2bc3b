"""Tables of colours: correlations, missing values, how often two measures meet.

columns of a heat map:        row, column (text), value
  with marks:                 also alert, change (true or false), note (text)
columns of missing values:    name (text), low, high (numbers of rows), share (0 ... 1)
columns of a binned scatter:  x_low, x_high, y_low, y_high, count

Colours come in ten steps: they are told apart, and a report can turn dark without drawing anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.charts.theme import Spec

_CELL: Final = 24  # pixels
_DOT: Final = "#1b2430"  # on light and dark cells, with a rim, as a mark on either
_RIM: Final = "#ffffff"
_BAR: Final = "#d4572a"
_ACROSS: Final = 480  # pixels, at least, of all columns
_LETTER: Final = 7  # pixels, of names
_LABELLED: Final = 40  # rows or columns; more have no room for their names


def heat_map(
    title: str,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    value: str,
    domain: tuple[float, float] = (-1, 1),
    row: str = "Row",
    column: str = "Column",
) -> Spec:
    """Describe a table of colours, in the order the rows and columns are given.

    A domain with numbers below 0 has two colours that meet in its middle.

    >>> heat_map("Correlations", rows=["a"], columns=["a", "b"], value="r")["description"]
    'Heat map: Correlations. r, from -1 to 1, of 1 by 2: a darker or stronger colour is more.'
    """
    low, high = domain
    fields = {
        "y": {"field": "row", "type": "nominal", "title": row, "sort": list(rows)},
        "x": {"field": "column", "type": "nominal", "title": column, "sort": list(columns)},
    }
    told = {"field": "value", "type": "quantitative", "title": value, "format": ".3~f"}
    height = max(120, min(720, _CELL * len(rows)))
    labels = {"y": len(rows), "x": len(columns)}
    encoding: dict[str, Any] = {
        channel: {
            **channel_field,
            "axis": _names(channel, columns if channel == "x" else rows),
            "scale": {"padding": 0.04 if labels[channel] <= _LABELLED else 0},
        }
        for channel, channel_field in fields.items()
    }
    return {
        "title": title,
        "description": (
            f"Heat map: {title}. {value}, from {low:g} to {high:g}, of {len(rows)} by"
            f" {len(columns)}: a darker or stronger colour is more."
        ),
        "height": height,
        "mark": {"type": "rect"},
        "encoding": {
            **encoding,
            "color": steps("value", value, domain=[low, high], diverging=low < 0),
            "tooltip": [fields["y"], fields["x"], told],
        },
    }


def marked_heat_map(
    title: str,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    value: str,
    domain: tuple[float, float],
    row: str = "Row",
    column: str = "Column",
    alert: str = "Alert",
    change: str = "Change",
    form: str = ".2~f",
) -> Spec:
    """Describe a table of colours with a dot in cells of alert, and a bar before a change.

    A cell whose value is None is empty. `form` is how values are written, as d3-format says it.

    >>> names = {"rows": ["sleep"], "columns": ["May"], "value": "Effect"}
    >>> marked_heat_map("Drift", **names, domain=(0, 1))["description"]
    'Heat map: Drift. Effect, from 0 to 1, of 1 by 1: a darker or stronger colour is more. \
A dot is alert, a bar at the left of a cell is change.'
    """
    plain = heat_map(
        title, rows=rows, columns=columns, value=value, domain=domain, row=row, column=column
    )
    places = {axis: plain["encoding"][axis] for axis in ("x", "y")}
    told = {"field": "value", "type": "quantitative", "title": value, "format": form}
    noted = [
        {"field": name, "type": "nominal", "title": said}
        for name, said in (("alert", alert), ("change", change), ("note", "Note"))
    ]
    layers: list[Spec] = [
        {
            "mark": {"type": "rect"},
            "transform": [{"filter": "isValid(datum.value)"}],
            "encoding": {
                **places,
                "color": steps("value", value, domain=domain, diverging=domain[0] < 0, form=form),
                "tooltip": [places["y"], places["x"], told, *noted],
            },
        },
        {
            "mark": {"type": "point", "filled": True, "size": 46, "opacity": 1, "strokeWidth": 1.5}
            | {"color": _DOT, "stroke": _RIM},
            "transform": [{"filter": "datum.alert"}],
            "encoding": {**places},
        },
        {
            "mark": {"type": "tick", "orient": "vertical", "thickness": 4, "opacity": 1}
            | {"size": min(_CELL, plain["height"] // max(1, len(rows))), "color": _BAR},
            "transform": [{"filter": "datum.change"}],
            "encoding": {"x": {**places["x"], "bandPosition": 0}, "y": places["y"]},
        },
    ]
    said = f"A dot is {alert.lower()}, a bar at the left of a cell is {change.lower()}."
    return {
        "title": title,
        "description": f"{plain['description']} {said}",
        "height": plain["height"],
        "layer": layers,
    }


def missing_matrix(title: str, *, names: Sequence[str], rows: int) -> Spec:
    """Describe where in a table values are missing: columns by ranges of rows.

    >>> missing_matrix("Missing", names=["a", "b"], rows=100)["description"]
    'Missing values: Missing. Share of missing values of 2 columns along 100 rows.'
    """
    low = {"field": "low", "type": "quantitative", "title": "From row"}
    high = {"field": "high", "type": "quantitative", "title": "To row"}
    share = {"field": "share", "type": "quantitative", "title": "Missing", "format": ".1%"}
    column = {"field": "name", "type": "nominal", "title": "Column", "sort": list(names)}
    height = max(80, min(720, _CELL * len(names)))
    axis = {"title": "Row", "grid": False, "format": "~s", "tickCount": 6}
    return {
        "title": title,
        "description": (
            f"Missing values: {title}. Share of missing values of {len(names)} columns along"
            f" {rows:,} rows."
        ),
        "height": height,
        "mark": {"type": "bar", "cornerRadiusEnd": 0},
        "encoding": {
            "x": {**low, "scale": {"domain": [0, rows], "nice": False}, "axis": axis},
            "x2": {"field": "high"},
            "y": {
                **column,
                "axis": _names("y", names),
                "scale": {"padding": 0.12},
            },
            "color": steps("share", "Missing", domain=[0, 1], form=".0%"),
            "tooltip": [column, low, high, share],
        },
    }


def binned_scatter(title: str, *, x: str, y: str, count: str = "Rows", height: int = 300) -> Spec:
    """Describe how often two measures meet, for more points than can be told apart.

    >>> binned_scatter("Age and sleep", x="Age", y="Sleep")["description"]
    'Binned scatter plot: Age and sleep. Number of rows by Age and Sleep.'
    """
    sides = [
        {"field": f"{axis}_{end}", "type": "quantitative", "title": f"{title} {word}"}
        for axis, title in (("x", x), ("y", y))
        for end, word in (("low", "from"), ("high", "to"))
    ]
    number = {"field": "count", "type": "quantitative", "title": count, "format": ","}
    free = {"scale": {"zero": False}}
    return {
        "title": title,
        "description": (f"Binned scatter plot: {title}. Number of {count.lower()} by {x} and {y}."),
        "height": height,
        "mark": {"type": "rect"},
        "encoding": {
            "x": {**sides[0], "axis": {"title": x, "grid": False}, **free},
            "x2": {"field": "x_high"},
            "y": {**sides[2], "axis": {"title": y, "grid": False}, **free},
            "y2": {"field": "y_high"},
            "color": steps("count", count, form=",.0f"),
            "tooltip": [*sides, number],
        },
    }


def _names(channel: str, shown: Sequence[str]) -> dict[str, Any]:
    """Describe the names at a side; those below slant when they would not fit side by side."""
    labels = len(shown) <= _LABELLED
    names = {"title": None, "labels": labels, "ticks": False, "domain": False, "labelLimit": 140}
    if channel == "y":
        return names
    room = _ACROSS / max(1, len(shown))
    fits = all(len(name) * _LETTER < room for name in shown)
    return {**names, "labelAngle": 0 if fits else -45}


def steps(
    field: str,
    title: str,
    *,
    domain: Sequence[float] | None = None,
    diverging: bool = False,
    form: str = ".2~f",
) -> dict[str, Any]:
    """Describe colours in ten steps, with their legend above the chart."""
    scale: dict[str, Any] = {"type": "quantize", "range": "diverging" if diverging else "ramp"}
    if domain is not None:
        scale["domain"] = list(domain)
    legend: dict[str, Any] = {"title": title, "format": form, "gradientThickness": 10}
    legend |= {"orient": "top", "direction": "horizontal", "titleOrient": "left"}
    return {"field": field, "type": "quantitative", "scale": scale, "legend": legend}
