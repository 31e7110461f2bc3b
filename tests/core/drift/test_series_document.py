"""Drift over time as a document."""

from __future__ import annotations

import numpy as np
import pytest

from core.drift.series import Chunks, DriftSeries, drift_over_time
from core.drift.series_document import series_document
from core.render.document import Callout, render_html, render_markdown
from tests.core.drift.test_series import month


@pytest.fixture(scope="module")
def series() -> DriftSeries:
    parts = {f"month {n}": month(n, shift=3.0 * (n > 4), rows=400) for n in range(1, 9)}
    parts["month 2"].pop("sex")
    chunks = Chunks(parts=parts, undated=3)
    return drift_over_time(month(98, rows=2000), chunks, name="clinic@v1")


def test_the_verdict_says_what_drifted_and_since_when(series: DriftSeries) -> None:
    document = series_document(series)
    (verdict,) = document.summary
    assert isinstance(verdict, Callout)
    assert verdict.title == "Drift: 1 of 2 columns changed, first at month 5."
    assert verdict.text == "First seen: phq9 (month 5). 3 rows without a time are in no table."
    facts = dict(document.facts)
    assert facts["Tables with drift"] == 4


def test_the_tables_hold_what_was_found(series: DriftSeries) -> None:
    text = render_markdown(series_document(series))
    largest = max(series.effects["phq9"])
    at = series.times[series.effects["phq9"].index(largest)]
    assert f"| phq9 | month 5 | 4 of 8 | {largest:.1%} | {at} | distribution |" in text
    rows = [line for line in text.splitlines() if line.startswith("| phq9 | mean | month 5 |")]
    assert len(rows) == 1
    assert "Page-Hinkley, ADWIN" in rows[0]
    assert "| month 2 | 400 | 0 |" in text


def test_the_page_draws_one_heat_map(series: DriftSeries) -> None:
    page = render_html(series_document(series)).decode()
    assert page.count("<figure") == 1
    assert "compared with clinic@v1" in page


def test_without_drift_it_says_so_and_nothing_more() -> None:
    x = np.arange(300.0)
    document = series_document(drift_over_time({"x": x}, {"1": {"x": x}}))
    assert [each.title for each in document.sections] == [
        "When what changed",
        "The tables",
        "All columns",
        "How to read this",
    ]
    empty = series_document(drift_over_time({"x": x}, {}))
    for each in (document, empty):
        assert "No drift was found." in render_html(each).decode()
