"""Store an object in a bucket, of any size, and know afterwards whose it is.

    up to 8 MiB     one PUT
    above           parts of 8 MiB, three at a time; the object is there when they are completed

`exclusive` asks the server to refuse a name that is taken (If-None-Match). When the answer is lost
the request is made again, by us or by a library below us, and then the name is taken: by ourselves.
So every such object carries a mark of its own, and whoever is refused looks at the mark.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from lake.errors import AlreadyExistsError, DamagedError, LakeError, NotFoundError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lake.s3_connection import Connection

PART: Final = 8 * 1024 * 1024
_AT_ONCE: Final = 3
_MOST_PARTS: Final = 9_000  # S3 allows 10,000
_MARK: Final = "lake-put"
_COMPLETED: Final = "NoSuchUpload"  # what S3 says of an upload that was completed before
_ABORT_SECONDS: Final = 5.0


async def upload(
    connection: Connection, key: str, source: BinaryIO, *, exclusive: bool, digest: str
) -> None:
    """Store what a file or a buffer holds; it is durable, and there as a whole, in the end.

    Raises AlreadyExistsError when `exclusive` and another put has the name, DamagedError when the
    content has another digest than the one given, StoreError when the bucket refuses.
    """
    mark = secrets.token_hex(16)
    target: dict[str, Any] = {"Key": key, "Metadata": {_MARK: mark}}
    condition = {"IfNoneMatch": "*"} if exclusive else {}
    parts = _parts(source)
    head = list(islice(parts, 2))
    try:
        if len(head) < 2:
            body = head[0] if head else b""
            _check(hashlib.sha256(body), digest)
            await connection.ask("put_object", body, **target, **condition)
        else:
            await _upload_parts(connection, target, chain(head, parts), digest, condition)
    except (AlreadyExistsError, StoreError) as error:
        in_doubt = isinstance(error, AlreadyExistsError) or error.facts.get("answer") == _COMPLETED
        if not in_doubt or await _mark_of(connection, key) != mark:
            raise


async def _upload_parts(
    connection: Connection,
    target: dict[str, Any],
    parts: Iterator[bytes],
    digest: str,
    condition: dict[str, str],
) -> None:
    answer = await connection.ask("create_multipart_upload", **target)
    this: dict[str, Any] = {"Key": target["Key"], "UploadId": answer["UploadId"]}
    state = hashlib.sha256()
    sent: list[dict[str, Any]] = []
    try:
        while batch := list(islice(parts, _AT_ONCE)):
            for part in batch:
                state.update(part)
            sent += await _send(connection, this, batch, len(sent) + 1)
        _check(state, digest)
        this_whole = {**this, "MultipartUpload": {"Parts": sent}}
        await connection.ask("complete_multipart_upload", **this_whole, **condition)
    except BaseException:
        # Without this the parts would lie in the bucket unseen, and be paid for.
        with contextlib.suppress(LakeError, TimeoutError):
            async with asyncio.timeout(_ABORT_SECONDS):
                await connection.ask("abort_multipart_upload", **this)
        raise


async def _send(
    connection: Connection, this: dict[str, Any], batch: list[bytes], first: int
) -> list[dict[str, Any]]:
    """Upload some parts at once and return what S3 wants to hear of them at the end."""
    requests = [
        connection.ask("upload_part", part, PartNumber=number, **this)
        for number, part in enumerate(batch, first)
    ]
    answers = await connection.together(requests, at_once=_AT_ONCE)
    return [
        {"PartNumber": number, "ETag": answer["ETag"]}
        for number, answer in enumerate(answers, first)
    ]


def _parts(source: BinaryIO) -> Iterator[bytes]:
    """Read the parts, larger ones when there would be too many."""
    size = source.seek(0, os.SEEK_END)
    source.seek(0)
    length = max(PART, -(-size // _MOST_PARTS))
    while part := source.read(length):
        yield part


def _check(state: hashlib._Hash, digest: str) -> None:
    found = state.hexdigest()
    if digest and found != digest:
        message = f"The content is not the one announced, {digest}, but {found}."
        raise DamagedError(message, hint="Store a file only when nobody writes it any more.")


async def _mark_of(connection: Connection, key: str) -> str | None:
    try:
        answer = await connection.ask("head_object", Key=key)
    except NotFoundError:
        return None
    found = answer.get("Metadata", {}).get(_MARK)
    return None if found is None else str(found)
