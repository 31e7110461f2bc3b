"""A part of what was made of what: things, the steps between them, and circles where there are any.

raw@v1 --import--> phq9@v1 --sql--> scored@v1 --input--> risk/calm-fox --file--> model.json
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from catalog.lineage_search import LineageEdge, LineageNode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Way = Literal["upstream", "downstream"]

__all__ = ["LineageEdge", "LineageGraph", "LineageNode", "LineageWarning", "Way"]


class LineageWarning(UserWarning):
    """Something is made of itself, as two processes have recorded it at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageGraph:
    """What something was made of, and what was made of it.

    `nodes` come from near to far from `start`. `cycles` are circles, as ids: there are none unless
    two processes recorded steps at the same time, each without knowing of the other's.
    """

    start: str
    nodes: tuple[LineageNode, ...]
    edges: tuple[LineageEdge, ...]
    cycles: tuple[tuple[str, ...], ...] = ()

    def node(self, node_id: str) -> LineageNode:
        """Return the thing that has an id. Raises KeyError."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise KeyError(node_id)

    def reached(self, way: Way, *, kind: str | None = None) -> list[LineageNode]:
        """Return what lies that way of the start, nearest first, of one kind or of all."""
        depths = distances(self.start, self.edges, way)
        found = [node for node in self.nodes if node.id in depths and node.id != self.start]
        found.sort(key=lambda node: depths[node.id])
        return [node for node in found if kind is None or node.kind == kind]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "start": self.start,
            "nodes": [
                {
                    "id": node.id,
                    "kind": node.kind,
                    "label": node.label,
                    "deleted": node.deleted,
                    "missing": node.missing,
                    "created_at": node.created_at.isoformat() if node.created_at else None,
                }
                for node in self.nodes
            ],
            "edges": [_edge_to_dict(edge) for edge in self.edges],
            "cycles": [list(cycle) for cycle in self.cycles],
        }


def _edge_to_dict(edge: LineageEdge) -> dict[str, Any]:
    columns = edge.columns
    return {
        "source": edge.source,
        "target": edge.target,
        "transformation_type": edge.transformation_type,
        "lineage_id": edge.lineage_id,
        "code": edge.code,
        "parameters": dict(edge.parameters),
        "columns": columns and {name: list(sources) for name, sources in columns.items()},
        "unresolved": dict(edge.unresolved),
        "created_at": edge.created_at.isoformat() if edge.created_at else None,
        "actor": edge.actor,
    }


def make_graph(
    start: str,
    nodes: Mapping[str, LineageNode],
    edges: Iterable[LineageEdge],
    *,
    depth: int | None = None,
) -> LineageGraph:
    """Order what was found, and leave out what is further than `depth` steps from the start."""
    every = sorted(edges, key=_by_ends)
    up = distances(start, every, "upstream")
    down = distances(start, every, "downstream")
    far = {
        node_id: min(ways[node_id] for ways in (up, down) if node_id in ways)
        for node_id in nodes
        if node_id in up or node_id in down
    }
    kept = {node_id for node_id, steps in far.items() if depth is None or steps <= depth}
    chosen = sorted(
        (nodes[node_id] for node_id in kept),
        key=lambda node: (far[node.id], node.kind, node.label, node.id),
    )
    between = tuple(edge for edge in every if edge.source in kept and edge.target in kept)
    cycles = find_cycles((edge.source, edge.target) for edge in between)
    return LineageGraph(start=start, nodes=tuple(chosen), edges=between, cycles=cycles)


def whole_graph(nodes: Mapping[str, LineageNode], edges: Iterable[LineageEdge]) -> LineageGraph:
    """Put together a graph that begins nowhere: everything there is."""
    every = tuple(sorted(edges, key=_by_ends))
    chosen = sorted(nodes.values(), key=lambda node: (node.kind, node.label, node.id))
    cycles = find_cycles((edge.source, edge.target) for edge in every)
    return LineageGraph(start="", nodes=tuple(chosen), edges=every, cycles=cycles)


def _by_ends(edge: LineageEdge) -> tuple[str, ...]:
    return (edge.source, edge.target, edge.transformation_type, edge.lineage_id)


def distances(start: str, edges: Iterable[LineageEdge], way: Way) -> dict[str, int]:
    """Return how many steps what can be reached is away, each thing once."""
    neighbours: dict[str, list[str]] = {}
    for edge in edges:
        near, far = (edge.target, edge.source) if way == "upstream" else (edge.source, edge.target)
        neighbours.setdefault(near, []).append(far)
    found = {start: 0}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        for there in neighbours.get(here, ()):
            if there not in found:
                found[there] = found[here] + 1
                waiting.append(there)
    return found


def find_path(start: str, end: str, edges: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return a shortest way from one thing to another along the steps; empty when there is none.

    >>> find_path("a", "c", [("a", "b"), ("b", "c")])
    ('a', 'b', 'c')
    """
    after: dict[str, list[str]] = {}
    for source, target in edges:
        after.setdefault(source, []).append(target)
    before: dict[str, str] = {start: ""}
    waiting = deque([start])
    while waiting and end not in before:
        here = waiting.popleft()
        for there in after.get(here, ()):
            if there not in before:
                before[there] = here
                waiting.append(there)
    return _way_back(end, before) if end in before else ()


def _way_back(end: str, before: Mapping[str, str]) -> tuple[str, ...]:
    way = [end]
    while before[way[-1]]:
        way.append(before[way[-1]])
    return tuple(reversed(way))


def find_cycles(edges: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """Return a circle for everything that goes round: the first thing of it is also the last.

    >>> find_cycles([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")])
    (('a', 'b', 'c', 'a'),)
    """
    every = sorted(set(edges))
    inside = _inside(every)
    found: list[tuple[str, ...]] = []
    seen: set[str] = set()
    for source, target in inside:
        if source not in seen:
            way = find_path(target, source, inside)
            if way:
                found.append((source, *way))
                seen.update(way)
    return tuple(found)


def _inside(edges: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave out what only leads to circles, or away from them."""
    for near, far in ((0, 1), (1, 0)):
        edges = _without_beginnings(edges, near, far)
    return list(edges)


def _without_beginnings(
    edges: Sequence[tuple[str, str]], near: int, far: int
) -> list[tuple[str, str]]:
    after: dict[str, list[str]] = {}
    for edge in edges:
        after.setdefault(edge[near], []).append(edge[far])
    arriving = Counter(edge[far] for edge in edges)
    free = [thing for thing in after if not arriving[thing]]
    gone = set()
    while free:
        thing = free.pop()
        gone.add(thing)
        for there in after.get(thing, ()):
            arriving[there] -= 1
            if not arriving[there]:
                free.append(there)
    return [edge for edge in edges if edge[near] not in gone]
