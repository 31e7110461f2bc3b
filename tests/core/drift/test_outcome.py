"""What is to be predicted, what was predicted, and how both belong together."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, roc_auc_score

from core.drift import intervals
from core.drift.detect import detect_drift
from core.drift.report import DriftReport
from core.errors import DataVersionError

if TYPE_CHECKING:
    from core.drift.findings import OutcomeDrift


def screened(rows: int, *, seed: int, skill: float = 2.0, share: float = 0.3) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    positive = random.random(rows) < share
    score = 1 / (1 + np.exp(-(skill * positive - 1.4 + random.normal(size=rows))))
    return {"depressed": positive.astype(int), "score": score}


def targets(first: object, second: object, **named: str) -> OutcomeDrift:
    found = detect_drift(first, second, target="depressed", **named).target  # type: ignore[arg-type]
    assert found is not None
    return found


def test_prevalence_is_given_with_its_interval() -> None:
    first, second = screened(500, seed=1), screened(400, seed=2, share=0.6)
    found = targets(first, second)
    (share,) = found.summaries
    number = int(first["depressed"].sum())
    expected = stats.binomtest(number, 500).proportion_ci(method="wilson")
    assert share.name == "share of '1'"
    assert share.reference.value == number / 500
    assert (share.reference.low, share.reference.high) == pytest.approx([*expected])
    assert found.drifted
    assert found.tests["chi2"]["drifted"] is True


def test_a_mean_is_given_with_its_interval() -> None:
    scores = np.random.default_rng(1).normal(9, 5, 300)
    report = detect_drift({"phq9": scores}, {"phq9": scores + 3}, target="phq9")
    assert report.target is not None
    (mean,) = report.target.summaries
    expected = stats.ttest_1samp(scores, 0).confidence_interval()
    assert (mean.reference.low, mean.reference.high) == pytest.approx([*expected])
    assert mean.current.value - mean.reference.value == pytest.approx(3)
    assert "phq9: the target changed: the mean went from" in report.recommendations[1]


def test_a_prediction_that_lost_its_skill_is_a_drift_of_the_target() -> None:
    first, second = screened(1000, seed=1), screened(1000, seed=2, skill=0.2)
    found = targets(first, second, prediction="score")
    change = next(change for change in found.relation if change.name == "auroc")
    expected = [roc_auc_score(side["depressed"], side["score"]) for side in (first, second)]
    assert [change.reference.value, change.current.value] == pytest.approx(expected)
    assert change.drifted
    assert found.drifted


def test_calibration_is_the_mean_of_what_was_observed_less_what_was_expected() -> None:
    first, second = screened(800, seed=1), screened(800, seed=2)
    second["score"] = second["score"] / 2
    found = targets(first, second, prediction="score")
    change = next(change for change in found.relation if change.name == "calibration")
    observed = [float((side["depressed"] - side["score"]).mean()) for side in (first, second)]
    assert [change.reference.value, change.current.value] == pytest.approx(observed)
    assert change.drifted
    assert [c.name for c in found.relation if c.drifted] == ["calibration"]


def test_numbers_have_a_correlation_and_a_residual() -> None:
    random = np.random.default_rng(3)
    truth = random.normal(10, 4, 600)
    first = {"depressed": truth, "score": truth + random.normal(0, 2, 600)}
    second = {"depressed": truth, "score": truth + random.normal(3, 2, 600)}
    found = targets(first, second, prediction="score")
    correlation, residual = found.relation
    expected = stats.spearmanr(first["depressed"], first["score"]).statistic
    assert correlation.reference.value == pytest.approx(expected)
    assert (correlation.drifted, residual.drifted) == (False, True)
    assert residual.difference.value == pytest.approx(-3 / truth.std(ddof=1), abs=0.1)


def test_categories_have_an_accuracy() -> None:
    first = {"depressed": ["no", "mild", "severe"] * 100, "score": ["no", "mild", "mild"] * 100}
    second = {"depressed": ["no", "mild", "severe"] * 100, "score": ["mild", "mild", "mild"] * 100}
    (change,) = targets(first, second, prediction="score").relation
    expected = [accuracy_score(side["depressed"], side["score"]) for side in (first, second)]
    assert [change.reference.value, change.current.value] == pytest.approx(expected)
    assert (change.name, change.drifted) == ("accuracy", True)


def test_without_drift_relations_hardly_ever_drift() -> None:
    alarms = 0
    for seed in range(80):
        first, second = screened(600, seed=seed), screened(80, seed=seed + 1000)
        found = targets(first, second, prediction="score")
        alarms += any(change.drifted for change in found.relation)
    assert alarms <= 4  # a hundredth: 5 of 80 have a probability below 0.002


def test_labels_that_are_not_there_yet_are_no_fault() -> None:
    first, second = screened(100, seed=1), screened(100, seed=2)
    del second["depressed"]
    found = targets(first, second, prediction="score")
    assert found.notes == ("The current table has no depressed: there is nothing to compare.",)
    second["depressed"] = [None] * 100
    found = targets(first, second, prediction="score")
    assert "Too few rows know both, or they are of different kinds." in found.notes


def test_a_report_of_outcomes_is_made_again_of_its_json() -> None:
    first, second = screened(100, seed=1), screened(100, seed=2)
    report = detect_drift(first, second, target="depressed", prediction="score")
    assert DriftReport.from_dict(json.loads(json.dumps(report.to_dict()))) == report
    assert report.prediction is not None
    assert math.isfinite(report.prediction.summaries[0].current.high)


def test_what_there_is_not_is_refused_together() -> None:
    asked: dict[str, Any] = {"target": "y", "by": ["x"], "correlation": True}
    with pytest.raises(DataVersionError) as refused:
        detect_drift({"x": [1]}, {"x": [1]}, **asked)
    assert refused.value.facts["faults"] == [
        "by: ['x'] is not the name of a column",
        "there is no analysis 'correlation'",
        "target: neither table has the column 'y'",
    ]
    assert refused.value.hint.startswith("Columns: x. Analyses: correlations, multivariate")


def test_the_area_of_few_rows_is_no_false_alarm() -> None:
    random = np.random.default_rng(6)
    found: list[tuple[bool, bool]] = []
    for _ in range(400):
        sides = []
        for rows in (1100, 50):
            score = random.normal(size=rows)
            ill = random.random(rows) < 1 / (1 + np.exp(1.2 - 2 * score))
            sides.append(intervals.placements(score, ill))
        variance, freedom = intervals.pooled_variance(*sides)
        difference = abs(sides[1].area - sides[0].area)
        alone = math.sqrt(sides[0].variance + sides[1].variance)
        p_value = 2 * stats.t.sf(difference / math.sqrt(variance), freedom)
        found.append((p_value < 0.01, difference / alone > 2.576))
    together, delong = np.mean(found, axis=0)
    assert together <= 0.025  # more than 10 of 400 at 0.01 have a probability below 0.002
    assert delong > 0.03  # which is why
