from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core import Workbench
from tests.support.commands import Command, log_and_die
from tests.support.processes import Child
from tests.support.s3_server import bucket, s3
from tests.support.sample_lake import SampleLake, make_sample_lake

if TYPE_CHECKING:
    from pathlib import Path


__all__ = ["abandoned", "bucket", "lake", "mhras", "s3", "sample"]


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SampleLake:
    """Ten runs; commands find their lake through the environment."""
    monkeypatch.setenv("MHRAS_LAKE", str(tmp_path / "lake"))
    return make_sample_lake(tmp_path / "lake")


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty lake, where commands find it."""
    monkeypatch.setenv("MHRAS_LAKE", str(tmp_path / "lake"))
    with Workbench(tmp_path / "lake"):
        return tmp_path / "lake"


@pytest.fixture
def abandoned(sample: SampleLake) -> str:
    """The id of a run whose process was killed."""
    with Child(log_and_die, sample.folder) as child:
        run_id: str = child.hear()
        child.kill()
    return run_id


@pytest.fixture
def mhras(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command."""
    return Command(capsys)
