from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pyarrow.compute as pc
import pytest

from lake.compact import collect, compact
from lake.erase import Erasure, erase
from lake.errors import DamagedError
from lake.table import Table
from lake.verify import verify
from tests.lake.tables import METRICS, metrics_in, points, steps_in
from tests.support.stopping_store import Stopped, StoppingStore

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Steps 0 to 9 in one data file, 100 to 109 in another, 10 to 15 in segments of two."""
    table = metrics_in(tmp_path)
    table.append(points(*range(10)))
    compact(table, minimum=1, settle=0)
    table.append(points(100))
    compact(table, minimum=1, settle=0, target_rows=1)
    for step in (10, 12, 14):
        table.append(points(step, step + 1))
    return table


def even(rows: pa.Table) -> pa.Array:
    return pc.equal(pc.bit_wise_and(rows["step"], 1), 0)


def test_rows_are_gone_and_the_others_are_there_once(table: Table) -> None:
    erasure = erase(table, even, settle=0)
    assert erasure == Erasure(version=3, rows=9, replaced=5, written=2)
    assert steps_in(table) == [1, 3, 5, 7, 9, 11, 13, 15]
    assert verify(table.store, [METRICS], "content") == []
    assert table.snapshot().rewritten == 3


def test_files_without_such_rows_stay_as_they_are(table: Table) -> None:
    before = table.snapshot()
    erase(table, lambda rows: pc.equal(rows["step"], 12), settle=0)
    after = table.snapshot()
    assert set(before.data) < set(after.data)
    assert len(set(before.tail) - set(after.tail)) == 1


def test_where_there_are_none_nothing_changes(table: Table) -> None:
    before = table.log.versions()
    assert erase(table, lambda rows: pc.greater(rows["step"], 1000), settle=0) is None
    assert table.log.versions() == before


def test_unknown_is_not_erased(table: Table) -> None:
    assert erase(table, lambda rows: pc.greater(rows["step"], None), settle=0) is None


def test_the_bytes_go_with_the_next_collection(table: Table) -> None:
    before = set(table.snapshot().files)
    erase(table, even, settle=0)
    collect(table, grace=0)
    folders = (f"{table.folder}/data", f"{table.folder}/tail")
    present = {f"{folder}/{e.name}" for folder in folders for e in table.store.list(folder)}
    assert before & present == before & set(table.snapshot().files)
    assert steps_in(table) == [1, 3, 5, 7, 9, 11, 13, 15]


def test_compaction_goes_on_afterwards(table: Table) -> None:
    erase(table, even, settle=0)
    table.append(points(17))
    compact(table, minimum=1, settle=0)
    assert steps_in(table) == [1, 3, 5, 7, 9, 11, 13, 15, 17]
    assert table.snapshot().rewritten == 3


def test_a_damaged_file_is_not_made_permanent(table: Table) -> None:
    path = table.store.local_path(table.snapshot().data[0])
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedError):
        erase(table, even, settle=0)
    assert len(table.log.versions()) == 3
    assert len(table.store.list(f"{table.folder}/data")) == 3


def test_what_is_compacted_meanwhile_is_erased_too(table: Table) -> None:
    done: list[str] = []

    def meanwhile(method: str, key: str) -> None:
        if method == "put" and "/log/" in key and not done:
            done.append(key)
            compact(table, minimum=1, settle=0)

    busy = Table(StoppingStore(table.store, before=meanwhile), METRICS, writer="busy")
    erase(busy, even, settle=0)
    assert len(done) == 1
    assert steps_in(Table(table.store, METRICS, writer="next")) == [1, 3, 5, 7, 9, 11, 13, 15]
    assert verify(table.store, [METRICS], "content") == []


@pytest.mark.parametrize("changes", range(6))
def test_a_crash_erases_all_or_nothing(table: Table, changes: int) -> None:
    everything = steps_in(table)
    store = StoppingStore(table.store, changes=changes)
    with contextlib.suppress(Stopped):
        erase(Table(store, METRICS, writer="killed"), even, settle=0)
    fresh = Table(table.store, METRICS, writer="next")
    assert steps_in(fresh) in (everything, [1, 3, 5, 7, 9, 11, 13, 15])
    erase(fresh, even, settle=0)
    assert steps_in(fresh) == [1, 3, 5, 7, 9, 11, 13, 15]
    assert verify(table.store, [METRICS], "content") == []
