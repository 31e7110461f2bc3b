"""The versions of a dataset compared with a reference, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from core import Workbench
from core.drift.series import chunks_of
from core.errors import DatasetNotFoundError, DataVersionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAYS = np.datetime64("2024-01-01") + np.arange(600) // 5


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    folder: Path = tmp_path_factory.mktemp("series")
    with Workbench(folder / "lake", durability="process") as wb:
        for number, shift in enumerate((0, 0, 2)):
            scores = np.random.default_rng(number).normal(9 + shift, 4, 600)
            wb.datasets.register_dataset({"on": DAYS, "phq9": scores}, "phq9", "clinic")
        yield wb


def test_the_versions_of_a_dataset_are_compared_with_another_of_them(wb: Workbench) -> None:
    found = wb.datasets.drift_over_time("phq9@v1", "phq9")
    assert (found.reference, found.times) == ("phq9@v1", ("phq9@v2", "phq9@v3"))
    assert found.drifted["phq9"] == (False, True)
    report = wb.datasets.detect_drift("phq9@v1", "phq9@v3", store=False)
    assert found.effects["phq9"][1] == report.feature_drifts["phq9"]
    assert {change.since for change in found.change_points} == {"phq9@v3"}


def test_versions_and_tables_are_compared_in_the_order_given(wb: Workbench) -> None:
    newest, version = wb.datasets.get_dataset("phq9", "v3")
    found = wb.datasets.drift_over_time("phq9@v2", [version, newest, "phq9@v1"])
    assert found.times == ("phq9@v3", "table 2", "phq9@v1")
    assert found.drifted["phq9"] == (True, True, False)


def test_the_months_of_a_table_are_compared(wb: Workbench) -> None:
    table, _ = wb.datasets.get_dataset("phq9", "v2")
    months = chunks_of(table, "on", every="1mo")
    found = wb.datasets.drift_over_time("phq9@v1", months, columns=["phq9"])
    assert found.times == ("2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01")
    assert found.rows == (155, 145, 155, 145)
    assert not found.drift_detected


def test_what_there_is_not_is_refused(wb: Workbench) -> None:
    with pytest.raises(DatasetNotFoundError):
        wb.datasets.drift_over_time("phq9@v1", "gad7")
    with pytest.raises(DataVersionError, match="no columns gad7"):
        wb.datasets.drift_over_time("phq9@v1", "phq9", columns=["gad7"])
