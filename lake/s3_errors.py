"""What a bucket refuses: whether to ask again, and what to tell the caller.

    404 of a key                                    NotFoundError
    412 for a name that was to be new               AlreadyExistsError
    409, 429, 5xx, no answer, half an answer        asked again for a while, then StoreError
    other bytes than their name says                fetched again, then DamagedError
    everything else                                 StoreError, with the way out

The errors of S3 arrive as OSError with the server's answer as the cause (s3fs), those of the
network under the names of botocore and aiohttp.
"""

from __future__ import annotations

import asyncio
import errno
import functools
from typing import TYPE_CHECKING, Any, Final

from lake.errors import AlreadyExistsError, DamagedError, LakeError, NotFoundError, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

_ABSENT: Final = {"404", "NoSuchKey", "NoSuchVersion"}
_TAKEN: Final = {"412", "PreconditionFailed"}
_BUSY_STATUS: Final = {408, 409, 429, 500, 502, 503, 504}
# Those that come as 400, and yet are worth another try.
_BUSY: Final = {
    "BadDigest",  # damaged on the way there
    "IncompleteBody",
    "RequestTimeout",
    "Throttling",
    "XAmzContentChecksumMismatch",
    "XAmzContentSHA256Mismatch",
}
_WRONG_KEY: Final = "The credentials are wrong: check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
_WRONG_REGION: Final = "The bucket is in another region: set AWS_REGION to it."
_DENIED: Final = "Ask the bucket's owner for the permission to list, read, write and delete here."
_HINTS: Final = {
    "AccessDenied": _DENIED,
    "403": _DENIED,
    "AuthorizationHeaderMalformed": _WRONG_REGION,
    "ExpiredToken": "The credentials are too old: sign in again, then repeat.",
    "IllegalLocationConstraintException": _WRONG_REGION,
    "InvalidAccessKeyId": _WRONG_KEY,
    "InvalidToken": _WRONG_KEY,
    "KeyTooLongError": "The name is too long for S3: use a shorter one.",
    "NoSuchBucket": "Create the bucket first, or check its name and AWS_ENDPOINT_URL.",
    "NotImplemented": "This server lacks a part of S3 that a lake needs.",
    "PermanentRedirect": _WRONG_REGION,
    "301": _WRONG_REGION,
    "RequestTimeTooSkewed": "This machine's clock is wrong: set it, then repeat.",
    "SignatureDoesNotMatch": _WRONG_KEY,
}
_NO_CREDENTIALS: Final = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."
_UNREACHABLE: Final = "Check the network, AWS_ENDPOINT_URL and AWS_REGION, then repeat."
_BUSY_HINT: Final = "The server is busy or failing: repeat later."


class WrongBytesError(OSError):
    """What arrived is not what its name says: damaged on the way, or where it lies."""


@functools.cache
def failures() -> tuple[type[Exception], ...]:
    """Return what a request may raise. All of them count as answers of the bucket."""
    from botocore.exceptions import BotoCoreError  # comes with s3fs, 700 ms
    from s3fs.core import S3_RETRYABLE_ERRORS

    return (OSError, BotoCoreError, *S3_RETRYABLE_ERRORS)


def is_passing(error: Exception) -> bool:
    """Tell whether the same request may well be answered a moment later."""
    from botocore import exceptions  # as above
    from s3fs.core import S3_RETRYABLE_ERRORS

    answer = _answer(error)
    if answer is not None:
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return status in _BUSY_STATUS or _code(answer) in _BUSY
    if isinstance(error, exceptions.SSLError):
        return False  # a certificate does not get better
    return isinstance(
        error,
        (
            WrongBytesError,
            ConnectionError,
            TimeoutError,
            asyncio.TimeoutError,
            exceptions.ConnectionError,
            exceptions.FlexibleChecksumError,
            exceptions.HTTPClientError,
            exceptions.IncompleteReadError,
            *S3_RETRYABLE_ERRORS,
        ),
    )


def explain(error: Exception, url: str) -> LakeError:
    """Return the error to raise: what was asked of which URL, why not, and the way out."""
    answer = _answer(error)
    if answer is None:
        return _explain_silence(error, url)
    code = _code(answer)
    if code in _ABSENT:
        return NotFoundError(f"There is no object {url}.", path=url)
    if code in _TAKEN:
        return AlreadyExistsError(f"{url} exists already.", path=url)
    message = str(answer.get("Error", {}).get("Message") or error)
    hint = _HINTS.get(code, _BUSY_HINT if is_passing(error) else "")
    number = errno.EACCES if isinstance(error, PermissionError) else errno.EIO
    text = f"{url}: {message.rstrip('.')} ({code})."
    return StoreError(text, hint=hint, path=url, errno=number, answer=code)


def _explain_silence(error: Exception, url: str) -> LakeError:
    from botocore import exceptions  # as above

    if isinstance(error, WrongBytesError):
        message = f"The object {url} is damaged: its bytes are not those its name says."
        return DamagedError(message, hint="Restore it from a copy of the lake.", path=url)
    reason = str(error).rstrip(".") or "no answer in time"
    number, hint = errno.EIO, ""
    if isinstance(error, (exceptions.NoCredentialsError, exceptions.PartialCredentialsError)):
        reason, number, hint = "no credentials for S3", errno.EACCES, _NO_CREDENTIALS
    elif isinstance(error, exceptions.SSLError):
        hint = "Check the server's certificate; AWS_CA_BUNDLE names others to trust."
    elif is_passing(error):
        number, hint = errno.ETIMEDOUT, _UNREACHABLE
    return StoreError(f"{url}: {reason}.", hint=hint, path=url, errno=number)


def _answer(error: Exception) -> Mapping[str, Any] | None:
    """Return what the server said, None when it said nothing that could be understood."""
    for raised in (error, error.__cause__):
        answer = getattr(raised, "response", None)
        if isinstance(answer, dict):
            return answer
    return None


def _code(answer: Mapping[str, Any]) -> str:
    return str(answer.get("Error", {}).get("Code", ""))
