"""Thresholds and net benefit, recomputed from tables of four counts."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.metrics import confusion_matrix

from core.models.evaluation import evaluate
from tests.core.models.samples import sample


def test_a_threshold_has_the_figures_of_its_four_counts() -> None:
    data = sample()
    found = evaluate(data.outcome, data.risk, thresholds=[0.25, 0.5], resamples=100)
    assert [point.threshold for point in found.operating_points] == [0.25, 0.5]
    for point in found.operating_points:
        tn, fp, fn, tp = confusion_matrix(data.outcome, data.risk >= point.threshold).ravel()
        counts = (point.true_positives, point.false_positives)
        assert (*counts, point.true_negatives, point.false_negatives) == (tp, fp, tn, fn)
        for estimate, hits, rows in (
            (point.sensitivity, tp, tp + fn),
            (point.specificity, tn, tn + fp),
            (point.ppv, tp, tp + fp),
            (point.npv, tn, tn + fn),
        ):
            interval = sm.stats.proportion_confint(hits, rows, method="wilson")
            assert estimate.value == pytest.approx(hits / rows)
            assert (estimate.low, estimate.high) == pytest.approx(interval)
        assert point.alerts_per_100.value == pytest.approx(100 * (tp + fp) / 600)
        needed = point.number_needed_to_evaluate
        assert needed.value == pytest.approx((tp + fp) / tp)
        assert (needed.low, needed.high) == pytest.approx((1 / point.ppv.high, 1 / point.ppv.low))


def test_a_threshold_that_nobody_reaches_says_so() -> None:
    point = evaluate([0, 1, 1], [0.1, 0.2, 0.3], thresholds=[0.9]).operating_points[-1]
    assert not point.ppv.known
    assert point.ppv.why_missing == "no rows"
    assert not point.number_needed_to_evaluate.known
    assert point.sensitivity.value == 0


def test_net_benefit_is_that_of_vickers_and_elkin() -> None:
    data = sample()
    curve = evaluate(data.outcome, data.risk, resamples=100).decision_curve
    assert curve[0].threshold == 0.01
    for point in curve:
        odds = point.threshold / (1 - point.threshold)
        treated = data.risk >= point.threshold
        benefit = (treated * (data.outcome - (1 - data.outcome) * odds)).mean()
        everybody = data.outcome.mean() - (1 - data.outcome.mean()) * odds
        assert point.model.value == pytest.approx(benefit)
        assert point.treat_all.value == pytest.approx(everybody)
        assert point.advantage.value == pytest.approx(benefit - max(everybody, 0))
        assert point.model.low <= benefit <= point.model.high


def test_the_advantage_is_paired() -> None:
    """At a threshold below all predictions, treating by the model is treating everybody."""
    data = sample()
    first = evaluate(data.outcome, 0.02 + 0.9 * data.risk, resamples=100).decision_curve[0]
    assert first.advantage.value == pytest.approx(0)
    assert first.advantage.high == pytest.approx(0)
    assert np.ptp([first.model.low, first.model.high]) > 0.01
