"""Areas are those of scikit-learn, their intervals DeLong's, as published and as written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve as sklearn_precision_recall,
    roc_auc_score,
    roc_curve as sklearn_roc,
)

from core.models.discrimination import auroc, precision_recall_curve, roc_curve
from core.models.evaluation import evaluate
from core.models.ranked import Ranked, average_precision
from core.models.sampling import Sampling
from tests.core.models.samples import sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]

# Hanley and McNeil 1982, table I: ratings of 109 CT images, 1 (normal) to 5 (abnormal)
NORMAL = (33, 6, 6, 11, 2)
ABNORMAL = (3, 2, 2, 11, 33)


def test_the_ratings_of_hanley_and_mcneil_have_the_published_area() -> None:
    """Stata's manual, [R] roctab, has 0.8932, 0.0307 and 0.83295 to 0.95339 for them."""
    ratings = np.repeat(np.tile(np.arange(1.0, 6), 2), NORMAL + ABNORMAL)
    abnormal = np.repeat([0, 1], [sum(NORMAL), sum(ABNORMAL)])
    found = evaluate(abnormal, ratings).metrics["auroc"]
    assert found.value == pytest.approx(0.8932, abs=5e-5)
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(0.0307, abs=5e-5)
    assert (found.low, found.high) == pytest.approx((0.83295, 0.95339), abs=5e-6)
    assert found.method == "DeLong"


def pairs(scores: Numbers, events: Numbers) -> Numbers:
    """Compare each event with each other row, as DeLong's paper defines it."""
    first, second = scores[events == 1], scores[events == 0]
    return np.asarray((first[:, None] > second) + 0.5 * (first[:, None] == second))


def test_differences_have_the_covariance_of_delongs_paper() -> None:
    data = sample()
    found = evaluate(data.outcome, data.risk, baselines={"weaker": data.weaker})
    compared = [pairs(scores, data.outcome) for scores in (data.risk, data.weaker)]
    placed = [np.stack([p.mean(axis=axis) for p in compared]) for axis in (1, 0)]
    matrix = sum(np.cov(part) / part.shape[1] for part in placed)
    variance = matrix[0, 0] + matrix[1, 1] - 2 * matrix[0, 1]
    difference = found.baselines["weaker"]["auroc_difference"]
    assert difference.value == pytest.approx(compared[0].mean() - compared[1].mean())
    assert difference.high - difference.low == pytest.approx(2 * 1.959964 * variance**0.5)


def points(x: Sequence[float] | Numbers, y: Sequence[float] | Numbers) -> set[tuple[str, str]]:
    return {(f"{a:.9f}", f"{b:.9f}") for a, b in zip(x, y, strict=True)}


@pytest.mark.parametrize("weighted", [False, True])
def test_areas_and_curves_are_those_of_scikit_learn(weighted: bool) -> None:
    data = sample()
    weights = data.weights if weighted else np.ones(len(data.outcome))
    events = data.outcome == 1
    area = roc_auc_score(events, data.risk, sample_weight=weights)
    precision = average_precision_score(events, data.risk, sample_weight=weights)
    found = evaluate(events, data.risk, weights=weights, resamples=100).metrics
    assert found["auroc"].value == pytest.approx(area, rel=1e-12)
    assert found["auprc"].value == pytest.approx(precision, rel=1e-12)
    x, y, _ = sklearn_roc(events, data.risk, sample_weight=weights, drop_intermediate=False)
    drawn = roc_curve(data.risk, events, weights)
    assert points(drawn.x, drawn.y) <= points(x, y)
    assert np.trapezoid(drawn.y, drawn.x) == pytest.approx(area, abs=0.002)
    p, r, _ = sklearn_precision_recall(events, data.risk, sample_weight=weights)
    curve = precision_recall_curve(data.risk, events, weights)
    assert points(curve.x, curve.y) <= points(r, p)


def test_weights_are_copies_of_rows() -> None:
    data = sample()
    times = np.arange(len(data.risk)) % 3 + 1
    events = data.outcome == 1
    weighted = auroc(data.risk, events, times.astype(float))
    copied = auroc(np.repeat(data.risk, times), np.repeat(events, times), np.ones(times.sum()))
    assert weighted.value == pytest.approx(copied.value, rel=1e-12)


def test_an_area_without_a_pair_in_disorder_is_not_certain() -> None:
    found = evaluate([0] * 9 + [1] * 6, np.linspace(0.1, 0.9, 15)).metrics["auroc"]
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(0.6097, abs=1e-4)  # Wilson's, of 6 of 6


SCORES = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.7]), st.booleans()), min_size=2)


@given(SCORES)
@settings(max_examples=50, deadline=None)
def test_any_ties_are_counted_as_the_definition_says(rows: list[tuple[float, bool]]) -> None:
    scores = np.array([score for score, _ in rows])
    events = np.array([event for _, event in rows])
    found = auroc(scores, events, np.ones(len(rows)))
    if events.all() or not events.any():
        assert found.why
        return
    assert found.value == pytest.approx(pairs(scores, events.astype(float)).mean())
    assert found.influence.sum() == pytest.approx(0, abs=1e-12)
    ranked = Ranked.of(scores, events, np.ones(len(rows)))
    area = average_precision(*ranked.sums(np.ones((1, len(rows)))))[0]
    assert area == pytest.approx(average_precision_score(events, scores))


def test_clusters_widen_what_rows_of_them_share() -> None:
    data = sample(60)
    twice = (np.repeat(data.outcome, 2), np.repeat(data.risk, 2))
    once = evaluate(data.outcome, data.risk, resamples=100).metrics["auroc"]
    blind = evaluate(*twice, resamples=100).metrics["auroc"]
    aware = evaluate(*twice, clusters=np.repeat(np.arange(60), 2), resamples=100).metrics["auroc"]
    assert blind.high - blind.low < 0.75 * (once.high - once.low)
    assert aware.high - aware.low == pytest.approx(once.high - once.low, rel=0.05)
    assert Sampling.of(3, clusters=np.array([1, 2, 2])).cluster is not None
