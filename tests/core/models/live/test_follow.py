"""A model is followed over time: what it was worth, what drifts, and what to do about it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from core.errors import ModelError
from core.maintenance import collect_garbage, verify_lake
from core.models.live.document import live_document
from core.models.live.report import Followed
from core.models.signature import Signature
from core.render.document import render_html, render_markdown
from tests.core.models.conftest import run_with

if TYPE_CHECKING:
    from core import Workbench

ROWS = 600
START = datetime(2026, 1, 10, tzinfo=UTC)


def month(number: int) -> datetime:
    return START + timedelta(days=31 * number)


def log_month(
    workbench: Workbench, number: int, *, noise: float = 0.0, older: float = 0.0, seen: bool = True
) -> tuple[Any, Any]:
    """Log a month of predictions; with noise, outcomes follow them less."""
    random = np.random.default_rng(10 + number)
    age = random.normal(50 + older, 10, ROWS)
    logits = (age - 50) / 8 - 1
    said, truth = expit(logits), expit(logits * (1 - noise) - noise)
    outcome = (random.random(ROWS) < truth).astype(int)
    people = [f"{number}-{n}" for n in range(ROWS)]
    frame = {"person": people, "prediction": said, "age": age}
    workbench.models.log_predictions("risk", frame, entity="person", time=month(number))
    if seen:
        frame = {"person": people, "outcome": outcome}
        at = month(number) + timedelta(days=9)
        workbench.models.log_outcomes("risk", frame, entity="person", time=at)
    return said, outcome


@pytest.fixture
def served(workbench: Workbench) -> Workbench:
    signature = Signature(task="binary", inputs={"age": "double"})
    run_id = run_with(workbench, "{}", "model.json")
    workbench.models.register_model(
        "risk", run_id=run_id, artifact="model.json", signature=signature
    )
    return workbench


def test_a_model_that_stays_as_it_was_is_kept(served: Workbench) -> None:
    judged = [log_month(served, number) for number in range(3)]
    found = served.models.monitor("risk", every="1mo")
    assert [chunk.time for chunk in found.chunks] == ["2026-02-01", "2026-03-01"]
    assert found.reference_name == "2026-01-01"
    assert (found.action, found.alerts, found.reasons, found.notes) == ("keep", (), (), ())
    for chunk, (said, outcome) in zip(found.chunks, judged[1:], strict=True):
        assert (chunk.rows, chunk.outcomes) == (ROWS, ROWS)
        auroc = roc_auc_score(outcome, said)
        assert chunk.realised["auroc"].value == pytest.approx(auroc, abs=1e-12)
        assert chunk.expected["auroc"].low < auroc < chunk.expected["auroc"].high
        assert set(chunk.drift) == {"age", "prediction"}
        assert chunk.drifted == ()


def test_a_model_that_got_worse_is_to_be_retrained_and_it_is_said_why(served: Workbench) -> None:
    for number in range(2):
        log_month(served, number)
    for number in (2, 3):
        log_month(served, number, noise=0.9)
    found = served.models.monitor("risk", every="1mo")
    assert found.action == "retrain"
    (said, *_) = found.reasons
    assert said.startswith("auroc of 2026-03-01 is 0.")
    assert "standard errors from the reference's 0." in said
    assert "the line is 4" in said
    alert = next(alert for alert in found.active if alert.figure == "auroc")
    assert (alert.since, alert.until) == ("2026-03-01", None)
    assert found.raised["auroc"] == (False, True, True)
    # without outcomes nothing of this is to be seen: what goes in is as it was
    assert not any(found.raised["expected_auroc"])
    assert not any(found.raised["feature_drift"])


def test_drift_is_seen_before_outcomes_come(served: Workbench) -> None:
    log_month(served, 0)
    log_month(served, 1, older=25, seen=False)
    found = served.models.monitor("risk", every="1mo")
    (chunk,) = found.chunks
    assert (chunk.outcomes, chunk.realised) == (0, {})
    assert set(chunk.drifted) == {"age", "prediction"}
    assert found.action == "investigate"
    assert any("feature drift of 2026-02-01: age differs" in reason for reason in found.reasons)


def test_the_reference_may_be_said_and_what_was_logged_twice_is(served: Workbench) -> None:
    for number in (0, 1, 2):
        log_month(served, number)
    log_month(served, 2)
    found = served.models.monitor("risk", every="1mo", reference_until=month(1) + timedelta(days=5))
    assert (found.reference_name, found.reference_rows) == ("before 2026-02-15", 2 * ROWS)
    assert [chunk.rows for chunk in found.chunks] == [ROWS]
    assert found.notes == ("600 predictions were logged more than once: the last one counts.",)


def test_the_length_of_chunks_suits_the_predictions(served: Workbench) -> None:
    for number in range(3):
        log_month(served, number)
    assert served.models.monitor("risk").every == "1d"


def test_predictions_of_one_time_only_cannot_be_followed(served: Workbench) -> None:
    with pytest.raises(ModelError, match="not predictions of two times"):
        served.models.monitor("risk")
    log_month(served, 0)
    with pytest.raises(ModelError, match="not predictions of two times"):
        served.models.monitor("risk")


def test_without_outcomes_of_the_reference_it_says_so(served: Workbench) -> None:
    log_month(served, 0, seen=False)
    log_month(served, 1)
    found = served.models.monitor("risk", every="1mo")
    assert any(note.startswith("No outcome of the reference has come") for note in found.notes)
    assert any(note.startswith("Nothing is expected without outcomes") for note in found.notes)
    assert "auroc" in found.chunks[0].realised
    assert found.action == "keep"


def test_it_is_plain_values_and_a_report(served: Workbench) -> None:
    for number, noise in enumerate((0.0, 0.0, 0.9)):
        log_month(served, number, noise=noise)
    found = served.models.monitor("risk", every="1mo")
    again = Followed.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again.to_dict() == found.to_dict()
    with pytest.raises(ModelError, match="no report of a model in service"):
        Followed.from_dict({})
    html = render_html(live_document(found)).decode()
    for text in ("risk@v1 in service", "Retrain: the model", "AUROC over time", found.reasons[0]):
        assert text.replace("'", "&#39;") in html
    assert "| 2026-03-01 | 600 | 600 |" in render_markdown(live_document(found))


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_values_and_classes_are_followed_too(workbench: Workbench, task: Any) -> None:
    run_id = run_with(workbench, "{}", "model.json")
    classes = ("high", "low") if task == "multiclass" else ()
    workbench.models.register_model(
        "risk",
        run_id=run_id,
        artifact="model.json",
        signature=Signature(task=task, classes=classes),
    )
    random = np.random.default_rng(0)
    for number in range(2):
        values = random.normal(0, 1, 300)
        came = values + number * 2 + random.normal(0, 0.1, 300)
        said, seen = values, came
        if task == "multiclass":
            said, seen = (np.where(each > 0, "high", "low") for each in (values, came))
        people = [f"{number}-{n}" for n in range(300)]
        frame = {"person": people, "prediction": said, "outcome": seen}
        workbench.models.log_predictions("risk", frame, entity="person", time=month(number))
        workbench.models.log_outcomes("risk", frame, entity="person", time=month(number))
    found = workbench.models.monitor("risk", every="1mo")
    (chunk,) = found.chunks
    if task == "regression":
        assert chunk.realised["mean_error"].value == pytest.approx(np.mean(came - values))
    else:
        assert chunk.realised["accuracy"].value == np.mean(said == seen)
    assert found.action == "retrain"


def test_what_was_found_is_kept_whole_and_listed_without_looking_again(served: Workbench) -> None:
    for number in range(3):
        log_month(served, number, noise=0.9 * (number > 1))
    reports = served.models.reports
    served.models.monitor("risk", every="1mo", store=False)
    assert reports.all() == []
    found = served.models.monitor("risk", every="1mo")
    (kept,) = reports.of_version(served.models.get_model("risk"))
    assert (kept.name, kept.action, kept.reasons) == ("risk@v1", found.action, found.reasons)
    assert (kept.alerts, kept.predictions, kept.outcomes) == (len(found.active), 2 * ROWS, 2 * ROWS)
    assert (kept.since, kept.until) == (found.chunks[0].time, found.chunks[-1].time)
    assert reports.load(kept).to_dict() == found.to_dict()
    served.models.monitor("risk", every="1mo")
    newest, before = reports.all("risk")
    assert (before, reports.all(limit=1)) == (kept, [newest])
    assert reports.all("another") == []
    with pytest.raises(ModelError, match="There is no report on a model 'x'"):
        reports.get("x")
    served.lake.flush()
    assert collect_garbage(served).marked == ()
    (served.lake.root / "objects" / kept.digest[:2] / kept.digest).unlink()
    told = [finding.affects for finding in verify_lake(served).findings]
    assert ("a report on version v1 of model 'risk' in service",) in told
