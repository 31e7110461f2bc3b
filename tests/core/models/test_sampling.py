"""Weights, clusters and strata are those of surveys: by formula, and against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from core.models.discrimination import auroc
from core.models.evaluation import evaluate
from core.models.interval import share
from core.models.resampling import poisson, resampled, resamples_of
from core.models.sampling import Sampling
from tests.core.models.samples import sample


def test_a_weighted_mean_has_the_sandwich_of_statsmodels() -> None:
    data = sample()
    sampling = Sampling.of(len(data.risk), weights=data.weights, clusters=data.strata)
    found = sampling.mean_of(data.risk)
    model = sm.WLS(data.risk, np.ones(len(data.risk)), weights=data.weights).fit(
        cov_type="cluster", cov_kwds={"groups": data.strata, "use_correction": False}
    )
    units = len(np.unique(data.strata))
    error = float(model.bse[0]) * (units / (units - 1)) ** 0.5
    assert found.value == pytest.approx(float(model.params[0]))
    reach = stats.t.ppf(0.975, units - 1)
    assert found.high - found.value == pytest.approx(reach * error)
    assert found.method == "delta, weighted and clustered"


def test_strata_take_out_what_differs_between_them() -> None:
    """The variance of a total by its textbook formula (Cochran 1977)."""
    data = sample()
    sampling = Sampling.of(
        len(data.risk), weights=data.weights, clusters=data.clusters, strata=data.strata
    )
    mean = np.average(data.risk, weights=data.weights)
    influence = data.weights * (data.risk - mean) / data.weights.sum()
    variance = 0.0
    for stratum in np.unique(data.strata):
        inside = data.strata == stratum
        totals = [
            influence[inside & (data.clusters == cluster)].sum()
            for cluster in np.unique(data.clusters[inside])
        ]
        variance += len(totals) * np.var(totals, ddof=1)
    found = sampling.mean_of(data.risk)
    freedom = 3 * 8 - 8
    width = stats.t.ppf(0.975, freedom) * variance**0.5
    assert (found.low, found.high) == pytest.approx((mean - width, mean + width))


def test_a_share_is_wilsons_at_the_effective_number_of_rows() -> None:
    data = sample()
    sampling = Sampling.of(len(data.risk), weights=data.weights)
    events = data.outcome == 1
    found = sampling.share_of(events)
    value = np.average(data.outcome, weights=data.weights)
    w = data.weights / data.weights.sum()
    variance = (w**2 * (data.outcome - value) ** 2).sum() * 600 / 599
    expected = share(value, value * (1 - value) / variance)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(("hits", "rows"), [(0, 10), (3, 10), (10, 10), (700, 1000)])
def test_wilson_is_that_of_statsmodels(hits: int, rows: int) -> None:
    found = share(hits / rows, rows)
    interval = sm.stats.proportion_confint(hits, rows, method="wilson")
    assert (found.low, found.high) == pytest.approx(interval, abs=1e-12)


def test_random_weights_are_poisson() -> None:
    drawn = poisson(np.random.default_rng(0), (200, 5000))
    counts = np.bincount(drawn.ravel(), minlength=9)[:6] / drawn.size
    assert counts == pytest.approx(stats.poisson(1).pmf(np.arange(6)), abs=2e-3)


def test_resamples_of_clusters_vary_as_their_formula_says() -> None:
    data = sample()
    sampling = Sampling.of(
        len(data.risk), weights=data.weights, clusters=data.clusters, strata=data.strata
    )
    weights = np.concatenate([*resampled(sampling, 4000, 0)])
    means = weights @ data.risk / weights.sum(axis=1)
    mean = sampling.mean(data.risk)
    variance = sampling.variance(sampling.influence(data.risk, mean))
    assert means.std() == pytest.approx(variance**0.5, rel=0.05)


def test_a_bootstrap_is_seeded_and_long_tables_have_fewer_resamples() -> None:
    data = sample()
    found = [
        evaluate(data.outcome, data.risk, resamples=100, seed=seed).metrics["auprc"]
        for seed in (0, 0, 1)
    ]
    assert found[0] == found[1] != found[2]
    assert resamples_of(1_000_000, 1000) == 200


def test_the_bootstrap_has_the_width_of_one_written_down() -> None:
    from sklearn.metrics import average_precision_score

    data = sample()
    random = np.random.default_rng(0)
    found = []
    for _ in range(300):
        rows = random.integers(0, 600, 600)
        found.append(average_precision_score(data.outcome[rows], data.risk[rows]))
    low, high = np.quantile(found, [0.025, 0.975])
    estimate = evaluate(data.outcome, data.risk, resamples=2000).metrics["auprc"]
    assert estimate.high - estimate.low == pytest.approx(high - low, rel=0.15)


@pytest.mark.parametrize("clustered", [False, True])
def test_delongs_interval_of_a_survey_has_the_width_of_its_bootstrap(clustered: bool) -> None:
    from sklearn.metrics import roc_auc_score

    data = sample()
    design = {"clusters": data.clusters, "strata": data.strata} if clustered else {}
    sampling = Sampling.of(len(data.risk), weights=data.weights, **design)
    drawn = np.concatenate([*resampled(sampling, 300, 0)])
    areas = [auroc(data.risk, data.outcome == 1, weights).value for weights in drawn]
    found = auroc(data.risk, data.outcome == 1, sampling.weights)
    assert found.value == pytest.approx(
        roc_auc_score(data.outcome, data.risk, sample_weight=data.weights)
    )
    assert found.variance(sampling) ** 0.5 == pytest.approx(np.std(areas), rel=0.12)
