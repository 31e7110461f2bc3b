from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog.range_files import RangeFiles, _secret, let_read
from lake.cache import ObjectCache
from lake.errors import DamagedError, InvalidNameError, MhrasError, NotFoundError
from lake.remote import S3Store
from lake.store import LocalStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from catalog.range_files import Ranges
    from tests.support.s3_server import S3Server

ROWS = 1_500_000
QUERY = "select count(*), sum(a), sum(b), sum(d), sum(hash(a, b, c, d)) from read_parquet($file)"
HERE = "bytes://here"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> LocalStore:
    """A folder with a file in which every byte counts: no compression, no dictionary."""
    folder = tmp_path_factory.mktemp("ranges")
    a = np.arange(ROWS)
    table = pa.table({"a": a, "b": a * 3 % 1_000_003, "c": a / 7, "d": a % 97})
    for name, rows in {"big": table, "middle": table.slice(0, ROWS // 5)}.items():
        pq.write_table(
            rows,
            folder / f"{name}.parquet",
            compression="NONE",
            use_dictionary=False,
            row_group_size=100_000,
            write_statistics=False,
        )
    pq.write_table(table.slice(0, 1_000), folder / "small.parquet")
    (folder.parent / "secret.csv").write_text("x\n7\n")
    return LocalStore(folder)


@pytest.fixture
def switching() -> Iterator[None]:
    """Let Python's threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def ask(ranges: Ranges, name: str = "big.parquet", *, url: str = HERE, threads: int = 2) -> Any:
    with duckdb.connect(config={"threads": threads}) as connection:
        let_read(connection, ranges, url)
        return connection.execute(QUERY, {"file": f"{url}/{name}"}).fetchall()


def plainly(store: LocalStore, name: str = "big.parquet") -> Any:
    return duckdb.execute(QUERY, {"file": str(store.root / name)}).fetchall()


@pytest.mark.usefixtures("switching")
@pytest.mark.parametrize("threads", [1, 8])
def test_threads_that_share_a_file_read_what_a_plain_read_finds(
    store: LocalStore, threads: int
) -> None:
    """With a handle that has one position for all, a third to two thirds of these are wrong."""
    expected = plainly(store)
    assert [ask(store, threads=threads) for _ in range(12)] == [expected] * 12


@pytest.mark.usefixtures("switching")
def test_threads_that_share_a_bucket_read_what_is_in_it(
    store: LocalStore, bucket: str, tmp_path: Path
) -> None:
    remote = S3Store(bucket, cache=ObjectCache(tmp_path))
    remote.put("tables/middle.parquet", store.root / "middle.parquet")
    answers = [ask(remote, "tables/middle.parquet", url=bucket, threads=8) for _ in range(3)]
    remote.close()
    assert answers == [plainly(store, "middle.parquet")] * 3
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [], "a copy was made"


def test_each_thread_has_a_position_of_its_own(store: LocalStore) -> None:
    file = RangeFiles(store, HERE).open(f"{HERE}/small.parquet")
    file.seek(4)
    found: list[tuple[int, bytes]] = []
    other = threading.Thread(target=lambda: found.append((file.tell(), file.read(4))))
    other.start()
    other.join()
    assert (found, file.tell()) == ([(0, b"PAR1")], 4)
    assert (file.seek(-4, 2), file.read(), file.read(9)) == (file.size - 4, b"PAR1", b"")


@pytest.mark.parametrize(
    "path",
    [
        "../secret.csv",
        "a/../../secret.csv",
        "./small.parquet",
        "/etc/passwd",
        "../../../../../../etc/passwd",
    ],
)
def test_no_path_leads_out_of_the_store(store: LocalStore, path: str) -> None:
    with duckdb.connect() as connection:
        files = let_read(connection, store, HERE)
        with pytest.raises(duckdb.Error, match="is not a key"):
            connection.execute("from read_csv($file)", {"file": f"{HERE}/{path}"})
        assert files is not None
        assert isinstance(files.take_refusal(), InvalidNameError)


def test_another_store_is_not_within_reach(store: LocalStore) -> None:
    with pytest.raises(InvalidNameError, match="does not lie below bytes://here/"):
        RangeFiles(store, HERE).open("bytes://hereafter/small.parquet")


@pytest.mark.parametrize(
    "statement",
    ["copy (select 1) to 'bytes://here/new.csv'", "attach 'bytes://here/new.duckdb'"],
)
def test_nothing_can_be_written(store: LocalStore, statement: str) -> None:
    before = sorted(store.root.rglob("*"))
    with duckdb.connect() as connection:
        let_read(connection, store, HERE)
        with pytest.raises(duckdb.Error, match="a query only reads"):
            connection.execute(statement)
    assert sorted(store.root.rglob("*")) == before


def test_a_pattern_is_a_name_like_any_other(store: LocalStore) -> None:
    with pytest.raises(duckdb.IOException, match="No files found"):
        ask(store, "*.parquet")


class Changed:
    """A store whose file is shorter than it said, or is gone."""

    def __init__(self, store: LocalStore, error: MhrasError | None = None) -> None:
        self.size = store.size
        self._store = store
        self._error = error

    def read_range(self, key: str, start: int, end: int) -> bytes:
        if self._error:
            raise self._error
        return self._store.read_range(key, start, end)[:-1]


@pytest.mark.parametrize("error", [None, NotFoundError("There is no file small.parquet.")])
def test_what_a_file_refuses_is_known_afterwards(
    store: LocalStore, error: MhrasError | None
) -> None:
    with duckdb.connect() as connection:
        files = let_read(connection, Changed(store, error), HERE)
        with pytest.raises(duckdb.Error):
            connection.execute(QUERY, {"file": f"{HERE}/small.parquet"})
        assert files is not None
        refusal = files.take_refusal()
        assert type(refusal) is (type(error) if error else DamagedError)
        assert files.take_refusal() is None


def test_a_range_is_read_from_a_folder_and_a_bucket_alike(bucket: str, tmp_path: Path) -> None:
    remote = S3Store(bucket, cache=ObjectCache(tmp_path))
    remote.put("a", b"0123456789")
    LocalStore(tmp_path / "folder").put("a", b"0123456789")
    for each in (remote, LocalStore(tmp_path / "folder")):
        assert (each.read_range("a", 2, 5), each.read_range("a", 8, 99)) == (b"234", b"89")
        with pytest.raises(NotFoundError):
            each.read_range("b", 0, 1)
    remote.close()


def test_httpfs_is_told_where_the_bucket_is_but_no_credentials_that_expire(
    bucket: str, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _secret(bucket) == {
        "scope": bucket,
        "key_id": "test",
        "secret": "test",
        "region": "us-east-1",
        "endpoint": s3.url.removeprefix("http://"),
        "use_ssl": False,
        "url_style": "path",
    }
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    amazon = {"endpoint": "s3.amazonaws.com", "use_ssl": True, "url_style": "vhost"}
    assert _secret(bucket).items() >= amazon.items()
    monkeypatch.setenv("AWS_SESSION_TOKEN", "expires soon")
    assert _secret(bucket) == {}
