"""Name bytes by their SHA-256, as 64 lower-case hex digits (what `sha256sum` prints)."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NAMED_BY_CONTENT: Final = re.compile(
    r"(?:.*/)?(?:(?P<sha256>[0-9a-f]{64})(?:\.parquet|\.rollup)?|"
    r"[^/]*-(?P<sha16>[0-9a-f]{16})\.parquet)",
    re.ASCII,
)


def digest_bytes(data: bytes) -> str:
    """Return the digest of bytes.

    >>> digest_bytes(b"")[:16]
    'e3b0c44298fc1c14'
    """
    return hashlib.sha256(data).hexdigest()


def digest_file(path: Path) -> str:
    """Return the digest of a file, read piece by piece, so its size does not matter."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_digest(text: str) -> bool:
    """Tell whether the text has the form of a digest.

    >>> is_digest(digest_bytes(b"x")), is_digest("../etc/passwd")
    (True, False)
    """
    return _DIGEST.fullmatch(text) is not None


def content_digest(key: str) -> str:
    """Return how the SHA-256 of the content begins, as its name says; nothing for other names.

    >>> content_digest("tables/runs/tail/0006413a5c2f8000-host.7.5d-0-0123456789abcdef.parquet")
    '0123456789abcdef'
    >>> content_digest("objects/ab/" + 32 * "ab") == content_digest(32 * "ab") == 32 * "ab"
    True
    >>> content_digest("tables/runs/tail/0000-schema.parquet"), content_digest("lake.json")
    ('', '')
    """
    match = _NAMED_BY_CONTENT.fullmatch(key)
    return (match["sha256"] or match["sha16"]) if match else ""
