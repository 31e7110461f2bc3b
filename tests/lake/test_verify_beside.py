from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.export import DATABASE, SCRIPT, export_catalog
from core import Workbench
from core.maintenance import repair_lake, verify_lake
from lake.compact import compact
from lake.inventory import inventory_keys
from lake.store import LocalStore
from tests.support.damage import damage
from tests.support.four_runs import CHANCE, log_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """A lake with two manifests, their spare copies, two inventories and an exported catalog."""
    with Workbench(tmp_path / "lake", durability="process") as bench:
        log_run(bench, "a")
        bench.tracker.wait()
        bench.lake.flush()
        compact(bench.lake.table("runs"), minimum=1, settle=0)
        export_catalog(bench.lake, view_prefix="exp_")
        assert verify_lake(bench, level="content").recorded
        assert verify_lake(bench, level="content").recorded
        yield bench


def look(bench: Workbench) -> list[tuple[str, str]]:
    problems = verify_lake(bench, level="content", record=False).problems
    return [(problem.kind, problem.path) for problem in problems]


@pytest.mark.parametrize("harm", ["flipped", "truncated"])
def test_a_spare_manifest_that_is_no_copy_is_copied_again(bench: Workbench, harm: str) -> None:
    log = bench.lake.table("runs").log
    key = log.spare_key(1)
    damage(bench.lake.root / key, harm, CHANCE)  # type: ignore[arg-type]
    assert look(bench) == [("spare", key)]
    assert repair_lake(bench).after.problems == ()
    assert bench.lake.store.get(key) == bench.lake.store.get(log.key(1))


def test_spare_manifests_of_two_tables_that_changed_places_are_found(bench: Workbench) -> None:
    compact(bench.lake.table("metrics"), minimum=1, settle=0)
    store = bench.lake.store
    first, second = (bench.lake.table(name).log.spare_key(1) for name in ("metrics", "runs"))
    contents = store.get(first), store.get(second)
    store.put(second, contents[0])
    store.put(first, contents[1])
    assert look(bench) == [("spare", first), ("spare", second)]
    repair_lake(bench)
    assert (store.get(first), store.get(second)) == contents


def test_an_older_inventory_is_proved_too(bench: Workbench) -> None:
    older, newer = inventory_keys(bench.lake.store)
    damage(bench.lake.root / older, "flipped", CHANCE)
    assert look(bench) == [("inventory", older)]
    bench.lake.store.put(newer, bench.lake.store.get(older))
    assert repair_lake(bench).after.problems == ()


def test_an_inventory_under_the_name_of_another_is_none(bench: Workbench) -> None:
    older, newer = inventory_keys(bench.lake.store)
    bench.lake.store.put(newer, bench.lake.store.get(older))
    assert look(bench) == [("inventory", newer)]


@pytest.mark.parametrize("name", [DATABASE, SCRIPT])
@pytest.mark.parametrize("harm", ["flipped", "truncated"])
def test_a_damaged_export_is_found_and_made_again(bench: Workbench, name: str, harm: str) -> None:
    script = bench.lake.store.get(SCRIPT).split(b"\n", 2)[2]
    damage(bench.lake.root / name, harm, CHANCE)  # type: ignore[arg-type]
    assert look(bench) == [("export", name)]
    mended = repair_lake(bench)
    assert (mended.report.rebuilt, mended.after.problems) == ((name,), ())
    if name == DATABASE:
        assert bench.lake.store.get(SCRIPT).split(b"\n", 2)[2] == script, "with its prefix"


def test_an_export_without_its_database_is_found(bench: Workbench) -> None:
    bench.lake.store.delete(DATABASE)
    assert look(bench) == [("export", DATABASE)]


def test_a_lake_without_an_export_is_sound(bench: Workbench) -> None:
    bench.lake.store.delete(SCRIPT, DATABASE)
    assert look(bench) == []


def test_the_proof_does_not_keep_anybody_from_running_the_script(bench: Workbench) -> None:
    import duckdb

    script = LocalStore(bench.lake.root).get(SCRIPT).decode()
    with duckdb.connect() as connection:
        for statement in connection.extract_statements(script):
            assert statement.type.name in {"CREATE", "ALTER"}
