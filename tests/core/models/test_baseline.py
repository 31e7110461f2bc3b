"""A model is compared on the same rows: with the prevalence, and with what it is given."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss

from core.models.evaluation import Evaluation, evaluate
from tests.core.models.samples import sample


@pytest.fixture(scope="module")
def found() -> Evaluation:
    data = sample()
    given = {"weaker": data.weaker, "itself": data.risk, "score": 100 * data.weaker}
    return evaluate(data.outcome, data.risk, baselines=given, threshold=0.3, resamples=400)


def test_the_prevalence_is_always_a_baseline(found: Evaluation) -> None:
    share = sample().outcome.mean()
    prevalence = found.baselines["prevalence"]
    assert prevalence["auroc"].value == 0.5
    assert prevalence["auprc"].value == pytest.approx(share)
    assert prevalence["brier"].value == pytest.approx(share * (1 - share))
    assert prevalence["scaled_brier"].value == pytest.approx(0)
    scaled = found.metrics["scaled_brier"]
    difference = prevalence["scaled_brier_difference"]
    assert (difference.low, difference.high) == pytest.approx((scaled.low, scaled.high))


def test_differences_are_those_of_the_figures(found: Evaluation) -> None:
    data = sample()
    weaker = found.baselines["weaker"]
    assert weaker["brier"].value == pytest.approx(brier_score_loss(data.outcome, data.weaker))
    assert weaker["log_loss"].value == pytest.approx(log_loss(data.outcome, data.weaker))
    area = average_precision_score(data.outcome, data.weaker)
    assert weaker["auprc"].value == pytest.approx(area)
    for name in ("auroc", "auprc", "brier", "scaled_brier", "log_loss"):
        difference = weaker[f"{name}_difference"].value
        assert difference == pytest.approx(found.metrics[name].value - weaker[name].value)


def test_differences_of_errors_have_the_paired_t_interval(found: Evaluation) -> None:
    data = sample()
    off = [(scores - data.outcome) ** 2 for scores in (data.risk, data.weaker)]
    difference = found.baselines["weaker"]["brier_difference"]
    error = stats.sem(off[0] - off[1])
    assert difference.high - difference.low == pytest.approx(2 * 1.959964 * error)


def test_a_model_is_no_better_than_itself(found: Evaluation) -> None:
    for name, estimate in found.baselines["itself"].items():
        if name.endswith("_difference"):
            assert (estimate.value, estimate.low, estimate.high) == (0, 0, 0), name


def test_the_same_resamples_are_used_for_both(found: Evaluation) -> None:
    """So the difference is known better than the two areas are."""
    mine, theirs = found.metrics["auprc"], found.baselines["weaker"]["auprc"]
    difference = found.baselines["weaker"]["auprc_difference"]
    widths = [estimate.high - estimate.low for estimate in (mine, theirs, difference)]
    assert widths[2] < 0.95 * np.hypot(widths[0], widths[1])
    assert difference.method == "bootstrap (400)"


def test_net_benefit_is_compared_at_the_threshold(found: Evaluation) -> None:
    data = sample()
    values = []
    for scores in (data.risk, data.weaker):
        treated = scores >= 0.3
        values.append((treated * (data.outcome - (1 - data.outcome) * 0.3 / 0.7)).mean())
    weaker = found.baselines["weaker"]
    assert weaker["net_benefit"].value == pytest.approx(values[1])
    assert weaker["net_benefit_difference"].value == pytest.approx(values[0] - values[1])
    assert found.threshold == 0.3


def test_a_score_is_compared_by_its_order_only(found: Evaluation) -> None:
    score, weaker = found.baselines["score"], found.baselines["weaker"]
    assert score["auroc_difference"] == weaker["auroc_difference"]
    assert score["auprc"].value == pytest.approx(weaker["auprc"].value)
    for name in ("brier", "brier_difference", "net_benefit"):
        assert score[name].why_missing.startswith("the predictions are scores")
