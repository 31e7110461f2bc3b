"""Groups are compared by figures that scikit-learn and statsmodels give as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import brier_score_loss, precision_score, recall_score, roc_auc_score
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from core.models.evaluation import Evaluation, evaluate
from core.models.fairness_findings import adjusted_p
from tests.core.models.samples import sample

if TYPE_CHECKING:
    from core.models.fairness import FairnessReport, GroupDifference, GroupResult

ROWS = 900
THRESHOLD = 0.3


@pytest.fixture(scope="module")
def report() -> FairnessReport:
    data = sample(ROWS)
    site = ["rare" if i < 15 else "north" if i % 2 else "south" for i in range(ROWS)]
    groups = {"sex": data.sex, "site": site}
    found = evaluate(
        data.outcome, data.risk, groups=groups, threshold=THRESHOLD, resamples=100
    ).fairness
    assert found is not None
    return found


def group(report: FairnessReport, attribute: str, name: str) -> GroupResult:
    return next(g for g in report.groups if (g.attribute, g.group) == (attribute, name))


def difference(report: FairnessReport, measure: str) -> GroupDifference:
    return next(d for d in report.differences if (d.attribute, d.measure) == ("sex", measure))


def test_a_group_has_the_figures_of_its_rows(report: FairnessReport) -> None:
    data = sample(ROWS)
    women = np.array(data.sex) == "f"
    outcome, risk = data.outcome[women], data.risk[women]
    found = group(report, "sex", "f")
    assert (found.rows, found.events) == (women.sum(), outcome.sum())
    alerts = risk >= THRESHOLD
    expected = {
        "prevalence": outcome.mean(),
        "selection_rate": alerts.mean(),
        "true_positive_rate": recall_score(outcome, alerts),
        "false_positive_rate": recall_score(1 - outcome, alerts),
        "ppv": precision_score(outcome, alerts),
        "auroc": roc_auc_score(outcome, risk),
        "brier": brier_score_loss(outcome, risk),
        "observed_expected": outcome.sum() / risk.sum(),
    }
    values = {name: found.metrics[name].value for name in expected}
    assert values == pytest.approx(expected)
    alone = evaluate(outcome, risk, resamples=100)
    for name in ("auroc", "brier", "calibration_slope", "calibration_intercept"):
        assert found.metrics[name] == alone.metrics[name]


def test_differences_of_shares_are_newcombes_and_ratios_are_on_the_logarithm(
    report: FairnessReport,
) -> None:
    data = sample(ROWS)
    women = np.array(data.sex) == "f"
    alerts = data.risk >= THRESHOLD
    assert (~women).sum() > women.sum()
    counts = (alerts[women].sum(), women.sum(), alerts[~women].sum(), (~women).sum())
    found = difference(report, "selection_rate")
    assert (found.group, found.reference) == ("f", "m")
    interval = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    assert (found.difference.low, found.difference.high) == pytest.approx(interval)
    interval = confint_proportions_2indep(*counts, method="log", compare="ratio")
    assert (found.ratio.low, found.ratio.high) == pytest.approx(interval, rel=2e-3)


def test_differences_of_areas_are_those_of_independent_ones(report: FairnessReport) -> None:
    found = difference(report, "auroc").difference
    women, men = (group(report, "sex", name).metrics["auroc"] for name in ("f", "m"))
    errors = [(part.high - part.low) / 2 for part in (women, men)]
    assert found.value == pytest.approx(women.value - men.value)
    assert found.high - found.value == pytest.approx(np.hypot(errors[0], errors[1]))


def test_equalized_odds_are_the_larger_of_two_differences(report: FairnessReport) -> None:
    parts = [
        difference(report, name).difference
        for name in ("true_positive_rate", "false_positive_rate")
    ]
    found = difference(report, "equalized_odds").difference
    assert found.value == max(abs(part.value) for part in parts)
    assert found.low <= found.value <= found.high
    assert found.high >= max(max(abs(part.low), abs(part.high)) for part in parts)


def test_small_groups_are_counted_and_not_judged(report: FairnessReport) -> None:
    rare = group(report, "site", "rare")
    assert (rare.rows, rare.suppressed, rare.metrics) == (15, True, {})
    assert not any("rare" in found.group for found in report.differences)
    assert (
        "site: 1 of 3 groups are not judged (rare). Groups of fewer than 20 rows, 5 events or 5"
        " others are too small." in report.findings
    )


def test_intersections_are_groups_as_well(report: FairnessReport) -> None:
    names = [g.group for g in report.groups if g.attribute == "sex & site"]
    assert names == ["f & north", "f & rare", "f & south", "m & north", "m & rare", "m & south"]
    assert sum(g.rows for g in report.groups if g.attribute == "sex & site") == ROWS


def unfair(women_more: float) -> Evaluation:
    random = np.random.default_rng(1)
    women = random.random(4000) < 0.5
    line = random.normal(-1, 1, 4000)
    outcome = random.random(4000) < 1 / (1 + np.exp(-line))
    risk = 1 / (1 + np.exp(-line - women_more * women))
    groups = {"sex": np.where(women, "f", "m")}
    return evaluate(outcome, risk, groups=groups, threshold=0.3, resamples=100)


def test_what_is_unfair_is_said_with_its_figures() -> None:
    found = unfair(0.8).fairness
    assert found is not None
    named = {finding.split(":")[0]: finding for finding in found.findings}
    assert {"sex (demographic parity)", "sex (calibration by group)"} <= set(named)
    parity = difference(found, "selection_rate")
    sign = parity.difference.value if parity.group == "f" else -parity.difference.value
    assert sign > 0.1
    assert f"{abs(parity.difference.value):.3f} " in named["sex (demographic parity)"]


def test_what_is_fair_is_said_to_be_without_a_found_difference() -> None:
    found = unfair(0.0).fairness
    assert found is not None
    assert found.findings == (
        "sex: no difference is beyond chance, adjusted for 6 comparisons, and as large as matters.",
    )


def test_clusters_that_groups_share_count_for_their_difference() -> None:
    """Everybody in it twice, once in each group: the difference is nothing, for certain."""
    data = sample(200)
    twice = np.concatenate([data.outcome, data.outcome]), np.concatenate([data.risk, data.risk])
    groups = {"copy": ["first"] * 200 + ["second"] * 200}
    clusters = np.tile(np.arange(200), 2)
    found = evaluate(*twice, groups=groups, clusters=clusters, resamples=100).fairness
    assert found is not None
    assert found.differences
    for each in found.differences:
        assert each.difference.value == pytest.approx(0, abs=1e-9)
        if each.measure != "equalized_odds":
            assert each.difference.high == pytest.approx(0, abs=1e-9)


def test_p_values_are_adjusted_as_statsmodels_does() -> None:
    values = stats.uniform(0, 0.2).rvs(40, random_state=0).tolist()
    assert adjusted_p(values) == pytest.approx(multipletests(values, method="fdr_bh")[1])


def test_missing_values_are_a_group_and_scores_have_no_threshold() -> None:
    data = sample(200)
    sex = [None if i % 3 else name for i, name in enumerate(data.sex)]
    found = evaluate(data.outcome, 100 * data.risk, groups={"sex": sex}, resamples=100).fairness
    assert found is not None
    assert found.threshold is None
    assert [g.group for g in found.groups] == ["f", "m", "missing"]
    assert set(found.groups[-1].metrics) == {"prevalence", "auroc"}
