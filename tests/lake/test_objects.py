from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings, strategies as st

from lake.errors import DamagedError, InvalidNameError, NotFoundError
from lake.objects import Objects, object_key
from lake.store import LocalStore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects(LocalStore(tmp_path / "lake"))


@settings(max_examples=25)
@given(data=st.binary(max_size=4000))
def test_an_object_is_named_by_its_content(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp() / "objects-of-a-property"
    objects = Objects(LocalStore(folder))
    digest = objects.put(data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert objects.get(digest) == data
    assert objects.size(digest) == len(data)


def test_a_file_and_its_bytes_are_one_object(objects: Objects, tmp_path: Path) -> None:
    source = tmp_path / "model.bin"
    source.write_bytes(b"m" * 2_500_000)
    assert objects.put(source) == objects.put(b"m" * 2_500_000)
    assert len(list(objects.all())) == 1


def test_content_that_is_there_is_not_written_again(objects: Objects) -> None:
    digest = objects.put(b"weights")
    before = objects.local_path(digest).stat()
    objects.put(b"weights")
    after = objects.local_path(digest).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_changed_byte_is_noticed(objects: Objects) -> None:
    digest = objects.put(b"weights")
    objects.local_path(digest).write_bytes(b"weighty")
    with pytest.raises(DamagedError) as caught:
        objects.get(digest)
    assert caught.value.path == object_key(digest)


def test_putting_a_truncated_object_again_repairs_it(objects: Objects) -> None:
    digest = objects.put(b"weights")
    objects.local_path(digest).write_bytes(b"wei")
    objects.put(b"weights")
    assert objects.get(digest) == b"weights"


def test_an_object_opens_to_read_a_piece(objects: Objects) -> None:
    digest = objects.put(b"0123456789")
    with objects.open(digest) as file:
        file.seek(4)
        assert file.read(3) == b"456"


def test_all_objects_come_in_order(objects: Objects) -> None:
    digests = [objects.put(str(number).encode()) for number in range(20)]
    assert list(objects.all()) == sorted(digests)


def test_absent_objects_are_not_found(objects: Objects) -> None:
    digest = "ab" * 32
    assert not objects.exists(digest)
    for look in (objects.get, objects.size, objects.open, objects.local_path):
        with pytest.raises(NotFoundError):
            look(digest)


@pytest.mark.parametrize("digest", ["", "abc", "../../../etc/passwd", "AB" * 32, "é" * 64])
def test_what_is_no_digest_is_refused(objects: Objects, digest: str) -> None:
    for look in (objects.get, objects.size, objects.exists, objects.open, objects.local_path):
        with pytest.raises(InvalidNameError):
            look(digest)
