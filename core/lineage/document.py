"""A lineage as a document: the picture, every thing, and every step with its code and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.lineage.picture import describe, lineage_svg, word_of
from core.render.blocks import (
    Callout,
    Code,
    Document,
    Facts,
    Picture,
    Section,
    Table,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.lineage.graph import LineageEdge, LineageGraph
    from core.render.blocks import Block, Fact


def lineage_document(graph: LineageGraph, code: Callable[[LineageEdge], str]) -> Document:
    """Describe a lineage for readers; `code` gives the text of a step that has one.

    Raises LineageError for more things than a picture can show.
    """
    labels = {node.id: node.label for node in graph.nodes}
    steps = [edge for edge in graph.edges if edge.lineage_id]
    picture = Picture(lineage_svg(graph), description=describe(graph))
    sections = [Section("Things", blocks=[_things(graph)])]
    if steps:
        blocks = [Section(_title(edge, labels), blocks=[*_step(edge, code)]) for edge in steps]
        sections.append(Section("Steps", blocks=blocks))
    return Document(
        f"Lineage of {labels[graph.start]}",
        facts=[
            ("made of", len(graph.reached("upstream"))),
            ("made of it", len(graph.reached("downstream"))),
            ("steps", len(graph.edges)),
        ],
        summary=[*_circles(graph, labels), picture],
        sections=sections,
    )


def _circles(graph: LineageGraph, labels: dict[str, str]) -> Iterator[Block]:
    for cycle in graph.cycles:
        way = " -> ".join(labels[node_id] for node_id in cycle)
        text = f"Two processes recorded these steps at the same time: {way}."
        yield Callout("Something is made of itself.", text=text, level="bad")


def _things(graph: LineageGraph) -> Table:
    up = {node.id for node in graph.reached("upstream")}
    down = {node.id for node in graph.reached("downstream")}
    rows = []
    for node in graph.nodes:
        sides = [("made of it", node.id in down), ("it is made of this", node.id in up)]
        where = ", ".join(text for text, there in sides if there) or "the thing itself"
        state = "gone" if node.missing else "deleted" if node.deleted else ""
        rows.append((node.label, word_of(node.kind), where, state, node.id))
    return Table(("name", "kind", "side", "state", "id"), rows=rows)


def _title(edge: LineageEdge, labels: dict[str, str]) -> str:
    return f"{labels[edge.source]} to {labels[edge.target]}"


def _step(edge: LineageEdge, code: Callable[[LineageEdge], str]) -> Iterator[Block]:
    facts: list[Fact] = [("type", edge.transformation_type)]
    facts += [(name, str(value)) for name, value in edge.parameters.items()]
    if edge.actor:
        facts.append(("by", edge.actor))
    if edge.created_at:
        facts.append(("at", f"{edge.created_at:%Y-%m-%d %H:%M:%S} UTC"))
    yield Facts(facts)
    if edge.code:
        yield Code(code(edge), language=edge.transformation_type)
    if edge.columns is not None:
        rows = [(name, ", ".join(sources)) for name, sources in edge.columns.items()]
        rows += [(name, f"not known: {reason}") for name, reason in edge.unresolved.items()]
        if rows:
            yield Table(("column", "comes from"), rows=rows)
        else:
            yield Text("No column of the output comes from this input.")
