"""Everything is found by name, tag or id, the best first, a few of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.thing_search import Found, find_things
from core import Workbench
from tests.support.sample_lake import EVIL_NAME, make_sample_lake

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    folder = tmp_path_factory.mktemp("lakes") / "sample"
    make_sample_lake(folder)
    with Workbench(folder, actor="ana") as opened:
        data = {"score": [3, 17]}
        first = opened.datasets.register_dataset(data, "sleep diary", "form", owner="Dr Ofori")
        opened.datasets.tag("sleep diary", "cleaned", first.version)
        opened.queries.save("Sleepless runs", "from runs")
        yield opened


def found(bench: Workbench, text: str, *, limit: int = 6) -> list[tuple[str, str]]:
    return [(thing.kind, thing.label) for thing in find_things(bench.catalog, text, limit=limit)]


def test_things_of_all_kinds_are_found_by_a_part_of_their_name(bench: Workbench) -> None:
    assert found(bench, "SLEEP") == [
        ("dataset", "sleep diary"),
        ("experiment", "sleep"),
        ("query", "Sleepless runs"),
        ("version", "sleep diary@v1"),
    ]


def test_runs_are_found_by_name_and_the_others_are_counted(bench: Workbench) -> None:
    things = find_things(bench.catalog, "forest-", limit=3)
    assert [(thing.kind, thing.total) for thing in things] == [("run", 8)] * 3


def test_the_exact_name_comes_first(bench: Workbench) -> None:
    with bench.tracker.start_run("sleep", "forest"):
        pass
    assert found(bench, "forest")[0] == ("run", "forest")


def test_an_id_finds_its_thing(bench: Workbench) -> None:
    version = bench.datasets.get_version("sleep diary")
    things = find_things(bench.catalog, version.version_id)
    assert {thing.id for thing in things} == {version.version_id}
    assert isinstance(things[0], Found)
    assert ("version", "sleep diary@v1") in found(bench, version.version_id[:20])


@pytest.mark.parametrize("text", ["ofori", "cleaned"])
def test_owners_and_tags_find_their_dataset(bench: Workbench, text: str) -> None:
    assert found(bench, text) == [("dataset", "sleep diary")]


def test_a_tag_finds_its_run(bench: Workbench) -> None:
    assert ("run", EVIL_NAME) in found(bench, "<i>tag</i>")


@pytest.mark.parametrize("text", ["", "   ", "nothing of the kind", "%", "'; drop table runs"])
def test_what_fits_nothing_finds_nothing(bench: Workbench, text: str) -> None:
    assert found(bench, text) == []


def test_a_comment_is_found_by_its_words(bench: Workbench) -> None:
    said = bench.comments.add("dataset", "sleep diary", "Wave two lacks *weekends*.")
    (thing,) = find_things(bench.catalog, "WEEKENDS")
    assert (thing.kind, thing.id, thing.label) == ("comment", said.comment_id, said.text)
    assert thing.about == "ana, sleep diary"
