from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING

import pytest

from lake.cache import LocalFileError, ObjectCache, default_folder
from lake.digest import content_digest, digest_bytes
from lake.errors import NotFoundError, StoreError
from tests.lake.processes import exit_code, forked
from tests.lake.remote_stores import opened, script
from tests.support.disks import small_disk
from tests.support.fault_proxy import FaultProxy, fault_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lake.remote import S3Store
    from tests.support.s3_server import S3Server

URL = "s3://bucket/lake"
AGO = 3_600.0


def _key(data: bytes) -> str:
    return f"objects/{digest_bytes(data)[:2]}/{digest_bytes(data)}"


def _keep(cache: ObjectCache, data: bytes, *, used: float = 0.0) -> Path:
    """Bring a copy in, as if it was used so many seconds ago."""
    with cache.arriving(URL, _key(data)) as arrival:
        arrival.file.write(data)
        path = arrival.keep(digest_bytes(data))
    os.utime(path, ns=(time.time_ns() - round(used * 1e9), path.stat().st_mtime_ns))
    return path


@pytest.fixture
def cache(tmp_path: Path) -> ObjectCache:
    return ObjectCache(tmp_path / "copies", 1_000)


@pytest.fixture
def proxy(s3: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """Count the requests."""
    assert bucket
    with fault_proxy(s3.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy


@pytest.fixture
def store(proxy: FaultProxy, bucket: str, tmp_path: Path) -> Iterator[S3Store]:
    assert proxy.url
    with opened(bucket, tmp_path / "copies") as store:
        yield store


@pytest.mark.parametrize(
    "key",
    [
        "objects/ab/" + 31 * "ab",
        "objects/ab/" + 32 * "AB",
        "claims/experiments/" + 20 * "ab" + ".json",
        "tables/t/log/000000000042.json",
        "tables/t/tail/0123456789abcdef.parquet",
        "tables/t/tail/x-0123456789abcde.parquet",
        "x-0123456789abcdef.parquet/name",
    ],
)
def test_other_names_prove_nothing_about_their_content(key: str) -> None:
    assert content_digest(key) == ""


def test_copies_are_kept_in_the_cache_folder_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder().is_relative_to(tmp_path)
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder() == tmp_path / ".cache" / "mhras" / "objects"


def test_what_was_read_before_costs_no_request(
    store: S3Store, proxy: FaultProxy, bucket: str, tmp_path: Path
) -> None:
    data = [b"%d" % number for number in range(60)]
    for each in data:
        store.put(_key(each), each)
    proxy.requests.clear()
    first = store.local_paths([_key(each) for each in data])
    assert len(proxy.requests) == 60
    with opened(bucket, tmp_path / "copies") as another:
        assert another.local_paths([_key(each) for each in data]) == first
        assert another.get(_key(data[7])) == data[7]
    assert len(proxy.requests) == 60
    assert [path.read_bytes() for path in first] == data


def test_what_may_change_is_fetched_every_time(store: S3Store, proxy: FaultProxy) -> None:
    store.put("lake.json", b"{}")
    proxy.requests.clear()
    assert store.get("lake.json") == store.local_path("lake.json").read_bytes() == b"{}"
    assert store.local_path("lake.json").suffix == ".json"
    assert len(proxy.requests) == 3


def test_a_path_keeps_its_bytes_when_the_store_gets_others(store: S3Store) -> None:
    store.put("sentinel.parquet", b"old")
    old = store.local_path("sentinel.parquet")
    store.put("sentinel.parquet", b"new")
    assert store.local_path("sentinel.parquet").read_bytes() == b"new"
    assert old.read_bytes() == b"old"


@pytest.mark.parametrize("damage", [b"weighty", b"weight", b""])
def test_a_damaged_copy_is_fetched_again(
    store: S3Store, bucket: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: bytes
) -> None:
    store.put(_key(b"weights"), b"weights")
    store.local_path(_key(b"weights")).write_bytes(damage)
    assert store.local_path(_key(b"weights")).read_bytes() == b"weights"
    store.local_path(_key(b"weights")).write_bytes(damage)
    with opened(bucket, tmp_path / "copies") as another:
        assert another.get(_key(b"weights")) == b"weights"
    assert "was damaged and is fetched again" in caplog.text


def test_a_copy_is_checked_once_a_process(cache: ObjectCache) -> None:
    path = _keep(cache, b"weights")
    times = path.stat()
    path.write_bytes(b"weighty")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert cache.find(URL, _key(b"weights")) == path
    assert ObjectCache(cache.folder).find(URL, _key(b"weights")) is None


def test_one_absent_object_does_not_keep_the_others_from_coming(
    store: S3Store, proxy: FaultProxy
) -> None:
    store.put(_key(b"here"), b"here")
    with pytest.raises(NotFoundError):
        store.local_paths([_key(b"absent"), _key(b"here")])
    proxy.requests.clear()
    assert store.local_path(_key(b"here")).read_bytes() == b"here"
    assert proxy.requests == []


def test_what_was_deleted_is_not_read_from_a_copy(store: S3Store) -> None:
    store.put(_key(b"secret"), b"secret")
    path = store.local_path(_key(b"secret"))
    store.delete(_key(b"secret"))
    assert not path.exists()
    with pytest.raises(NotFoundError):
        store.get(_key(b"secret"))


def test_stores_have_folders_of_their_own(cache: ObjectCache) -> None:
    _keep(cache, b"weights")
    assert cache.find("s3://bucket/other", _key(b"weights")) is None


def test_a_copy_that_did_not_arrive_leaves_nothing(cache: ObjectCache) -> None:
    with cache.arriving(URL, _key(b"x")) as arrival:
        arrival.file.write(b"x")
    assert [path for path in cache.folder.rglob("*") if path.is_file()] == []


def test_nobody_else_may_look_into_the_folder(cache: ObjectCache) -> None:
    _keep(cache, b"x")
    assert cache.folder.stat().st_mode & 0o777 == 0o700


def test_the_least_recently_used_go_first(cache: ObjectCache) -> None:
    paths = [_keep(cache, bytes([n]) * 200, used=AGO - n) for n in range(6)]
    assert cache.find(URL, _key(bytes([0]) * 200)) == paths[0]  # used just now
    cache.trim()
    assert [path.exists() for path in paths] == [True, False, False, True, True, True]


def test_nothing_goes_that_was_used_in_the_last_minutes(cache: ObjectCache) -> None:
    recent = [_keep(cache, bytes([n]) * 900, used=500) for n in range(3)]
    old = _keep(cache, b"x", used=AGO)
    cache.trim()
    assert [path.exists() for path in (*recent, old)] == [True, True, True, False]


def test_a_folder_below_its_limit_keeps_everything(cache: ObjectCache) -> None:
    paths = [_keep(cache, bytes([n]) * 300, used=AGO) for n in range(3)]
    cache.trim()
    assert all(path.exists() for path in paths)


def test_what_crashed_processes_left_behind_goes_after_a_day(cache: ObjectCache) -> None:
    _keep(cache, b"x")
    for name, age in (("old", 90_000), ("new", 60)):
        path = cache.folder / "tmp" / name
        path.touch()
        os.utime(path, (time.time() - age, time.time() - age))
    cache.trim()
    assert [path.name for path in (cache.folder / "tmp").iterdir()] == ["new"]


def test_processes_share_a_folder(store: S3Store) -> None:
    data = [bytes([number]) * 10_000 for number in range(20)]
    for each in data:
        store.put(_key(each), each)

    def read() -> None:
        paths = store.local_paths([_key(each) for each in data])
        assert [path.read_bytes() for path in paths] == data

    assert [exit_code(child) for child in [forked(read) for _ in range(3)]] == [0, 0, 0]
    read()


def test_a_full_disk_sends_the_copies_elsewhere(
    bucket: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = [bytes([number]) * 300_000 for number in range(12)]
    with small_disk(tmp_path / "disk") as disk, opened(bucket, disk.folder / "copies") as store:
        for each in data:
            store.put(_key(each), each)
        paths = store.local_paths([_key(each) for each in data])
        assert [path.read_bytes() for path in paths] == data
        assert len({path.is_relative_to(disk.folder) for path in paths}) == 2
        assert store.local_paths([_key(each) for each in data]) == paths
    warned = [r for r in caplog.records if r.levelno == logging.WARNING and r.name == "lake.cache"]
    assert len(warned) == 1
    assert "No space left on device" in warned[0].getMessage()


def test_a_folder_nobody_can_write_to_is_still_read(
    cache: ObjectCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file where the folder for new copies should be: root may write to a read-only folder."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    kept = _keep(cache, b"kept")
    for path in (cache.folder / "tmp").iterdir():
        path.unlink()
    (cache.folder / "tmp").rmdir()
    (cache.folder / "tmp").touch()
    with pytest.raises(LocalFileError), cache.arriving(URL, _key(b"new")):
        pass
    assert _keep(cache, b"new").read_bytes() == b"new"
    assert cache.find(URL, _key(b"kept")) == kept


def test_the_folder_of_one_process_ends_with_it(store: S3Store, tmp_path: Path) -> None:
    for data in (b"one", b"two"):
        store.put(_key(data), data)
    (tmp_path / "file").touch()
    code = (
        "import logging, tempfile\n"
        "tempfile.tempdir = sys.argv[5]\n"
        "logging.disable()\n"
        "first = store.local_path(sys.argv[3])\n"
        "if not (child := os.fork()):\n"
        "    assert store.local_path(sys.argv[4]).parents[3] != first.parents[3]\n"
        "    sys.exit()\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "print(first.read_bytes(), len(os.listdir(sys.argv[5])))\n"
    )
    spare = tmp_path / "spare"
    spare.mkdir()
    folder = tmp_path / "file" / "copies"
    out = script(code, store.url, folder, _key(b"one"), _key(b"two"), spare)
    assert out == "b'one' 1"
    assert list(spare.iterdir()) == []


def test_no_place_at_all_for_copies_is_an_error(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    (tmp_path / "file").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file" / "tmp"))
    with opened(bucket, tmp_path / "file" / "copies") as store:
        store.put("name", b"bytes")
        with pytest.raises(StoreError, match="A file is where a folder should be"):
            store.local_path("name")
        assert store.get("name") == b"bytes"
