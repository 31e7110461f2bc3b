"""Predictions of an event, the same in every test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """Outcomes, probabilities that are too extreme, a weaker score, and a survey's design."""

    outcome: Numbers
    risk: Numbers
    weaker: Numbers
    weights: Numbers
    clusters: npt.NDArray[np.int64]
    strata: npt.NDArray[np.int64]
    sex: list[str]


@cache
def sample(rows: int = 600) -> Sample:
    """Return so many rows; about a quarter are events."""
    random = np.random.default_rng(7)
    strata = random.integers(0, 8, rows)
    clusters = random.integers(1, 4, rows)
    together = random.normal(0, 0.5, (8, 4))[strata, clusters]
    line = random.normal(-1.3, 1, rows) + together
    noise = random.normal(0, 1, rows)
    return Sample(
        outcome=(random.random(rows) < 1 / (1 + np.exp(-line))).astype(np.float64),
        risk=1 / (1 + np.exp(-1.4 * line)).round(3),
        weaker=1 / (1 + np.exp(1.3 - 0.5 * line - noise)),
        weights=random.uniform(0.5, 3, rows),
        clusters=clusters,
        strata=strata,
        sex=np.where(random.random(rows) < 0.4, "f", "m").tolist(),
    )
