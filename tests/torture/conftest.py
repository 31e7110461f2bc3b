"""What the tests of this folder take as arguments."""

from __future__ import annotations

from tests.support.memory import memory_path

__all__ = ["memory_path"]
