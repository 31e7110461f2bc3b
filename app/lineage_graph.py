"""A lineage as a drawing that can be clicked: boxes from left to right, the chosen one marked."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.charts.palette import palette
from core.lineage.arrangement import HEIGHT, WIDTH, arrange
from core.lineage.picture import describe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.charts.palette import Mode, Palette
    from core.lineage.arrangement import Point
    from core.lineage.graph import LineageGraph, LineageNode

KINDS: Final = (
    *("dataset_version", "run", "artifact", "report", "model"),
    *("card", "evaluation", "eda_report"),
)
WORDS: Final = {
    "dataset_version": "dataset",
    "run": "run",
    "artifact": "file",
    "report": "report",
    "model": "model",
    "card": "card",
    "evaluation": "evaluation",
    "eda_report": "EDA report",
}
_ACROSS: Final = 900.0  # pixels there are for it in a window of 1280
_SMALLEST: Final = 0.5  # a box below half its size cannot be read; the rest is reached by moving
_LEAST_SCALE: Final = 0.3  # of a column of very many things
_TALLEST: Final = 3000.0
_LEAST: Final = 200.0
_MARGIN: Final = 24.0
_LETTERS: Final = 25
_KEY: Final = "lineage-graph"


def drawing(graph: LineageGraph, chosen: str | None) -> str | None:
    """Draw a lineage, and return the id of a thing that was clicked just now."""
    mode: Mode = "dark" if st.context.theme.type == "dark" else "light"
    spec, height = described(graph, chosen, palette(mode))
    state = st.echarts_chart(
        spec,
        height=int(height),
        key=_KEY,
        on_select="rerun",
        alt=describe(graph)[:2000],
    )
    return _clicked(state, graph)


def _clicked(state: Any, graph: LineageGraph) -> str | None:
    """Return what was clicked, once: the drawing keeps its selection when the page runs again."""
    places = [
        place
        for series in state["selection"]["selected"]
        if series["data_type"] == "node"
        for place in series["data_indices"]
    ]
    found = graph.nodes[places[0]].id if places and places[0] < len(graph.nodes) else None
    if found == st.session_state.get("lineage-clicked"):
        return None
    st.session_state["lineage-clicked"] = found
    return found


def described(
    graph: LineageGraph, chosen: str | None, colours: Palette
) -> tuple[dict[str, Any], float]:
    """Return what ECharts draws, and how tall it is."""
    found = arrange(graph)
    fitting = max(_SMALLEST, (_ACROSS - 2 * _MARGIN) / max(found.width, 1.0))
    scale = min(1.0, fitting, max(_LEAST_SCALE, (_TALLEST - 2 * _MARGIN) / max(found.height, 1.0)))
    box = [WIDTH * scale, HEIGHT * scale]
    height = min(_TALLEST, max(_LEAST, found.height * scale + 2 * _MARGIN))
    look = _Look(colours=colours, scale=scale, start=graph.start, chosen=chosen)
    nodes = [_box(node, found.places[node.id], look) for node in graph.nodes]
    points, lines = _lines(graph, found.ways, look)
    # with its corners the drawing is as large as it was computed, and boxes and lines meet
    corners = [
        _point(f"corner {x}", (x, y), look) for x, y in ((0, 0), (found.width, found.height))
    ]
    series = {
        "type": "graph",
        "layout": "none",
        **dict.fromkeys(("left", "right"), _MARGIN),
        **dict.fromkeys(("top", "bottom"), (height - found.height * scale) / 2),
        "symbol": "rect",
        "symbolSize": box,
        "preserveAspect": "contain",
        "roam": True,
        "scaleLimit": {"min": 0.3, "max": 4},
        "selectedMode": "single",
        "edgeSymbolSize": 7,
        "autoCurveness": False,
        "edgeLabel": {"fontSize": 11, "color": colours.muted, "textBorderWidth": 3}
        | {"textBorderColor": colours.background},
        "emphasis": {"lineStyle": {"width": 2.4}},
        "select": {"itemStyle": {"borderWidth": 1.8}},
        "data": nodes + points + corners,
        "links": lines,
    }
    return {"tooltip": {"formatter": "{c}"}, "animation": False, "series": [series]}, height


def _lines(
    graph: LineageGraph, ways: Mapping[tuple[str, str], Sequence[Point]], look: _Look
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the points lines go through, and their parts; those of the chosen thing are strong.

    ECharts draws from the middle of one box to that of another, through what is between them. So
    each line goes from point to point, which are boxes that cannot be seen.
    """
    recorded = {edge.transformation_type for edge in graph.edges if edge.lineage_id}
    circles = {pair for cycle in graph.cycles for pair in pairwise(cycle)}
    words: dict[tuple[str, str], list[str]] = {}
    for edge in graph.edges:
        words.setdefault((edge.source, edge.target), []).append(edge.transformation_type)
    points: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    for pair, said in words.items():
        text = ", ".join(dict.fromkeys(said))
        line = look.line(chosen=look.chosen in pair, wrong=pair in circles)
        label = {"show": bool(recorded & {*said}), "formatter": text[:16]}
        first = len(graph.nodes) + len(points)  # the points come after the boxes
        points += [_point(f"{first} {n}", way, look) for n, way in enumerate(ways[pair])]
        last = len(graph.nodes) + len(points) - 1
        for place in range(first, last):
            part = {"source": place, "target": place + 1, "value": text, "lineStyle": line}
            part["symbol"] = ["none", "arrow" if place + 1 == last else "none"]
            parts.append(part | ({"label": label} if place == first else {}))
    return points, parts


def _point(name: str, place: Point, look: _Look) -> dict[str, Any]:
    x, y = (look.scale * each for each in place)
    unseen = {"symbolSize": 0.1, "label": {"show": False}, "tooltip": {"show": False}}
    return {"id": f"point {name}", "x": x, "y": y, **unseen}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What all boxes of a drawing have in common."""

    colours: Palette
    scale: float
    start: str
    chosen: str | None

    def line(self, *, chosen: bool, wrong: bool) -> dict[str, Any]:
        """Return how a line looks that is of the chosen thing, or of a circle."""
        colour = "#b42318" if wrong else self.colours.ink if chosen else self.colours.muted
        return {
            "color": colour,
            "width": 2.0 if chosen else 1.2,
            "opacity": 1.0 if chosen or wrong else 0.55,
            "curveness": 0.0,
        }


def _box(node: LineageNode, place: tuple[float, float], look: _Look) -> dict[str, Any]:
    colours, scale = look.colours, look.scale
    colour = colour_of(node.kind, colours)
    state = " (gone)" if node.missing else " (deleted)" if node.deleted else ""
    marked, begins = node.id == look.chosen, node.id == look.start
    share = 0.34 if marked else 0.22 if begins else 0.08
    kind, label = WORDS.get(node.kind, node.kind), node.label
    if node.kind == "run" and "/" in label:  # experiment/run: many share the first
        experiment, _, label = label.partition("/")
        kind = f"{kind} of {experiment}"
    kind = f"{shortened(kind, _LETTERS + 3)}{state}"
    return {
        "value": f"{WORDS.get(node.kind, node.kind)}{state}: {node.label}",
        "name": f"{WORDS.get(node.kind, node.kind)}{state}: {node.label}",
        "id": node.id,
        "x": (place[0] + WIDTH / 2) * scale,
        "y": (place[1] + HEIGHT / 2) * scale,
        "itemStyle": {
            "color": mixed(colour, colours.background, share),
            "borderColor": colour,
            "borderWidth": 1.8 if marked else 1.4 if begins else 1.0,
            "borderType": "dashed" if state else "solid",
        },
        "label": {
            "show": True,
            "color": colours.ink,
            "fontSize": max(9, round(13 * scale)),
            "fontWeight": 600 if marked or begins else 400,
            "formatter": f"{{kind|{_literal(kind)}}}\n{_literal(shortened(label))}",
            "rich": {
                "kind": {
                    "color": colours.muted,
                    "fontSize": max(8, round(11 * scale)),
                    "lineHeight": 16 * scale,
                }
            },
            "width": WIDTH * scale - 12,
            "overflow": "truncate",
        },
    }


def shortened(label: str, letters: int = _LETTERS) -> str:
    """Cut a name to a length; of name@version the version stays.

    >>> shortened("rand-frequent-visits@validation", 25), shortened("phq9@v1")
    ('rand-frequent\u2026@validation', 'phq9@v1')
    """
    if len(label) <= letters:
        return label
    name, at, version = label.rpartition("@")
    if at and len(version) < letters // 2:
        return f"{name[: letters - len(version) - 2]}\u2026@{version}"
    return f"{label[: letters - 1]}\u2026"


def _literal(label: str) -> str:
    """Keep a name from being read as a place for something else: braces mark those."""
    return label.replace("{", "(").replace("}", ")").replace("|", "/")


def colour_of(kind: str, colours: Palette) -> str:
    """Return the colour of a kind of thing, the same as in exported pictures."""
    if kind not in KINDS:
        return colours.muted
    return colours.categorical[KINDS.index(kind) % len(colours.categorical)]


def mixed(colour: str, ground: str, share: float) -> str:
    """Return a colour over a ground: so much of it, and no line shines through.

    >>> mixed("#ff0000", "#ffffff", 0.5)
    '#ff8080'
    """
    parts = [
        round(share * int(colour[i : i + 2], 16) + (1 - share) * int(ground[i : i + 2], 16))
        for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02x}" for part in parts)
