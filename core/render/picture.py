"""Let a drawing into a page only as a drawing: no script, no style, nothing from outside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from core.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Iterator

SVG: Final = "{http://www.w3.org/2000/svg}"
ELEMENTS: Final = frozenset(
    (
        *("svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text"),
        *("tspan", "title", "desc", "defs", "marker", "clipPath", "linearGradient"),
        *("radialGradient", "stop", "a", "use"),
    )
)
ATTRIBUTES: Final = frozenset(
    (
        *("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "dx", "dy", "d"),
        *("points", "width", "height", "viewBox", "preserveAspectRatio", "transform"),
        *("fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity"),
        *("stroke-dasharray", "stroke-linecap", "stroke-linejoin", "opacity", "vector-effect"),
        *("font-family", "font-size", "font-weight", "font-style", "letter-spacing"),
        *("text-anchor", "dominant-baseline", "marker-start", "marker-mid", "marker-end"),
        *("markerWidth", "markerHeight", "markerUnits", "refX", "refY", "orient", "clip-path"),
        *("offset", "stop-color", "stop-opacity", "gradientUnits", "gradientTransform"),
        *("id", "class", "role", "href", "version", "pointer-events", "focusable", "tabindex"),
        *("aria-label", "aria-hidden", "aria-labelledby"),
    )
)
_OUTSIDE: Final = re.compile(r"url\(\s*['\"]?(?!#)|script:|data:", re.IGNORECASE)


def safe_svg(svg: str) -> str:
    """Return a drawing as it may stand in a page.

    Raises RenderError, with everything that is wrong, when it is more than a drawing: a picture of
    which a part was taken away would still be believed.

    >>> safe_svg('<svg xmlns="http://www.w3.org/2000/svg"><text>a &lt; b</text></svg>')
    '<svg><text>a &lt; b</text></svg>'
    """
    if re.search(r"<!(?:DOCTYPE|ENTITY)", svg, re.IGNORECASE):  # entities can grow without bounds
        raise RenderError("A picture may not declare a document type.", hint="Leave it out.")
    try:
        root = ET.fromstring(svg)  # noqa: S314 - without entities, see above
    except ET.ParseError as error:
        raise RenderError(f"A picture is no SVG: {error}.") from error
    faults = sorted(set(_faults(root)))
    if root.tag != f"{SVG}svg":
        faults.insert(0, "it is no <svg>")
    if faults:
        raise RenderError(
            f"A picture is more than a drawing: {', '.join(faults)}.",
            hint="Colours go into attributes; links lead to ids of the same page.",
            faults=faults,
        )
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)  # HTML knows svg without its name space
    return ET.tostring(root, encoding="unicode")


def _faults(root: ET.Element) -> Iterator[str]:
    for element in root.iter():
        name = element.tag.removeprefix(SVG)
        if name not in ELEMENTS:
            yield f"<{name}>"
        for attribute, value in element.attrib.items():
            if attribute not in ATTRIBUTES and not attribute.startswith("data-"):
                yield f"{name} {attribute}="
            elif _OUTSIDE.search(value) or (attribute == "href" and not value.startswith("#")):
                yield f"{name} {attribute}={value[:40]!r}"
