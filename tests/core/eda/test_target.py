"""What tells of a target, against scikit-learn, SciPy and data with a known answer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import r2_score, roc_auc_score

from core.eda.dependence import Coded
from core.eda.document import eda_document
from core.eda.module import EDAModule
from core.eda.scores import auroc, fold_means, missing_by_target, r_squared
from core.errors import EDAError
from core.render.document import render_html

if TYPE_CHECKING:
    from core.eda.target import Feature, TargetAnalysis


def patients(rows: int = 1500) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    age = rng.normal(50, 10, rows)
    risk = 1 / (1 + np.exp(-(age - 50) / 5))
    frame = pd.DataFrame({"age": age, "noise": rng.normal(size=rows)})
    frame["ill"] = rng.random(rows) < risk
    frame["site"] = rng.choice(["north", "south", "east"], rows)
    frame["treated"] = np.where(frame["ill"], "yes", "no")
    frame["cost"] = age * 3 + rng.normal(size=rows)
    frame["cost"] = frame["cost"].where(~(frame["ill"] & (rng.random(rows) < 0.5)))
    frame["rare"] = [f"code {n // 2}" for n in rng.permutation(rows)]
    return frame


def target_of(frame: Any, column: str) -> TargetAnalysis:
    found = EDAModule().analyze_dataset(frame, column).target
    assert found is not None
    return found


def by_name(found: TargetAnalysis) -> dict[str, Feature]:
    return {feature.name: feature for feature in found.features}


def test_the_score_of_a_number_for_an_outcome_is_its_auroc() -> None:
    frame = patients()
    found = target_of(frame, "ill")
    assert (found.sort, found.measure, found.positive) == ("outcome", "AUROC", "true")
    assert found.classes == {"false": int((~frame.ill).sum()), "true": int(frame.ill.sum())}
    for name in ("age", "noise"):
        expected = roc_auc_score(frame["ill"], frame[name])
        assert by_name(found)[name].score == pytest.approx(expected, abs=1e-12)


def test_the_most_telling_feature_comes_first_and_noise_tells_nothing() -> None:
    features = by_name(target_of(patients().drop(columns=["treated", "rare"]), "ill"))
    assert [*features][:2] == ["age", "cost"]
    noise, age = features["noise"], features["age"]
    assert noise.interval[0] < 0.003 > noise.information
    assert age.interval[0] < age.information < age.interval[1]
    assert age.interval[0] > noise.interval[1]


def test_what_gives_the_target_away_is_said_and_left_out_of_the_model() -> None:
    report = EDAModule().analyze_dataset(patients(), "ill")
    assert report.target is not None
    assert [f.name for f in report.target.features if f.leakage] == ["treated"]
    assert report.recommendations[0].startswith("treated tells ill all but surely")
    assert not any(
        "say nearly the same" in said for said in report.recommendations if "ill" in said
    )
    assert report.target.importance is not None
    assert "treated" not in report.target.importance.losses
    assert next(iter(report.target.importance.losses)) in {"age", "cost"}


def test_a_category_with_hardly_any_rows_does_not_tell_of_itself() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"ill": rng.random(2000) < 0.3})
    frame["ward"] = [f"ward {n}" for n in rng.integers(0, 90, 2000)]
    feature = by_name(target_of(frame, "ill"))["ward"]
    assert feature.score == pytest.approx(0.5, abs=0.05)
    assert feature.interval[0] < 0.005


def test_a_target_of_numbers_is_explained_by_a_share_of_its_variance() -> None:
    found = target_of(patients().drop(columns="rare"), "cost")
    features = by_name(found)
    assert (found.sort, found.measure, found.positive) == ("measurement", "R²", "")
    assert features["age"].score == pytest.approx(0.97, abs=0.03)
    assert features["noise"].score == pytest.approx(0, abs=0.02)


def test_classes_are_told_from_the_rest() -> None:
    rng = np.random.default_rng(4)
    group = rng.choice(list("abc"), 1500, p=[0.5, 0.3, 0.2])
    place = np.array([{"a": 0.0, "b": 4.0, "c": 9.0}[name] for name in group])
    frame = pd.DataFrame({"group": group, "near": place + rng.normal(size=1500) * 2})
    frame["noise"] = rng.normal(size=1500)
    found = target_of(frame, "group")
    assert (found.sort, [*found.classes]) == ("classes", ["a", "b", "c"])
    features = by_name(found)
    assert 0.9 < (features["near"].score or 0) < 1
    assert features["noise"].score == pytest.approx(0.5, abs=0.05)


def test_what_is_missing_may_tell_of_the_target() -> None:
    frame = patients()
    missing = by_name(target_of(frame, "ill"))["cost"].missing
    assert missing is not None
    gone = frame["cost"].isna()
    assert missing.where_missing == frame.loc[gone, "ill"].mean() == 1
    assert missing.where_present == pytest.approx(frame.loc[~gone, "ill"].mean())
    rng = np.random.default_rng(6)
    present, values = rng.random(60) < 0.7, rng.normal(size=60)
    test = stats.ttest_ind(values[~present], values[present], equal_var=False)
    found = missing_by_target(present, values)
    assert found is not None
    assert found.p_value == pytest.approx(test.pvalue, abs=1e-12)


def test_the_same_table_gives_the_same_numbers() -> None:
    first, second = (target_of(patients(500), "ill") for _ in range(2))
    assert first == second


def test_rows_without_a_target_are_left_out() -> None:
    frame = pd.DataFrame({"y": ["a", None, "b", None] * 40, "x": np.arange(160.0)})
    found = target_of(frame, "y")
    assert (found.rows, found.classes) == (80, {"a": 40, "b": 40})


def test_the_section_of_a_target_is_drawn() -> None:
    page = render_html(eda_document(EDAModule().analyze_dataset(patients(300), "ill"))).decode()
    assert "What tells of ill" in page
    assert "treated may give ill away" in page
    assert "What a model of ill loses without a feature" in page


@pytest.mark.parametrize(
    "values", [[1.0] * 9, [None] * 9, [math.nan] * 9, [f"text {n}" for n in range(100)]]
)
def test_what_cannot_be_a_target_is_refused(values: list[Any]) -> None:
    table = {"y": values, "x": [*range(len(values))]}
    with pytest.raises(EDAError, match="y cannot be a target"):
        EDAModule().analyze_dataset(table, "y")


@pytest.mark.parametrize("extreme", [math.inf, 1e308, -1e300, 5e-324])
def test_extreme_numbers_raise_nothing(extreme: float) -> None:
    table = {"y": [0.0, 1.0, extreme, 2.0] * 30, "x": [extreme, 1.0, 2.0, math.nan] * 30}
    for column in table:
        assert EDAModule().analyze_dataset(table, column).target is not None


def test_scores_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    values, positive = rng.integers(0, 9, 200).astype(float), rng.random(200) < 0.4
    assert auroc(values, positive) == pytest.approx(roc_auc_score(positive, values), abs=1e-12)
    predicted = rng.normal(size=200)
    truth = predicted + rng.normal(size=200)
    assert r_squared(predicted, truth) == pytest.approx(max(0, r2_score(truth, predicted)))
    assert auroc(values, np.zeros(200, bool)) is None
    assert r_squared(predicted, np.ones(200)) is None
    assert missing_by_target(np.ones(5, bool), np.arange(5.0)) is None


def test_a_fold_knows_nothing_of_its_own_rows() -> None:
    coded = Coded(np.array([0, 0, 1, 0, 0, -1], np.int32), 2)
    values = np.array([1.0, 0.0, 9.0, 0.0, 0.0, 5.0])
    expected = [0.0, 1 / 3, 0.25, 1 / 3, 1 / 3, math.nan]
    np.testing.assert_allclose(fold_means(coded, values), expected)
