"""Whatever is handed in: figures that hold together, or one typed error with all reasons."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

from core.errors import EvaluationError
from core.models.evaluation import Evaluation, evaluate
from core.models.interval import Estimate
from tests.core.models.samples import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

PROBABILITY = st.sampled_from([0.0, 1e-9, 0.1, 0.25, 0.5, 0.9, 1.0])
ROW = st.tuples(
    st.booleans(),
    PROBABILITY,
    st.sampled_from([0.0, 0.5, 1.0, 1e6]),
    st.integers(0, 2),
    st.sampled_from(["f", "m", None]),
)
NUMBER = st.floats(-1e150, 1e150)


def estimates(part: Any) -> Iterator[Estimate]:
    """Yield every figure in something."""
    if isinstance(part, Estimate):
        yield part
    elif isinstance(part, dict):
        for inner in part.values():
            yield from estimates(inner)
    elif isinstance(part, tuple):
        for inner in part:
            yield from estimates(inner)
    elif hasattr(part, "__dataclass_fields__"):
        for name in part.__dataclass_fields__:
            yield from estimates(getattr(part, name))


def holds_together(found: Evaluation) -> None:
    for estimate in estimates(found):
        assert estimate.method
        if estimate.known:
            assert estimate.low <= estimate.value <= estimate.high, estimate
        else:
            assert estimate.why_missing
    plain = found.to_dict()
    assert Evaluation.from_dict(json.loads(json.dumps(plain, allow_nan=False))).to_dict() == plain


@given(st.lists(ROW, min_size=1, max_size=40), st.booleans(), st.booleans())
@settings(max_examples=30, deadline=None)
def test_any_rows_of_an_event_make_figures(
    rows: list[tuple[bool, float, float, int, str | None]], weighted: bool, clustered: bool
) -> None:
    outcome, risk, weights, clusters, sex = (list(column) for column in zip(*rows, strict=True))
    some = weighted and any(weights)
    found = evaluate(
        outcome,
        risk,
        weights=weights if some else None,
        clusters=clusters if clustered else None,
        groups={"sex": sex},
        baselines={"other": risk[::-1]},
        resamples=100,
    )
    holds_together(found)
    assert found.task == "binary"


@given(st.lists(st.tuples(NUMBER, NUMBER), min_size=1, max_size=8))
@settings(max_examples=30, deadline=None)
def test_any_measurements_make_figures(rows: list[tuple[float, float]]) -> None:
    outcome, prediction = (list(column) for column in zip(*rows, strict=True))
    found = evaluate(outcome, prediction, task="regression")
    holds_together(found)
    assert found.task == "regression"


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=20), st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_any_classes_make_figures(outcome: list[str], seed: int) -> None:
    prediction = np.random.default_rng(seed).dirichlet([0.1, 1, 1], len(outcome))
    found = evaluate(
        outcome, prediction, classes=list("abc"), baselines={"other": prediction[::-1]}
    )
    holds_together(found)
    assert found.classes == ("a", "b", "c")


@pytest.mark.parametrize("kind", ["list", "numpy", "pandas", "polars", "arrow", "categorical"])
def test_columns_of_any_library_are_read_alike(kind: str) -> None:
    data = sample(60)
    labels = ["yes" if event else "no" for event in data.outcome]
    made: dict[str, tuple[Any, Any]] = {
        "list": (labels, data.risk.tolist()),
        "numpy": (np.array(labels), data.risk),
        "pandas": (pd.Series(labels, index=range(60, 120)), pd.Series(data.risk)),
        "polars": (pl.Series(labels), pl.Series(data.risk)),
        "arrow": (pa.chunked_array([labels[:30], labels[30:]]), pa.array(data.risk)),
        "categorical": (pd.Series(labels, dtype="category"), pd.array(data.risk, dtype="Float64")),
    }
    found = evaluate(*made[kind], classes=("no", "yes"), resamples=100)
    expected = evaluate(data.outcome, data.risk, resamples=100)
    assert found.metrics == expected.metrics
    assert found.classes == ("no", "yes")


@pytest.mark.parametrize(
    ("outcome", "prediction", "said"),
    [
        ([], [], "there are no rows"),
        (None, [0.1], "the outcome is no column of values"),
        ([0, 1], [0.1], "the prediction has 1 rows, the outcome 2"),
        ([0, 1], ["a", "b"], "the prediction holds values of the type string"),
        ([0, 1], [0.1, float("inf")], r"1 value is missing or not finite \(rows 1\)"),
        ([0, None], [0.1, 0.2], r"the outcome: 1 value is missing or not finite \(rows 1\)"),
        ([[0], [1]], [0.1, 0.2], "the outcome holds values of the type list"),
        (["no", "yes"], [0.1, 0.2], "which of no, yes is the event"),
        ([1, 2], [0.1, 0.2], "the outcome is 1 and 2: name the task"),
        (["a", "b", "c"], [0.1, 0.2, 0.3], "the prediction has 1 columns for 3 classes"),
        ([0, "a"], [0.1, 0.2], "the outcome is no column of values"),
        ([0, 1], [[[0.1]], [[0.2]]], r"the prediction has the shape \(2, 1, 1\)"),
        ([0, 1], [[0.1, "a"], [0.2, "b"]], "the prediction is no table of numbers"),
    ],
)
def test_what_cannot_be_judged_is_refused(outcome: Any, prediction: Any, said: str) -> None:
    with pytest.raises(EvaluationError, match=said):
        evaluate(outcome, prediction)


def test_every_setting_that_is_wrong_is_named() -> None:
    with pytest.raises(EvaluationError) as caught:
        evaluate(
            [0, 1],
            [0.1, 0.2],
            task="guess",  # type: ignore[arg-type]
            classes=["a"],
            thresholds=[],
            threshold=1.5,
            weights=[0, 0],
            clusters=[1, None],
            resamples=5,
        )
    assert caught.value.faults == (
        "the task is one of binary, multiclass, regression, not 'guess'",
        "these are no classes of a binary outcome: a",
        "the outcome holds 0, 1, the classes are a",
        "there are no thresholds",
        "a threshold lies between 0 and 1, not at 1.5",
        "resamples are 100 to 20,000, not 5",
        "no weight is positive",
        "the clusters: 1 value is missing or not finite (rows 1)",
    )


def test_rows_without_weight_count_for_nothing() -> None:
    data = sample(200)
    weights = data.weights.copy()
    weights[::4] = 0
    kept = weights > 0
    found = evaluate(data.outcome, data.risk, weights=weights, resamples=100)
    expected = evaluate(data.outcome[kept], data.risk[kept], weights=weights[kept], resamples=100)
    for name, estimate in expected.metrics.items():
        ends = (estimate.value, estimate.low, estimate.high)
        ours = found.metrics[name]
        assert (ours.value, ours.low, ours.high) == pytest.approx(ends)
    assert found.notes[0] == "50 rows have the weight 0 and count for nothing."
