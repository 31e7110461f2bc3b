"""Steps between versions: recorded once, followed both ways, never in a circle."""

from __future__ import annotations

import itertools
import random

import pytest

from core import Workbench
from core.errors import DatasetNotFoundError, LineageCycleError, LineageError
from core.lineage.graph import LineageWarning, find_path
from core.lineage.registry import Transformation
from tests.core.lineage.chain import chain, register


def names(versions: list[object]) -> list[str]:
    return [version.name for version in versions]  # type: ignore[attr-defined]


def test_versions_are_found_both_ways_nearest_first(workbench: Workbench) -> None:
    raw, clean, scored, report = chain(workbench, "raw", "clean", "scored", "report")
    (sites,) = register(workbench, "sites")
    track = workbench.datasets.track_transformation
    track(sites.version_id, scored.version_id, "join", "python")
    found = workbench.datasets.get_lineage
    assert found(report.version_id) == [scored, clean, sites, raw]
    assert found(raw.version_id, "downstream") == [clean, scored, report]
    assert found("clean@v1", "upstream") == [raw]
    assert found(raw.version_id) == []


def test_a_step_keeps_how_it_was_done(workbench: Workbench) -> None:
    register(workbench, "raw", "clean")
    edge = workbench.datasets.track_transformation(
        "raw@v1", "clean@v1", "drop_duplicates()", "pandas", parameters={"keep": "first"}
    )
    assert (edge.transformation_type, edge.parameters) == ("pandas", {"keep": "first"})
    assert (edge.actor, edge.columns) == ("ana", None)
    assert workbench.lineage.code(edge) == "drop_duplicates()"
    assert workbench.lineage.graph("raw@v1").edges == (edge,)


def test_sql_says_where_columns_come_from(workbench: Workbench) -> None:
    register(workbench, "raw")
    workbench.datasets.register_dataset({"total": [1], "site": ["a"]}, "scored", "test")
    edge = workbench.datasets.track_transformation(
        "raw@v1", "scored@v1", "select x + 1 as total, site from raw join sites using (id)", "sql"
    )
    assert edge.columns == {"total": ("x",)}
    assert edge.unresolved == {"site": "a recursive query, or a table that is no input"}


def test_the_same_step_twice_is_one(workbench: Workbench) -> None:
    register(workbench, "raw", "clean")
    track = workbench.datasets.track_transformation
    first = track("raw@v1", "clean@v1", "f", "python")
    assert track("raw@v1", "clean@v1", "f", "python") == first
    assert track("raw@v1", "clean@v1", "g", "python") != first
    assert workbench.sql("select count(*) as n from data_lineage")["n"].to_pylist() == [2]


def test_a_circle_is_refused_and_shown(workbench: Workbench) -> None:
    first, _, last = chain(workbench, "raw", "clean", "scored")
    with pytest.raises(LineageCycleError) as refused:
        workbench.datasets.track_transformation(last.version_id, first.version_id, "f", "python")
    assert refused.value.cycle == ("scored@v1", "raw@v1", "clean@v1", "scored@v1")
    assert "raw@v1 -> clean@v1 -> scored@v1" in str(refused.value)
    with pytest.raises(LineageCycleError):
        workbench.datasets.track_transformation("raw@v1", "raw@v1", "f", "python")
    assert workbench.sql("select * from data_lineage").num_rows == 2


def test_random_steps_are_refused_just_when_they_would_close_a_circle(
    workbench: Workbench,
) -> None:
    chance = random.Random(11)  # noqa: S311 - no secret
    nodes = [workbench.lineage.resolve(v) for v in register(workbench, *"abcdefg")]
    accepted: set[tuple[str, str]] = set()
    refused = 0
    for _ in range(30):
        source, target = chance.choice(nodes), chance.choice(nodes)
        closes = bool(find_path(target.id, source.id, accepted))
        try:
            workbench.lineage.record([source], target, Transformation(type="python"))
        except LineageCycleError:
            refused += 1
            assert closes
        else:
            assert not closes
            accepted.add((source.id, target.id))
    assert (refused > 3, len(accepted) > 3) == (True, True)
    assert all(workbench.lineage.graph(node).cycles == () for node in nodes)


def test_what_is_not_there_is_refused(workbench: Workbench) -> None:
    register(workbench, "raw")
    for ends in [("raw@v1", "nobody"), ("raw@v2", "raw@v1"), ("raw@v1", "clean@v1")]:
        with pytest.raises(DatasetNotFoundError, match="Nothing in this lake"):
            workbench.datasets.track_transformation(*ends, "f", "python")
    assert workbench.sql("select * from data_lineage").num_rows == 0


def test_faults_of_a_step_are_said_together(workbench: Workbench) -> None:
    register(workbench, "raw", "clean")
    with pytest.raises(LineageError) as refused:
        workbench.datasets.track_transformation(
            "raw@v1", "clean@v1", "f", "\n", parameters={"x": {1, 2}}
        )
    assert len(refused.value.facts["faults"]) == 2  # type: ignore[arg-type]
    with pytest.raises(LineageError, match="None is no type"):
        workbench.datasets.track_transformation("raw@v1", "clean@v1", "f", None)  # type: ignore[arg-type]
    with pytest.raises(LineageError, match="no way"):
        workbench.datasets.get_lineage("raw@v1", "sideways")  # type: ignore[arg-type]
    with pytest.raises(LineageError, match="no direction"):
        workbench.lineage.graph("raw@v1", "up")  # type: ignore[arg-type]
    with pytest.raises(LineageError, match="-1 steps"):
        workbench.lineage.graph("raw@v1", depth=-1)


def test_a_circle_of_two_writers_ends_every_question_and_is_said(workbench: Workbench) -> None:
    """Each writer looked before the other's step was there: what a reader finds then."""
    versions = chain(workbench, "raw", "clean", "scored")
    back = workbench.sql(
        "select * from data_lineage where output_version_id = $id",
        {"id": versions[2].version_id},
    ).to_pylist()[0]
    back |= {
        "lineage_id": "other",
        "input_version_id": versions[2].version_id,
        "output_version_id": versions[0].version_id,
        "created_at": 1,
        "event_at": 1,
        "writer": "other",
    }
    workbench.lake.append("data_lineage", [back])
    with pytest.warns(LineageWarning, match="made of itself") as said:
        assert workbench.datasets.get_lineage("raw@v1") == [versions[2], versions[1]]
    assert "raw@v1 -> clean@v1 -> scored@v1" in str(said[0].message)
    graph = workbench.lineage.graph("clean@v1")
    assert len(graph.nodes) == 3
    assert [len(cycle) for cycle in graph.cycles] == [4]
    assert graph.to_dict()["cycles"] == [list(graph.cycles[0])]


def test_steps_to_a_version_that_never_came_are_not_seen(workbench: Workbench) -> None:
    (raw,) = register(workbench, "raw")
    source = workbench.lineage.resolve(raw)
    never = workbench.lineage.resolve(raw).__class__(id="gone", kind="dataset_version", label="x")
    workbench.lineage.record([source], never, Transformation(type="python", code="f"))
    assert workbench.sql("select * from data_lineage").num_rows == 0
    assert workbench.lineage.graph("raw@v1").edges == ()


def test_lineage_outlives_compaction_and_another_process(workbench: Workbench) -> None:
    versions = chain(workbench, "raw", "clean", "scored")
    workbench.lake.settle = 0.0
    workbench.lake.flush()
    workbench.lake.compact(minimum=1)
    with Workbench(workbench.lake.root) as other:
        assert other.datasets.get_lineage("scored@v1") == [versions[1], versions[0]]


def test_a_long_chain_is_followed_to_its_end(workbench: Workbench) -> None:
    versions = register(workbench, *(f"step {number}" for number in range(12)))
    nodes = [workbench.lineage.resolve(version) for version in versions]
    step = Transformation(type="python")
    for before, after in itertools.pairwise(nodes):
        workbench.lineage.record([before], after, step)
    assert workbench.datasets.get_lineage("step 11@v1") == versions[-2::-1]
    assert len(workbench.lineage.graph("step 6@v1", depth=3).nodes) == 7
