"""A report of drift, as somebody responsible reads it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from core.drift.detect import detect_drift
from core.drift.document import drift_document
from core.drift.findings import (
    DomainClassifier,
    Estimate,
    MultivariateDrift,
    ReconstructionError,
    TellingColumn,
)
from core.drift.glossary import MEANINGS
from core.render.document import (
    Badge,
    Callout,
    Chart,
    Document,
    Points,
    Section,
    Table,
    Text,
    render_html,
    render_json,
    render_markdown,
)
from core.render.wording import text_of
from tests.core.drift.test_detect import normal

if TYPE_CHECKING:
    from core.drift.report import DriftReport

SITES = np.random.default_rng(0).choice(["north", "south"], 2000)
BEFORE = {"sleep": normal(2000), "site": SITES, "left": normal(2000, seed=7), "old": [1] * 2000}
AFTER = {"sleep": normal(2000, 1.0), "site": SITES, "left": normal(2000, seed=8)}


def drifted() -> DriftReport:
    return detect_drift(BEFORE, AFTER, names=("2013-14", "2015-16"))


def section(document: Document, title: str) -> Section:
    return next(found for found in document.sections if found.title == title)


def test_the_verdict_comes_first() -> None:
    document = drift_document(drifted())
    assert document.summary == [
        Callout(
            "Drift: 1 of 3 columns has changed.",
            text="More than chance explains, and by enough to matter: sleep."
            " 1 column is gone: old.",
            level="warning",
        )
    ]


def test_what_did_not_drift_is_said_too() -> None:
    document = drift_document(detect_drift(AFTER, AFTER))
    assert [found.title for found in document.sections] == ["All columns", "How to read this"]
    assert document.summary[0] == Callout(
        "No drift was found.",
        text="None of 3 columns differs by more than chance explains and by enough to matter.",
        level="good",
    )


def test_a_drifted_column_has_its_cause_its_chart_and_its_tests() -> None:
    report = drifted()
    (column,) = section(drift_document(report), "Drifted columns").blocks
    assert isinstance(column, Section)
    kinds = [type(block).__name__ for block in column.blocks]
    assert kinds == ["Text", "Facts", "Chart", "Table"]
    chart, table = column.blocks[2:]
    assert isinstance(chart, Chart)
    rows = chart.spec["data"]["values"]
    assert sum(row["reference"] for row in rows) == pytest.approx(1)
    assert sum(row["current"] for row in rows) == pytest.approx(1)
    assert isinstance(table, Table)
    ks = report.statistical_tests["sleep"]["ks"]
    by_name = {row[0]: row for row in table.rows}
    assert by_name["Kolmogorov-Smirnov"][1] == ks["statistic"]
    assert by_name["Kolmogorov-Smirnov"][4:6] == (ks["effect"], 0.1)
    assert by_name["Kolmogorov-Smirnov"][-1] == Badge("drifted", level="warning")


def test_every_column_is_in_the_table_of_all() -> None:
    (table,) = section(drift_document(drifted()), "All columns").blocks
    assert isinstance(table, Table)
    names = [text_of(row[0]) for row in table.rows]
    assert names[0] == "sleep"
    assert sorted(names) == ["left", "site", "sleep"]


def test_labels_are_said_of_every_column_and_of_those_in_one_table_only() -> None:
    labels = {"sleep": "Hours of sleep", "old": "Bed time"}
    document = drift_document(replace(drifted(), labels=labels))
    (table,) = section(document, "All columns").blocks
    assert isinstance(table, Table)
    said = {text_of(row[0]): row[1] for row in table.rows}
    assert said == {"sleep": "Hours of sleep", "left": "", "site": ""}
    *_, unmatched = section(document, "What changed").blocks
    assert isinstance(unmatched, Table)
    assert [*unmatched.rows] == [("old", "Bed time", "gone")]


def test_every_test_is_explained() -> None:
    report = detect_drift(
        {"a": [1.5] * 400, "b": ["x", "y"] * 200, "c": [1] * 400},
        {"a": normal(400), "b": ["x", "z"] * 200, "c": ["1"] * 400},
    )
    made = {name for tests in report.statistical_tests.values() for name in tests}
    assert made == set(MEANINGS)


def test_the_document_is_written_in_every_format() -> None:
    report = drifted()
    document = drift_document(report)
    page = render_html(document)
    assert page == render_html(drift_document(report))
    assert "| sleep | number | drifted |" in render_markdown(document)
    assert json.loads(render_json(document))["title"] == "Drift report"


@pytest.mark.parametrize("rows", [0, 1, 40])
def test_strange_columns_do_not_take_the_document_down(rows: int) -> None:
    strange: dict[str, list[Any]] = {
        "": [np.inf] * rows,
        "none": [None] * rows,
        "1e300": [1e300, -1e300] * (rows // 2) + [0.0] * (rows % 2),
        "lists": [[1]] * rows,
        "<script>": ["</script>"] * rows,
        "constant": [3] * rows,
    }
    moved = {name: values[::-1] for name, values in strange.items()} | {"none": ["x"] * rows}
    document = drift_document(detect_drift(strange, moved))
    for render in (render_html, render_markdown, render_json):
        assert "</script></" not in str(render(document))


def test_readers_may_name_both_sides() -> None:
    document = drift_document(drifted(), names=("the old clinic", "the new clinic"))
    assert document.subtitle.startswith("the new clinic compared with the old clinic")


def together(correlation: float, seed: int) -> dict[str, Any]:
    """Make columns of which the first two go together, and none drifts by itself."""
    first, second, third = (normal(1000, seed=seed + i) for i in range(3))
    rest = np.sqrt(1 - correlation**2)
    return {"sleep": first, "mood": correlation * first + rest * second, "age": third}


APART = MultivariateDrift(
    reconstruction=ReconstructionError(
        columns=("sleep", "mood", "age"),
        components=2,
        explained=0.9,
        imputed=(0.0, 0.25),
        reference=1.0,
        current=1.4,
        difference=Estimate(value=0.5, low=0.4, high=0.6),
        threshold=0.2,
        drifted=True,
        reference_rows=1000,
        current_rows=1000,
    ),
    classifier=DomainClassifier(
        columns=("sleep", "mood", "age"),
        auroc=Estimate(value=0.75, low=0.72, high=0.78),
        telling=(TellingColumn(name="mood", loss=Estimate(value=0.1, low=0.05, high=0.2)),),
        threshold=0.55,
        drifted=True,
        reference_rows=1000,
        current_rows=1000,
    ),
)


def test_what_was_found_on_request_has_its_sections() -> None:
    report = detect_drift(together(0.9, 1), together(-0.2, 11), correlations=True)
    document = drift_document(replace(report, multivariate=APART))
    assert document.summary[0] == Callout(
        "Drift, but none of 3 columns has changed by itself.",
        text="Columns go together in another way than before."
        " All columns together tell the tables apart.",
        level="warning",
    )
    text, heat_map, table = section(document, "Correlations").blocks
    assert text == Text(
        "1 of 3 correlations (Spearman) changed by more than chance explains and by enough to"
        " matter."
    )
    assert isinstance(heat_map, Chart)
    assert len(heat_map.spec["data"]["values"]) == 6
    assert isinstance(table, Table)
    assert table.rows[0][0] == "sleep and mood"
    inside = [b for b in section(document, "All columns together").blocks if isinstance(b, Section)]
    titles = ["Reconstruction by principal components", "Domain classifier"]
    assert [part.title for part in inside] == titles
    assert b"What tells the tables apart" in render_html(document)


def test_what_could_not_be_computed_is_said() -> None:
    columns = {"x": normal(300), "constant": [0.5] * 300}
    report = detect_drift(columns, columns, correlations=True)
    assert report.correlation_drifts is not None
    (note, *_) = report.correlation_drifts.untested
    points = section(drift_document(report), "Correlations").blocks[-1]
    assert isinstance(points, Points)
    assert note in points.items


def test_a_target_a_prediction_and_subgroups_have_sections() -> None:
    risk = np.linspace(0.1, 0.9, 600)
    sex = np.array(["female", "male"] * 300)
    event = (risk + normal(600) / 8 > 0.5).astype(int)
    before = {"risk": risk, "event": event, "sex": sex}
    after = {**before, "event": before["event"][::-1]}
    report = detect_drift(before, after, target="event", prediction="risk", by="sex")
    document = drift_document(report)
    assert [found.title for found in document.sections][:3] == [
        "What changed",
        "Target: event",
        "Prediction: risk",
    ]
    words = render_markdown(document)
    assert "Prediction and target belong together in another way than before." in words
    assert "| AUROC | 0.9" in words
    assert "## Subgroups by sex" in words


def test_columns_that_changed_together_are_told_of_once() -> None:
    names = ("systolic1", "systolic2", "systolic3")
    before = {name: normal(500, seed=i) for i, name in enumerate(names)}
    after = {name: normal(500, 1.0, seed=i) for i, name in enumerate(names)}
    document = drift_document(detect_drift(before, after))
    (table,) = section(document, "What changed").blocks
    assert isinstance(table, Table)
    first, *others = sorted((str(row[3]) for row in table.rows), key=len, reverse=True)
    assert first.startswith("They changed together, so look for one cause.")
    assert {text.partition(" systolic")[0] for text in others} == {"Together with"}
