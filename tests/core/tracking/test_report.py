"""Runs as documents, written as HTML with their charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.errors import RunNotFoundError
from core.render.html import render_html
from core.tracking.report import comparison_document, runs_document

if TYPE_CHECKING:
    from core import Workbench

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def filled(workbench: Workbench) -> Workbench:
    with workbench.tracker.start_run("risk", EVIL, {"team": "x"}) as run:
        run.log_params({"depth": 4})
        for step in range(5):
            run.log_metrics({"auc": 0.7 + step / 100, "nothing": float("nan")}, step=step)
        run.log_bytes("hello", "note.txt")
    workbench.tracker.set_note("It **works**.", run_id=run.run_id)
    workbench.tracker.start_run("risk", "failing").end("FAILED", error="ValueError: x")
    return workbench


def test_a_list_of_runs_tells_the_best_and_how_many_failed(filled: Workbench) -> None:
    runs = filled.runs.search_runs_arrow(metrics=["auc", "nothing"], params=["depth"])
    document = runs_document(runs, asked="every run", matching=2, metric_name="auc")
    facts = dict(document.facts)
    assert (facts["Runs that match"], facts["Failed"]) == (2, 1)
    assert facts["Highest auc"] == pytest.approx(0.74)
    html = render_html(document).decode()
    assert EVIL not in html.partition("<body")[2].replace("</script><script", "")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_runs_without_numbers_have_no_chart(filled: Workbench) -> None:
    runs = filled.runs.search_runs_arrow(metrics=["nothing"])
    document = runs_document(runs, asked="", matching=2, metric_name="nothing")
    assert document.summary == []
    assert render_html(document)


def test_one_run_is_described_with_its_curves(filled: Workbench) -> None:
    (run,) = filled.tracker.search_runs(None, "status = 'FINISHED'")
    document = filled.runs.document(run.run_id)
    titles = [section.title for section in document.sections]
    assert titles == ["Metrics", "Curves", "Params", "Artifacts", "Origin"]
    assert len(document.sections[1].blocks) == 1  # nothing can be drawn of NaN
    html = render_html(document).decode()
    assert "auc by step" in html
    assert '"nearest"' not in html  # which the drawing library of reports does not know
    assert "note.txt" in html


def test_a_run_without_anything_is_described_too(filled: Workbench) -> None:
    (run,) = filled.tracker.search_runs(None, "status = 'FAILED'")
    document = filled.runs.document(run.run_id)
    assert {section.title for section in document.sections} <= {
        "Artifacts",
        "Origin",
    }  # a patch, perhaps
    assert b"ValueError: x" in render_html(document)


def test_no_run_is_no_document(filled: Workbench) -> None:
    with pytest.raises(RunNotFoundError):
        filled.runs.document("nothing")


def test_runs_that_are_the_same_are_said_to_be() -> None:
    html = render_html(comparison_document(["a", "b"], [], asked="2 runs")).decode()
    assert "Nothing differs" in html
