"""Predictions are judged, and what cannot be judged is refused with every reason."""

from __future__ import annotations

import json

import pytest

from core.errors import EvaluationError
from core.models.evaluation import Evaluation, evaluate


def test_an_evaluation_survives_json() -> None:
    found = evaluate([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    again = Evaluation.from_dict(found.to_dict())
    assert again.to_dict() == found.to_dict()
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False)) == found.to_dict()
    assert again.metrics["auroc"].value == 0.75


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(EvaluationError) as caught:
        evaluate(
            [0, 1, None],
            [0.1, float("nan"), 0.3],
            weights=[1, -1, 1],
            thresholds=[2],
            groups={"sex": ["f"]},
        )
    assert caught.value.faults == (
        "the prediction: 1 value is missing or not finite (rows 1)",
        "the outcome: 1 value is missing or not finite (rows 2)",
        "a threshold lies between 0 and 1, not at 2",
        "group 'sex' has 1 rows, the outcome 3",
        "the weights: 1 value is negative (rows 1)",
    )
