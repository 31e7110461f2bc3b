"""What every test runs under."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from core.setting_sources import FILE_VARIABLE, PREFIXES
from tests.support.memory import MEMORY, memory_path
from tests.support.s3_server import bucket, s3

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["bucket", "memory_path", "s3"]  # one server for all folders

ROOM = 4 << 30  # what all lakes of the tests take is a sixth of it

# No deadline: a machine that is busy with another test is not a fault. The same examples every
# time in CI, so that a landing is never red for somebody else's luck; new ones at every desk.
settings.register_profile(
    "workbench", deadline=None, max_examples=50, derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("workbench")

# Lakes that are made for a test lie in memory where there is room: a hundred thousand times nobody
# waits for a disk. What a disk does when its power goes is tested on disks of their own.
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# Neither the variables nor the mhras.toml of whoever runs the tests count.
for _name in [name for name in os.environ if name.startswith(PREFIXES)]:
    if _name not in {"MHRAS_PICTURES", "MHRAS_TEST_EVERY_POINT"}:
        del os.environ[_name]
os.environ[FILE_VARIABLE] = os.devnull


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that take long: none of them is left alone on one processor.

    Those of the browser follow: one process takes most of them, and starts one browser for all.
    """
    order = ("slow", "browser")  # else as random as before
    items.sort(key=lambda item: [mark not in item.keywords for mark in order])


@pytest.fixture(autouse=True)
def _main_module() -> Iterator[None]:
    """Give back the main module, which Streamlit replaces by the page it runs.

    Processes that are spawned later import it anew.
    """
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main
