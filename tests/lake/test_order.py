"""In which order things are done that others may see half of: watched, and disturbed in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from catalog.catalog import Catalog
from catalog.tables import SPECS
from lake.compact import collect, compact
from lake.lake import Lake
from lake.recover import JournalReader
from lake.store import LocalStore
from lake.table import SENTINEL, Table
from tests.lake.tables import METRICS, compacted, fill, metrics_in, steps_in
from tests.support.stopping_store import StoppingStore

if TYPE_CHECKING:
    from pathlib import Path

    from lake.recover import Update

LISTINGS = {"below", "file_names", "list"}


def test_a_compacted_file_lies_there_for_a_while_before_a_manifest_names_it(tmp_path: Path) -> None:
    """A view in SQL lists the files first and reads the manifest later: it must find them all."""
    done: list[Any] = []

    def note(method: str, key: str) -> None:
        if method == "put" and SENTINEL not in key:
            done.append(key.split("/")[2])

    def pause(seconds: float) -> None:
        if seconds:
            done.append(seconds)

    table = Table(StoppingStore(LocalStore(tmp_path), before=note), METRICS, writer="test")
    fill(metrics_in(tmp_path), 1, 2, 3)
    table.ensure_sentinels()
    done.clear()
    assert compact(table, minimum=1, settle=2.5, pause=pause) is not None
    assert done == ["data", 2.5, "log", "spare"]


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_snapshot_lists_the_tail_before_it_reads_the_manifest(tmp_path: Path, place: int) -> None:
    """Others merge and delete the segments before one of the three listings it takes."""
    others = metrics_in(tmp_path, writer="others")
    listings = 0

    def merge(method: str, _key: str) -> None:
        nonlocal listings
        listings += method in LISTINGS
        if method in LISTINGS and listings == place:
            compacted(others)
            collect(others, grace=0)

    fill(others, 1, 2, 3)
    table = Table(StoppingStore(LocalStore(tmp_path), before=merge), METRICS, writer="test")
    assert steps_in(table) == [1, 2, 3]
    assert listings >= 3


def test_a_catalog_reads_the_journals_before_it_lists_the_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Lake.open(tmp_path / "lake") as writer, Lake.open(tmp_path / "lake") as reader:
        writer.define(*SPECS.values())
        catalog = Catalog(reader)
        poll = JournalReader.poll

        def disturbed(journals: JournalReader) -> Update:
            writer.flush()
            write(writer, "during")
            update = poll(journals)
            writer.flush()
            return update

        monkeypatch.setattr(JournalReader, "poll", disturbed)
        for count in range(1, 5):
            write(writer, "before")
            rows = catalog.sql("select run_id, count(*) as n from metrics group by 1").to_pylist()
            found = {row["run_id"]: row["n"] for row in rows}
            assert found == {"before": count, "during": count}


def write(lake: Lake, run_id: str) -> None:
    lake.append("metrics", [{"run_id": run_id, "metric_name": "loss", "value": 0.5, "step": 1}])


def test_a_journal_becomes_segments_of_the_last_table_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sees that a run has ended sees its points, which are in a table defined later."""
    stored = []
    put = LocalStore.put

    def noting(store: LocalStore, key: str, *given: Any, **named: Any) -> None:
        stored.append(key.split("/")[1])
        put(store, key, *given, **named)

    with Lake.open(tmp_path / "lake") as lake:
        lake.define(*SPECS.values())
        for name in ("runs", "artifacts", "metrics"):
            lake.append(name, [{"run_id": "r"}])
        monkeypatch.setattr(LocalStore, "put", noting)
        lake.flush()
    assert stored == ["artifacts", "metrics", "runs"]
