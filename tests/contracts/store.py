"""What every Store must do. A test class of an implementation inherits this and gives `store`."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

import pytest

from lake.errors import AlreadyExistsError, DamagedError, InvalidNameError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    from lake.store import Store

WRONG_KEYS = ["", "/etc/passwd", "../up", "a/../../b", "a//b", "a/", "./a", "a\\b", "a\0b", "a\nb"]


class StoreContract:
    """A store of any kind, empty at first."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        raise NotImplementedError

    @pytest.mark.parametrize("data", [b"", b"bytes", bytes(range(256)) * 9000])
    def test_bytes_come_back_as_they_went_in(self, store: Store, data: bytes) -> None:
        store.put("a/b/c", data)
        assert store.get("a/b/c") == data
        assert store.local_path("a/b/c").read_bytes() == data
        assert store.size("a/b/c") == len(data)

    def test_many_files_are_fetched_at_once_in_the_order_asked_for(self, store: Store) -> None:
        keys = [f"folder/{number}" for number in range(40)]
        for key in keys:
            store.put(key, key.encode())
        asked = [*reversed(keys), keys[7]]
        assert [path.read_bytes().decode() for path in store.local_paths(asked)] == asked
        assert store.local_paths([]) == []
        with pytest.raises(NotFoundError):
            store.local_paths([keys[0], "absent", keys[1]])

    def test_a_local_file_is_never_older_than_what_was_put(self, store: Store) -> None:
        for data in (b"old", b"new", b"newest"):
            store.put("tables/t/tail/0000-schema.parquet", data)
            assert store.local_path("tables/t/tail/0000-schema.parquet").read_bytes() == data

    @pytest.mark.parametrize("key", ["name", f"objects/{64 * 'a'}"])
    def test_a_copy_has_the_same_bytes_whatever_the_name_says(self, store: Store, key: str) -> None:
        store.put(key, b"bytes")
        store.copy(key, "elsewhere/copy")
        store.delete(key)
        assert store.get("elsewhere/copy") == b"bytes"
        with pytest.raises(NotFoundError):
            store.copy(key, "elsewhere/again")

    @pytest.mark.parametrize("key", ["name", f"objects/{64 * 'a'}"])
    def test_a_digest_is_of_what_is_there(self, store: Store, key: str) -> None:
        for data in (b"old", b"new", bytes(3_000_000)):
            store.put(key, data)
            assert store.digest(key) == hashlib.sha256(data).hexdigest()
        with pytest.raises(NotFoundError):
            store.digest("absent")

    def test_a_file_is_stored_with_its_content(self, store: Store, tmp_path: Path) -> None:
        source = tmp_path / "source"
        source.write_bytes(b"x" * 3_000_000)
        store.put("copy", source)
        source.write_bytes(b"changed later")
        assert store.get("copy") == b"x" * 3_000_000

    def test_putting_a_name_again_replaces_it(self, store: Store) -> None:
        store.put("name", b"old and long")
        store.put("name", b"new")
        assert store.get("name") == b"new"

    def test_an_exclusive_put_never_replaces(self, store: Store) -> None:
        store.put("name", b"first", exclusive=True)
        with pytest.raises(AlreadyExistsError):
            store.put("name", b"second", exclusive=True)
        assert store.get("name") == b"first"

    def test_of_many_exclusive_puts_one_wins(self, store: Store) -> None:
        won: list[int] = []
        start = threading.Barrier(8)

        def race(number: int) -> None:
            start.wait()
            try:
                store.put("prize", str(number).encode(), exclusive=True)
            except AlreadyExistsError:
                return
            won.append(number)

        threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [str(number).encode() for number in won] == [store.get("prize")]

    def test_content_with_another_digest_is_not_stored(self, store: Store, tmp_path: Path) -> None:
        source = tmp_path / "source"
        source.write_bytes(b"something else")
        announced = hashlib.sha256(b"announced").hexdigest()
        for data in (b"something else", source):
            with pytest.raises(DamagedError):
                store.put("folder/name", data, digest=announced)
        assert store.list("folder") == []
        store.put("folder/name", b"announced", digest=announced)
        assert store.get("folder/name") == b"announced"

    def test_a_listing_has_the_files_of_one_folder_in_order(self, store: Store) -> None:
        for key in ("f/b", "f/a", "f/deeper/c", "g/d"):
            store.put(key, key.encode())
        entries = store.list("f")
        assert [(entry.name, entry.size) for entry in entries] == [("a", 3), ("b", 3)]
        assert all(entry.modified_at > 1.6e9 for entry in entries)

    def test_the_folders_of_a_folder_are_listed_by_name(self, store: Store) -> None:
        for key in ("f/b/1", "f/a/deeper/2", "f/file", "g/c/3"):
            store.put(key, b"")
        assert list(store.folders("f")) == ["a", "b"]
        assert list(store.folders("f/a")) == ["deeper"]
        assert list(store.folders("f/b")) == list(store.folders("nowhere")) == []

    def test_the_files_below_a_folder_are_listed_however_deep(self, store: Store) -> None:
        for key in ("f/b", "f/a=1/c", "f/a=1/deeper/d", "f/a=2/e", "fa/g", "h"):
            store.put(key, key.encode())
        entries = store.below("f")
        assert [(e.name, e.size) for e in entries] == [
            *[("a=1/c", 7), ("a=1/deeper/d", 14), ("a=2/e", 7), ("b", 3)]
        ]
        assert all(entry.modified_at > 1.6e9 for entry in entries)

    def test_a_folder_of_files_has_their_names(self, store: Store) -> None:
        for key in ("f/b", "f/a", "g/d"):
            store.put(key, key.encode())
        assert sorted(store.file_names("f")) == ["a", "b"]

    def test_a_listing_of_nothing_is_empty(self, store: Store) -> None:
        assert store.list("nowhere") == list(store.below("nowhere")) == []
        assert list(store.file_names("nowhere")) == []

    def test_deleted_files_are_gone_and_absent_ones_are_fine(self, store: Store) -> None:
        for key in ("f/a", "f/b", "g/c"):
            store.put(key, b"")
        store.delete("f/a", "g/c", "never/there")
        store.delete("f/a")
        assert [entry.name for entry in store.list("f")] == ["b"]
        assert store.list("g") == []

    def test_what_is_absent_is_not_found(self, store: Store, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError):
            store.get("absent")
        with pytest.raises(NotFoundError):
            store.local_path("absent")
        with pytest.raises(NotFoundError):
            store.size("absent")
        with pytest.raises(NotFoundError):
            store.put("name", tmp_path / "no such source")

    @pytest.mark.parametrize("key", WRONG_KEYS)
    def test_no_name_leads_out_of_the_store(self, store: Store, key: str) -> None:
        with pytest.raises(InvalidNameError):
            store.put(key, b"")
        with pytest.raises(InvalidNameError):
            store.get(key)
        with pytest.raises(InvalidNameError):
            store.list(key)
        with pytest.raises(InvalidNameError):
            store.delete(key)
        with pytest.raises(InvalidNameError):
            store.local_path(key)
        with pytest.raises(InvalidNameError):
            store.local_paths([key])
        with pytest.raises(InvalidNameError):
            store.size(key)
