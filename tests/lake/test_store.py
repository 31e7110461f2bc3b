from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from lake.errors import AlreadyExistsError, NotFoundError, StoreError
from lake.store import LocalStore, Store
from tests.contracts.store import StoreContract


class TestLocalStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return LocalStore(tmp_path / "lake")


class TestLocalStoreWithoutHardLinks(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return LocalStore(tmp_path / "lake", hard_links=False)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path)


def test_nothing_is_left_in_tmp_whatever_happens(store: LocalStore, tmp_path: Path) -> None:
    store.put("name", b"", exclusive=True)
    with pytest.raises(AlreadyExistsError):
        store.put("name", b"", exclusive=True)
    with pytest.raises(NotFoundError):
        store.put("other", tmp_path / "no such source")
    with pytest.raises(StoreError):
        store.put("name/below-a-file", b"")
    assert store.list("tmp") == []


def test_a_store_makes_nothing_before_it_is_used(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "lake")
    assert store.list("anything") == []
    assert not (tmp_path / "lake").exists()


def test_refusals_say_where_why_and_what_to_do(store: LocalStore) -> None:
    store.put("file", b"")
    with pytest.raises(StoreError) as caught:
        store.put("file/below", b"")
    assert caught.value.errno == errno.ENOTDIR
    assert str(caught.value) == (
        f"{store.root}/file/below: Not a directory. A file is where a folder should be."
    )


def test_a_full_disk_says_so(store: LocalStore) -> None:
    """A file size limit, because a full disk is not to be had everywhere."""
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from lake.errors import StoreError\n"
        "from lake.store import LocalStore\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "store = LocalStore(Path(sys.argv[1]))\n"
        "try:\n"
        "    store.put('big', b'x' * 200_000)\n"
        "except StoreError as error:\n"
        "    print(error.errno, [entry.name for entry in store.list('tmp')])\n"
    )
    run = [sys.executable, "-c", code, str(store.root)]
    out = subprocess.run(run, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == f"{errno.EFBIG} []"
    with pytest.raises(NotFoundError):
        store.get("big")


def test_bytes_are_on_disk_before_the_name_and_the_name_before_the_end(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Watches fsync, which is still done: only a power loss shows otherwise that it is."""
    synced = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        fsync(descriptor)
        what = str(Path(f"/proc/self/fd/{descriptor}").readlink()).removeprefix(f"{tmp_path}/")
        synced.append((what.partition("-")[0], (tmp_path / "deep/er/name").exists()))

    store.put("another", b"")  # makes tmp/
    monkeypatch.setattr(os, "fsync", watched)
    for exclusive in (False, True):
        synced.clear()
        store.put("deep/er/name", b"bytes", exclusive=exclusive)
        assert synced[0] == (f"tmp/{os.getpid()}", False)
        assert synced[-1] == ("deep/er", True)
        store.delete("deep/er/name")
        assert synced[-1] == ("deep/er", False)
    assert len(synced) == 3


def test_a_lock_is_free_once_its_holder_lets_go(store: LocalStore) -> None:
    with store.lock("work") as first, store.lock("work") as second, store.lock("other") as other:
        assert (first, second, other) == (True, False, True)
    with store.lock("work") as again:
        assert again


def test_a_killed_writer_leaves_no_name(store: LocalStore, tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from lake.store import LocalStore\n"
        "class Dying(LocalStore):\n"
        "    def _name(self, *args, **options):\n"
        "        os._exit(9)\n"
        "Dying(Path(sys.argv[1])).put('folder/name', b'bytes')\n"
    )
    run = [sys.executable, "-c", code, str(tmp_path)]
    assert subprocess.run(run, check=False).returncode == 9
    assert [entry.size for entry in store.list("tmp")] == [5]
    assert store.list("folder") == []


def test_nobody_comes_between_looking_for_a_name_and_giving_it(memory_path: Path) -> None:
    store = LocalStore(memory_path)
    together = threading.Barrier(8)

    def race(_: int) -> int:
        won = 0
        for number in range(300):
            together.wait()
            with suppress(AlreadyExistsError):
                store.put(f"prize {number}", b"", exclusive=True)
                won += 1
        return won

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(race, range(8))) == 300
