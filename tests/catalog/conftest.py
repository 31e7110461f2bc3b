"""What the tests of this folder take as arguments."""

from __future__ import annotations

from tests.support.s3_server import bucket, s3

__all__ = ["bucket", "s3"]
