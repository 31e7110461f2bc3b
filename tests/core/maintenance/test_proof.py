from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core.datasets.layout import objects_of
from core.maintenance import Finding, verify_lake
from core.tracking.storage import digest_of as digest_in
from lake.objects import object_key
from tests.support.damage import damage
from tests.support.four_runs import CHANCE, digest_of, log_run

if TYPE_CHECKING:
    from core import Workbench


def only_finding(bench: Workbench) -> Finding:
    (finding,) = verify_lake(bench, level="content", record=False).findings
    return finding


def run_in_words(name: str, runs: dict[str, str]) -> str:
    experiment = "sleep" if name == "c" else "risk"
    return f"run {name!r} of experiment {experiment!r} ({runs[name]})"


def test_a_damaged_artifact_names_its_run(bench: Workbench, runs: dict[str, str]) -> None:
    key = object_key(digest_of(bench, runs["b"]))
    damage(bench.lake.root / key, "flipped", CHANCE)
    finding = only_finding(bench)
    assert (finding.problem.kind, finding.problem.path) == ("content", key)
    assert finding.affects == (f"artifact model.json of {run_in_words('b', runs)}",)
    assert finding.run_ids == (runs["b"],)


def test_a_missing_object_is_found_by_the_rows_that_name_it(
    bench: Workbench, runs: dict[str, str]
) -> None:
    environment = bench.tracker.get_run(runs["a"]).environment
    assert environment is not None
    bench.lake.store.delete(object_key(environment))
    finding = only_finding(bench)
    assert (finding.problem.kind, finding.problem.path) == ("missing", object_key(environment))
    assert f"the surroundings of {run_in_words('a', runs)}" in finding.affects
    assert set(finding.run_ids) == {runs[name] for name in "abcd"}


def test_a_damaged_segment_names_the_runs_of_its_journal(
    bench: Workbench, runs: dict[str, str]
) -> None:
    (key,) = bench.lake.table("metrics").snapshot().tail
    damage(bench.lake.root / key, "truncated", CHANCE)
    finding = only_finding(bench)
    assert finding.affects == (f"metrics of {run_in_words('d', runs)}",)


def test_a_missing_data_file_names_the_runs_that_have_no_rows_left(
    bench: Workbench, runs: dict[str, str]
) -> None:
    (key,) = bench.lake.table("metrics").snapshot().data
    bench.lake.store.delete(key)
    finding = only_finding(bench)
    assert set(finding.affects) == {f"metrics of {run_in_words(n, runs)}" for n in "abc"}


def test_runs_whose_rows_are_lost_are_known_by_their_points(
    bench: Workbench, runs: dict[str, str]
) -> None:
    (key,) = bench.lake.table("runs").snapshot().data
    bench.lake.store.delete(key)
    assert set(only_finding(bench).run_ids) == {runs[name] for name in "abc"}


def test_lost_experiments_are_known_by_their_runs(bench: Workbench) -> None:
    (key,) = bench.lake.table("experiments").snapshot().data
    damage(bench.lake.root / key, "truncated", CHANCE)
    assert only_finding(bench).affects == ("experiment 'risk'", "experiment 'sleep'")


def test_the_highest_manifest_concerns_all_rows(bench: Workbench) -> None:
    log = bench.lake.table("metrics").log
    damage(bench.lake.root / log.key(log.versions()[-1]), "flipped", CHANCE)
    damage(bench.lake.root / bench.lake.table("runs").log.key(0), "flipped", CHANCE)
    findings = verify_lake(bench).findings
    assert [finding.affects for finding in findings] == [
        ("all rows of the table metrics",),
        ("the history of runs",),
    ]


def test_a_claim_names_its_experiment(bench: Workbench) -> None:
    folder = bench.lake.root / "claims" / "experiments"
    for path in folder.iterdir():
        damage(path, "flipped", CHANCE)
    findings = verify_lake(bench, level="content").findings
    assert {finding.affects for finding in findings} == {
        ("the name of experiment 'risk'",),
        ("the name of experiment 'sleep'",),
    }


def test_many_runs_are_counted(bench: Workbench) -> None:
    for number in range(9):
        with bench.tracker.start_run("many", f"run {number}") as run:
            run.log_bytes(b"the same content", "model.json", "model")
    key = object_key(bench.lake.objects.put(b"the same content"))
    damage(bench.lake.root / key, "truncated", CHANCE)
    finding = only_finding(bench)
    assert (len(finding.affects), finding.affects[-1]) == (6, "and 4 more")
    assert len(finding.run_ids) == 9


def test_rows_of_living_writers_are_known(bench: Workbench) -> None:
    run_id = log_run(bench, "live")
    damage(bench.lake.root / object_key(digest_of(bench, run_id)), "truncated", CHANCE)
    assert only_finding(bench).run_ids == (run_id,)


def test_objects_of_a_dataset_name_its_version(bench: Workbench) -> None:
    version = bench.datasets.register_dataset(
        pl.DataFrame({"id": range(100), "age": range(100)}), "phq9", "a clinic"
    )
    assert verify_lake(bench, level="content", record=False).problems == ()
    layout = digest_in(version.storage_uri)
    rows, sketches = objects_of(bench.lake.objects.get(layout))
    name = f"version {version.version} of dataset 'phq9' ({version.version_id})"
    for digest, affected in ((rows, name), (sketches, name), (layout, f"the layout of {name}")):
        data = bench.lake.objects.get(digest)
        bench.lake.store.delete(object_key(digest))
        finding = only_finding(bench)
        assert (finding.problem.path, finding.affects) == (object_key(digest), (affected,))
        bench.lake.objects.put(data)


def test_lost_code_and_lost_steps_name_the_versions(bench: Workbench) -> None:
    bench.datasets.register_dataset({"x": [1]}, "raw", "form")
    with bench.datasets.transform(inputs=["raw@v1"], code="from raw", name="same") as transform:
        pass
    (edge,) = bench.lineage.graph(transform.version).edges
    names = [
        f"version v1 of dataset '{name}' ({version_id})"
        for name, version_id in (("raw", edge.source), ("same", edge.target))
    ]
    assert edge.code is not None
    bench.lake.store.delete(object_key(edge.code))
    finding = only_finding(bench)
    assert finding.affects == (f"the code that made {names[1]}",)
    bench.lake.objects.put(b"from raw")
    bench.lake.flush()
    (segment,) = bench.lake.table("data_lineage").snapshot().tail
    damage(bench.lake.root / segment, "flipped", CHANCE)
    assert only_finding(bench).problem.path == segment
