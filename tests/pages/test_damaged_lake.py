"""Pages of a lake with a damaged file say which one, and show the rest where there is a rest."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from core import Workbench
from lake.objects import object_key
from tests.pages.test_pages import titles, words
from tests.support.damage import damage
from tests.support.four_runs import CHANCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from tests.support.sample_lake import SampleLake

    Opener = Callable[..., AppTest]


@pytest.fixture
def lake(sample: SampleLake, tmp_path: Path) -> Path:
    shutil.copytree(sample.folder, tmp_path / "lake")
    return tmp_path / "lake"


@pytest.mark.parametrize("page", ["home", "runs", "run"])
@pytest.mark.parametrize("table", ["runs", "metrics"])
def test_a_flipped_bit_in_a_table_is_a_card_that_names_the_file(
    open_page: Opener, sample: SampleLake, lake: Path, page: str, table: str
) -> None:
    path = max((lake / f"tables/{table}").rglob("*.parquet"), key=lambda path: path.stat().st_size)
    damage(path, "flipped", CHANCE)
    app = open_page(lake, page, id=sample.finished)
    assert titles(app) == ["A file of the lake is damaged"]
    assert path.name in words(app)
    assert "mhras verify --repair" in words(app)


@pytest.mark.parametrize("harm", ["flipped", "truncated"])
def test_a_damaged_artifact_leaves_the_rest_of_its_run(
    open_page: Opener, sample: SampleLake, lake: Path, harm: str
) -> None:
    with Workbench(lake) as bench:
        (artifact,) = [a for a in bench.runs.list_artifacts(sample.finished) if "csv" in a.path]
    damage(lake / object_key(artifact.digest), harm, CHANCE)  # type: ignore[arg-type]
    parameters = {"id": sample.finished, "tab": "Artifacts", "artifact": artifact.path}
    app = open_page(lake, "run", **parameters)
    assert titles(app) == ["forest-4"]
    (fault,) = app.error
    assert artifact.digest in fault.value
    assert "mhras verify --repair" in words(app)


def test_damaged_surroundings_leave_the_rest_of_their_run(
    open_page: Opener, sample: SampleLake, lake: Path
) -> None:
    with Workbench(lake) as bench:
        digest = bench.tracker.get_run(sample.finished).environment or ""
    damage(lake / object_key(digest), "deleted", CHANCE)
    app = open_page(lake, "run", id=sample.finished, tab="Environment")
    assert titles(app) == ["forest-4"]
    assert [digest in fault.value for fault in app.error] == [True]
