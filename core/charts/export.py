"""Write charts as SVG and PNG, without a browser and without the network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from core.charts.theme import themed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.charts.palette import Mode
    from core.charts.theme import Spec

_WIDTH: Final = 560


def with_data(spec: Spec, rows: Sequence[Mapping[str, Any]]) -> Spec:
    """Return the chart with its rows inside.

    >>> with_data({"mark": "bar"}, [{"name": "a", "value": 1}])["data"]
    {'values': [{'name': 'a', 'value': 1}]}
    """
    return {**spec, "data": {"values": list(rows)}}


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
    return json.dumps(themed({"width": width, **spec}, mode))
