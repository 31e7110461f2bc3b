"""The picture of a lineage: everything is in it, nothing overlaps, and text is only text."""

from __future__ import annotations

import random
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from core.errors import LineageError
from core.lineage.arrangement import HEIGHT, WIDTH, arrange
from core.lineage.document import lineage_document
from core.lineage.graph import LineageEdge, LineageGraph, LineageNode, make_graph
from core.lineage.picture import MOST, describe, lineage_file, lineage_svg
from core.render.html import render_html
from core.render.picture import safe_svg

HOSTILE = '</title><script>alert(1)</script>"&\u202e'


def graph_of(start: str, *pairs: str) -> LineageGraph:
    ends = [(pair[0], pair[1]) for pair in pairs]
    names = sorted({start, *(end for pair in ends for end in pair)})
    nodes = {name: LineageNode(id=name, kind="dataset_version", label=name) for name in names}
    edges = [LineageEdge(source=s, target=t, transformation_type="sql") for s, t in ends]
    return make_graph(start, nodes, edges)


def test_a_thing_stands_right_of_all_it_was_made_of() -> None:
    found = arrange(graph_of("d", "ab", "bc", "cd", "ad", "xd"))
    columns = {name: place[0] for name, place in found.places.items()}
    assert columns["a"] < columns["b"] < columns["c"] < columns["d"]
    assert columns["x"] == columns["c"]


@pytest.mark.parametrize("seed", range(5))
def test_no_box_covers_another_and_no_step_a_box(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    letters = "abcdefghijklmn"
    found = arrange(
        graph_of(
            "a",
            *("a" + x for x in letters[1:]),
            *("".join(sorted(chance.sample(letters, 2))) for _ in range(25)),
        )
    )
    for (ax, ay), (bx, by) in combinations(found.places.values(), 2):
        assert abs(ax - bx) >= WIDTH or abs(ay - by) >= HEIGHT
    for way in found.ways.values():
        for x, y in way:
            inside = [
                p
                for p in found.places.values()
                if p[0] < x < p[0] + WIDTH and p[1] < y < p[1] + HEIGHT
            ]
            assert inside == []


def test_every_thing_and_step_is_drawn_and_told() -> None:
    graph = graph_of("b", "ab", "bc")
    root = ET.fromstring(lineage_svg(graph))  # noqa: S314 - ours
    titles = [title.text for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == [describe(graph), "sql", "sql", *(f"dataset: {n} ({n})" for n in "bac")]
    assert root.attrib["aria-label"] == "Lineage of b: a to b (sql); b to c (sql)."
    assert root.attrib["role"] == "img"


def test_circles_are_drawn_as_circles() -> None:
    svg = lineage_svg(graph_of("a", "ab", "bc", "ca"))
    assert svg.count("url(#lineage-circle)") == 3
    assert "Circles: 1." in svg


def test_the_same_lineage_gives_the_same_picture() -> None:
    pairs = ["ab", "bc", "ac", "xc"]
    pictures = {lineage_svg(graph_of("c", *order)) for order in (pairs, pairs[::-1])}
    assert len(pictures) == 1


def test_text_is_only_text() -> None:
    nodes = {
        "a": LineageNode(id="a", kind=HOSTILE, label=HOSTILE, missing=True),
        "b": LineageNode(id="b", kind="run", label=HOSTILE, deleted=True),
    }
    edges = [LineageEdge(source="a", target="b", transformation_type=HOSTILE, lineage_id="1")]
    graph = make_graph("a", nodes, edges)
    assert "<script" not in safe_svg(lineage_svg(graph))
    assert b"<script>alert" not in lineage_file(graph)
    assert b"<script>alert" not in render_html(lineage_document(graph, lambda _: HOSTILE))
    assert "(gone)" in lineage_svg(graph)
    assert "(deleted)" in lineage_svg(graph)


def test_a_file_knows_light_and_dark() -> None:
    data = lineage_file(graph_of("a", "ab")).decode()
    assert data.startswith('<?xml version="1.0"')
    assert "prefers-color-scheme:dark" in data
    ET.fromstring(data)  # noqa: S314 - ours


def test_too_much_for_a_picture_is_refused() -> None:
    nodes = {str(n): LineageNode(id=str(n), kind="run", label=str(n)) for n in range(MOST + 1)}
    edges = [
        LineageEdge(source="0", target=str(n), transformation_type="sql")
        for n in range(1, MOST + 1)
    ]
    with pytest.raises(LineageError, match="501 things") as refused:
        lineage_svg(make_graph("0", nodes, edges))
    assert "depth=1" in refused.value.hint


def test_a_document_shows_code_columns_and_circles() -> None:
    graph = graph_of("a", "ab", "ba")
    step = LineageEdge(
        source="a",
        target="b",
        transformation_type="sql",
        lineage_id="1",
        code="d" * 64,
        columns={"total": ("q1", "q2")},
        unresolved={"x": "columns(...)"},
        actor="ana",
        parameters={"cut": 10},
    )
    nodes = {node.id: node for node in graph.nodes}
    page = render_html(
        lineage_document(make_graph("a", nodes, [step, *graph.edges]), lambda _: "SELECT 1")
    )
    for text in ("SELECT 1", "q1, q2", "not known: columns(...)", "Something is made of itself"):
        assert text in page.decode()
