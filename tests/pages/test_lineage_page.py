"""The page of lineage: everything, one thing, its steps, and what depends on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.lineage_graph import described, mixed
from core import Workbench
from core.charts.palette import DARK, LIGHT
from tests.pages.test_pages import titles, words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    Opener = Callable[..., AppTest]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lakes") / "lineage"
    with Workbench(folder, actor="ana") as bench:
        raw = bench.datasets.register_dataset({"age": [30, 41]}, "raw", "form")
        sql = "select age + 1 as age from raw"
        with bench.datasets.transform(inputs=[raw], code=sql, name="older"):
            pass
        with bench.tracker.start_run("risk", "calm-fox", inputs=["older@v1"]) as run:
            run.log_bytes("{}", "model.json", "model")
    return folder


def test_the_page_opens_on_an_empty_lake(open_page: Opener, tmp_path: Path) -> None:
    app = open_page(tmp_path, "lineage")
    assert titles(app) == ["Lineage"]
    assert "Nothing was made of anything yet" in words(app)


def test_everything_is_drawn(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "lineage")
    assert titles(app) == ["Lineage"]
    assert "2 datasets, 1 run, 2 steps" in words(app)
    assert "1 file" in words(open_page(lake, "lineage", files="true"))


def test_a_thing_is_shown_with_its_code_and_what_depends_on_it(
    open_page: Opener, lake: Path
) -> None:
    app = open_page(lake, "lineage", id="raw@v1", files="true")
    assert titles(app) == ["Lineage"]
    assert list(app.dataframe[0].value["Thing"]) == ["older@v1", "risk/calm-fox", "model.json"]
    assert list(app.dataframe[0].value["Steps away"]) == [1, 2, 3]
    assert app.code[-1].value == "select age + 1 as age from raw"


def test_only_so_many_steps_are_followed(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "lineage", id="raw@v1", depth="1 step", way="Downstream")
    assert "2 datasets, 1 step" in words(app)


def test_an_id_of_nothing_says_so(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "lineage", id="../../etc")
    assert titles(app) == ["Lineage"]
    assert "Nothing in this lake has the id" in app.warning[0].value


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_boxes_are_named_coloured_and_joined(lake: Path, colours: object) -> None:
    with Workbench(lake) as bench:
        graph = bench.lineage.everything()
    spec, height = described(graph, graph.nodes[0].id, colours)  # type: ignore[arg-type]
    (series,) = spec["series"]
    boxes, points = series["data"][: len(graph.nodes)], series["data"][len(graph.nodes) :]
    assert [box["id"] for box in boxes] == [node.id for node in graph.nodes]
    assert len(boxes) == 4
    assert all(point["symbolSize"] < 1 for point in points)
    ends = {(link["source"], link["target"]) for link in series["links"]}
    assert len(ends) == len(series["links"]) >= len(graph.edges)
    assert min(min(pair) for pair in ends) == len(graph.nodes), "lines begin and end beside boxes"
    assert sum(link["symbol"][1] == "arrow" for link in series["links"]) == len(graph.edges)
    assert boxes[0]["itemStyle"]["borderWidth"] == 1.8
    assert height >= 200


def test_a_colour_over_a_ground_is_opaque() -> None:
    assert mixed(LIGHT.primary, LIGHT.background, 0.0) == LIGHT.background
    assert mixed(LIGHT.primary, LIGHT.background, 1.0) == LIGHT.primary
