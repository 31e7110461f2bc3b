"""Versions and other tables are compared alike."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import polars as pl
import pytest

from core.errors import DatasetNotFoundError, DataVersionError
from core.frames import FrameError

if TYPE_CHECKING:
    from core import Workbench

SCORES = {"id": [*range(400)], "score": [float(n % 100) for n in range(400)]}
HIGHER = {**SCORES, "score": [value + 40 for value in SCORES["score"]]}


def test_a_version_is_compared_with_any_table(workbench: Workbench, tmp_path: Path) -> None:
    version = workbench.datasets.register_dataset(SCORES, "scores", "form")
    path = tmp_path / "higher.csv"
    pd.DataFrame(HIGHER).to_csv(path, index=False)
    tables = [pd.DataFrame(HIGHER), pl.DataFrame(HIGHER).lazy(), HIGHER, path, str(path)]
    for table in tables:
        report = workbench.datasets.detect_drift("scores@v1", table)
        assert report.drifted_columns == ("score",)
        assert report.version_id1 == version.version_id
    assert report.version_id2 == "higher.csv"
    back = workbench.datasets.detect_drift(path, version)
    assert (back.version_id2, back.drifted_columns) == (version.version_id, ("score",))


def test_tables_that_are_no_versions_are_compared(workbench: Workbench) -> None:
    report = workbench.datasets.detect_drift(SCORES, HIGHER, columns=["score"])
    assert (report.version_id1, report.version_id2) == ("reference", "current")
    assert list(report.feature_drifts) == ["score"]
    with pytest.raises(DataVersionError, match=r"columns weight\. Columns: id, score\."):
        workbench.datasets.detect_drift(SCORES, HIGHER, columns=["weight"])


def test_a_version_comes_before_a_file_of_its_name(
    workbench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pd.DataFrame(HIGHER).to_csv("scores.csv", index=False)
    version = workbench.datasets.register_dataset(SCORES, "scores.csv", "form")
    assert workbench.datasets.detect_drift("scores.csv", HIGHER).version_id1 == version.version_id


def test_what_is_neither_a_version_nor_a_table_is_refused(workbench: Workbench) -> None:
    with pytest.raises(DatasetNotFoundError, match=r"no dataset 'scores'.*no file of this name"):
        workbench.datasets.detect_drift("scores@v1", SCORES)
    for text in ("~nobody/scores.csv", "x" * 300, "a\0b"):
        with pytest.raises(DatasetNotFoundError):
            workbench.datasets.detect_drift(text, SCORES)
    with pytest.raises(FrameError, match=re.escape("There is no file none.csv")):
        workbench.datasets.detect_drift(SCORES, Path("none.csv"))
    with pytest.raises(FrameError, match="int is not a table"):
        workbench.datasets.detect_drift(SCORES, 7)
