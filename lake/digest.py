"""Name bytes by their SHA-256, as 64 lower-case hex digits (what `sha256sum` prints)."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


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
