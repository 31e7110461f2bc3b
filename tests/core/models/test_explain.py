"""What predictions rest on: as scikit-learn has it, with intervals that hold."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import permutation_importance as sklearn_importance
from sklearn.linear_model import LogisticRegression

from core.errors import EvaluationError, MissingExtraError
from core.models.explain import (
    linear_contributions,
    permutation_importance,
    shap_summary,
    summarized,
)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    random = np.random.default_rng(4)
    frame = pd.DataFrame(random.normal(size=(800, 3)), columns=["strong", "weak", "none"])
    line = 1.5 * frame["strong"] + 0.5 * frame["weak"]
    frame["outcome"] = (random.random(800) < 1 / (1 + np.exp(-line))).astype(int)
    return frame


@pytest.fixture(scope="module")
def model(table: pd.DataFrame) -> LogisticRegression:
    return LogisticRegression().fit(table[["strong", "weak", "none"]], table["outcome"])


@pytest.mark.parametrize(
    ("measure", "scoring"),
    [("auroc", "roc_auc"), ("brier", "neg_brier_score"), ("accuracy", "accuracy")],
)
def test_importance_is_that_of_scikit_learn(
    table: pd.DataFrame, model: LogisticRegression, measure: str, scoring: str
) -> None:
    data = table[["strong", "weak", "none"]]
    found = permutation_importance(
        model.predict_proba, data, table["outcome"], repeats=30, measure=measure
    )
    theirs = sklearn_importance(
        model, data, table["outcome"], scoring=scoring, n_repeats=30, random_state=0
    )
    assert [importance.feature for importance in found] == ["strong", "weak", "none"]
    spread = theirs.importances.std(axis=1, ddof=1) / 30**0.5
    for importance, mean, error in zip(found, theirs.importances_mean, spread, strict=True):
        assert importance.estimate.value == pytest.approx(mean, abs=5 * error + 1e-4)
    strong, weak, none = (importance.estimate for importance in found)
    assert strong.low > weak.value
    assert weak.low > 0
    assert none.low <= 0 <= none.high
    assert strong.method == f"{measure} lost, delta and 30 repeats"


def test_an_importance_is_seeded_and_paired(table: pd.DataFrame) -> None:
    """Of an array as of a frame; and nothing is lost of a column that the model does not read."""
    values = table[["strong", "weak", "none"]].to_numpy()
    first, second = (
        permutation_importance(lambda x: x[:, 0], values, table["outcome"], repeats=2, seed=3)
        for _ in range(2)
    )
    assert first == second
    assert (first[1].estimate.low, first[1].estimate.high) == (0, 0)
    assert first[0].estimate.value > 0.2


def test_of_many_rows_some_are_drawn_and_it_is_said(table: pd.DataFrame) -> None:
    data = table[["strong", "none"]]
    found = permutation_importance(lambda frame: frame["strong"], data, table["outcome"], rows=300)
    assert found[0].feature == "strong"
    assert found[0].estimate.method == "auroc lost of 300 of 800 rows, delta and 10 repeats"


def test_measurements_are_explained_as_well(table: pd.DataFrame) -> None:
    data = table[["strong", "weak"]]
    outcome = 2 * table["strong"]
    for measure in ("rmse", "mae", "r2"):
        found = permutation_importance(
            lambda frame: 1.9 * frame["strong"], data, outcome, measure=measure
        )
        assert found[0].feature == "strong"
        assert found[0].estimate.low > 1


def test_what_cannot_be_explained_is_said() -> None:
    with pytest.raises(EvaluationError) as caught:
        permutation_importance(len, [[1]], [1], repeats=1, measure="luck")
    assert caught.value.faults == (
        "the data is a list: give a pandas frame or a 2-D array",
        "repeats are 2 to 1,000, not 1",
        "the measure is one of auroc, accuracy, brier, log_loss, rmse, mae, r2, not 'luck'",
    )
    table = np.ones((4, 2))
    with pytest.raises(EvaluationError, match="neither 0 nor 1"):
        permutation_importance(lambda x: x[:, 0], table, [0, 1, 2, 1])
    with pytest.raises(EvaluationError, match="There is no auroc: all rows are events"):
        permutation_importance(lambda x: x[:, 0], table, [1, 1, 1, 1])
    with pytest.raises(EvaluationError, match=r"of 4 rows the model makes \(4, 3\)"):
        permutation_importance(lambda _: np.ones((4, 3)), table, [0, 1, 0, 1])


def test_linear_contributions_add_up_exactly(
    table: pd.DataFrame, model: LogisticRegression
) -> None:
    names = ["strong", "weak", "none"]
    coefficients = dict(zip(names, model.coef_[0], strict=True))
    means = {name: float(table[name].mean()) for name in names}
    row = table[names].iloc[[5]]
    found = linear_contributions(
        coefficients, means, {name: float(row[name].iloc[0]) for name in names}
    )
    average = model.decision_function(pd.DataFrame([means]))[0]
    assert sum(found.values()) == pytest.approx(model.decision_function(row)[0] - average)
    with pytest.raises(EvaluationError, match="no mean of weak, none; no value of strong, weak"):
        linear_contributions(coefficients, {"strong": 1}, {"none": 1})


def test_shap_is_an_extra_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shap", None)  # as where it is not installed
    with pytest.raises(MissingExtraError, match=r"pip install 'mhras-workbench\[shap\]'") as caught:
        shap_summary(None, None)
    assert caught.value.facts == {"extra": "shap"}


@pytest.mark.skipif(find_spec("shap") is None, reason="the extra shap is not installed")
def test_shap_of_trees_is_its_mean_absolute_value(table: pd.DataFrame) -> None:
    import shap
    from sklearn.ensemble import RandomForestClassifier

    data = table[["strong", "weak", "none"]].to_numpy()
    trees = RandomForestClassifier(5, max_depth=3, random_state=0).fit(data, table["outcome"])
    values = np.abs(shap.TreeExplainer(trees).shap_values(data)[:, :, 1]).mean(axis=0)
    found = {part.feature: part.estimate.value for part in shap_summary(trees, data)}
    assert [found[name] for name in "012"] == pytest.approx(values)


def test_a_summary_says_of_how_many_rows_it_is() -> None:
    found = summarized(["a", "b"], np.array([[0.1, -2], [-0.1, 3], [0.1, 1]]), of_rows=9000)
    assert [importance.feature for importance in found] == ["b", "a"]
    assert found[0].estimate.value == 2
    assert found[1].estimate.low == pytest.approx(0.1)
    assert found[0].estimate.method == "mean |SHAP| of 3 of 9,000 rows, delta"
