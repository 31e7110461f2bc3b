from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lake.checked import CheckedFiles
from lake.errors import DamagedError, NotFoundError
from lake.objects import Objects, object_key
from lake.store import LocalStore
from tests.lake.tables import metrics_in, points

if TYPE_CHECKING:
    from pathlib import Path


def flip(path: Path, *, at: int = 0) -> None:
    """Change a byte in place, as a disk does: time and size stay."""
    before, data = path.stat(), bytearray(path.read_bytes())
    data[at] ^= 1
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_damaged_object_is_neither_opened_nor_handed_out(tmp_path: Path) -> None:
    objects = Objects(LocalStore(tmp_path))
    digest = objects.put(b"weights")
    flip(tmp_path / object_key(digest))
    for use in (objects.get, objects.open, objects.local_path):
        with pytest.raises(DamagedError) as raised:
            use(digest)
        assert raised.value.facts["path"] == object_key(digest)
        assert "mhras verify --repair" in raised.value.hint


def test_a_file_is_read_once_until_it_is_another(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    digest = Objects(store).put(b"weights")
    files, path = CheckedFiles(store), tmp_path / object_key(digest)
    assert files.path(object_key(digest)).read_bytes() == b"weights"
    flip(path)
    files.path(object_key(digest))  # what a disk does later is found by the next process
    os.utime(path)
    with pytest.raises(DamagedError):
        files.path(object_key(digest))


def test_a_name_without_a_digest_proves_nothing(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.put("notes.txt", b"anything")
    assert CheckedFiles(store).paths(["notes.txt"]) == [tmp_path / "notes.txt"]


def test_an_absent_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        CheckedFiles(LocalStore(tmp_path)).path(object_key("ab" * 32))


def test_a_table_is_not_read_from_damaged_bytes(tmp_path: Path) -> None:
    """Every byte counts, also those that no checksum of Parquet covers."""
    table = metrics_in(tmp_path)
    name = table.append(points(1, 2, 3))
    path = tmp_path / table.tail_key(name)
    for place in range(path.stat().st_size):
        flip(path, at=place)
        with pytest.raises(DamagedError, match="is damaged"):
            table.read()
        flip(path, at=place)
    assert table.read().num_rows == 3


def test_a_manifest_with_another_number_than_its_name_is_damaged(tmp_path: Path) -> None:
    log = metrics_in(tmp_path).log
    log.begin()
    log.store.put(log.key(1), log.store.get(log.key(0)))
    with pytest.raises(DamagedError, match="says it is version 0"):
        log.head()
