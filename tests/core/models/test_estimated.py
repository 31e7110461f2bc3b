"""Performance without outcomes: close to what is realised, within its bounds, and quiet."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.errors import EvaluationError
from core.models.estimated import estimate_performance
from core.models.expected import Expected, expected_figures

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]

SIMULATIONS = 400


def drawn(rows: int, seed: int, *, spread: float = 1.2) -> tuple[Numbers, Numbers]:
    """Return outcomes and their true probabilities."""
    random = np.random.default_rng(seed)
    risk = 1 / (1 + np.exp(1.5 - spread * random.standard_normal(rows)))
    return (random.random(rows) < risk).astype(float), risk


def test_the_estimate_is_within_half_a_hundredth_of_what_is_realised() -> None:
    outcome, risk = drawn(100_000, 0)
    (chunk,) = estimate_performance(risk, outcome=outcome, chunk_size=100_000).chunks
    assert chunk.outcomes == 100_000
    for name, estimate in chunk.estimated.items():
        realised = chunk.realised[name].value
        assert estimate.value == pytest.approx(realised, abs=0.005 if name == "auroc" else 0.01)
        assert estimate.low <= realised <= estimate.high


def test_expectations_are_those_over_all_outcomes_that_could_come() -> None:
    """Of five rows there are 32; numerator and denominator are expected each for itself."""
    risk = np.array([0.1, 0.4, 0.4, 0.7, 0.9])
    sums = np.zeros(4)
    for outcome in product([0, 1], repeat=5):
        y = np.array(outcome)
        chance = np.prod(np.where(y == 1, risk, 1 - risk))
        wins = (risk[:, None] > risk) + 0.5 * (risk[:, None] == risk)
        pairs = np.outer(y, 1 - y)
        hits = ((risk >= 0.4) & (y == 1)).sum()
        sums += chance * np.array([(wins * pairs).sum(), pairs.sum(), hits, y.sum()])
    found = expected_figures(risk, 0.4)
    assert found["auroc"].value == pytest.approx(sums[0] / sums[1])
    assert found["true_positive_rate"].value == pytest.approx(sums[2] / sums[3])


def test_outcomes_move_the_area_as_told() -> None:
    _, risk = drawn(200, 1)
    before = expected_figures(risk, 0.5)["auroc"]
    assert isinstance(before, Expected)
    nudged = risk.copy()
    nudged[7] += 1e-6
    order = np.argsort(np.argsort(risk))
    assert (order == np.argsort(np.argsort(nudged))).all()
    after = expected_figures(nudged, 0.5)["auroc"]
    assert (after.value - before.value) / 1e-6 == pytest.approx(before.moved[7], rel=1e-3)


def test_what_is_realised_lies_within_the_bounds_as_often_as_they_say() -> None:
    inside = 0
    for seed in range(SIMULATIONS):
        outcome, risk = drawn(300, seed)
        (chunk,) = estimate_performance(risk, outcome=outcome).chunks
        estimate = chunk.estimated["auroc"]
        inside += estimate.low <= chunk.realised["auroc"].value <= estimate.high
    assert 0.92 <= inside / SIMULATIONS <= 0.98


def test_an_alert_fires_on_a_shift_and_is_silent_without_one() -> None:
    reference = drawn(2000, 10_000)
    quiet = np.concatenate([drawn(500, seed)[1] for seed in range(SIMULATIONS)])
    shifted = np.concatenate([drawn(500, seed, spread=0.6)[1] for seed in range(SIMULATIONS)])
    alerts = [
        sum(
            bool(chunk.alert)
            for chunk in estimate_performance(risk, chunk_size=500, reference=reference).chunks
        )
        for risk in (quiet, shifted)
    ]
    assert alerts[0] <= 4
    assert alerts[1] >= 0.99 * SIMULATIONS


def test_probabilities_that_are_too_extreme_are_corrected_by_the_reference() -> None:
    (known, risk), (outcome, later) = drawn(20_000, 1), drawn(20_000, 2)
    extreme = [p**2 / (p**2 + (1 - p) ** 2) for p in (risk, later)]
    blind = estimate_performance(extreme[1], outcome=outcome, chunk_size=20_000)
    aware = estimate_performance(
        extreme[1], outcome=outcome, chunk_size=20_000, reference=(known, extreme[0])
    )
    realised = aware.chunks[0].realised["auroc"].value
    assert not blind.recalibrated
    assert blind.chunks[0].estimated["auroc"].value > realised + 0.05
    assert aware.recalibrated
    assert aware.chunks[0].estimated["auroc"].value == pytest.approx(realised, abs=0.01)
    assert not estimate_performance(later, reference=(known, risk)).recalibrated


def test_chunks_are_of_rows_or_of_time() -> None:
    outcome, risk = drawn(100, 0)
    days: list[date | None] = [date(2024, 1, 1) + timedelta(days=n) for n in range(99)]
    waiting = [value if place < 60 else None for place, value in enumerate(outcome.tolist())]
    found = estimate_performance(risk, times=[*days, None], outcome=waiting)
    assert [(c.name, c.rows, c.outcomes) for c in found.chunks] == [
        ("2024-01-01", 31, 31),
        ("2024-02-01", 29, 29),
        ("2024-03-01", 31, 0),
        ("2024-04-01", 8, 0),
    ]
    assert found.undated == 1
    assert found.chunks[2].realised == {}
    assert found.chunks[2].alert is None
    names = [c.name for c in estimate_performance(risk, chunk_size=30).chunks]
    assert names == ["0-29", "30-59", "60-99"]


def test_what_is_wrong_is_told_together() -> None:
    with pytest.raises(EvaluationError) as caught:
        estimate_performance(
            [0.2, 1.7],
            outcome=[0, 3],
            threshold=0,
            chunk_size=1,
            reference=([1, 1], [0.1, 0.2]),
            times=["a", "b"],
        )
    assert caught.value.faults == (
        "the prediction: 1 value is no probability, from 0 to 1 (rows 1)",
        "the outcome holds 3, not only 0 and 1",
        "of the reference, the outcome is all the same",
        "a threshold lies between 0 and 1, not at 0",
        "a chunk has 2 rows or more, not 1",
        "time is of type large_string, not a date or a time (Convert it, or name another column)",
    )


def test_rows_of_which_nothing_is_expected_say_so() -> None:
    (chunk,) = estimate_performance([0.0, 0.0, 0.0]).chunks
    assert not chunk.estimated["auroc"].known
    assert chunk.estimated["ppv"].why_missing == "no row is at or above the threshold"
    with pytest.raises(EvaluationError, match="there are no rows"):
        estimate_performance([])
