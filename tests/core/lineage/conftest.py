from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core import Workbench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    """A workbench on a new lake; nothing in these tests needs to survive a power loss."""
    with Workbench(tmp_path / "lake", actor="ana", durability="process") as found:
        yield found
