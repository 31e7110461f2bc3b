"""Every figure of a card, computed again with scikit-learn, statsmodels and NumPy."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    log_loss,
    roc_auc_score,
    roc_curve,
)
from statsmodels.stats.proportion import proportion_confint

from core.models.card import ModelCard
from core.models.evaluation import evaluate
from core.models.exports.formats import write_card
from core.models.known import with_numbers
from core.models.origins import CardEvaluation
from tests.core.models.made_cards import NOW

if TYPE_CHECKING:
    import numpy.typing as npt

    from core.models.evaluated import Evaluation

THRESHOLDS = (0.1, 0.25)
ROWS = 3_000


@pytest.fixture(scope="module")
def told() -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """Outcomes, risks that are too far apart, and a group of each row."""
    random = np.random.default_rng(11)
    logit = random.normal(-2, 1, ROWS)
    outcome = (random.random(ROWS) < 1 / (1 + np.exp(-0.8 * logit))).astype(int)
    group = np.where(random.random(ROWS) < 0.4, "f", "m")
    return outcome, 1 / (1 + np.exp(-logit)), group


@pytest.fixture(scope="module")
def card(told: tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]) -> ModelCard:
    outcome, risk, group = told
    found = evaluate(outcome, risk, thresholds=THRESHOLDS, groups={"sex": group}, resamples=200)
    judged = CardEvaluation(name="test", dataset="", evaluation=found, created_at=NOW)
    made = ModelCard(
        model_id="m", model_name="risk", model_type="x", version="v1", date=NOW,
        task="binary", evaluations=(judged,),
    )  # fmt: skip
    return with_numbers(made)


@pytest.fixture(scope="module")
def found(card: ModelCard) -> Evaluation:
    return card.evaluations[0].evaluation


def test_figures_of_all_rows(card: ModelCard, told: Any) -> None:
    outcome, risk, _ = told
    logit = np.log(risk / (1 - risk))
    slope = sm.Logit(outcome, sm.add_constant(logit)).fit(disp=0).params[1]
    large = sm.GLM(outcome, np.ones(ROWS), family=sm.families.Binomial(), offset=logit).fit()
    share = outcome.mean()
    brier = brier_score_loss(outcome, risk)
    wanted = {
        "auroc": roc_auc_score(outcome, risk),
        "auprc": average_precision_score(outcome, risk),
        "brier": brier,
        "scaled_brier": 1 - brier / (share * (1 - share)),
        "log_loss": log_loss(outcome, risk),
        "calibration_slope": slope,
        "calibration_intercept": large.params[0],
        "observed_expected": share / risk.mean(),
        "prevalence": share,
    }
    for name, value in wanted.items():
        assert card.metrics[name] == pytest.approx(value, abs=1e-6), name
    assert set(card.metrics) - set(wanted) == {"ici"}


def loess(places: Any, risk: npt.NDArray[Any], outcome: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Smooth outcomes at some risks as Cleveland (1979) says, each by weighted least squares.

    The nearest three quarters of the rows count, by tricube of their distance.
    """
    nearest = int(np.ceil(0.75 * len(risk)))
    found = []
    for at in places:
        far = np.abs(risk - at)
        width = np.partition(far, nearest - 1)[nearest - 1]
        root = np.sqrt(np.clip(1 - (far / width) ** 3, 0, None) ** 3)
        line = np.stack([np.ones(len(risk)), risk - at], axis=1)
        solution, *_ = np.linalg.lstsq(line * root[:, None], outcome * root, rcond=None)
        found.append(solution[0])
    return np.asarray(np.clip(found, 0, 1))


def test_the_smooth_curve_and_its_index_are_those_of_loess(found: Evaluation, told: Any) -> None:
    outcome, risk, _ = told
    index = np.abs(loess(risk, risk, outcome) - risk).mean()
    assert found.metrics["ici"].value == pytest.approx(index, abs=3e-4)  # in 200 bins of 15 rows
    few = np.clip(np.round(risk, 2), 0.01, 0.99)  # with so few values nothing is put into bins
    exact = evaluate(outcome, few, resamples=100)
    smooth = loess(np.unique(few), few, outcome)
    index = np.abs(np.interp(few, np.unique(few), smooth) - few).mean()
    assert exact.metrics["ici"].value == pytest.approx(index, abs=1e-9)
    for point in exact.calibration_curve:
        [place] = np.flatnonzero(np.isclose(np.unique(few), point.predicted, atol=1e-9))
        assert point.observed.value == pytest.approx(smooth[place], abs=1e-9)


def test_the_curve_of_discrimination(found: Evaluation, told: Any) -> None:
    outcome, risk, _ = told
    assert found.roc is not None
    wrong, right, _ = roc_curve(outcome, risk, drop_intermediate=False)
    for x, y in zip(found.roc.x, found.roc.y, strict=True):
        at = np.isclose(wrong, x, atol=1e-12)
        assert np.isclose(right[at], y, atol=1e-12).any()


def test_figures_at_thresholds(found: Evaluation, told: Any) -> None:
    outcome, risk, _ = told
    for point in found.operating_points:
        alert, event = risk >= point.threshold, outcome == 1
        hits = int((alert & event).sum())
        counts = (hits, int((alert & ~event).sum()), int((~alert & event).sum()))
        assert counts == (point.true_positives, point.false_positives, point.false_negatives)
        shares = {
            point.sensitivity: (hits, int(event.sum())),
            point.specificity: (int((~alert & ~event).sum()), int((~event).sum())),
            point.ppv: (hits, int(alert.sum())),
            point.npv: (int((~alert & ~event).sum()), int((~alert).sum())),
        }
        for estimate, (some, of_all) in shares.items():
            low, high = proportion_confint(some, of_all, method="wilson")
            assert (estimate.value, estimate.low, estimate.high) == pytest.approx(
                (some / of_all, low, high), abs=1e-9
            )
        assert point.alerts_per_100.value == pytest.approx(100 * alert.mean(), abs=1e-9)
        assert point.number_needed_to_evaluate.value == pytest.approx(alert.sum() / hits, abs=1e-9)


def test_net_benefit(found: Evaluation, told: Any) -> None:
    outcome, risk, _ = told
    for point in found.decision_curve:
        odds = point.threshold / (1 - point.threshold)
        alert = risk >= point.threshold
        benefit = (alert & (outcome == 1)).mean() - odds * (alert & (outcome == 0)).mean()
        treat_all = outcome.mean() - odds * (1 - outcome.mean())
        assert point.model.value == pytest.approx(benefit, abs=1e-9)
        assert point.treat_all.value == pytest.approx(treat_all, abs=1e-9)


def test_tenths(found: Evaluation, told: Any) -> None:
    _, risk, _ = told
    assert sum(part.rows for part in found.reliability) == ROWS
    for part in found.reliability:
        inside = (risk >= part.low) & (risk <= part.high)
        assert part.predicted == pytest.approx(risk[inside].mean(), abs=1e-9)
        low, high = proportion_confint(part.events, part.rows, method="wilson")
        assert (part.observed.low, part.observed.high) == pytest.approx((low, high), abs=1e-9)


def test_groups_and_their_differences(card: ModelCard, told: Any) -> None:
    outcome, risk, group = told
    report = card.evaluations[0].evaluation.fairness
    assert report is not None
    assert report.threshold == THRESHOLDS[0]
    sensitivity = {}
    for name in ("f", "m"):
        rows = group == name
        figures = card.performance_by_group[f"sex: {name}"]
        assert figures["auroc"] == pytest.approx(roc_auc_score(outcome[rows], risk[rows]))
        events = rows & (outcome == 1)
        sensitivity[name] = (risk[events] >= THRESHOLDS[0]).mean()
        assert figures["true_positive_rate"] == pytest.approx(sensitivity[name])
    difference = card.fairness_metrics["sex: f less m, true_positive_rate"]
    assert difference == pytest.approx(sensitivity["f"] - sensitivity["m"])


def test_the_page_shows_these_figures_and_no_others(card: ModelCard) -> None:
    page = unescape(write_card(card, "html").decode())
    cells = re.findall(r"<th scope=row>([^<]*)</th>\s*<td[^>]*>([^<]*)</td>", page)
    rows = dict(reversed(cells))  # the first of each name
    evaluation = card.evaluations[0].evaluation
    shown = {"AUROC": "auroc", "Brier score": "brier", "Calibration slope": "calibration_slope"}
    for title, name in shown.items():
        assert rows[title] == evaluation.metrics[name].text()
