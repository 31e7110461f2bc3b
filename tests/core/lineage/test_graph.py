"""Runs and files are in the same graph as versions, by their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.errors import LineageCycleError, RunNotFoundError
from core.lineage.graph import find_cycles, find_path
from tests.core.lineage.accounts import keep_accounts
from tests.core.lineage.chain import chain, register

if TYPE_CHECKING:
    from core import Workbench
    from core.lineage.graph import LineageGraph


def steps(graph: LineageGraph) -> list[tuple[str, str, str]]:
    labels = {node.id: node.label for node in graph.nodes}
    return sorted((labels[e.source], e.transformation_type, labels[e.target]) for e in graph.edges)


def test_what_a_run_read_and_left_is_known_from_the_run(workbench: Workbench) -> None:
    raw, clean = chain(workbench, "raw", "clean")
    with workbench.tracker.start_run("risk", "calm-fox", inputs=[clean]) as run:
        run.log_bytes(b"weights", "model.json", "model")
    graph = workbench.lineage.graph(run)
    assert steps(graph) == [
        ("clean@v1", "input", "risk/calm-fox"),
        ("raw@v1", "python", "clean@v1"),
        ("risk/calm-fox", "file", "model.json"),
    ]
    assert [node.kind for node in graph.nodes] == [
        "run",
        "artifact",
        "dataset_version",
        "dataset_version",
    ]
    (model,) = run.artifacts
    assert workbench.datasets.get_lineage(model.artifact_id) == [clean, raw]


def test_a_run_started_with_a_name_of_a_version_has_read_it(workbench: Workbench) -> None:
    (raw,) = register(workbench, "raw")
    with workbench.tracker.start_run("risk", "a", inputs=["raw@v1", "s3://elsewhere"]) as run:
        pass
    graph = workbench.lineage.graph(run)
    assert steps(graph) == [("raw@v1", "input", "risk/a"), ("s3://elsewhere", "input", "risk/a")]
    assert [node.missing for node in graph.nodes] == [False, False, True]
    assert workbench.datasets.get_lineage(run) == [raw]


def test_a_version_can_be_produced_by_a_run(workbench: Workbench) -> None:
    (raw,) = register(workbench, "raw")
    with workbench.tracker.start_run("risk", "a", inputs=[raw]) as run:
        scores = {"score": [0.5]}
        made = workbench.datasets.register_dataset(scores, "scores", "model", produced_by=run)
        again = workbench.datasets.register_dataset(scores, "scores", "x", produced_by=run.run_id)
    assert made == again
    assert workbench.datasets.get_lineage("scores@v1") == [raw]
    assert steps(workbench.lineage.graph(made)) == [
        ("raw@v1", "input", "risk/a"),
        ("risk/a", "run", "scores@v1"),
    ]


def test_a_run_that_is_not_there_produces_nothing(workbench: Workbench) -> None:
    with pytest.raises(KeyError):
        workbench.datasets.register_dataset({"a": [1]}, "a", "x", produced_by="nobody")
    assert workbench.datasets.list_datasets() == []
    with pytest.raises(RunNotFoundError):
        workbench.tracker.get_run("nobody")


def test_a_transform_inside_a_run_is_of_the_run(workbench: Workbench) -> None:
    register(workbench, "raw")
    with workbench.tracker.start_run("prepare", "a") as run:
        for before, after in (("raw", "clean"), ("clean", "scored")):
            sql = f"select x + 1 as x from {before}"
            with workbench.datasets.transform(inputs=[f"{before}@v1"], code=sql, name=after):
                pass
    assert steps(workbench.lineage.graph(run)) == [
        ("clean@v1", "sql", "scored@v1"),
        ("prepare/a", "run", "clean@v1"),
        ("prepare/a", "run", "scored@v1"),
        ("raw@v1", "input", "prepare/a"),
    ]
    with workbench.datasets.transform(inputs=["raw@v1"], code="select 1 as one", name="other") as t:
        pass
    assert steps(workbench.lineage.graph(t.version)) == [("raw@v1", "sql", "other@v1")]


def test_a_run_cannot_produce_what_it_was_started_with(workbench: Workbench) -> None:
    (raw,) = register(workbench, "raw")
    with (
        workbench.tracker.start_run("risk", "a", inputs=[raw]) as run,
        pytest.raises(LineageCycleError) as refused,
    ):
        workbench.datasets.register_dataset({"x": [1, 2]}, "raw", "x", produced_by=run)
    assert refused.value.cycle == ("risk/a", "raw@v1", "risk/a")


def test_deleted_runs_stay_as_deleted(workbench: Workbench) -> None:
    (raw,) = register(workbench, "raw")
    with workbench.tracker.start_run("risk", "a", inputs=[raw]) as run:
        pass
    workbench.tracker.delete_run(run.run_id)
    assert workbench.lineage.graph(raw).node(run.run_id).deleted


def test_directions_and_depth_choose_a_part(workbench: Workbench) -> None:
    versions = chain(workbench, "a", "b", "c", "d", "e")
    graph = workbench.lineage.graph
    middle = versions[2]

    def labels(found: LineageGraph) -> list[str]:
        return [n.label for n in found.nodes]

    assert labels(graph(middle)) == ["c@v1", "b@v1", "d@v1", "a@v1", "e@v1"]
    assert labels(graph(middle, "upstream")) == ["c@v1", "b@v1", "a@v1"]
    assert labels(graph(middle, "downstream", depth=1)) == ["c@v1", "d@v1"]
    assert labels(graph(middle, depth=0)) == ["c@v1"]


def test_siblings_are_not_in_the_graph(workbench: Workbench) -> None:
    raw, clean = chain(workbench, "raw", "clean")
    (other,) = register(workbench, "other")
    workbench.datasets.track_transformation(raw, other, "f", "python")
    found = [node.id for node in workbench.lineage.graph(clean).nodes]
    assert found == [clean.version_id, raw.version_id]


def test_cycles_and_paths_of_any_size_are_found_quickly() -> None:
    ring = [(str(n), str(n + 1)) for n in range(20_000)]
    assert find_cycles(ring) == ()
    assert len(find_path("0", "20000", ring)) == 20_001
    (cycle,) = find_cycles([*ring, ("20000", "0"), ("before", "0"), ("7", "after")])
    assert len(cycle) == 20_002
    assert find_cycles([("a", "a")]) == (("a", "a"),)
    assert find_path("20000", "0", ring) == ()


def test_a_report_comes_from_the_versions_it_compares(workbench: Workbench) -> None:
    datasets = workbench.datasets
    datasets.register_dataset({"age": list(range(50))}, "before", "form")
    datasets.register_dataset({"age": list(range(40, 90))}, "after", "form")
    report = datasets.detect_drift("before@v1", "after@v1")
    label = "drift from before@v1 to after@v1"
    assert steps(workbench.lineage.graph(report)) == [
        ("after@v1", "report", label),
        ("before@v1", "report", label),
    ]
    assert len(datasets.get_lineage(report.report_id)) == 2
    (event,) = workbench.lineage.openlineage(report)
    assert sorted(source["name"] for source in event["inputs"]) == ["after", "before"]
    assert [made["name"] for made in event["outputs"]] == [label]


def test_models_evaluations_reports_and_cards_are_in_the_graph(workbench: Workbench) -> None:
    kept = keep_accounts(workbench)
    names = {thing: name for name, thing in kept.items()}
    graph = workbench.lineage.graph(kept["first"])
    known = [(names.get(e.source), e.transformation_type, names.get(e.target)) for e in graph.edges]
    assert sorted(step for step in known if None not in step) == [
        ("drift", "card", "card"),
        ("evaluation", "card", "card"),
        ("first", "analysis", "analysis"),
        ("first", "card", "card"),
        ("first", "data", "other"),
        ("first", "input", "run"),
        ("first", "report", "drift"),
        ("model", "card", "card"),
        ("model", "evaluation", "evaluation"),
        ("run", "model", "model"),
    ]
    kinds = {names[node.id]: (node.kind, node.label) for node in graph.nodes if node.id in names}
    assert kinds == {
        "first": ("dataset_version", "clinic@v1"),
        "run": ("run", "risk/a"),
        "model": ("model", "risk@v1"),
        "other": ("model", "risk@v2"),
        "drift": ("report", "drift from clinic@v1 to clinic@v2"),
        "analysis": ("eda_report", "analysis of clinic@v1 for outcome"),
        "evaluation": ("evaluation", "autumn of risk@v1"),
        "card": ("card", "risk@v1, card 1"),
    }
    assert all(node.created_at for node in graph.nodes)
    card = workbench.lineage.resolve(workbench.cards.get_card("risk@v1"))
    upstream = {node.id for node in workbench.lineage.graph(card, "upstream").nodes}
    assert upstream == {kept[name] for name in kept.keys() - {"other", "analysis"}}


def test_a_card_of_before_its_sources_were_kept_comes_from_its_model(
    workbench: Workbench,
) -> None:
    kept = keep_accounts(workbench)
    card = {"card_id": "old", "model_id": kept["model"], "model_name": "risk", "version": "v1"}
    workbench.lake.append("model_cards", [{**card, "card_number": 2, "event_at": 1, "writer": "w"}])
    (step,) = workbench.lineage.graph("old", "upstream", depth=1).edges
    assert (step.source, step.transformation_type) == (kept["model"], "card")
