"""More than two classes, and measurements, against scikit-learn, scipy and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from sklearn.metrics import (
    balanced_accuracy_score,
    confusion_matrix,
    log_loss,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
    top_k_accuracy_score,
)

from core.errors import EvaluationError
from core.models.evaluation import Evaluation, evaluate

CLASSES = ("mild", "moderate", "none", "severe")


@pytest.fixture(scope="module")
def graded() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    prediction = random.dirichlet([1, 1, 2, 0.7], 500)
    drawn = (random.random((500, 1)) > prediction.cumsum(axis=1)).sum(axis=1).clip(0, 3)
    return np.array(CLASSES)[drawn], prediction, random.uniform(0.5, 2, 500)


@pytest.mark.parametrize("weighted", [False, True])
def test_classes_are_judged_as_scikit_learn_does(
    graded: tuple[np.ndarray, np.ndarray, np.ndarray], weighted: bool
) -> None:
    outcome, prediction, weights = graded
    how = {"sample_weight": weights if weighted else None}
    found = evaluate(outcome, prediction, weights=how["sample_weight"])
    said = np.array(CLASSES)[prediction.argmax(axis=1)]
    values = {name: estimate.value for name, estimate in found.metrics.items()}
    assert values == pytest.approx(
        {
            "accuracy": np.average(said == outcome, weights=how["sample_weight"]),
            "top_2_accuracy": top_k_accuracy_score(outcome, prediction, k=2, **how),
            "top_3_accuracy": top_k_accuracy_score(outcome, prediction, k=3, **how),
            "balanced_accuracy": balanced_accuracy_score(outcome, said, **how),
            "macro_auroc": np.mean(
                [
                    roc_auc_score(outcome == name, prediction[:, code], **how)
                    for code, name in enumerate(CLASSES)
                ]
            ),
            "log_loss": log_loss(outcome, prediction, labels=CLASSES, **how),
            "multiclass_brier": np.average(
                ((prediction - (outcome[:, None] == np.array(CLASSES))) ** 2).sum(axis=1),
                weights=how["sample_weight"],
            ),
        },
        rel=1e-9,
    )
    assert found.confusion == tuple(map(tuple, confusion_matrix(outcome, said, labels=CLASSES)))
    assert set(found.by_class) == set(CLASSES)
    assert Evaluation.from_dict(found.to_dict()).to_dict() == found.to_dict()


def test_a_mean_area_has_the_spread_of_a_bootstrap(
    graded: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    outcome, prediction, _ = graded
    random = np.random.default_rng(0)
    means = []
    for _ in range(80):
        rows = random.integers(0, 500, 500)
        means.append(
            np.mean(
                [
                    roc_auc_score(outcome[rows] == name, prediction[rows, code])
                    for code, name in enumerate(CLASSES)
                ]
            )
        )
    found = evaluate(outcome, prediction).metrics["macro_auroc"]
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(np.std(means), rel=0.25)


def test_a_model_of_classes_is_compared_with_their_shares_and_with_another(
    graded: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    outcome, prediction, weights = graded
    other = np.roll(prediction, 7, axis=0)
    found = evaluate(outcome, prediction, weights=weights, baselines={"last": other})
    same = np.array(CLASSES) == outcome[:, None]
    shares = np.tile(np.average(same, axis=0, weights=weights), (500, 1))
    for name, probabilities in {"prevalence": shares, "last": other}.items():
        figures = {key: estimate.value for key, estimate in found.baselines[name].items()}
        said = np.array(CLASSES)[probabilities.argmax(axis=1)]
        expected = {
            "accuracy": np.average(said == outcome, weights=weights),
            "log_loss": log_loss(outcome, probabilities, labels=CLASSES, sample_weight=weights),
            "multiclass_brier": np.average(
                ((probabilities - same) ** 2).sum(axis=1), weights=weights
            ),
            "macro_auroc": np.mean(
                [
                    roc_auc_score(outcome == each, probabilities[:, code], sample_weight=weights)
                    for code, each in enumerate(CLASSES)
                ]
            ),
        }
        assert {key: figures[key] for key in expected} == pytest.approx(expected, rel=1e-9)
        for key, value in expected.items():
            gain = found.metrics[key].value - value
            assert figures[f"{key}_difference"] == pytest.approx(gain, abs=1e-9)
    assert Evaluation.from_dict(found.to_dict()).to_dict() == found.to_dict()


def test_a_difference_of_models_of_classes_has_the_spread_of_a_bootstrap(
    graded: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    outcome, prediction, _ = graded
    found = evaluate(outcome, prediction).baselines["prevalence"]["accuracy_difference"]
    names = np.array(CLASSES)
    usual = names[(names == outcome[:, None]).sum(axis=0).argmax()]
    gains = (names[prediction.argmax(axis=1)] == outcome) - (outcome == usual).astype(float)
    random = np.random.default_rng(0)
    means = [gains[random.integers(0, 500, 500)].mean() for _ in range(400)]
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(np.std(means), rel=0.15)


def test_baselines_of_classes_are_probabilities_of_each() -> None:
    rows = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    wrong = {"one": [0.1, 0.2, 0.3], "two": [[0.5, 0.6, 0], *rows[1:]]}
    with pytest.raises(EvaluationError) as caught:
        evaluate(["a", "b", "c"], rows, baselines=wrong)
    assert "baseline 'one' has 1 columns for 3 classes" in str(caught.value)
    assert "baseline 'two': 1 value is no probabilities that add up to 1" in str(caught.value)


def test_probabilities_of_classes_must_be_some() -> None:
    with pytest.raises(EvaluationError, match=r"2 values are no probabilities that add up to 1"):
        evaluate(["a", "b", "c"], [[1, 0, 0], [0.5, 0.6, 0], [-0.1, 0.1, 1]])
    with pytest.raises(EvaluationError, match="the prediction has 3 columns for 2 classes, a, b"):
        evaluate(["a", "b"], [[1, 0, 0], [0, 1, 0]], task="multiclass")


def test_a_class_that_is_never_seen_is_said() -> None:
    found = evaluate(["a", "b", "a"], np.eye(3)[[0, 1, 2]], classes=["a", "b", "c"])
    assert found.by_class["c"]["auroc"].why_missing == "no row is an event"
    assert not found.metrics["macro_auroc"].known
    assert found.metrics["accuracy"].value == pytest.approx(2 / 3)


@pytest.fixture(scope="module")
def measured() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(2)
    prediction = random.normal(7, 1, 400)
    return 1 + 0.8 * prediction + random.normal(0, 0.7, 400), prediction


def test_measurements_are_judged_as_scikit_learn_and_scipy_do(
    measured: tuple[np.ndarray, np.ndarray],
) -> None:
    outcome, prediction = measured
    found = evaluate(outcome, prediction, baselines={"last": prediction + 0.5})
    values = {name: estimate.value for name, estimate in found.metrics.items()}
    line = stats.linregress(prediction, outcome)
    assert values == pytest.approx(
        {
            "rmse": root_mean_squared_error(outcome, prediction),
            "mae": mean_absolute_error(outcome, prediction),
            "bias": (prediction - outcome).mean(),
            "r2": r2_score(outcome, prediction),
            "correlation": stats.pearsonr(outcome, prediction).statistic,
            "linear_slope": line.slope,
            "linear_intercept": line.intercept,
        }
    )
    assert found.task == "regression"
    assert found.baselines["mean"]["r2"].value == pytest.approx(0)
    worse = found.baselines["last"]["rmse_difference"]
    assert worse.high < 0
    assert sum(part.rows for part in found.reliability) == 400


def test_the_line_has_the_sandwich_of_statsmodels(
    measured: tuple[np.ndarray, np.ndarray],
) -> None:
    outcome, prediction = measured
    found = evaluate(outcome, prediction).metrics
    model = sm.OLS(outcome, sm.add_constant(prediction)).fit(cov_type="HC0")
    for place, name in enumerate(("linear_intercept", "linear_slope")):
        error = (found[name].high - found[name].low) / 2 / 1.959964
        assert error == pytest.approx(float(model.bse[place]) * (400 / 399) ** 0.5, rel=1e-5)


@pytest.mark.parametrize("name", ["rmse", "r2", "correlation"])
def test_curved_figures_have_the_spread_of_a_bootstrap(
    measured: tuple[np.ndarray, np.ndarray], name: str
) -> None:
    outcome, prediction = measured
    random = np.random.default_rng(0)
    figure = {
        "rmse": root_mean_squared_error,
        "r2": r2_score,
        "correlation": stats.pearsonr,
    }[name]
    drawn = [random.integers(0, 400, 400) for _ in range(400)]
    found_in = [np.ravel(figure(outcome[rows], prediction[rows]))[0] for rows in drawn]
    spread = np.std(found_in)
    found = evaluate(outcome, prediction).metrics[name]
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(spread, rel=0.15)


def test_a_measurement_that_never_varies_says_so() -> None:
    found = evaluate([5.0, 5, 5], [4.0, 4, 4], task="regression").metrics
    assert found["r2"].why_missing == "all outcomes are the same"
    assert not found["linear_slope"].known
    assert found["mae"].value == 1


def test_groups_of_measurements_and_classes_are_compared(
    measured: tuple[np.ndarray, np.ndarray], graded: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    outcome, prediction = measured
    groups = {"site": ["a", "b"] * 200}
    report = evaluate(outcome, prediction, groups=groups).fairness
    assert report is not None
    assert {found.measure for found in report.differences} == {
        "mean_outcome",
        "bias",
        "mae",
        "rmse",
    }
    report = evaluate(*graded[:2], groups={"site": ["a", "b"] * 250}).fairness
    assert report is not None
    assert report.findings[0].startswith("site: no difference is beyond chance")
