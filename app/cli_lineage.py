"""`mhras dataset lineage`: what a version was made of, and what was made of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli_options import JsonOption, LakeOption, open_workbench
from app.cli_output import printable, remark, say, say_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.lineage.graph import LineageGraph, LineageNode, Way

commands = typer.Typer()
_DIRECTIONS = ("both", "upstream", "downstream")


@commands.command("lineage")
def lineage(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME[@V]", help="A version, or the id of a run, file, model, card ..."
        ),
    ],
    *,
    direction: Annotated[
        str, typer.Option("--direction", metavar="WAY", help="upstream, downstream or both.")
    ] = "both",
    depth: Annotated[
        int | None, typer.Option("--depth", min=0, help="At most so many steps.")
    ] = None,
    svg: Annotated[
        str | None, typer.Option("--svg", metavar="FILE", help="Write a picture.")
    ] = None,
    html: Annotated[
        str | None, typer.Option("--html", metavar="FILE", help="Write a page, with all code.")
    ] = None,
    openlineage: Annotated[
        str | None,
        typer.Option("--openlineage", metavar="FILE", help="Write OpenLineage events, one a line."),
    ] = None,
    lake: LakeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a version was made of, and what was made of it."""
    if direction not in _DIRECTIONS:
        raise typer.BadParameter(f"one of {', '.join(_DIRECTIONS)}", param_hint="--direction")
    from pathlib import Path  # not needed for --help

    from app.output_file import check_place, write_whole

    places = {file: Path(file).expanduser() for file in (svg, html, openlineage) if file}
    for place in places.values():
        check_place(place)
    with open_workbench(lake) as wb:
        graph = wb.lineage.graph(name, direction, depth=depth)  # type: ignore[arg-type]
        if svg is not None:
            from core.lineage.picture import lineage_file

            write_whole(places[svg], lineage_file(graph))
        if html is not None:
            from core.lineage.document import lineage_document
            from core.render.html import render_html

            write_whole(places[html], render_html(lineage_document(graph, wb.lineage.code)))
        if openlineage is not None:
            events = wb.lineage.openlineage(graph.start, direction, depth=depth)  # type: ignore[arg-type]
            text = "".join(json.dumps(event) + "\n" for event in events)
            write_whole(places[openlineage], text.encode())
    if as_json:
        say_json(graph.to_dict())
    else:
        for line in tree(graph):
            say(line)
    for cycle in graph.cycles:
        labels = " -> ".join(printable(graph.node(node_id).label) for node_id in cycle)
        remark(f"warning: something is made of itself: {labels}")


def tree(graph: LineageGraph) -> Iterator[str]:
    """Draw what leads to the start, and what comes from it, as two trees of lines."""
    start = graph.node(graph.start)
    yield _name(start)
    sides: tuple[tuple[Way, str], ...] = (("upstream", "made of"), ("downstream", "made of it"))
    for way, title in sides:
        if graph.reached(way):
            yield f"{title}:"
            yield from _branches(graph, way)


def _branches(graph: LineageGraph, way: Way) -> Iterator[str]:
    nodes = {node.id: node for node in graph.nodes}
    near: dict[str, dict[str, list[str]]] = {}
    for edge in graph.edges:
        here, there = edge.source, edge.target
        if way == "upstream":
            here, there = there, here
        near.setdefault(here, {}).setdefault(there, []).append(edge.transformation_type)
    shown = {graph.start}

    def below(here: str) -> list[tuple[str, list[str]]]:
        found = near.get(here, {}).items()
        return sorted(found, key=lambda each: (nodes[each[0]].label, each[0]))

    yield from _lines(nodes, below, graph.start, shown)


def _lines(
    nodes: dict[str, LineageNode],
    below: Callable[[str], list[tuple[str, list[str]]]],
    start: str,
    shown: set[str],
) -> Iterator[str]:
    """Walk without calling oneself: a chain may be longer than Python's stack."""
    waiting = [(child, types, "", last) for child, types, last in _children(below(start))]
    while waiting:
        here, types, indent, last = waiting.pop()
        branch = "└── " if last else "├── "
        again = here in shown
        more = " ..." if again and below(here) else ""
        words = printable(", ".join(dict.fromkeys(types)))
        yield f"{indent}{branch}{_name(nodes[here])}  [{words}]{more}"
        if not again:
            shown.add(here)
            deeper = indent + ("    " if last else "│   ")
            waiting += [(c, t, deeper, is_last) for c, t, is_last in _children(below(here))]


def _children(found: list[tuple[str, list[str]]]) -> list[tuple[str, list[str], bool]]:
    """Return them the last first, as they are taken from the end."""
    return [(child, types, place == len(found) - 1) for place, (child, types) in enumerate(found)][
        ::-1
    ]


def _name(node: LineageNode) -> str:
    from core.lineage.picture import word_of  # with colours, which --help needs none of

    kind = "" if node.kind == "dataset_version" else f"{printable(word_of(node.kind))} "
    state = " (gone)" if node.missing else " (deleted)" if node.deleted else ""
    return f"{kind}{printable(node.label)}{state}"
