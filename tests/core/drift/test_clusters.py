"""Clustered samples: corrected tests against published formulas, jackknife and simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
import statsmodels.api as sm

from core import Workbench
from core.drift.cluster_tests import shares_by_cluster
from core.drift.clusters import Design
from core.drift.detect import detect_drift
from core.errors import DataVersionError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    Codes = npt.NDArray[np.intp]

CHOICES = np.array(["never", "sometimes", "often", "always"])


def clinics(seed: int, names: list[str], *, rows: int = 40, shift: float = 0.0) -> dict[str, Any]:
    """Return patients of some clinics; 15 % of the variance is between clinics."""
    random = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(len(names)), random.integers(rows // 2, 2 * rows, len(names)))

    def measure() -> npt.NDArray[np.float64]:
        between = random.normal(scale=0.15**0.5, size=len(names))
        return between[cluster] + random.normal(scale=0.85**0.5, size=len(cluster)) + shift

    missing = measure() > 0.8
    return {
        "clinic": np.array(names)[cluster],
        "region": cluster // 2,
        "phq9": measure(),
        "answer": CHOICES[np.digitize(measure(), [-0.7, 0.3, 1.2])],
        "sleep": np.where(missing, np.nan, measure()),
        "brand": np.array([f"b{n}" for n in cluster * 3 + random.integers(0, 60, len(cluster))]),
    }


def named(letter: str, number: int) -> list[str]:
    return [f"{letter}{n:02}" for n in range(number)]


COLUMNS = ["phq9", "answer", "sleep", "brand"]


def test_the_luck_of_a_few_clinics_is_no_drift() -> None:
    naive = per_column = alarms = 0
    for seed in range(60):
        tables = clinics(seed, named("a", 20)), clinics(seed + 1000, named("b", 20))
        naive += detect_drift(*tables, columns=COLUMNS[:3]).drift_detected
        report = detect_drift(*tables, columns=COLUMNS, cluster="clinic")
        alarms += report.drift_detected
        per_column += len(report.drifted_columns)
    assert naive >= 30
    assert alarms <= 7  # a twentieth: 8 of 60 have a probability below 0.01
    assert per_column / 60 / len(COLUMNS) <= 0.07


def test_a_shift_in_all_clinics_is_seen() -> None:
    tables = clinics(1, named("a", 20)), clinics(2, named("b", 20), shift=1.0)
    report = detect_drift(*tables, columns=COLUMNS[:3], cluster="clinic")
    assert {"phq9", "answer", "sleep"} == {*report.drifted_columns}


def design_of(*tables: dict[str, Any], cluster: str, strata: tuple[str, ...] = ()) -> Design:
    return Design.of(pa.table(tables[0]), pa.table(tables[1]), [cluster], strata)


def coded(*tables: dict[str, Any]) -> tuple[Codes, Codes]:
    first, second = (np.searchsorted(np.sort(CHOICES), table["answer"]) for table in tables)
    return first, second


def test_the_variance_is_that_of_statsmodels_between_clusters() -> None:
    names = named("a", 12)
    tables = clinics(3, names), clinics(4, names)  # the same clinics, before and after
    design = design_of(*tables, cluster="clinic")
    difference, parts, there = shares_by_cluster(design, coded(*tables), 4)
    scaled, freedom = design.scaled(parts, there)
    assert freedom == 11
    after = np.repeat([0, 1], [len(table["answer"]) for table in tables])
    groups = np.concatenate(design.rows)
    for place in range(4):
        hit = (np.concatenate(coded(*tables)) == place).astype(float)
        fit = sm.OLS(hit, sm.add_constant(after)).fit(
            cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
        )
        assert difference[place] == pytest.approx(fit.params[1])
        variance = (scaled[:, place] ** 2).sum() * 11 / 12
        assert variance == pytest.approx(fit.bse[1] ** 2)


def test_the_variance_in_strata_is_near_that_of_a_jackknife() -> None:
    tables = clinics(5, named("a", 30)), clinics(6, named("b", 30))
    design = design_of(*tables, cluster="clinic", strata=("region",))
    codes = coded(*tables)
    _, parts, there = shares_by_cluster(design, codes, 4)
    scaled, freedom = design.scaled(parts, there)
    assert freedom == 60 - 30
    squares = np.zeros(4)
    for stratum in np.unique(design.stratum):
        members = np.flatnonzero(design.stratum == stratum)
        left_out = []
        for gone in members:
            shares = []
            for rows, code in zip(design.rows, codes, strict=True):
                # the rest of the stratum takes the place of the cluster that is left out
                weight = np.where(np.isin(rows, members), len(members) / (len(members) - 1), 1.0)
                weight = np.where(rows == gone, 0.0, weight)
                shares.append(np.bincount(code, weight, minlength=4) / weight.sum())
            left_out.append(shares[1] - shares[0])
        apart = np.array(left_out) - np.mean(left_out, axis=0)
        squares += (len(members) - 1) / len(members) * (apart**2).sum(axis=0)
    assert (scaled**2).sum(axis=0) == pytest.approx(squares, rel=0.05)


def test_rao_and_scott_is_as_published() -> None:
    """Second-order corrected chi-squared, computed from the matrices of the paper."""
    from scipy import stats

    tables = clinics(7, named("a", 25)), clinics(8, named("b", 25))
    report = detect_drift(*tables, columns=["answer"], cluster="clinic")
    test = report.statistical_tests["answer"]["chi2"]
    design = design_of(*tables, cluster="clinic")
    codes = coded(*tables)
    _, parts, there = shares_by_cluster(design, codes, 4)
    scaled, freedom = design.scaled(parts, there)
    covariance = (scaled.T @ scaled)[:3, :3]
    rows = [len(code) for code in codes]
    shares = np.bincount(np.concatenate(codes), minlength=4)[:3] / sum(rows)
    independent = (np.diag(shares) - np.outer(shares, shares)) * (1 / rows[0] + 1 / rows[1])
    effects = np.linalg.eigvals(np.linalg.solve(independent, covariance)).real
    assert test["design_effect"] == pytest.approx(effects.mean())
    degrees = effects.sum() ** 2 / (effects**2).sum()
    statistic = float(test["statistic"] or 0) / effects.sum()
    assert test["p_value"] == pytest.approx(stats.f.sf(statistic, degrees, degrees * freedom))


def test_rows_that_are_all_clusters_of_their_own_change_little() -> None:
    random = np.random.default_rng(9)
    tables = [
        {"id": [f"{letter}{n}" for n in range(500)], "x": random.normal(size=500) + shift}
        for letter, shift in (("a", 0.0), ("b", 0.15))
    ]
    alone = detect_drift(*tables, columns=["x"]).statistical_tests["x"]
    found = detect_drift(*tables, columns=["x"], cluster="id").statistical_tests["x"]
    for name in ("ks", "mann_whitney"):
        assert found[name]["design_effect"] == pytest.approx(1, abs=0.1)
        assert found[name]["p_value"] == pytest.approx(alone[name]["p_value"], rel=0.5)
        assert float(found[name]["p_value"] or 0) >= float(alone[name]["p_value"] or 0)


def test_one_cluster_tells_nothing() -> None:
    tables = clinics(1, ["a"]), clinics(2, ["b"], shift=3.0)
    report = detect_drift(*tables, columns=COLUMNS, cluster="clinic")
    assert report.clusters is not None
    assert (report.clusters.freedom, report.drifted_columns) == (0, ())


def test_clusters_are_told_and_kept(tmp_path: Path) -> None:
    with Workbench(tmp_path / "lake", durability="process") as wb:
        for seed in (1, 2):
            wb.datasets.register_dataset(clinics(seed, named("a", 20)), "visits", "form")
        asked: dict[str, Any] = {"cluster": "clinic", "strata": "region", "by": "answer"}
        report = wb.datasets.detect_drift("visits@v1", "visits@v2", **asked)
        assert report.clusters is not None
        assert (report.clusters.reference, report.clusters.shared) == (20, 20)
        assert report.clusters.freedom == 20 - 10
        assert report.parameters == asked
        assert wb.datasets.get_drift_report(report.report_id) == report


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"cluster": "site"}, "cluster: both tables need the column 'site'"),
        ({"strata": "region"}, "strata: name the clusters as well"),
        ({"cluster": "clinic", "correlations": True}, "correlations: rows are taken as indep"),
        ({"cluster": "clinic", "target": "answer"}, "target: rows are taken as independent"),
    ],
)
def test_what_cannot_be_corrected_is_refused(asked: dict[str, Any], said: str) -> None:
    tables = clinics(1, named("a", 4)), clinics(2, named("b", 4))
    with pytest.raises(DataVersionError, match=said):
        detect_drift(*tables, **asked)


def test_minus_zero_is_zero_and_long_codes_stay_apart() -> None:
    first = {"x": [0.0, 1.0] * 200, "code": [1_000_001, 1_000_002] * 200}
    second = {"x": [-0.0, 1.0] * 200, "code": [1_000_001, 1_000_003] * 200}
    report = detect_drift(first, second)
    assert report.drifted_columns == ("code",)
    assert report.feature_drifts == {"x": 0.0, "code": 0.5}
