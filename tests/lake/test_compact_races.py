"""Compactions beside each other, beside appends, and cut short."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from lake.compact import collect, compact
from lake.errors import AlreadyExistsError
from lake.manifest import EMPTY
from lake.store import LocalStore
from lake.table import SENTINEL, Table
from lake.verify import verify
from tests.lake.processes import ended, exit_code, forked
from tests.lake.tables import METRICS, compacted, fill, metrics_in, names_in, points, steps_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return metrics_in(tmp_path)


class _Rival(LocalStore):
    """A store whose lock keeps nobody out, and under which others act at a given put."""

    def __init__(
        self, root: Path, at: str, act: Callable[[], object], *, lock: str = "rival"
    ) -> None:
        super().__init__(root)
        self.at, self.act, self.own_lock = at, act, lock

    @contextmanager
    def lock(self, name: str) -> Iterator[bool]:
        with super().lock(f"{name}-{self.own_lock}") as free:
            yield free

    def put(
        self, key: str, data: bytes | Path, *, exclusive: bool = False, digest: str = ""
    ) -> None:
        if self.at in key and SENTINEL not in key:
            self.at, act = "nowhere", self.act
            act()
        super().put(key, data, exclusive=exclusive, digest=digest)


@pytest.mark.parametrize("at", ["/data/", "/log/"])
def test_of_two_compactions_one_wins_and_the_other_clears_away(
    table: Table, tmp_path: Path, at: str
) -> None:
    fill(table, 1, 2, 3)
    rival = Table(_Rival(tmp_path, at, lambda: compacted(table)), METRICS, writer="rival")
    assert compact(rival, minimum=1, settle=0) is None
    assert len(names_in(table, "data")) == 1
    assert table.snapshot().version == 1
    assert steps_in(table) == [1, 2, 3]


def test_inputs_that_vanish_make_a_compaction_start_over(table: Table, tmp_path: Path) -> None:
    fill(table, 1, 2, 3)

    class Vanishing(LocalStore):
        calm = True

        def local_path(self, key: str) -> Path:
            if self.calm and "/tail/" in key:
                self.calm = False
                with_rival = _Rival(tmp_path, "nowhere", list)
                rival = Table(with_rival, METRICS, writer="rival")
                compacted(rival)
                collect(rival, grace=0)
                fill(rival, 4)
            return super().local_path(key)

    result = compacted(Table(Vanishing(tmp_path), METRICS, writer="test"))
    assert (result.version, result.segments) == (2, 1)
    assert steps_in(table) == [1, 2, 3, 4]


def test_one_compaction_of_a_table_runs_at_a_time(table: Table, tmp_path: Path) -> None:
    fill(table, 1)
    with LocalStore(tmp_path).lock("compact-metrics") as free:
        assert free
        assert compact(table, minimum=1, settle=0) is None
    compacted(table)


def test_a_commit_whose_answer_was_lost_is_recognised(table: Table, tmp_path: Path) -> None:
    class Forgetful(LocalStore):
        def put(
            self, key: str, data: bytes | Path, *, exclusive: bool = False, digest: str = ""
        ) -> None:
            super().put(key, data, exclusive=exclusive, digest=digest)
            if "/log/" in key:
                raise AlreadyExistsError("sent twice")

    fill(table, 1)
    compacted(Table(Forgetful(tmp_path), METRICS, writer="test"))
    assert table.snapshot().version == 1
    assert steps_in(table) == [1]


def test_a_commit_to_a_version_long_gone_is_none(table: Table) -> None:
    for step in range(22):
        fill(table, step)
        compacted(table)
    collect(table, grace=0)
    for version in (1, 2):
        late = replace(EMPTY, version=version, writer="asleep", nonce="n")
        assert not table.log.commit(late)
    assert table.log.versions() == list(range(3, 23))


class _Dying(LocalStore):
    """Ends the process before its n-th change."""

    def __init__(self, root: Path, changes: int) -> None:
        super().__init__(root)
        self.left = changes

    def _count(self) -> None:
        if not self.left:
            os._exit(9)
        self.left -= 1

    def put(
        self, key: str, data: bytes | Path, *, exclusive: bool = False, digest: str = ""
    ) -> None:
        self._count()
        super().put(key, data, exclusive=exclusive, digest=digest)

    def delete(self, key: str, *more: str) -> None:
        for one in (key, *more):
            self._count()
            super().delete(one)


def _killed_after(root: Path, changes: int) -> bool:
    def work() -> None:
        table = Table(_Dying(root, changes), METRICS, writer="dying")
        fill(table, 1000 + changes)
        compact(table, minimum=1, settle=0)
        collect(table, grace=0)

    status = exit_code(forked(work))
    assert status in {0, 9}
    return status == 9


def test_killed_before_any_change_no_row_is_lost_or_doubled(table: Table, tmp_path: Path) -> None:
    expected = [0, 1, 2]
    fill(table, *expected)
    changes, alive = 0, False
    while not alive:
        alive = not _killed_after(tmp_path, changes)
        expected += [1000 + changes] * (changes > 0)
        assert steps_in(table) == sorted(expected)
        assert verify(table.store, [METRICS], "content") == []
        changes += 1
    assert changes > 8
    compacted(table) if table.snapshot().tail else None
    assert steps_in(table) == sorted(expected)


def _append_until_compacted(root: Path, compactions: int) -> None:
    table = metrics_in(root, writer="appender")
    step = 0
    while table.log.head().manifest.version < compactions:
        table.append(points(step))
        step += 1
    table.store.put("done/appending", str(step).encode())


def _compact_until_done(root: Path, number: int) -> None:
    # Each has a lock of its own, so that they race for every manifest.
    store = _Rival(root, "nowhere", list, lock=str(number))
    table = Table(store, METRICS, writer=f"compactor.{number}")
    while not store.list("done"):
        compact(table, minimum=3, settle=0.01)
        collect(table, grace=0.2)


def test_two_processes_compact_while_a_third_appends(table: Table, tmp_path: Path) -> None:
    children = [
        forked(partial(_compact_until_done, tmp_path, 1)),
        forked(partial(_compact_until_done, tmp_path, 2)),
    ]
    appender = forked(partial(_append_until_compacted, tmp_path, 8))
    seen = 0
    while ended(appender) is None:
        steps = steps_in(table)
        assert steps == list(range(len(steps)))
        assert len(steps) >= seen
        seen = len(steps)
    assert [exit_code(child) for child in children] == [0, 0]
    assert steps_in(table) == list(range(int(table.store.get("done/appending"))))
    assert verify(table.store, [METRICS], "content") == []
