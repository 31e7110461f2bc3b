from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.tables import SPECS
from core import Workbench
from core.maintenance import repair_identity, repair_lake, verify_lake
from lake.errors import LakeError, MhrasError
from lake.identity import IDENTITY
from lake.lake import Lake
from lake.objects import object_key
from lake.store import LocalStore
from lake.verify import verify
from tests.support.damage import damage, injuries
from tests.support.four_runs import CHANCE, digest_of

if TYPE_CHECKING:
    from pathlib import Path


def test_a_mirror_brings_everything_back(
    bench: Workbench, mirror: LocalStore, runs: dict[str, str]
) -> None:
    (key,) = bench.lake.table("metrics").snapshot().data
    lost = [object_key(digest_of(bench, runs["a"])), key]
    bench.lake.store.delete(*lost)
    mended = repair_lake(bench, mirror=mirror)
    assert sorted(mended.report.restored) == sorted(lost)
    assert (mended.after.problems, mended.after.given_up) == ((), {})


def test_what_is_given_up_is_remembered_and_is_no_problem_any_more(
    bench: Workbench, mirror: LocalStore, runs: dict[str, str]
) -> None:
    key = object_key(digest_of(bench, runs["a"]))
    damage(bench.lake.root / key, "flipped", CHANCE)
    mended = repair_lake(bench)
    assert mended.report.given_up.keys() == mended.after.given_up.keys() == {key}
    assert mended.after.problems == ()
    assert repair_lake(bench, mirror=mirror).report.restored == (key,)
    assert verify_lake(bench, level="content").given_up == {}


@pytest.mark.parametrize("kind", ["experiments", "listed_experiments"])
def test_the_claim_of_a_name_is_made_again_from_its_experiment(bench: Workbench, kind: str) -> None:
    folder = bench.lake.root / "claims" / kind
    before = {path: path.read_bytes() for path in folder.iterdir()}
    for path in before:
        path.unlink()
    assert len(repair_lake(bench).report.rebuilt) == 2
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("known", ["mirror", "inventory", "nothing"])
def test_a_lake_that_does_not_open_gets_its_identity_back(
    bench: Workbench, mirror: LocalStore, known: str
) -> None:
    store = bench.lake.store
    identity = store.get(IDENTITY)
    store.delete(IDENTITY)
    if known != "inventory":
        for entry in store.list("inventory"):
            store.delete(f"inventory/{entry.name}")
    with pytest.raises(LakeError):
        Lake.open(bench.lake.root)
    lake_id = repair_identity(store, mirror=mirror if known == "mirror" else None)
    assert (store.get(IDENTITY) == identity) == (known != "nothing")
    with Lake.open(bench.lake.root, create=False) as lake:
        assert lake.lake_id == lake_id


def read_everything(bench: Workbench) -> None:
    for table in ("metrics", "metric_summary", "artifacts"):
        bench.sql(f"from {table}").to_pylist()
    bench.tracker.search_runs("risk", "metrics.auc > 0.5 and params.depth = 4")
    found = bench.tracker.search_runs(order_by=["metrics.auc desc"])
    bench.tracker.compare_runs([run.run_id for run in found])
    for run in found[:1]:
        assert run.metrics is not None
        for artifact in run.artifacts:
            bench.runs.read_artifact(artifact.artifact_id)
        bench.runs.environment(run.run_id)
        bench.tracker.get_metric_history(run.run_id, "auc").to_pylist()


@pytest.mark.parametrize("seed", range(2))
def test_readers_of_an_injured_lake_say_what_is_wrong_and_proof_finds_it(
    original: tuple[Path, dict[str, str]], tmp_path: Path, seed: int
) -> None:
    for injury in injuries(original[0], tmp_path / "lake", seed=seed, count=30):
        store = LocalStore(tmp_path / "lake")
        found = {problem.path for problem in verify(store, SPECS.values(), "content")}
        try:
            with Workbench(tmp_path / "lake", create=False) as bench:
                report = verify_lake(bench, level="content", record=False)
                found = {problem.path for problem in report.problems}
                read_everything(bench)
        except MhrasError as error:
            assert error.message, injury  # noqa: PT017 - whether there is one is chance
        assert injury.key in found, injury


def all_rows(bench: Workbench) -> dict[str, list[str]]:
    """Return all rows of all views; the entries of a map are in no order."""
    found = {}
    for name in SPECS:
        rows = bench.sql(f"from {name}").to_pylist(maps_as_pydicts="strict")
        found[name] = sorted(
            repr({k: sorted(v.items()) if isinstance(v, dict) else v for k, v in row.items()})
            for row in rows
        )
    return found


@pytest.mark.parametrize("seed", range(2))
def test_an_injured_lake_is_healed_from_an_intact_backup(
    original: tuple[Path, dict[str, str]], mirror: LocalStore, tmp_path: Path, seed: int
) -> None:
    with Workbench(original[0]) as bench:
        expected = all_rows(bench)
    for injury in injuries(original[0], tmp_path / "lake", seed=50 + seed, count=10):
        store = LocalStore(tmp_path / "lake")
        if injury.key == IDENTITY:
            repair_identity(store, mirror=mirror)
        with Lake.open(tmp_path / "lake", create=False) as lake:
            mended = repair_lake(lake, mirror=mirror)
        assert (mended.after.problems, mended.report.given_up) == ((), {}), injury
        with Workbench(tmp_path / "lake") as bench:
            assert all_rows(bench) == expected, injury
