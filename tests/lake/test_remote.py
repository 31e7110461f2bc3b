from __future__ import annotations

import errno
import pickle
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from lake.digest import digest_file
from lake.errors import (
    AlreadyExistsError,
    DamagedError,
    InvalidNameError,
    NotFoundError,
    StoreError,
)
from lake.remote import S3Store, split_url
from tests.contracts.store import StoreContract
from tests.lake.processes import exit_code, forked
from tests.lake.remote_stores import opened, script
from tests.support.fault_proxy import fault_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lake.store import Store
    from tests.support.s3_server import S3Server

NOWHERE = "http://127.0.0.1:9"  # nobody listens there


class TestS3Store(StoreContract):
    @pytest.fixture
    def store(self, bucket: str, tmp_path: Path) -> Iterator[Store]:
        with opened(f"{bucket}/lakes/risk", tmp_path / "copies") as store:
            yield store


@pytest.fixture
def store(bucket: str, tmp_path: Path) -> Iterator[S3Store]:
    with opened(f"{bucket}/lake", tmp_path / "copies") as store:
        yield store


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("s3://abc", ("abc", "")),
        ("s3://abc/", ("abc", "")),
        ("s3://a-b.c/lakes/my lake", ("a-b.c", "lakes/my lake")),
    ],
)
def test_a_url_names_a_bucket_and_a_folder(url: str, place: tuple[str, str]) -> None:
    assert split_url(url) == place


@pytest.mark.parametrize(
    "url",
    [
        "bucket/lake",
        "file:///etc",
        "http://127.0.0.1/bucket",
        "s3://",
        "s3://AB/lake",
        "s3://ab",
        "s3://user:secret@bucket/lake",
        "s3://bucket:9000/lake",
        "s3://buc..ket/lake",
        "s3://bucket//lake",
        "s3://bucket/../lake",
        "s3://bucket/lake/..",
        "s3://bucket/a\\b",
        "s3://bucket/a\nb",
        "s3://bucket/lake?versionId=1",
        "s3://bucket/lake#part",
        "s3://bucket/*",
        "s3://bucket/zip::s3://other",
        "zip://lake::s3://bucket",
    ],
)
def test_other_urls_are_refused_before_anything_is_asked(url: str) -> None:
    with pytest.raises(InvalidNameError, match=r"s3://bucket/folder|is not a key"):
        S3Store(url)


def test_stores_of_one_bucket_do_not_see_each_other(store: S3Store, tmp_path: Path) -> None:
    with opened(f"{store.url}2", tmp_path / "copies") as neighbour:
        neighbour.put("f/a", b"theirs")
        store.put("f/a", b"ours")
        assert neighbour.get("f/a") == b"theirs"
        assert [entry.name for entry in store.list("f")] == ["a"]


@pytest.mark.parametrize("name", ["a b+c%25", "é?versionId=1", "a&b=c;d", "#*[x]~'\"", "{}"])
def test_names_may_have_any_character(store: S3Store, name: str) -> None:
    store.put(f"folder/{name}", name.encode())
    assert store.get(f"folder/{name}") == name.encode()
    assert [entry.name for entry in store.list("folder")] == [name]
    store.delete(f"folder/{name}")
    assert store.list("folder") == []


def test_folders_are_listed_apart_from_files(store: S3Store, s3: S3Server) -> None:
    for key in ("t/b/1", "t/b/deeper/2", "t/a/3", "t/file"):
        store.put(key, b"")
    s3.request("PUT", f"/{store.bucket}/lake/t/")  # some tools show an empty folder so
    assert store.folders("t") == ["a", "b"]
    assert [entry.name for entry in store.list("t")] == ["file"]
    assert store.folders("nowhere") == []


@pytest.mark.parametrize("place", ["", "/lakes/risk"])
def test_what_is_at_the_root_can_be_asked_before_a_lake_is_made_there(
    bucket: str, tmp_path: Path, place: str
) -> None:
    with opened(bucket + place, tmp_path) as store:
        assert store.names() == []
        store.put("lake.json", b"{}")
        store.put("tables/t/log/0", b"")
        assert store.names() == ["lake.json", "tables/"]


def test_of_eight_threads_that_create_a_name_one_wins(store: S3Store) -> None:
    keys = [f"log/{number:012d}.json" for number in range(20)]
    start = threading.Barrier(8)

    def race(writer: int) -> list[str]:
        won = []
        for key in keys:
            start.wait()
            try:
                store.put(key, f"{writer} {key}".encode(), exclusive=True)
            except AlreadyExistsError:
                continue
            won.append(f"{writer} {key}")
        return won

    with ThreadPoolExecutor(8) as pool:
        won = [each for result in pool.map(race, range(8)) for each in result]
    assert sorted(won) == sorted(store.get(key).decode() for key in keys)


def test_a_name_is_taken_also_for_who_brings_the_same_bytes(store: S3Store) -> None:
    for data in (b"the same", bytes(20_000_000)):
        store.put("name", data)
        with pytest.raises(AlreadyExistsError):
            store.put("name", data, exclusive=True)
        store.delete("name")
        store.put("name", data, exclusive=True)
        with pytest.raises(AlreadyExistsError):
            store.put("name", data, exclusive=True)
        store.delete("name")


def test_a_server_that_gives_a_name_away_twice_is_noticed(
    store: S3Store, s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.require_exclusive_create()
    with fault_proxy(s3.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        proxy.order("forget", "PUT", times=2)
        with (
            opened(store.url, tmp_path) as careless,
            pytest.raises(StoreError, match="ignores If-None-Match"),
        ):
            careless.require_exclusive_create()
    assert store.list("tmp") == []


def test_large_files_go_through_in_pieces(store: S3Store, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(range(256)) * 240_000)
    code = (
        "import resource\n"
        "from lake.digest import digest_file\n"
        "def peak():\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "source = Path(sys.argv[3])\n"
        "store.put('small', b'x' * 2_000_000)\n"
        "store.local_path('small')\n"
        "before = peak()\n"
        "store.put('large', source, exclusive=True, digest=digest_file(source))\n"
        "store.local_path('large')\n"
        "print(peak() - before)\n"
    )
    grown = int(script(code, store.url, tmp_path / "other copies", source))
    assert grown < 45
    assert digest_file(store.local_path("large")) == digest_file(source)


def test_a_file_that_changes_while_it_is_stored_is_not_stored(
    store: S3Store, s3: S3Server, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(20_000_000))
    digest = digest_file(source)
    with source.open("r+b") as file:
        file.seek(19_999_999)
        file.write(b"!")
    with pytest.raises(DamagedError, match="not the one announced"):
        store.put("folder/name", source, digest=digest)
    assert store.list("folder") == []
    assert b"<Upload>" not in s3.request("GET", f"/{store.bucket}?uploads")


def test_a_folder_may_have_more_files_than_one_answer_names(store: S3Store) -> None:
    names = [f"{number:05d}" for number in range(1_003)]
    keys = [f"folder/{name}" for name in names]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: store.put(key, b""), keys))
    assert [entry.name for entry in store.list("folder")] == names
    store.delete(*keys)
    assert store.list("folder") == []


def test_a_new_store_has_asked_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOWHERE)
    threads = threading.active_count()
    store = S3Store("s3://bucket/lake")
    store.close()
    assert threading.active_count() == threads


def test_importing_it_loads_neither_the_network_nor_the_loop() -> None:
    code = "print(sorted({'aiohttp', 'asyncio', 'botocore', 's3fs', 'tempfile'} & {*sys.modules}))"
    assert script(code, "s3://bucket", "copies") == "[]"


def test_a_store_can_be_closed_and_used_again(store: S3Store) -> None:
    for data in (b"first", b"second"):
        store.put("name", data)
        store.close()
        assert store.get("name") == data
        store.close()


def test_a_store_nobody_has_any_more_ends_its_threads(bucket: str) -> None:
    others = {*threading.enumerate()}
    store = S3Store(bucket)
    assert store.list("folder") == []
    threads = {*threading.enumerate()} - others
    assert "s3" in {thread.name for thread in threads}
    del store
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def test_a_forked_child_connects_anew_and_leaves_its_parent_alone(store: S3Store) -> None:
    def work(name: str) -> None:
        for number in range(10):
            store.put(f"{name}/{number}", name.encode())
            assert store.get(f"{name}/{number}") == name.encode()

    work("parent")
    children = [forked(lambda name=name: work(name)) for name in ("one", "two")]  # type: ignore[misc]
    work("parent")
    assert [exit_code(child) for child in children] == [0, 0]
    assert [len(store.list(name)) for name in ("parent", "one", "two")] == [10, 10, 10]


def test_a_forked_child_that_ends_as_usual_leaves_its_parent_alone(
    bucket: str, tmp_path: Path
) -> None:
    code = (
        "store.put('parent', b'1')\n"
        "if not (child := os.fork()):\n"
        "    store.put('child', b'2')\n"
        "    sys.exit()\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "print(store.get('parent') + store.get('child'))\n"
    )
    assert script(code, bucket, tmp_path) == "b'12'"


def test_nothing_is_left_behind_when_the_interpreter_ends(bucket: str, tmp_path: Path) -> None:
    code = (
        "import threading\n"
        "threading.Thread(target=store.put, args=('thread', b'')).start()\n"
        "keys = [f'folder/{number}' for number in range(20)]\n"
        "for key in keys:\n"
        "    store.put(key, b'')\n"
        "print(len(store.local_paths(keys)))\n"
    )
    before = (
        "import atexit, threading\n"
        "atexit.register(lambda: print([t.name for t in threading.enumerate()]))\n"
    )
    out = script(code, bucket, tmp_path, before=before)
    assert out.splitlines() == ["20", "['MainThread']"]


def test_what_runs_at_exit_can_still_store_something(
    store: S3Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, s3: S3Server
) -> None:
    """And connect, for which a name is looked up: by a pool, which gets no thread any more."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.url.replace("127.0.0.1", "localhost"))
    # Python 3.12 and later start no thread at all then, so the connection must be open.
    close = "" if sys.version_info >= (3, 12) else "store.close()\n"
    code = f"store.list('x')\n{close}import atexit\natexit.register(store.put, 'last', b'rows')\n"
    script(code, store.url, tmp_path)
    assert store.get("last") == b"rows"


def test_no_bucket_no_key_and_no_server_are_told_apart(
    store: S3Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotFoundError, match=r"There is no object s3://.*/lake/absent"):
        store.get("absent")
    with opened("s3://no-such-bucket", tmp_path) as elsewhere:
        for ask in (elsewhere.list, elsewhere.get, elsewhere.delete):
            with pytest.raises(StoreError, match="Create the bucket first"):
                ask("name")
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOWHERE)
    with (
        opened(store.url, tmp_path, patience=1.0) as nobody,
        pytest.raises(StoreError, match="Check the network") as caught,
    ):
        nobody.get("name")
    assert caught.value.errno == errno.ETIMEDOUT
    assert pickle.loads(pickle.dumps(caught.value)).message == caught.value.message  # noqa: S301


def test_missing_credentials_and_permissions_say_what_to_do(
    store: S3Store, s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fault_proxy(s3.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        with opened(store.url, tmp_path) as denied:
            proxy.order("deny", times=2)
            with pytest.raises(StoreError, match="Ask the bucket's owner") as caught:
                denied.put("name", b"")
            assert caught.value.errno == errno.EACCES
            with pytest.raises(StoreError, match="Ask the bucket's owner"):
                denied.size("name")
        assert len(proxy.requests) == 2
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        with (
            opened(store.url, tmp_path) as unknown,
            pytest.raises(StoreError, match="Set AWS_ACCESS_KEY_ID"),
        ):
            unknown.get("name")
        assert len(proxy.requests) == 2
