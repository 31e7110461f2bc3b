"""A lineage as a drawing: an SVG that takes the colours of the page it stands in.

Colours are variables with a value of their own for who opens the drawing alone; a file of it also
has those for dark screens. All text is escaped and cut to its box; the whole is in its title.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from core.charts.palette import DARK, LIGHT
from core.errors import LineageError
from core.lineage.arrangement import HEIGHT, WIDTH, arrange

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.charts.palette import Palette
    from core.lineage.arrangement import Arrangement, Pair, Point
    from core.lineage.graph import LineageEdge, LineageGraph, LineageNode

MOST: Final = 500  # things: a picture of more can neither be read nor arranged in a moment
_MARGIN: Final = 12.0
_LONGEST: Final = 26  # letters in a box
_LONGEST_WORD: Final = 16  # over a step
_LETTER: Final = 6.2  # wide, about
_KINDS: Final = {"dataset_version": "dataset", "artifact": "file", "eda_report": "EDA report"}
_CATEGORIES: Final = (
    *("dataset_version", "run", "artifact", "report", "model"),
    *("card", "evaluation", "eda_report"),
)
_BAD: Final = "var(--bad, #b42318)"


def lineage_svg(graph: LineageGraph) -> str:
    """Draw a lineage, from left to right. Raises LineageError for too much of it.

    >>> from core.lineage.graph import LineageGraph, LineageNode
    >>> node = LineageNode(id="1", kind="run", label="a < b")
    >>> svg = lineage_svg(LineageGraph(start="1", nodes=(node,), edges=()))
    >>> "<text" in svg and "a &lt; b" in svg
    True
    """
    return _drawing(graph, "")


def lineage_file(graph: LineageGraph) -> bytes:
    """Draw a lineage as a file of its own, which follows the light or dark of the system."""
    style = (
        f"<style>:root{{color-scheme:light dark;{_variables(LIGHT)}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}"
        "svg{color:var(--ink);background:var(--page)}</style>"
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return (head + _drawing(graph, style) + "\n").encode()


def describe(graph: LineageGraph) -> str:
    """Say in one text what the picture shows."""
    labels = {node.id: node.label for node in graph.nodes}
    said = dict.fromkeys(
        f"{labels[edge.source]} to {labels[edge.target]} ({edge.transformation_type})"
        for edge in graph.edges
    )
    steps = "; ".join(said) if said else "nothing was made of it, and it of nothing"
    circles = f" Circles: {len(graph.cycles)}." if graph.cycles else ""
    whose = labels.get(graph.start, "everything")
    return f"Lineage of {whose}: {steps}.{circles}"


def word_of(kind: str) -> str:
    """Return what people call a kind of thing.

    >>> word_of("dataset_version"), word_of("model")
    ('dataset', 'model')
    """
    return _KINDS.get(kind, kind.replace("_", " "))


def _variables(palette: Palette) -> str:
    named = {"ink": palette.ink, "muted": palette.muted, "primary": palette.primary}
    named |= {"page": palette.background}
    named |= {f"category-{place}": colour for place, colour in enumerate(palette.categorical)}
    return "".join(f"--{name}:{colour};" for name, colour in named.items())


def _drawing(graph: LineageGraph, style: str) -> str:
    if len(graph.nodes) > MOST:
        message = f"{len(graph.nodes):,} things are too many for a picture."
        raise LineageError(message, hint=f"Ask for fewer steps: depth=1; at most {MOST} are drawn.")
    found = arrange(graph)
    width, height = found.width + 2 * _MARGIN, found.height + 2 * _MARGIN
    steps: dict[Pair, list[LineageEdge]] = {}
    for edge in graph.edges:
        steps.setdefault((edge.source, edge.target), []).append(edge)
    circles = {pair for cycle in graph.cycles for pair in pairwise(cycle)}
    body = [
        *(_step(found, pair, edges, pair in circles) for pair, edges in sorted(steps.items())),
        *(_box(found, node, node.id == graph.start) for node in graph.nodes),
    ]
    label = quoteattr(describe(graph))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label={label}'
        f' viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
        ' font-family="system-ui, sans-serif" font-size="13">'
        f"{style}<title>{escape(describe(graph))}</title>{_MARKERS}"
        f'<g transform="translate({_MARGIN:g} {_MARGIN:g})">{"".join(body)}</g></svg>'
    )


def _arrow(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7"'
        ' markerHeight="7" orient="auto">'
        f'<path d="M0 0 L10 5 L0 10 z" fill="{colour}"/></marker>'
    )


_MUTED: Final = f"var(--muted, {LIGHT.muted})"
_MARKERS: Final = f"<defs>{_arrow('lineage-arrow', _MUTED)}{_arrow('lineage-circle', _BAD)}</defs>"


def _colour(kind: str) -> str:
    if kind not in _CATEGORIES:
        return _MUTED
    place = _CATEGORIES.index(kind) % len(LIGHT.categorical)
    return f"var(--category-{place}, {LIGHT.categorical[place]})"


def _box(found: Arrangement, node: LineageNode, start: bool) -> str:
    x, y = found.places[node.id]
    colour = _colour(node.kind)
    state = " (gone)" if node.missing else " (deleted)" if node.deleted else ""
    kind = word_of(node.kind) + state
    dashed = ' stroke-dasharray="4 3"' if state else ""
    return (
        f"<g><title>{escape(f'{kind}: {node.label} ({node.id})')}</title>"
        f'<rect x="{x:g}" y="{y:g}" width="{WIDTH:g}" height="{HEIGHT:g}" rx="6"'
        f' fill="{colour}" fill-opacity="{0.2 if start else 0.07}" stroke="{colour}"'
        f' stroke-width="{2.5 if start else 1.2}"{dashed}/>'
        f'<text x="{x + 12:g}" y="{y + 18:g}" font-size="11" fill="{_MUTED}">{escape(kind)}</text>'
        f'<text x="{x + 12:g}" y="{y + 36:g}" fill="currentColor"'
        f' font-weight="{600 if start else 400}">{escape(_cut(node.label, _LONGEST))}</text></g>'
    )


def _step(found: Arrangement, pair: Pair, edges: Sequence[LineageEdge], circle: bool) -> str:
    points = found.ways[pair]
    colour, marker = (_BAD, "lineage-circle") if circle else (_MUTED, "lineage-arrow")
    dashed = ' stroke-dasharray="5 3"' if circle else ""
    words = ", ".join(dict.fromkeys(edge.transformation_type for edge in edges))
    (x1, y1), (x2, y2) = points[:2]
    return (
        f"<g><title>{escape(words)}</title>"
        f'<path d="{" ".join(_curve(points))}" fill="none" stroke="{colour}" stroke-width="1.4"'
        f' marker-end="url(#{marker})"{dashed}/>'
        f"{_word(_cut(words, _LONGEST_WORD), (x1 + x2) / 2, (y1 + y2) / 2, colour)}</g>"
    )


def _word(text: str, x: float, y: float, colour: str) -> str:
    """Write over a line, on a ground that keeps the line out of the letters."""
    width = _LETTER * len(text) + 6
    return (
        f'<rect x="{x - width / 2:g}" y="{y - 8:g}" width="{width:g}" height="16"'
        f' fill="var(--page, {LIGHT.background})"/>'
        f'<text x="{x:g}" y="{y + 4:g}" text-anchor="middle" font-size="11"'
        f' fill="{colour}">{escape(text)}</text>'
    )


def _curve(points: Sequence[Point]) -> Iterator[str]:
    """Go level out of a box, level into the next, and straight where the way is level."""
    (x, y), *rest = points
    yield f"M{x:g} {y:g}"
    for to_x, to_y in rest:
        if to_y == y or to_x == x:
            yield f"L{to_x:g} {to_y:g}"
        else:
            middle = (x + to_x) / 2
            yield f"C{middle:g} {y:g} {middle:g} {to_y:g} {to_x:g} {to_y:g}"
        x, y = to_x, to_y


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}\N{HORIZONTAL ELLIPSIS}"
