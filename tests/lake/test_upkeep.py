"""Compaction in the background: it is done, it is bounded, and nobody waits for it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from lake.backup import backup
from lake.compact import compact
from lake.lake import Lake
from lake.store import LocalStore
from lake.upkeep import Upkeep
from lake.verify import verify
from tests.lake.processes import exit_code, forked
from tests.lake.tables import METRICS, fill, points, steps_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lake.manifest import Manifest
    from lake.table import Table


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with Lake.open(tmp_path / "lake", settle=0, compact=False) as found:
        found.define(METRICS)
        yield found


def segments(table: Table, count: int) -> None:
    """Append so many segments, without waiting for the disk each time."""
    for step in range(count):
        table.append(points(step))


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_long_tail_is_compacted_by_a_process_that_only_has_the_lake_open(lake: Lake) -> None:
    table = lake.table("metrics")
    segments(table, 64)
    tending = Upkeep(lake, every=0.01)
    tending.start()
    until(lambda: table.snapshot().tail == ())
    tending.stop()
    assert steps_in(table) == list(range(64))
    assert verify(lake.store, [METRICS], "content") == []


def test_a_short_tail_is_left_alone(lake: Lake) -> None:
    table = lake.table("metrics")
    fill(table, 1, 2, 3)
    Upkeep(lake).look(lake)
    assert table.snapshot().version == 0
    assert len(table.snapshot().tail) == 3


def test_a_backup_is_left_as_it_is(lake: Lake, tmp_path: Path) -> None:
    segments(lake.table("metrics"), 64)
    backup(lake.store, LocalStore(tmp_path / "copy"))
    with Lake.open(tmp_path / "copy", settle=0, compact=False) as copy:
        copy.define(METRICS)
        Upkeep(copy).look(copy)
    assert backup(lake.store, LocalStore(tmp_path / "copy")).files == 0


def test_one_look_compacts_one_table(lake: Lake) -> None:
    lake.define(METRICS, replace(METRICS, name="others"))
    for name in ("metrics", "others"):
        segments(lake.table(name), 64)
    Upkeep(lake).look(lake)
    assert [lake.table(name).snapshot().version for name in ("metrics", "others")] == [1, 0]
    Upkeep(lake).look(lake)
    assert lake.table("others").snapshot().version == 1


def test_what_was_replaced_is_deleted_when_its_grace_is_over(lake: Lake) -> None:
    table = lake.table("metrics")
    fill(table, 1, 2)
    compact(table, minimum=1, settle=0)
    tending = Upkeep(lake)
    tending.look(lake)
    assert len(lake.store.list("tables/metrics/tail")) == 3

    def long_ago(head: Manifest) -> Manifest:
        return replace(head, consumed=dict.fromkeys(head.consumed, 1))

    table.log.amend(long_ago, writer="test")
    tending.look(lake)
    assert len(lake.store.list("tables/metrics/tail")) == 1
    assert steps_in(table) == [1, 2]


class _Slow(LocalStore):
    """A store in which a compaction meets somebody just before its data file is stored."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.reached, self.go_on = threading.Event(), threading.Event()

    def put(
        self, key: str, data: bytes | Path, *, exclusive: bool = False, digest: str = ""
    ) -> None:
        if "/data/" in key and "0000" not in key:
            self.reached.set()
            self.go_on.wait(60)
        super().put(key, data, exclusive=exclusive, digest=digest)


@pytest.fixture
def busy(lake: Lake) -> Iterator[tuple[Lake, Upkeep, _Slow]]:
    """A lake whose upkeep is in the middle of a step, and is told to go on at the end."""
    segments(lake.table("metrics"), 64)
    store = _Slow(lake.root)
    lake.store = store
    tending = Upkeep(lake, every=0.01)
    tending.start()
    assert store.reached.wait(60)
    yield lake, tending, store
    store.go_on.set()
    tending.stop()


def test_who_stops_waits_for_one_step_and_nothing_is_left(
    busy: tuple[Lake, Upkeep, _Slow],
) -> None:
    lake, tending, store = busy
    store.go_on.set()
    tending.stop()
    assert not tending.is_alive()
    assert [e.name for e in lake.table("metrics").data_entries()] == ["0000-schema.parquet"]
    assert len(lake.table("metrics").snapshot().tail) == 64


def test_rows_are_logged_while_a_compaction_goes_on(busy: tuple[Lake, Upkeep, _Slow]) -> None:
    lake, _, _ = busy
    begun = time.monotonic()
    lake.append("metrics", [{"run_id": "r", "step": 64}], durability="process")
    lake.flush()
    assert time.monotonic() - begun < 45  # the compaction waits for 60 seconds here
    assert len(lake.table("metrics").snapshot().tail) == 65


def _wait_for_the_end_of(read: int, write: int) -> None:
    os.close(write)
    os.read(read, 1)


def _is_free(lake: Lake) -> bool:
    with LocalStore(lake.root).lock("compact-metrics") as free:
        return free


def test_a_fork_waits_for_the_step_and_its_child_holds_no_lock(lake: Lake) -> None:
    segments(lake.table("metrics"), 64)
    tending = Upkeep(lake, every=0.01)
    lake.settle = 5  # in the middle of which the process forks
    tending.start()
    until(lambda: len(lake.table("metrics").data_entries()) > 1)
    read, write = os.pipe()
    child = forked(partial(_wait_for_the_end_of, read, write))
    tending.stop()
    until(lambda: _is_free(lake))  # while the child lives
    os.close(write)
    assert exit_code(child) == 0
    os.close(read)


def test_of_many_processes_one_compacts(lake: Lake) -> None:
    table = lake.table("metrics")
    segments(table, 64)

    def look() -> None:
        Upkeep(lake).look(lake)

    assert [exit_code(child) for child in [forked(look) for _ in range(6)]] == [0] * 6
    assert table.log.versions() == [0, 1]
    assert steps_in(table) == list(range(64))


def test_a_lake_is_tended_once_it_is_written_unless_told_not_to(tmp_path: Path) -> None:
    def names() -> list[str]:
        return [thread.name for thread in threading.enumerate()]

    before = names().count("lake-upkeep")
    for compacts in (False, True):
        with Lake.open(tmp_path / str(compacts), compact=compacts) as lake:
            lake.define(METRICS)
            lake.append("metrics", [{"step": 1}])
            assert names().count("lake-upkeep") == before + compacts
        assert names().count("lake-upkeep") == before


def test_upkeep_ends_with_a_lake_nobody_has_any_more(tmp_path: Path) -> None:
    lake = Lake.open(tmp_path / "lake")
    tending = Upkeep(lake)
    tending.start()
    del lake
    tending.join(10)
    assert not tending.is_alive()


def test_a_lake_that_cannot_be_written_is_left_to_others(
    lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    segments(lake.table("metrics"), 64)
    lake.store.put("tables/metrics/data", b"a file where a folder should be")
    tending = Upkeep(lake, every=0.01)
    tending.start()
    until(lambda: "compaction is left to others, or to later" in caplog.text)
    tending.stop()
    assert len(lake.table("metrics").snapshot().tail) == 64


EXIT = """
import sys, time
from lake import upkeep
from lake.lake import Lake
from tests.lake.tables import METRICS, points
upkeep.LOOK_SECONDS = 0.001
lake = Lake.open(sys.argv[1], settle=60)
lake.define(METRICS)
table = lake.table("metrics")
for _ in range(64):
    table.append(points(*range(2000)))
lake.tend()
while len(table.data_entries()) < 2:
    time.sleep(0.001)
print(time.time())
"""


def test_the_interpreter_ends_in_the_middle_of_a_compaction(tmp_path: Path) -> None:
    command = [sys.executable, "-c", EXIT, str(tmp_path / "lake")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert time.time() - float(done.stdout) < 45  # it does not wait for the 60 seconds of settling
    store = LocalStore(tmp_path / "lake")
    assert [e.name for e in store.below("tables/metrics/data")] == ["0000-schema.parquet"]
    assert verify(store, [METRICS], "content") == []
