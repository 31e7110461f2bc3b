"""Files of a bucket for DuckDB, read where they are, without copies on this disk.

DuckDB 2.0 lets its threads share one Python file handle, and reads from it by a seek() followed by
a read(). With an ordinary handle another thread's seek comes in between, and the first gets bytes
of the wrong place: wrong numbers, often without an error (1.5 does not do it).

    thread 1  --seek(a)--read(n)-->  position of thread 1  -->  read_range(key, a, a + n)
    thread 2  --seek(b)--read(n)-->  position of thread 2  -->  read_range(key, b, b + n)

Here each thread has a position of its own, and what reads the bytes is told from where to where,
so nothing is shared.

Measured with the query of tests/catalog/test_range_files.py (1.5 million rows, uncompressed, the
interpreter switching between threads as often as it can), through the file system that fsspec has
for local files: of 40 queries with 8 threads 17 gave wrong numbers and 9 failed, of 40 with one
thread 12 were wrong. Through this one 160 of 160 were right.

What is read in ranges cannot be checked against a digest, which is of the whole file. The local
copies of a bucket's files are (lake/checked.py): this is for where there is no room for them.

DuckDB's own extension httpfs, where it is installed, reads without Python. There is none for 2.0
that could be had offline: what is told to it was tried with 1.5.5.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from fsspec import AbstractFileSystem

from lake.errors import DamagedError, InvalidNameError, LakeError, NotFoundError
from lake.store import check_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    import duckdb

_HTTPFS: Final = """
create or replace temporary secret bucket (
  type s3, provider config, scope $scope, key_id $key_id, secret $secret, region $region,
  endpoint $endpoint, use_ssl $use_ssl, url_style $url_style)
"""
# names of a lake's tables are never given to other bytes, so every file is as old as any
_UNCHANGED_SINCE: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Ranges(Protocol):
    """Files whose bytes are asked for by their place; any number of threads may ask at once."""

    def size(self, key: str) -> int:
        """Return the number of bytes. Raises NotFoundError."""

    def read_range(self, key: str, start: int, end: int) -> bytes:
        """Return the bytes from `start` to before `end`. Raises NotFoundError."""


def let_read(connection: duckdb.DuckDBPyConnection, ranges: Ranges, url: str) -> RangeFiles | None:
    """Let a DuckDB read the files below a URL; None when its own extension httpfs does it.

    It does when it is installed (it is never fetched) and the credentials of the AWS environment
    are there to stay: those that expire are renewed by `ranges` only. Files are named by `url`,
    "/" and their key either way.

    >>> import tempfile, duckdb
    >>> from pathlib import Path
    >>> from lake.store import LocalStore
    >>> with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
    ...     store = LocalStore(Path(folder))
    ...     store.put("a/b.csv", b"x\\n7")
    ...     _ = let_read(connection, store, "bytes://here")
    ...     connection.execute("from read_csv('bytes://here/a/b.csv')").fetchall()
    [(7,)]
    """
    if url.startswith("s3://") and _use_httpfs(connection, url):
        return None
    files = RangeFiles(ranges, url)
    connection.register_filesystem(files)
    return files


class RangeFiles(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """The files below a URL, by their exact names, to be read only.

    There are no patterns: `*` is a character like any other. Raises InvalidNameError for a path
    that leads elsewhere: DuckDB's `allowed_directories` looks at the beginning of a path only.
    """

    cachable = False

    def __init__(self, ranges: Ranges, url: str) -> None:
        super().__init__()
        self.protocol = url.partition("://")[0]
        self._root = url.rstrip("/") + "/"
        self._ranges = ranges
        self._sizes: dict[str, int] = {}
        self._refusal: LakeError | None = None

    def open(self, path: str, mode: str = "rb", **_options: Any) -> RangeFile:
        """Open a file. Raises NotFoundError, and InvalidNameError for any mode but reading."""
        if mode != "rb":
            message = f"{path} cannot be opened to be written: a query only reads."
            raise InvalidNameError(message, path=path, mode=mode)
        return RangeFile(self, self._key(path), self.size(path))

    def size(self, path: str) -> int:
        """Return the number of bytes, asked once a file. Raises NotFoundError."""
        with self._remembered():
            key = self._key(path)
            if key not in self._sizes:
                self._sizes[key] = self._ranges.size(key)
            return self._sizes[key]

    def read_range(self, key: str, start: int, end: int) -> bytes:
        """Return so many bytes. Raises DamagedError when the store gives another number."""
        with self._remembered():
            data = self._ranges.read_range(key, start, end)
            if len(data) != end - start:
                message = f"{key} is cut short: {len(data)} bytes instead of {end - start}."
                raise DamagedError(message, hint="Run `mhras verify`.", path=key)
            return data

    def modified(self, _path: str) -> datetime:
        """Return the same time for every file, as none ever changes."""
        return _UNCHANGED_SINCE

    def exists(self, path: str, **_options: Any) -> bool:
        """Tell whether there is such a file."""
        with suppress(NotFoundError):
            return self.size(path) >= 0
        return False

    def isfile(self, path: str) -> bool:
        """Tell whether there is such a file."""
        return self.exists(path)

    def isdir(self, path: str) -> bool:
        """Say no: there are only files."""
        self._key(path)
        return False

    def glob(self, path: str, **_options: Any) -> list[str]:
        """Return the path itself, when there is such a file."""
        return [path] if self.exists(path) else []

    def take_refusal(self) -> LakeError | None:
        """Return what was raised last here, and forget it: DuckDB hands on its text only."""
        refusal, self._refusal = self._refusal, None
        return refusal

    @contextmanager
    def _remembered(self) -> Iterator[None]:
        try:
            yield
        except LakeError as error:
            self._refusal = error
            raise

    def _key(self, path: str) -> str:
        # fsspec takes the scheme away in some calls
        root = self._root if "://" in path else self._root.partition("://")[2]
        if not path.startswith(root):
            message = f"{path} does not lie below {self._root}."
            raise InvalidNameError(message, path=path)
        return check_key(path.removeprefix(root))


class _Position(threading.local):
    """Where a thread reads next. Each thread begins at 0."""

    value = 0


class RangeFile:
    """An open file with one position for each thread."""

    def __init__(self, files: RangeFiles, key: str, size: int) -> None:
        self._files = files
        self._key = key
        self._position = _Position()
        self.size = size
        self.closed = False

    def read(self, count: int = -1) -> bytes:
        """Return so many bytes, fewer only at the end of the file. Raises DamagedError."""
        start = min(self._position.value, self.size)
        end = self.size if count < 0 else min(start + count, self.size)
        data = self._files.read_range(self._key, start, end) if end > start else b""
        self._position.value = end
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move this thread's position, and return it."""
        self._position.value = offset + (0, self._position.value, self.size)[whence]
        return self._position.value

    def tell(self) -> int:
        """Return this thread's position."""
        return self._position.value

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def writable(self) -> bool:
        """Say no."""
        return False

    def close(self) -> None:
        """Do nothing: nothing is held open."""
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _use_httpfs(connection: duckdb.DuckDBPyConnection, url: str) -> bool:
    import duckdb  # as in catalog.session

    try:
        connection.load_extension("httpfs")
    except duckdb.Error:
        return False  # not installed, as nearly everywhere
    secret = _secret(url)
    if secret:
        connection.execute(_HTTPFS, secret)
    return bool(secret)


def _secret(url: str) -> dict[str, object]:
    """Return what httpfs must know of the AWS environment; nothing when that may expire."""
    import os

    from botocore.session import Session  # 200 ms, where httpfs is

    session = Session()
    credentials = session.get_credentials()
    if credentials is None or credentials.token:
        return {}
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    scheme, _, place = endpoint.partition("://")
    region = os.environ.get("AWS_REGION") or session.get_config_variable("region") or "us-east-1"
    return {
        "scope": url,
        "key_id": credentials.access_key,
        "secret": credentials.secret_key,
        "region": region,
        "endpoint": place.rstrip("/") or "s3.amazonaws.com",
        "use_ssl": scheme != "http",
        "url_style": "path" if place else "vhost",
    }
