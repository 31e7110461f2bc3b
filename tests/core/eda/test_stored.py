"""Analyses of dataset versions are made once, and come back as they were."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from core.datasets.variable_labels import with_labels
from core.eda.document import eda_document
from core.eda.module import EDAModule
from core.eda.report import EDAReport
from core.errors import EDAError
from core.maintenance.garbage import collect_garbage
from core.render.document import render_markdown
from core.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RANDOM = np.random.default_rng(5)
VISITS = {
    "age": RANDOM.normal(50, 9, 300),
    "site": RANDOM.choice(["Ulm", "Bonn"], 300).tolist(),
    "score": [*RANDOM.choice([0, 1, 2, 3, 99], 280).tolist(), *[None] * 20],
    "case": (RANDOM.random(300) < 0.3).tolist(),
    "far": np.where(RANDOM.random(300) < 0.01, np.inf, RANDOM.normal(size=300) * 1e300),
}


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench(tmp_path / "lake", actor="ana") as opened:
        yield opened


@pytest.mark.parametrize("target", [None, "case", "age", "site"])
def test_a_report_comes_back_from_json_as_it_was(target: str | None) -> None:
    report = EDAModule().analyze_dataset(VISITS, target)
    text = json.dumps(report.to_dict(), allow_nan=False)
    again = EDAReport.from_dict(json.loads(text))
    assert again.to_dict() == report.to_dict()
    assert again.columns == report.columns
    assert again.target == report.target
    assert again.quality_issues == report.quality_issues
    assert again.associations == report.associations


def test_labels_of_columns_stand_at_their_heads(workbench: Workbench) -> None:
    labels = {"age": "Age at interview"}
    workbench.datasets.register_dataset(VISITS, "visits", "form", metadata={"labels": labels})
    made, found = workbench.eda.analyze_dataset("visits"), workbench.eda.find_report("visits")
    table = with_labels(pa.table(VISITS).schema, labels)
    of_frame = EDAModule().analyze_dataset(pa.table(VISITS).cast(table))
    again = EDAReport.from_dict(json.loads(json.dumps(of_frame.to_dict())))
    for report in (made, found, of_frame, again):
        assert report is not None
        assert report.labels == labels
        text = render_markdown(eda_document(report))
        assert "| Column | Label | Kind" in text
        assert text.count("Age at interview") == 2


@pytest.mark.parametrize("given", [{}, {"columns": 3}, {"dataset_name": "x", "outliers": []}])
def test_what_is_no_report_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(EDAError, match="no analysis of a table"):
        EDAReport.from_dict(given)


def test_an_analysis_is_made_once_for_a_content(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench.datasets.register_dataset(VISITS, "visits", "form")
    workbench.datasets.register_dataset(VISITS, "copies", "form")
    first = workbench.eda.analyze_dataset("visits@v1", "case")
    assert first.report_id
    assert not first.found_again

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it was analyzed again")

    monkeypatch.setattr("core.eda.analysis.analyze", refuse)
    again = workbench.eda.analyze_dataset("visits", "case")
    assert again.found_again
    assert again == first
    copy = workbench.eda.analyze_dataset("copies@v1", "case")
    assert (copy.report_id, copy.dataset_name) == (first.report_id, "copies@v1")
    for other in (("visits@v1", None), ("visits@v1", "site")):
        with pytest.raises(AssertionError, match="analyzed again"):
            workbench.eda.analyze_dataset(*other)
    with pytest.raises(AssertionError, match="analyzed again"):
        workbench.eda.analyze_dataset("visits@v1", "case", store=False)


def test_analyses_are_listed_and_asked_for_in_sql(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(VISITS, "visits", "form")
    report = workbench.eda.analyze_dataset("visits")
    (line,) = workbench.eda.reports()
    assert line == workbench.eda.reports("visits")[0]
    assert workbench.eda.reports("others") == []
    assert (line.version, line.num_rows, line.actor) == ("visits@v1", 300, "ana")
    assert line.recommendations == report.recommendations
    assert workbench.eda.get_report(line.report_id) == report
    with pytest.raises(EDAError, match="no analysis 'x'"):
        workbench.eda.get_report("x")
    (row,) = workbench.sql("select quality_issues, target from eda_reports").to_pylist()
    assert row == {"quality_issues": len(report.quality_issues), "target": None}


def test_an_analysis_outlives_the_garbage_collection(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(VISITS, "visits", "form")
    report = workbench.eda.analyze_dataset("visits")
    workbench.lake.flush()
    now = datetime.now(UTC)
    for later in (timedelta(), timedelta(days=90)):  # noticed, and then deleted
        collect_garbage(workbench.catalog, now=now + later)
    assert workbench.eda.get_report(report.report_id) == report


def test_nothing_is_kept_without_a_lake() -> None:
    with pytest.raises(EDAError, match="Nothing is kept here"):
        EDAModule().reports()
