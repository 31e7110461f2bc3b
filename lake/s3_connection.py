"""This process's connections to one S3 bucket: an event loop in a thread of its own, and s3fs.

    any thread --> run(work) --> loop --> ask, download --> s3fs --> the bucket
                                          repeated while that helps, for about `patience` seconds

Requests are repeated here and nowhere below, so that how long that takes is known: s3fs and
botocore are told not to. (aiohttp sends a PUT whose connection broke once more, whatever it is
told: a name found taken may have been taken by oneself. lake/s3_upload.py can tell.)
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import os
import random
import socket
import threading
import time
import weakref
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar

from lake.cache import writing_locally
from lake.errors import StoreError
from lake.s3_errors import WrongBytesError, explain, failures, is_passing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from s3fs import S3FileSystem

_PIECE: Final = 1024 * 1024
_CONNECTIONS: Final = 32
_CONNECT_SECONDS: Final = 5.0
_READ_SECONDS: Final = 15.0
_SLOWEST: Final = 20_000  # bytes a second, below which an upload counts as stuck
_LONGEST_PAUSE: Final = 4.0
_TRIES_AT_WRONG_BYTES: Final = 3
_GOODBYE_SECONDS: Final = 1.0
_END_SECONDS: Final = 5.0
_Result = TypeVar("_Result")


class Connection:
    """Open until `close`. Made and used by one process only."""

    def __init__(self, bucket: str, *, patience: float) -> None:
        self.bucket = bucket
        self.patience = patience
        self._loop = asyncio.new_event_loop()
        self._helpers = _Executor(max_workers=4, thread_name_prefix="s3")
        self._loop.set_default_executor(self._helpers)
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._files = _file_system(patience, self._new_socket)
        self._client: Any = None
        self._dated: tuple[str, float] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="s3", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:  # Python 3.12 and later, at the end of the interpreter
            self._loop.close()
            raise self._refusal(f"too late to connect: {error}") from error

    def run(self, work: Callable[[Connection], Coroutine[Any, Any, _Result]]) -> _Result:
        """Do the work in the loop and wait for it, in whatever thread this is."""
        with self._lock:
            if self._closed:
                raise self._refusal("the connection was closed by another thread")
            future = asyncio.run_coroutine_threadsafe(work(self), self._loop)
        try:
            return future.result()
        except CancelledError:
            raise self._refusal("the connection was closed during a request") from None
        finally:
            future.cancel()  # matters only when the wait was interrupted

    async def ask(self, method: str, body: bytes | None = None, /, **what: Any) -> Any:
        """Make one request of S3, with its own names for what is asked, and return the answer."""
        target = {"Bucket": self.bucket, **what, **({} if body is None else {"Body": body})}
        limit = self.patience + len(body or b"") / _SLOWEST

        async def attempt() -> Any:
            return await asyncio.wait_for(self._call(method, target), limit)

        return await self._repeated(attempt, what.get("Key") or what.get("Prefix", ""))

    async def download(
        self, key: str, file: BinaryIO, *, digest: str = "", largest: float = math.inf
    ) -> str:
        """Write an object into a file, whole; return its SHA-256, which begins with `digest`.

        One that has more bytes than `largest` is left where it is: the answer is empty. Raises
        LocalFileError when the file, not the bucket, is what fails.
        """

        async def attempt() -> str:
            target = {"Bucket": self.bucket, "Key": key}
            answer = await asyncio.wait_for(self._call("get_object", target), self.patience)
            async with answer["Body"] as body:
                if answer["ContentLength"] > largest:
                    return ""
                found = await _copy(body, file)
            if not found.startswith(digest):
                raise WrongBytesError
            return found

        return await self._repeated(attempt, key)

    async def read_range(self, key: str, start: int, end: int) -> bytes:
        """Return the bytes of an object from `start` to before `end`."""
        target = {"Bucket": self.bucket, "Key": key, "Range": f"bytes={start}-{end - 1}"}

        async def attempt() -> bytes:
            answer = await asyncio.wait_for(self._call("get_object", target), self.patience)
            async with answer["Body"] as body:
                return bytes(await asyncio.wait_for(body.read(), self.patience))

        return await self._repeated(attempt, key)

    async def together(
        self, works: Sequence[Coroutine[Any, Any, _Result]], *, at_once: int
    ) -> list[_Result]:
        """Do many things, some at once; when one fails the others end first, then raise that."""
        slots = asyncio.Semaphore(at_once)

        async def in_turn(work: Coroutine[Any, Any, _Result]) -> _Result:
            async with slots:
                return await work

        answers = await asyncio.gather(*map(in_turn, works), return_exceptions=True)
        results = []
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
            results.append(answer)
        return results

    @property
    def server_time(self) -> float | None:
        """The time by the clock of the server, in seconds since 1970; None before it answered."""
        if self._dated is None:
            return None
        from email.utils import parsedate_to_datetime  # wanted once in a while

        date, heard_at = self._dated
        return parsedate_to_datetime(date).timestamp() + time.monotonic() - heard_at

    async def _call(self, method: str, target: dict[str, Any]) -> Any:
        self._client = await self._files.set_session()
        answer = await self._files._call_s3(method, **target)
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        if date:
            self._dated = date, time.monotonic()
        return answer

    async def _repeated(self, attempt: Callable[[], Awaitable[_Result]], key: str) -> _Result:
        number, started = 0, time.monotonic()
        while True:
            number += 1
            try:
                return await attempt()
            except failures() as error:
                pause = min(_LONGEST_PAUSE, 0.05 * 2**number) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads the load
                late = time.monotonic() + pause > started + self.patience
                hopeless = isinstance(error, WrongBytesError) and number >= _TRIES_AT_WRONG_BYTES
                if late or hopeless or not is_passing(error):
                    raise explain(error, f"s3://{self.bucket}/{key}") from error
            await asyncio.sleep(pause)

    def _refusal(self, reason: str) -> StoreError:
        url = f"s3://{self.bucket}"
        return StoreError(f"{url}: {reason}.", path=url)

    def close(self, *, wait: bool = True) -> None:
        """End what is under way, the connections, the loop and the thread."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._loop.call_soon_threadsafe(self._begin_to_close)
        if wait:
            self._thread.join(_END_SECONDS)

    def _begin_to_close(self) -> None:
        self._closing = self._loop.create_task(self._close())

    async def _close(self) -> None:
        others = asyncio.all_tasks() - {self._closing}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
        late = time.monotonic() + _GOODBYE_SECONDS
        # Both ends of a TLS connection say goodbye, which aiohttp does not always wait for.
        while time.monotonic() < late and any(each.fileno() >= 0 for each in self._sockets):
            await asyncio.sleep(_GOODBYE_SECONDS / 500)
        self._loop.stop()

    def _new_socket(self, address: Sequence[Any]) -> socket.socket:
        made = socket.socket(*address[:3])
        self._sockets.add(made)
        return made

    def _serve(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()
            self._helpers.shutdown(wait=False)

    def abandon(self) -> None:
        """In a forked child: never touch what belongs to the parent, not even at the very end.

        The sockets are shared with it, and so is the kernel's list of those its loop watches:
        closing one here would take it off that list, and the parent would wait for ever.
        """
        import ctypes  # 10 ms that only a forked child needs

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self))


async def _copy(body: Any, file: BinaryIO) -> str:
    """Copy what arrives into an empty file and return its digest."""
    state = hashlib.sha256()
    with writing_locally():
        file.seek(0)
        file.truncate()
    while piece := await body.read(_PIECE):
        state.update(piece)
        with writing_locally():
            file.write(piece)
    return state.hexdigest()


class _Executor(ThreadPoolExecutor):
    """Looks up names and reads certificates for the loop, also when the interpreter is ending.

    Then Python refuses threads to every pool, but a lake still stores its last rows: the loop
    does the work itself.
    """

    def submit(self, work: Callable[..., _Result], /, *given: Any, **named: Any) -> Future[_Result]:
        """Run the work in a thread, or here and now."""
        try:
            return super().submit(work, *given, **named)
        except RuntimeError:
            future: Future[_Result] = Future()
            try:
                future.set_result(work(*given, **named))
            except OSError as error:
                future.set_exception(error)
            return future


def _file_system(
    patience: float, new_socket: Callable[[Sequence[Any]], socket.socket]
) -> S3FileSystem:
    """Return s3fs, not connected yet. Endpoint and credentials come from the AWS environment."""
    from s3fs import S3FileSystem  # 700 ms, and only lakes in a bucket need it

    # botocore itself reads AWS_DEFAULT_REGION only, unlike every other SDK of AWS.
    region = os.environ.get("AWS_REGION")
    files = S3FileSystem(
        asynchronous=True,
        skip_instance_cache=True,
        use_listings_cache=False,
        client_kwargs={"region_name": region} if region else {},
        config_kwargs={
            "connect_timeout": min(_CONNECT_SECONDS, patience),
            "read_timeout": min(_READ_SECONDS, patience),
            "connector_args": {"socket_factory": new_socket},
            "max_pool_connections": _CONNECTIONS,
            "retries": {"total_max_attempts": 1},
        },
    )
    files.retries = 1
    return files
