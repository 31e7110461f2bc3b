"""The versions of a dataset compared with a reference, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from core import Workbench
from core.drift.series import chunks_of
from core.errors import DatasetNotFoundError, DataVersionError, DriftReportNotFoundError

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


def test_a_series_of_versions_is_kept_and_found_again(
    wb: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = wb.datasets.drift_over_time
    found = ask("phq9@v1", "phq9")
    assert found.parameters == {}
    versions = [wb.datasets.get_version("phq9", name).version_id for name in ("v2", "v3")]
    assert [*found.version_ids] == versions
    monkeypatch.setattr("core.drift.series.drift_over_time", None)  # nothing is compared again
    assert ask("phq9@v1", ["phq9@v2", "phq9@v3"]) == found
    assert wb.datasets.get_drift_series(found.report_id[:20]) == found
    with pytest.raises(TypeError):
        ask("phq9@v1", ["phq9@v3", "phq9@v2"])  # another series
    with pytest.raises(TypeError):
        ask("phq9@v1", "phq9", columns=["phq9"])


def test_series_are_searched_beside_comparisons(wb: Workbench) -> None:
    series = wb.datasets.drift_over_time("phq9@v1", "phq9")
    report = wb.datasets.detect_drift("phq9@v1", "phq9@v3")
    found = wb.datasets.drift_series("phq9", "v2")  # other tests have series here too
    (line,) = [each for each in found if each.report_id == series.report_id]
    assert (line.report_id, line.kind) == (series.report_id, "series")
    assert (line.version1, line.version2, line.version_ids) == (
        "phq9@v1",
        "phq9@v3",
        series.version_ids,
    )
    assert (line.drifted_columns, line.drift_detected) == (("phq9",), True)
    assert line.feature_drifts["phq9"] == max(series.effects["phq9"])
    assert line.recommendations == ("phq9: mean since phq9@v3.",)
    assert line in wb.datasets.drift_series(drifted=True, column="phq9")
    assert line not in wb.datasets.drift_series("phq9", drifted=False)
    assert {each.kind for each in wb.datasets.drift_reports()} == {"comparison"}
    reached = wb.lineage.graph("phq9@v2", direction="downstream")
    assert series.report_id in {node.id for node in reached.nodes}
    with pytest.raises(DriftReportNotFoundError, match="is a series, not a comparison"):
        wb.datasets.get_drift_report(series.report_id)
    with pytest.raises(DriftReportNotFoundError, match="is a comparison, not a series"):
        wb.datasets.get_drift_series(report.report_id)


def test_a_version_is_compared_in_parts_with_another_and_with_its_first(wb: Workbench) -> None:
    ask = wb.datasets.drift_over_time
    found = ask("phq9@v1", "phq9@v3", time="on", every="1mo", columns=["phq9"])
    assert found.drifted["phq9"] == (True,) * 4
    assert found.parameters == {"time": "on", "every": "1mo", "columns": ["phq9"]}
    assert ask("phq9@v1", "phq9@v3", time="on", columns=["phq9"]).report_id == found.report_id
    alone = ask("phq9@v3", time="on")
    assert (alone.reference, alone.reference_rows) == ("phq9@v3, 2024-01-01", 155)
    assert alone.times == ("2024-02-01", "2024-03-01", "2024-04-01")
    assert not alone.drift_detected
    assert ask("phq9@v3", time="on").report_id == alone.report_id != ""
    assert ask("phq9@v3", time="on", store=False).report_id == ""
    with pytest.raises(DataVersionError, match="has 1 parts by on, not two"):
        ask("phq9@v3", time="on", every="1y")
    with pytest.raises(DataVersionError, match="nothing to compare"):
        ask("phq9@v3")
