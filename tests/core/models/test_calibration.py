"""Figures of calibration are those of scikit-learn and statsmodels, weighted or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.metrics import brier_score_loss, log_loss

from core.models.evaluation import Evaluation, evaluate
from tests.core.models.samples import Sample, sample

if TYPE_CHECKING:
    from core.models.interval import Estimate


@pytest.fixture(scope="module")
def data() -> Sample:
    return sample()


@pytest.fixture(scope="module")
def simple(data: Sample) -> Evaluation:
    return evaluate(data.outcome, data.risk, resamples=200)


@pytest.fixture(scope="module")
def survey(data: Sample) -> Evaluation:
    return evaluate(data.outcome, data.risk, weights=data.weights, resamples=200)


def standard_error(estimate: Estimate) -> float:
    return (estimate.high - estimate.low) / 2 / 1.959964


def fitted(data: Sample, *, offset: bool, weights: bool = False) -> tuple[float, float]:
    """Return a coefficient and its error, of the sandwich, by statsmodels."""
    logits = np.log(data.risk / (1 - data.risk))
    design = np.ones(len(logits)) if offset else np.column_stack([logits, np.ones(len(logits))])
    model = sm.GLM(
        data.outcome,
        design,
        family=sm.families.Binomial(),
        offset=logits if offset else None,
        var_weights=data.weights if weights else None,
    ).fit(cov_type="HC0", tol=1e-12)
    factor = len(logits) / (len(logits) - 1)
    return float(model.params[0]), float(model.bse[0]) * factor**0.5


@pytest.mark.parametrize("name", ["calibration_slope", "calibration_intercept"])
def test_slope_and_intercept_are_those_of_statsmodels(
    data: Sample, simple: Evaluation, survey: Evaluation, name: str
) -> None:
    offset = name == "calibration_intercept"
    for found, weights in ((simple, False), (survey, True)):
        value, error = fitted(data, offset=offset, weights=weights)
        assert found.metrics[name].value == pytest.approx(value, rel=1e-7)
        assert standard_error(found.metrics[name]) == pytest.approx(error, rel=1e-5)


def test_errors_are_those_of_scikit_learn(
    data: Sample, simple: Evaluation, survey: Evaluation
) -> None:
    for found, weights in ((simple, None), (survey, data.weights)):
        brier = brier_score_loss(data.outcome, data.risk, sample_weight=weights)
        surprise = log_loss(data.outcome, data.risk, sample_weight=weights)
        prevalence = np.average(data.outcome, weights=weights)
        assert found.metrics["brier"].value == pytest.approx(brier)
        assert found.metrics["log_loss"].value == pytest.approx(surprise)
        scaled = 1 - brier / (prevalence * (1 - prevalence))
        assert found.metrics["scaled_brier"].value == pytest.approx(scaled)
        ratio = prevalence / np.average(data.risk, weights=weights)
        assert found.metrics["observed_expected"].value == pytest.approx(ratio)


def test_a_mean_has_the_interval_of_statsmodels(data: Sample, simple: Evaluation) -> None:
    errors = (data.risk - data.outcome) ** 2
    low, high = sm.stats.DescrStatsW(errors).zconfint_mean()
    brier = simple.metrics["brier"]
    assert (brier.low, brier.high) == pytest.approx((low, high))


@pytest.mark.parametrize("name", ["scaled_brier", "observed_expected"])
def test_delta_and_a_bootstrap_written_down_agree(
    data: Sample, simple: Evaluation, name: str
) -> None:
    random = np.random.default_rng(0)
    found = []
    for _ in range(2000):
        rows = random.integers(0, len(data.outcome), len(data.outcome))
        outcome, risk = data.outcome[rows], data.risk[rows]
        share = outcome.mean()
        brier = ((outcome - risk) ** 2).mean()
        scaled = 1 - brier / (share * (1 - share))
        found.append(scaled if name == "scaled_brier" else share / risk.mean())
    low, high = np.quantile(found, [0.025, 0.975])
    estimate = simple.metrics[name]
    width = high - low
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=0.12 * width)


def test_the_smooth_curve_is_loess(data: Sample, simple: Evaluation) -> None:
    risk = data.risk.round(2)  # fewer different predictions than bins: nothing is binned
    found = evaluate(data.outcome, risk, resamples=100)
    order = np.argsort(risk, kind="stable")
    loess = sm.nonparametric.lowess(
        data.outcome, risk, frac=0.75, it=0, return_sorted=False, delta=0
    )
    curve = np.interp(
        risk,
        [point.predicted for point in found.calibration_curve],
        [point.observed.value for point in found.calibration_curve],
    )
    assert curve[order] == pytest.approx(loess[order], abs=0.01)
    index = np.abs(loess - risk).mean()
    assert found.metrics["ici"].value == pytest.approx(index, abs=0.002)
    assert simple.metrics["ici"].value == pytest.approx(index, abs=0.005)


def test_a_calibrated_model_has_a_small_index_with_an_interval_around_it() -> None:
    random = np.random.default_rng(3)
    risk = random.beta(1, 6, 4000)
    found = evaluate(random.random(4000) < risk, risk, resamples=200).metrics["ici"]
    assert found.value < 0.02
    assert found.low == 0
    assert found.value < found.high < 0.04
    assert found.method == "bootstrap (200)"


def test_the_index_of_a_calibrated_model_may_be_nothing_nearly_always() -> None:
    """Percentiles of resamples never would be: noise only adds to a distance."""
    random = np.random.default_rng(11)
    nothing = 0
    for _ in range(60):
        risk = random.beta(2, 6, 200)
        found = evaluate(random.random(200) < risk, risk, resamples=100).metrics["ici"]
        nothing += found.low == 0
    assert nothing >= 55


def test_tenths_have_wilsons_intervals(data: Sample, simple: Evaluation) -> None:
    assert sum(part.rows for part in simple.reliability) == len(data.outcome)
    assert sum(part.events for part in simple.reliability) == data.outcome.sum()
    for part in simple.reliability:
        inside = (data.risk >= part.low) & (data.risk <= part.high)
        assert inside.sum() == part.rows
        assert part.predicted == pytest.approx(data.risk[inside].mean())
        interval = sm.stats.proportion_confint(part.events, part.rows, method="wilson")
        assert (part.observed.low, part.observed.high) == pytest.approx(interval)


def test_the_histogram_counts_every_row(data: Sample, simple: Evaluation) -> None:
    counts, edges = np.histogram(data.risk, 20, (0, 1))
    assert [part.rows for part in simple.histogram] == counts.tolist()
    assert [part.low for part in simple.histogram] == pytest.approx(edges[:-1])


def test_predictions_of_zero_and_one_are_told(data: Sample) -> None:
    certain = data.risk.copy()
    certain[:3] = [0, 1, 1]
    found = evaluate(data.outcome, certain, resamples=100)
    assert found.metrics["calibration_slope"].known
    assert found.notes == (
        "3 predictions are nearer to 0 or 1 than 1e-6, and taken as that for the logit.",
    )
