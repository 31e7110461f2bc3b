"""Where the things of a lineage stand in a picture, and which way the steps between them take.

    column 0    1      2      3        a thing stands right of all it was made of
    raw ───> clean ──┬> scored ──> run
    sites ───────────┘                 steps that pass columns go round the things in them

What is made of others stands as far left as it can, what others are made of right beside them.
Columns are sorted by where their neighbours stand, a few times to and fro. The same lineage is
always arranged in the same way.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from core.lineage.graph import LineageGraph

WIDTH: Final = 200.0
HEIGHT: Final = 48.0
_ACROSS: Final = 110.0  # between columns, with room for a word
_DOWN: Final = 22.0
_PASSING: Final = 14.0  # the height of a step that passes a column
_SWEEPS: Final = 6
Pair = tuple[str, str]
# a thing, or the place where a step from one to another passes a column
Spot = str | tuple[str, str, int]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The left upper corners of things by id, the points of steps by their ends, and the size."""

    places: Mapping[str, Point]
    ways: Mapping[Pair, tuple[Point, ...]]
    width: float
    height: float


def arrange(graph: LineageGraph) -> Arrangement:
    """Find a place for each thing; a step that closes a circle goes back along the others."""
    names = {node.id: (node.label, node.id) for node in graph.nodes}
    ids = sorted(names, key=names.__getitem__)
    pairs = sorted({(edge.source, edge.target) for edge in graph.edges})
    forward = _without_circles(ids, pairs)
    columns = _columns(ids, forward)
    passing = {pair: _spots(pair, columns) for pair in forward}
    order = _sorted_columns(ids, columns, passing)
    tops = _tops(order)
    height = max((top + _height(spot) for spot, top in tops.items()), default=0.0)
    places = {i: (columns[i] * (WIDTH + _ACROSS), tops[i]) for i in ids}
    ways = {pair: _points(pair, spots, places, tops) for pair, spots in passing.items()}
    for pair in pairs:
        if pair not in ways:
            ways[pair] = _back(pair, places, height + _DOWN)
    back = len(ways) > len(passing)
    right = max((x for x, _ in places.values()), default=0.0) + WIDTH
    return Arrangement(places, ways, right, height + 2 * _DOWN * back)


def _without_circles(ids: Sequence[str], pairs: Iterable[Pair]) -> list[Pair]:
    """Leave out the steps that lead back to where one came from."""
    after: dict[str, list[str]] = defaultdict(list)
    for source, target in pairs:
        after[source].append(target)
    kept, done, under_way = [], set(), set()
    for first in ids:
        waiting = [(first, iter(after[first]))] if first not in done else []
        under_way.add(first)
        while waiting:
            here, rest = waiting[-1]
            there = next(rest, None)
            if there is None:
                waiting.pop()
                done.add(here)
                under_way.discard(here)
            elif there in done or there not in under_way:
                kept.append((here, there))
                if there not in done:
                    under_way.add(there)
                    waiting.append((there, iter(after[there])))
        under_way.discard(first)
    return sorted(kept)


def _columns(ids: Sequence[str], pairs: Sequence[Pair]) -> dict[str, int]:
    after: dict[str, list[str]] = defaultdict(list)
    before = dict.fromkeys(ids, 0)
    for source, target in pairs:
        after[source].append(target)
        before[target] += 1
    columns = dict.fromkeys(ids, 0)
    beginnings = [i for i in ids if not before[i]]
    free = list(beginnings)
    while free:
        here = free.pop()
        for there in after[here]:
            columns[there] = max(columns[there], columns[here] + 1)
            before[there] -= 1
            if not before[there]:
                free.append(there)
    for i in beginnings:
        if after[i]:
            columns[i] = min(columns[there] for there in after[i]) - 1
    return columns


def _spots(pair: Pair, columns: Mapping[str, int]) -> tuple[Spot, ...]:
    return tuple((*pair, column) for column in range(columns[pair[0]] + 1, columns[pair[1]]))


def _sorted_columns(
    ids: Sequence[str], columns: Mapping[str, int], passing: Mapping[Pair, tuple[Spot, ...]]
) -> list[list[Spot]]:
    order: list[list[Spot]] = [[] for _ in range(max(columns.values(), default=-1) + 1)]
    for i in ids:
        order[columns[i]].append(i)
    left: dict[Spot, list[Spot]] = defaultdict(list)
    right: dict[Spot, list[Spot]] = defaultdict(list)
    for (source, target), spots in passing.items():
        for spot, column in zip(spots, range(columns[source] + 1, columns[target]), strict=True):
            order[column].append(spot)
        way: list[Spot] = [source, *spots, target]
        for near, far in itertools.pairwise(way):
            right[near].append(far)
            left[far].append(near)
    heights = {spot: place for stack in order for place, spot in enumerate(stack)}
    wanted: dict[Spot, float] = {}
    for sweep in range(_SWEEPS):
        neighbours = left if sweep % 2 == 0 else right
        for stack in order if sweep % 2 == 0 else reversed(order):
            wanted.update({spot: _middle(spot, neighbours, heights) for spot in stack})
            stack.sort(key=wanted.__getitem__)
            heights.update({spot: place for place, spot in enumerate(stack)})
    return order


def _middle(
    spot: Spot, neighbours: Mapping[Spot, list[Spot]], heights: Mapping[Spot, int]
) -> float:
    near = neighbours.get(spot)
    return sum(heights[n] for n in near) / len(near) if near else float(heights[spot])


def _height(spot: Spot) -> float:
    return HEIGHT if isinstance(spot, str) else _PASSING


def _tops(order: Sequence[Sequence[Spot]]) -> dict[Spot, float]:
    """Stack each column, all of them around one middle."""
    sizes = [sum(map(_height, column)) + _DOWN * (len(column) - 1) for column in order]
    tops: dict[Spot, float] = {}
    for column, size in zip(order, sizes, strict=True):
        top = (max(sizes) - size) / 2
        for spot in column:
            tops[spot] = top
            top += _height(spot) + _DOWN
    return tops


def _points(
    pair: Pair, spots: Sequence[Spot], places: Mapping[str, Point], tops: Mapping[Spot, float]
) -> tuple[Point, ...]:
    (left, top), (right, bottom) = (places[end] for end in pair)
    points = [(left + WIDTH, top + HEIGHT / 2)]
    for place, spot in enumerate(spots, 1):
        x = left + place * (WIDTH + _ACROSS)
        y = tops[spot] + _PASSING / 2
        points += [(x, y), (x + WIDTH, y)]
    return (*points, (right, bottom + HEIGHT / 2))


def _back(pair: Pair, places: Mapping[str, Point], below: float) -> tuple[Point, ...]:
    """Go back below all things."""
    (left, top), (right, bottom) = (places[end] for end in pair)
    middle = WIDTH / 2
    start, end = (left + middle, top + HEIGHT), (right + middle, bottom + HEIGHT)
    return (start, (left + middle, below), (right + middle, below), end)
