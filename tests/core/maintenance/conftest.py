"""A lake of four ended runs, and a workbench on a copy of it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from catalog.tables import SPECS
from core import Workbench
from core.maintenance import verify_lake
from lake.backup import backup
from lake.compact import collect
from lake.store import LocalStore
from tests.support.four_runs import make_lake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("original") / "lake"
    runs = make_lake(folder)
    with Workbench(folder) as bench:
        for name in SPECS:
            collect(bench.lake.table(name), grace=0)
        assert verify_lake(bench, level="content").recorded
    return folder, runs


@pytest.fixture
def runs(original: tuple[Path, dict[str, str]]) -> dict[str, str]:
    return original[1]


@pytest.fixture
def bench(original: tuple[Path, dict[str, str]], tmp_path: Path) -> Iterator[Workbench]:
    shutil.copytree(original[0], tmp_path / "lake")
    with Workbench(tmp_path / "lake", actor="ben", durability="process") as found:
        found.lake.settle = 0
        yield found


@pytest.fixture
def mirror(original: tuple[Path, dict[str, str]], tmp_path: Path) -> LocalStore:
    store = LocalStore(tmp_path / "mirror")
    backup(LocalStore(original[0]), store)
    return store
