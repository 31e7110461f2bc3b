"""A stored report answers the same question again: whoever changes answers must say so."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

from core.drift.detect import detect_drift
from core.drift.report import ALGORITHM

# What each version of the algorithm says of the two tables below.
ANSWERS = {5: "e5eed330ad0aa125"}


def people(seed: int, *, shift: float) -> dict[str, Any]:
    chance = np.random.default_rng(seed)
    score = chance.normal(10 + shift, 3, 400)
    return {
        "person": np.arange(400) + 1_000 * seed,
        "score": np.where(chance.random(400) < 0.1 * seed, np.nan, score),
        "site": chance.choice(["north", "south", "west"][: 1 + seed], 400),
        "risk": score + chance.normal(0, 1, 400),
        "ill": (score > 11).astype(int),
    }


def rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return f"{value:.4g}" if isinstance(value, float) else value


def test_another_answer_has_another_number_of_the_algorithm() -> None:
    tables = people(1, shift=0), people(2, shift=1)
    report = detect_drift(*tables, correlations=True, by="site", target="ill", prediction="risk")
    document = report.to_dict()
    del document["generated_at"]
    text = json.dumps(rounded(document), sort_keys=True)
    found = hashlib.sha256(text.encode()).hexdigest()[:16]
    assert {ALGORITHM: found} == ANSWERS, "raise ALGORITHM, so that stored reports are made anew"
