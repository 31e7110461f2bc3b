"""What only all columns together show."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score

from core.drift import intervals
from core.drift.detect import detect_drift
from core.drift.findings import Estimate, MultivariateDrift
from core.drift.multivariate import multivariate_drift
from core.drift.report import DriftReport

MIXED = np.random.default_rng(5).normal(size=(4, 4))
NAMES = ["a", "b", "c", "d", "site"]


def table(rows: int, *, seed: int, turned: bool = False) -> pa.Table:
    random = np.random.default_rng(seed)
    columns = MIXED @ random.normal(size=(4, rows))
    if turned:
        columns[0] = -columns[0]
    sites = np.array(["x", "y", None])[random.integers(0, 3, rows)].tolist()
    return pa.table({**dict(zip("abcd", columns, strict=True)), "site": sites})


def test_columns_that_move_together_in_another_way_are_drift() -> None:
    report = detect_drift(table(1000, seed=1), table(1000, seed=2, turned=True), multivariate=True)
    assert (report.drifted_columns, report.drift_detected) == ((), True)
    found = report.multivariate
    assert found is not None
    assert found.reconstruction is not None
    assert found.classifier is not None
    assert (found.reconstruction.drifted, found.classifier.drifted) == (True, True)
    telling = {column.name for column in found.classifier.telling}
    assert "a" in telling
    assert "site" not in telling
    assert "AUROC of 0.9" in report.recommendations[0]
    assert DriftReport.from_dict(json.loads(json.dumps(report.to_dict()))) == report


def test_the_same_question_has_the_same_answer() -> None:
    first, second = table(300, seed=1), table(200, seed=2)
    assert multivariate_drift(first, second, NAMES) == multivariate_drift(first, second, NAMES)


def test_without_drift_tables_cannot_be_told_apart() -> None:
    alarms = 0
    for seed in range(12):
        found = multivariate_drift(table(400, seed=seed), table(100, seed=-seed - 1 + 99), NAMES)
        alarms += found.drifted
    assert alarms <= 2  # a fiftieth: 3 of 12 have a probability below 0.002


def test_components_and_errors_are_those_of_scikit_learn() -> None:
    first, second = table(500, seed=1), table(400, seed=2)
    found = multivariate_drift(first, second, list("abc")).reconstruction
    assert found is not None
    before, after = (
        np.column_stack([t[name].to_numpy() for name in "abc"]) for t in (first, second)
    )
    middle, spread = before.mean(axis=0), before.std(axis=0)
    before, after = (before - middle) / spread, (after - middle) / spread
    model = PCA(found.components).fit(before)
    again = model.inverse_transform(model.transform(after))
    assert found.current == pytest.approx(np.linalg.norm(after - again, axis=1).mean(), rel=1e-9)
    assert found.explained == pytest.approx(model.explained_variance_ratio_.sum(), rel=1e-9)
    assert PCA(found.components).fit(before).explained_variance_ratio_[:-1].sum() < 0.65


def test_the_area_and_its_variance_are_those_of_delong() -> None:
    random = np.random.default_rng(1)
    positive = np.arange(60) < 20
    scores = np.round(random.normal(size=60) + positive, 1)
    area, variance = intervals.auroc_variance(scores, positive)
    assert area == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
    wins = np.sign(scores[positive][:, None] - scores[~positive][None, :]) / 2 + 0.5
    by_hand = wins.mean(axis=1).var(ddof=1) / 20 + wins.mean(axis=0).var(ddof=1) / 40
    assert variance == pytest.approx(by_hand, abs=1e-12)


def test_copies_of_rows_are_not_recognised() -> None:
    rows = table(60, seed=1)
    first, second = pa.concat_tables([rows] * 10), pa.concat_tables([table(60, seed=2)] * 10)
    found = multivariate_drift(first, second, NAMES).classifier
    assert found is not None
    assert found.auroc.value < 0.75  # by luck of 60 rows; with copies in both parts it is 1.0


def test_codes_tell_tables_apart_too() -> None:
    first, second = (
        pa.table({"sex": ["f", "m"] * 200}),
        pa.table({"sex": ["f", "f", "f", "m"] * 100}),
    )
    found = multivariate_drift(first, second, ["sex"]).classifier
    assert found is not None
    assert found.auroc.value == pytest.approx(0.625)
    assert [column.name for column in found.telling] == ["sex"]


def test_a_table_is_not_told_from_itself() -> None:
    rows = table(500, seed=1)
    assert not multivariate_drift(rows, rows, NAMES).drifted


def test_what_was_left_out_is_said() -> None:
    first = pa.table({"id": [f"P{n}" for n in range(200)], "x": [1.0] * 200})
    found = multivariate_drift(first, first, ["id", "x"])
    assert found.notes == (
        "Fewer than two columns of numbers vary: there are no principal components.",
        "id is left out: it identifies rows.",
    )
    assert found.classifier is not None
    assert found.classifier.auroc == Estimate(value=0.5, low=0.5, high=0.5)
    few = multivariate_drift(first.slice(0, 49), first, ["x"])
    note = "49 rows are too few to look at all columns together."
    assert few == MultivariateDrift(reconstruction=None, classifier=None, notes=(note,))


def test_missing_values_are_counted_and_many_rows_are_drawn() -> None:
    half = pa.table({"x": [None, 1.0, 2.0] * 5000, "y": [3.0, 1.0, 2.0] * 5000})
    found = multivariate_drift(half, half, ["x", "y"])
    assert found.reconstruction is not None
    assert found.reconstruction.imputed == pytest.approx((1 / 6, 1 / 6), abs=0.01)
    assert found.reconstruction.reference_rows == 10_000
    assert found.notes[0] == "reference: 15,000 rows, of which 10,000 were drawn."


def test_one_far_value_moves_no_verdict() -> None:
    first, second = table(500, seed=1), table(500, seed=2)
    far = second.set_column(0, "a", [[1e6, *second["a"].to_pylist()[1:]]])
    assert not multivariate_drift(first, far, NAMES).drifted
