"""Write charts as SVG and PNG, without a browser and without the network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from core.charts.theme import themed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.charts.palette import Mode
    from core.charts.theme import Spec

_WIDTH: Final = 560


def with_data(spec: Spec, rows: Sequence[Mapping[str, Any]]) -> Spec:
    """Return the chart with its rows inside.

    >>> with_data({"mark": "bar"}, [{"name": "a", "value": 1}])["data"]
    {'values': [{'name': 'a', 'value': 1}]}
    """
    return {**spec, "data": {"values": list(rows)}}


def on_one_line(part: Any) -> Any:
    """Return a spec whose texts have no U+2028 and U+2029, which end a line of Vega's expressions.

    >>> on_one_line({"title": "a\u2028b", "width": 3})
    {'title': 'a b', 'width': 3}
    """
    if isinstance(part, str):
        return part.replace("\u2028", " ").replace("\u2029", " ")
    if isinstance(part, list | tuple):
        return [on_one_line(inner) for inner in part]
    if isinstance(part, Mapping):
        return {on_one_line(name): on_one_line(inner) for name, inner in part.items()}
    return part


def to_svg(spec: Spec, *, mode: Mode = "light", width: int = _WIDTH) -> str:
    """Draw a chart that carries its data as SVG text."""
    import vl_convert  # 60 MB of JavaScript engine that only exports need

    return str(vl_convert.vegalite_to_svg(_ready(spec, mode, width), allowed_base_urls=[]))


def to_png(spec: Spec, *, mode: Mode = "light", width: int = _WIDTH, scale: float = 2) -> bytes:
    """Draw a chart that carries its data as the bytes of a PNG; `scale` 2 suits sharp screens."""
    import vl_convert  # 60 MB of JavaScript engine that only exports need

    ready = _ready(spec, mode, width)
    return bytes(vl_convert.vegalite_to_png(ready, scale=scale, allowed_base_urls=[]))


def _ready(spec: Spec, mode: Mode, width: int) -> str:
    return json.dumps(on_one_line(themed({"width": width, **spec}, mode)))
