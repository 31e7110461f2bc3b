"""Alerts are raised when something happened, and only then."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import brier_score_loss, roc_auc_score

from core.errors import ModelError
from core.models.live.alerts import RULES, AlertRule, follow
from core.models.live.performance import realised, signal

RULE = AlertRule(figure="auroc", worse="lower", kind="performance")
JUDGING = [rule for rule in RULES["binary"] if rule.kind in {"performance", "calibration"}]
SERIES, ROWS, QUIET, SHIFTED = 400, 500, 4, 3


def drawn(random: np.random.Generator, rows: int, *, shifted: bool) -> tuple[Any, Any]:
    """Draw calibrated probabilities and outcomes; shifted, they tell people apart much worse."""
    logits = random.normal(-1.5, 1.2, rows)
    truth = expit(0.35 * logits - 0.9) if shifted else expit(logits)
    return expit(logits), (random.random(rows) < truth).astype(float)


def test_alerts_are_silent_without_a_shift_and_fire_with_one() -> None:
    random = np.random.default_rng(1)
    signals: dict[str, list[list[float]]] = {rule.figure: [] for rule in JUDGING}
    for _ in range(SERIES):
        before = realised("binary", *drawn(random, 2 * ROWS, shifted=False))
        chunks = [
            realised("binary", *drawn(random, ROWS, shifted=place >= QUIET))
            for place in range(QUIET + SHIFTED)
        ]
        for rule in JUDGING:
            found = [signal(rule, c.get(rule.figure), before.get(rule.figure)) for c in chunks]
            signals[rule.figure].append(found)
    raised = {rule.figure: follow(rule, np.array(signals[rule.figure])) for rule in JUDGING}
    false = np.any([states[:, :QUIET].any(axis=1) for states in raised.values()], axis=0)
    fired = np.any([states[:, QUIET:].any(axis=1) for states in raised.values()], axis=0)
    assert false.sum() <= 2  # of 400 series of four chunks, by four rules
    assert fired.sum() >= 392
    assert raised["auroc"][:, QUIET:].any(axis=1).sum() >= 375
    at_rest = np.array(signals["auroc"])[:, :QUIET]
    assert abs(at_rest.mean()) < 0.15
    assert at_rest.std() == pytest.approx(1.0, abs=0.08)  # standard errors are what they say


@pytest.mark.parametrize(
    ("signals", "states"),
    [
        ([3.2, 0.0, 3.2, 0.0], "...."),  # near the line, never twice
        ([3.2, 3.2, 0.0, 2.0, 0.0, 0.0], ".!!!!."),  # cleared by two in a row only
        ([4.1, 2.0, 2.0, 2.0], "!!!!"),  # between the lines it lasts
        ([0.0, math.nan, 4.1, math.nan, 0.0, math.nan, 0.0], "..!!!!."),  # no outcomes, no change
        ([3.2, math.nan, 3.2], "..!"),
    ],
)
def test_an_alert_has_hysteresis(signals: list[float], states: str) -> None:
    assert follow(RULE, np.array(signals)).tolist() == [state == "!" for state in states]


def test_many_series_are_followed_at_once() -> None:
    signals = np.random.default_rng(0).normal(2, 2, (50, 9))
    each = [follow(RULE, series).tolist() for series in signals]
    assert follow(RULE, signals).tolist() == each


def test_a_rule_that_cannot_be_is_refused_with_all_its_faults() -> None:
    with pytest.raises(ModelError, match=r"do not rise.*are 1 or more"):
        AlertRule(figure="auroc", worse="lower", kind="performance", clear_at=5, raise_after=0)


def test_figures_are_those_of_scikit_learn() -> None:
    prediction, outcome = drawn(np.random.default_rng(3), 500, shifted=False)
    found = realised("binary", prediction, outcome)
    assert found["auroc"].value == pytest.approx(roc_auc_score(outcome, prediction), abs=1e-12)
    assert found["brier"].value == pytest.approx(brier_score_loss(outcome, prediction), abs=1e-12)
    expected = outcome.sum() / prediction.sum()
    assert found["observed_expected"].value == pytest.approx(expected, rel=1e-12)
    classes = realised("multiclass", np.array(["a", "b"]), np.array(["a", "a"]))
    assert classes["accuracy"].value == 0.5
    assert realised("binary", np.array([]), np.array([])) == {}
