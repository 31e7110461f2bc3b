"""`mhras dataset lineage`: a tree at the terminal, a picture, a page, JSON."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import pytest

from app.cli_lineage import tree
from core import Workbench
from core.lineage.graph import LineageEdge, LineageNode, make_graph
from tests.support.commands import Command

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lake(tmp_path: Path) -> str:
    with Workbench(tmp_path / "lake", actor="ana", durability="process") as wb:
        wb.datasets.register_dataset({"q1": [1, 2]}, "phq9", "form")
        sql = "select q1 * 2 as total from phq9"
        with wb.datasets.transform(inputs=["phq9@v1"], code=sql, name="scored") as t:
            pass
        wb.tracker.start_run("risk", "calm-fox", inputs=[t.version]).end()
    return str(tmp_path / "lake")


def test_a_tree_shows_both_sides(lake: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, remarks = Command(capsys)("dataset", "lineage", "scored", "--lake", lake)
    assert (status, remarks) == (0, "")
    assert out.splitlines() == [
        "scored@v1",
        "made of:",
        "└── phq9@v1  [sql]",
        "made of it:",
        "└── run risk/calm-fox  [input]",
    ]


def test_direction_and_depth_choose_a_part(lake: str, capsys: pytest.CaptureFixture[str]) -> None:
    mhras = Command(capsys)
    asked = ("dataset", "lineage", "phq9@v1", "--lake", lake)
    assert mhras(*asked, "--direction", "upstream")[1] == "phq9@v1\n"
    assert "calm-fox" not in mhras(*asked, "--depth", "1")[1]
    assert mhras(*asked, "--direction", "sideways")[0] == 2
    assert mhras("dataset", "lineage", "nobody", "--lake", lake)[0] == 1


def test_files_and_json_are_written(
    lake: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    svg, html, events = (tmp_path / f"l.{suffix}" for suffix in ("svg", "html", "jsonl"))
    files = ("--svg", str(svg), "--html", str(html), "--openlineage", str(events))
    asked = ("dataset", "lineage", "phq9", "--lake", lake, "--json", *files)
    status, out, _ = Command(capsys)(*asked)
    assert status == 0
    document = json.loads(out)
    assert [node["label"] for node in document["nodes"]] == [
        "phq9@v1",
        "scored@v1",
        "risk/calm-fox",
    ]
    assert document["edges"][0]["columns"] == {"total": ["q1"]}
    assert b"scored@v1" in svg.read_bytes()
    lines = [json.loads(line) for line in events.read_text("utf8").splitlines()]
    assert [line["job"]["name"] for line in lines] == ["transform/scored", "run/risk"]
    assert b"select q1 * 2 as total from phq9" in html.read_bytes()


def test_no_file_is_begun_where_none_can_be_written(
    lake: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, remarks = Command(capsys)(
        "dataset", "lineage", "phq9", "--lake", lake, "--svg", "nowhere/l.svg"
    )
    assert (status, "There is no folder nowhere" in remarks) == (1, True)


def test_circles_and_diamonds_end_the_tree() -> None:
    nodes = {name: LineageNode(id=name, kind="dataset_version", label=name) for name in "abcd"}
    edges = [
        LineageEdge(source=s, target=t, transformation_type="f")
        for s, t in ("ab", "ac", "bd", "cd", "da")
    ]
    assert list(tree(make_graph("a", nodes, edges)))[:6] == [
        "a",
        "made of:",
        "└── d  [f]",
        "    ├── b  [f]",
        "    │   └── a  [f] ...",
        "    └── c  [f]",
    ]


def test_a_chain_longer_than_the_stack_is_shown() -> None:
    names = [f"{n:05}" for n in range(3_000)]
    nodes = {name: LineageNode(id=name, kind="dataset_version", label=name) for name in names}
    edges = [
        LineageEdge(source=s, target=t, transformation_type="f")
        for s, t in itertools.pairwise(names)
    ]
    assert len(list(tree(make_graph(names[0], nodes, edges)))) == 3_001
