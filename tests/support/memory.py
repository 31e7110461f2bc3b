"""A folder in memory, where one is."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made inside


@pytest.fixture
def memory_path(tmp_path: Path) -> Iterator[Path]:
    """A folder that outlives a killed process, though not a power loss: waiting costs nothing."""
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="mhras-") as folder:
        yield Path(folder)
