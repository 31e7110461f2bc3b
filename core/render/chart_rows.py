"""The numbers of a chart as a table, for who cannot see it, or wants to know exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from core.render.blocks import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.render.blocks import Chart

MOST: Final = 60  # rows; more are a picture, not a table


def table_of(chart: Chart) -> Table | None:
    """Return the rows a chart is drawn from; None when they are too many or not in it.

    >>> from core.render.blocks import Chart
    >>> axis = {"field": "name", "title": "Site"}
    >>> spec = {"data": {"values": [{"name": "a"}]}, "encoding": {"x": axis}}
    >>> table = table_of(Chart(spec))
    >>> table.columns, table.rows
    (('Site',), (('a',),))
    """
    rows = rows_of(chart.spec)
    if not 0 < len(rows) <= MOST:
        return None
    titles = dict(_titles(chart.spec))
    names = [name for name in dict.fromkeys(key for row in rows for key in row) if name in titles]
    return Table(
        tuple(titles[name] for name in names),
        rows=tuple(tuple(row.get(name) for name in names) for row in rows),
    )


def rows_of(spec: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the rows a chart carries; none when its data are of another form.

    >>> rows_of({"data": {"values": [{"x": 1}]}}), rows_of({"data": {"values": [1, 2]}})
    ([{'x': 1}], ())
    """
    data = spec.get("data")
    rows = data.get("values", ()) if isinstance(data, Mapping) else ()
    return rows if all(isinstance(row, Mapping) for row in rows) else ()


def _titles(part: Any) -> Iterator[tuple[str, str]]:
    """Yield the names that the chart itself gives its fields; the last one counts."""
    if isinstance(part, dict):
        if isinstance(part.get("field"), str) and isinstance(part.get("title"), str):
            yield part["field"], part["title"]
        for name, inner in part.items():
            if name != "data":
                yield from _titles(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _titles(inner)
