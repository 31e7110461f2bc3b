"""A disk of a few MiB is full: whatever makes files says so, and is done once there is space."""

from __future__ import annotations

import errno
from functools import partial
from typing import TYPE_CHECKING

import pytest

from catalog.export import export_catalog
from lake.backup import backup
from lake.errors import StoreError
from lake.store import LocalStore
from lake.verify import verify
from tests.crash.contents import SPECS, append, opened, read_lake
from tests.support.disks import SmallDisk, small_disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lake.lake import Lake


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", megabytes=4) as disk:
        yield disk


WORKS: dict[str, Callable[[Lake], object]] = {
    "compact": lambda lake: lake.compact(minimum=1),
    "export": export_catalog,
    "object": lambda lake: lake.objects.put(bytes(200_000)),
    "claim": lambda lake: lake.claim("experiments", "risk", {"by": 1}),
    "backup": lambda lake: backup(lake.store, LocalStore(lake.root.parent / "copy")),
}


def refused(work: Callable[[], object]) -> StoreError | None:
    try:
        work()
    except StoreError as error:
        return error
    return None


@pytest.mark.parametrize("name", WORKS)
@pytest.mark.parametrize("left", [0, 16 * 1024])
def test_on_a_full_disk_nothing_is_lost_and_with_space_it_is_done(
    disk: SmallDisk, name: str, left: int
) -> None:
    with opened(disk.folder / "lake") as lake:
        for number in range(4):
            append(lake.table("metrics"), number)
        before = read_lake(lake.root)
        work = partial(WORKS[name], lake)
        disk.fill(leave=left)
        error = refused(work)
        if error is not None:
            assert error.errno == errno.ENOSPC
            assert str(error.path).startswith(str(disk.folder))
            assert error.hint == "The disk is full: free some space, then repeat."
        assert error is not None or left, "there was no space at all"
        assert {*before} <= {*read_lake(lake.root)}
        assert verify(lake.store, SPECS, "content") == []
        assert [e.name for e in lake.store.list("tmp") if not e.name.endswith(".lock")] == []
        disk.free()
        work()
        assert {*before} <= {*read_lake(lake.root)}
        assert verify(lake.store, SPECS, "content") == []
