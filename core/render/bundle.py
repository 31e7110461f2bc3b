"""The drawing library of a report: what charts need of Vega and Vega-Lite, packed once.

    vega.packed   line 1: the digest of the script; line 2: the script, gzip and base 85.
                  Made by tools/vega.sh and kept in the repository: it needs Node and packages, and
                  a report must not change its bytes because a package did

A report holds line 2 in a script of an unknown type, which no browser runs; its own script unpacks
it and adds it as an inline script. The policy of the report names the digest, so that nothing else
can be added in this way. Expressions are interpreted: without that Vega needs `eval`.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

VEGA_PATH: Final = Path(__file__).with_name("vega.packed")
# Letters of base 85 that mean something in HTML, and those that stand for them.
_SAFE: Final = str.maketrans(".[]", "&<>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A script, packed. `digest` is what a content security policy calls it by."""

    packed: str
    digest: str

    def unpacked(self) -> bytes:
        """Return the script, as report.js unpacks it.

        >>> b"Redistribution and use" in vega().unpacked()
        True
        """
        return gzip.decompress(base64.b85decode(self.packed.translate(_SAFE)))


@cache
def vega() -> Bundle:
    """Return the drawing library.

    >>> vega().digest.startswith("sha256-")
    True
    """
    digest, packed = VEGA_PATH.read_text(encoding="ascii").splitlines()
    return Bundle(packed=packed, digest=digest)


def digest_of(source: bytes) -> str:
    """Return the name of an inline script or style in a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(source).digest()).decode()}"
