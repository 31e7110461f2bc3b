"""A lake's bytes in an S3 bucket.

    s3://<bucket>/<prefix>       what a lake is told
    <prefix>/<key>               the names in the bucket
    a local folder of copies     what has been read before                     (lake/cache.py)

Endpoint, region and credentials are those of the AWS environment: AWS_ENDPOINT_URL, AWS_REGION,
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE and so on. Nothing connects before it is
asked something, and nothing is left behind when the interpreter ends.
"""

from __future__ import annotations

import atexit
import io
import math
import os
import re
import secrets
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from lake.cache import LocalFileError, ObjectCache, default_folder
from lake.digest import content_digest
from lake.errors import AlreadyExistsError, InvalidNameError, StoreError
from lake.store import Entry, check_key, refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from lake.address import Place
    from lake.s3_connection import Connection

PATIENCE_SECONDS: Final = 30.0
_AT_ONCE: Final = 16
_DELETED_AT_ONCE: Final = 1_000
_URL: Final = re.compile(
    r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>.*))?", re.ASCII
)
_Result = TypeVar("_Result")


def split_url(url: str) -> tuple[str, str]:
    """Return the bucket and the prefix that a URL names, without asking anybody.

    >>> split_url("s3://research/lakes/risk/")
    ('research', 'lakes/risk')
    >>> split_url("s3://research?versionId=3")
    Traceback (most recent call last):
    ...
    lake.errors.InvalidNameError: 's3://research?versionId=3' is not the URL of a folder in a ...
    """
    match = _URL.fullmatch(url)
    prefix = (match["prefix"] or "").removesuffix("/") if match else "?"
    strange = set("?#*[") & set(prefix) or "::" in prefix or {".", ".."} & set(prefix.split("/"))
    if match is None or ".." in match["bucket"] or strange:
        message = f"{url!r} is not the URL of a folder in a bucket."
        hint = "Write s3://bucket/folder; AWS_ENDPOINT_URL names another server than Amazon's."
        raise InvalidNameError(message, hint=hint, url=url)
    return match["bucket"], check_key(prefix) if prefix else ""


class S3Store:
    """Keeps bytes in a bucket. Safe to use from many threads, and after a fork.

    What a request costs is time, so many files are fetched at once, and what has a name that
    proves its content is read from local copies; `named_by_content=False` is for buckets where a
    name that looks so proves nothing. A request that fails for a passing reason is repeated for
    about `patience` seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        cache: ObjectCache | None = None,
        patience: float = PATIENCE_SECONDS,
        named_by_content: bool = True,
    ) -> None:
        self.bucket, self.prefix = split_url(url)
        self.url = f"s3://{self.bucket}/{self.prefix}".removesuffix("/")
        self.folder: Path | None = None
        self.cache = ObjectCache(default_folder()) if cache is None else cache
        self.patience = patience
        self._named_by_content = named_by_content
        self._too_large: set[str] = set()
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._ender: weakref.finalize[..., S3Store] | None = None
        _STORES.add(self)

    def put(
        self, key: str, data: bytes | Path, *, exclusive: bool = False, digest: str = ""
    ) -> None:
        """Store bytes, or a file's content; durable, and visible only whole, when it returns."""
        from lake.s3_upload import upload  # only who writes needs it

        name = self._name(key)

        def store(source: Any) -> None:
            self._run(lambda c: upload(c, name, source, exclusive=exclusive, digest=digest))

        if isinstance(data, Path):
            with refusals(data), data.open("rb") as source:
                store(source)
        else:
            store(io.BytesIO(data))

    def get(self, key: str) -> bytes:
        """Return the bytes. Raises NotFoundError, and DamagedError when the name tells."""
        name = self._name(key)
        if content_digest(self._copy_name(key)):
            path = self.local_path(key)
            with refusals(path):
                return path.read_bytes()
        buffer = io.BytesIO()
        self._run(lambda c: c.download(name, buffer))
        return buffer.getvalue()

    def read_range(self, key: str, start: int, end: int) -> bytes:
        """Return the bytes from `start` to before `end`, without a copy. Raises NotFoundError."""
        name = self._name(key)
        return self._run(lambda c: c.read_range(name, start, end))

    def size(self, key: str) -> int:
        """Return the number of bytes the bucket has. Raises NotFoundError."""
        name = self._name(key)
        return int(self._run(lambda c: c.ask("head_object", Key=name))["ContentLength"])

    def copy(self, key: str, target: str) -> None:
        """Let the bucket store an object, up to 5 GB, under another name too."""
        source = {"Bucket": self.bucket, "Key": self._name(key)}
        what = {"Key": self._name(target), "CopySource": source}
        self._run(lambda c: c.ask("copy_object", **what))

    def digest(self, key: str) -> str:
        """Return the SHA-256 of what the bucket has, whatever copies there are."""
        name = self._name(key)
        return self._run(lambda c: c.download(name, _Nowhere()))

    def local_path(self, key: str) -> Path:
        """Return a local copy. Raises NotFoundError, and DamagedError when the name tells."""
        return self.local_paths([key])[0]

    def local_paths(self, keys: Sequence[str]) -> list[Path]:
        """Return local copies, fetching what is not there yet, 16 at once."""
        return [path for path in self._copies(keys, math.inf) if path is not None]

    def copies(self, keys: Sequence[str]) -> list[Path | None]:
        """Return local copies; None for a file that is larger than all the copies may be."""
        return self._copies(keys, self.cache.limit_bytes)

    def _copies(self, keys: Sequence[str], largest: float) -> list[Path | None]:
        for key in keys:
            check_key(key)
        if not largest:
            return [None] * len(keys)
        paths = {key: self.cache.find(self.url, self._copy_name(key)) for key in keys}
        missing = [key for key, path in paths.items() if path is None]
        if largest < math.inf:
            missing = [key for key in missing if key not in self._too_large]
        if missing:
            fetched = self._run(lambda c: self._fetch(c, missing, largest))
            self.cache.trim()
            paths.update(zip(missing, fetched, strict=True))
            self._too_large.update(key for key in missing if paths[key] is None)
        return [paths[key] for key in keys]

    def folders(self, prefix: str) -> Sequence[str]:
        """Return the names of the folders directly in a folder, sorted."""
        folder = f"{self._name(prefix)}/"
        pages = self._run(lambda c: _pages(c, folder))
        names = [item["Prefix"] for page in pages for item in page.get("CommonPrefixes", ())]
        return sorted(name.removeprefix(folder).removesuffix("/") for name in names)

    def file_names(self, prefix: str) -> Sequence[str]:
        """Return the names in a folder."""
        return [entry.name for entry in self.list(prefix)]

    def list(self, prefix: str) -> list[Entry]:
        """Return the files directly in a folder, sorted by name; none when it is not there."""
        return [*self._entries(f"{self._name(prefix)}/", delimiter="/")]

    def below(self, prefix: str) -> Sequence[Entry]:
        """Return the files in a folder and in those it has, sorted; a name then has "/" in it."""
        return self._entries(f"{self._name(prefix)}/", delimiter="")

    def everything(self) -> Sequence[Entry]:
        """Return all files of the store; their names are keys."""
        return self._entries(f"{self.prefix}/".removeprefix("/"), delimiter="")

    def _entries(self, folder: str, *, delimiter: str) -> Sequence[Entry]:
        pages = self._run(lambda c: _pages(c, folder, delimiter=delimiter))
        files = [item for page in pages for item in page.get("Contents", ())]
        entries = [
            Entry(
                name=file["Key"].removeprefix(folder),
                size=file["Size"],
                modified_at=file["LastModified"].timestamp(),
            )
            for file in files
            if not file["Key"].endswith("/")  # which some tools make to show an empty folder
        ]
        return sorted(entries, key=lambda entry: entry.name)

    def delete(self, key: str, *more: str) -> None:
        """Remove files for good; absent ones are fine."""
        names = [self._name(each) for each in (key, *more)]
        try:
            self._run(lambda c: _delete(c, names))
        finally:  # some may be gone although others were refused
            self.cache.forget(self.url, *map(self._copy_name, (key, *more)))

    def names(self) -> Sequence[str]:
        """Return some names at the root of the store, folders with a "/"; none when it is empty."""
        folder = f"{self.prefix}/" if self.prefix else ""
        what = {"Prefix": folder, "Delimiter": "/", "MaxKeys": 100}
        page = self._run(lambda c: c.ask("list_objects_v2", **what))
        found = [item["Key"] for item in page.get("Contents", ()) if item["Key"] != folder]
        found += [item["Prefix"] for item in page.get("CommonPrefixes", ())]
        return [name.removeprefix(folder) for name in found]

    def now(self) -> float:
        """Return the time by the server's clock, to the second; asked for once a connection."""
        return self._run(_server_time)

    def require_exclusive_create(self) -> None:
        """Raise StoreError when the bucket gives a taken name away a second time.

        Some servers that speak S3 ignore the condition; commits of two writers would then both
        seem to win. To be asked once, when a lake is made.
        """
        key = f"tmp/{secrets.token_hex(16)}"
        try:
            self.put(key, b"", exclusive=True)
            self.put(key, b"", exclusive=True)
        except AlreadyExistsError:
            return
        finally:
            self.delete(key)
        message = f"The server of {self.url} ignores If-None-Match, so commits would be lost."
        raise StoreError(message, hint="Use a server that honours it, or a folder.", path=self.url)

    def close(self) -> None:
        """End the connections. The next request makes new ones."""
        with self._lock:
            connection = self._let_go()
        if connection is not None:
            connection.close()

    def _name(self, key: str) -> str:
        check_key(key)
        return f"{self.prefix}/{key}" if self.prefix else key

    def _copy_name(self, key: str) -> str:
        """Name the local copy: where names prove nothing, as nothing that could."""
        return key if self._named_by_content else f"{key}~"

    def _run(self, work: Callable[[Connection], Coroutine[Any, Any, _Result]]) -> _Result:
        with self._lock:
            if self._connection is None:
                from lake.s3_connection import Connection  # imports asyncio, then s3fs: 800 ms

                self._connection = Connection(self.bucket, patience=self.patience)
                # When nobody has this store any more, nobody can close it.
                self._ender = weakref.finalize(self, self._connection.close, wait=False)
                self._ender.atexit = False  # that is _close_all, and waits
            connection = self._connection
        return connection.run(work)

    async def _fetch(
        self, connection: Connection, keys: Sequence[str], largest: float
    ) -> Sequence[Path | None]:
        works = [self._fetch_one(connection, key, largest) for key in keys]
        return await connection.together(works, at_once=_AT_ONCE)

    async def _fetch_one(self, connection: Connection, key: str, largest: float) -> Path | None:
        while True:  # a second time when the disk is full, elsewhere; then StoreError
            try:
                copy = self._copy_name(key)
                with self.cache.arriving(self.url, copy) as arrival:
                    expected = content_digest(copy)
                    name = self._name(key)
                    found = await connection.download(
                        name, arrival.file, digest=expected, largest=largest
                    )
                    return arrival.keep(found) if found else None
            except LocalFileError:
                continue

    def _forget_after_fork(self) -> None:
        """In a forked child: connect anew, and leave the parent's connections alone."""
        self._lock = threading.Lock()
        connection = self._let_go()
        if connection is not None:
            connection.abandon()

    def _let_go(self) -> Connection | None:
        if self._ender is not None:
            self._ender.detach()
        connection, self._connection, self._ender = self._connection, None, None
        return connection


class _Nowhere(io.BytesIO):
    """A file that keeps nothing of what is written to it."""

    def write(self, piece: Any, /) -> int:
        """Take the piece, and forget it."""
        return len(piece)


async def _pages(
    connection: Connection, folder: str, *, delimiter: str = "/"
) -> Sequence[dict[str, Any]]:
    """List a folder, 1,000 names a page."""
    pages: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        what = {"Prefix": folder, "Delimiter": delimiter, **more}
        page = await connection.ask("list_objects_v2", **what)
        pages.append(page)
        if not page.get("IsTruncated"):
            return pages
        more = {"ContinuationToken": page["NextContinuationToken"]}


async def _server_time(connection: Connection) -> float:
    if connection.server_time is None:
        await connection.ask("list_objects_v2", MaxKeys=1)
    if connection.server_time is None:
        url = f"s3://{connection.bucket}"
        message = f"The server of {url} does not say what time it is."
        hint = "Let its answers have a Date, which tells living writers from dead ones."
        raise StoreError(message, hint=hint, path=url)
    return connection.server_time


async def _delete(connection: Connection, names: Sequence[str]) -> None:
    for start in range(0, len(names), _DELETED_AT_ONCE):
        some = [{"Key": name} for name in names[start : start + _DELETED_AT_ONCE]]
        answer = await connection.ask("delete_objects", Delete={"Objects": some, "Quiet": True})
        for refused in answer.get("Errors", ()):
            url = f"s3://{connection.bucket}/{refused.get('Key')}"
            message = f"{url} was not deleted: {refused.get('Message')} ({refused.get('Code')})."
            hint = "Repeat, or ask the bucket's owner for the permission to delete."
            raise StoreError(message, hint=hint, path=url)


_STORES: weakref.WeakSet[S3Store] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for store in tuple(_STORES):
        store.close()


def _forget_after_fork() -> None:
    for store in tuple(_STORES):
        store._forget_after_fork()


os.register_at_fork(after_in_child=_forget_after_fork)

if TYPE_CHECKING:
    _: Place = S3Store("s3://bucket")
