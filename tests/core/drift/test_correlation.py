"""When two columns no longer move together as they did."""

from __future__ import annotations

import json
import math

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from core.drift.correlation import correlation, correlation_drifts
from core.drift.detect import detect_drift
from core.drift.findings import CorrelationDrift, CorrelationDrifts
from core.drift.report import DriftReport
from core.errors import DataVersionError


def pairs(rows: int, r: float, *, seed: int = 0, digits: int = 9) -> dict[str, list[float]]:
    random = np.random.default_rng([rows, round(100 * r), seed])
    first = random.normal(size=rows)
    second = r * first + math.sqrt(1 - r * r) * random.normal(size=rows)
    return {"x": first.round(digits).tolist(), "y": second.round(digits).tolist()}


def compared(first: object, second: object, method: str = "spearman") -> CorrelationDrifts:
    found = detect_drift(first, second, correlations=method).correlation_drifts
    assert found is not None
    return found


@pytest.mark.parametrize("digits", [9, 0])
def test_correlations_are_those_of_scipy(digits: int) -> None:
    first, second = pairs(200, 0.5, digits=digits), pairs(90, 0.1, digits=digits)
    first["y"][:30] = [math.nan] * 15 + [math.inf] * 15
    for method, scipy_has in (("spearman", stats.spearmanr), ("pearson", stats.pearsonr)):
        (pair,) = compared(first, second, method).pairs
        before = scipy_has(first["x"][30:], first["y"][30:]).statistic
        after = scipy_has(second["x"], second["y"]).statistic
        assert (pair.reference, pair.current) == pytest.approx((before, after), abs=1e-12)
        assert (pair.reference_rows, pair.current_rows) == (170, 90)


def test_the_probability_is_that_of_fishers_z() -> None:
    (pair,) = compared(pairs(200, 0.5), pairs(90, 0.1), "pearson").pairs
    z = (math.atanh(pair.current) - math.atanh(pair.reference)) / math.sqrt(1 / 197 + 1 / 87)
    assert pair.p_value == pytest.approx(2 * stats.norm.sf(abs(z)))
    assert pair.p_adjusted == pytest.approx(min(1, 25 * pair.p_value))


@pytest.mark.parametrize("sizes", [(50, 1100), (300, 300)])
def test_without_drift_correlations_are_hardly_ever_called_drifted(sizes: tuple[int, int]) -> None:
    random = np.random.default_rng(sizes)
    mixed = random.normal(size=(6, 6))
    alarms = 0
    for _ in range(200):
        tables = [
            pa.table(
                {f"x{n}": column for n, column in enumerate(mixed @ random.normal(size=(6, rows)))}
            )
            for rows in sizes
        ]
        alarms += correlation_drifts(tables[1], tables[0], tables[0].column_names).drifted
    assert alarms <= 6  # a hundredth: more than 6 of 200 have a probability below 0.005


def test_a_changed_correlation_is_drift_though_each_column_is_as_before() -> None:
    report = detect_drift(pairs(1000, 0.6), pairs(1000, 0.3), correlations=True)
    assert report.drifted_columns == ()
    assert report.drift_detected
    assert report.correlation_drifts is not None
    assert [pair.columns for pair in report.correlation_drifts.pairs if pair.drifted] == [
        ("x", "y")
    ]
    assert report.recommendations[0].startswith("x and y: the correlation went from 0.5")


def test_a_change_too_small_to_matter_is_none() -> None:
    (pair,) = compared(pairs(50_000, 0.5), pairs(50_000, 0.45)).pairs
    assert pair.p_adjusted < 0.001
    assert not pair.drifted


def test_one_far_value_moves_no_correlation() -> None:
    first, second = pairs(1000, 0.5), pairs(1000, 0.5, seed=1)
    second["x"][0], second["y"][0] = 1e6, -1e6
    assert not compared(first, second).drifted


def test_what_is_not_compared_is_said() -> None:
    first = {"x": [1.0] * 30, "y": range(30), "z": [*range(8), *[None] * 22], "t": ["a"] * 30}
    found = compared(first, first)
    assert found == CorrelationDrifts(
        method="spearman",
        pairs=(),
        untested=("x has fewer than two values.", "y and z are too rarely known together."),
    )


def test_many_columns_and_many_rows_are_limited_and_it_is_said() -> None:
    many = {f"x{n}": np.arange(20.0) for n in range(52)}
    found = compared(many, many)
    assert len(found.pairs) == 50 * 49 / 2
    assert found.untested == ("x50 comes after the first 50.", "x51 comes after the first 50.")
    long = pa.table({"x": np.arange(100_001), "y": np.arange(100_001)})
    found = compared(long, long)
    assert found.pairs[0].reference_rows == 100_000
    assert found.untested[0] == "reference: 100,001 rows, of which 100,000 were drawn."


def test_copies_of_a_column_stay_copies() -> None:
    copies = {"x": [*range(50)], "y": [*range(50)]}
    (pair,) = compared(copies, copies).pairs
    expected = CorrelationDrift(
        columns=("x", "y"),
        reference=1.0,
        current=1.0,
        difference=0.0,
        p_value=1.0,
        p_adjusted=1.0,
        threshold=0.1,
        drifted=False,
        reference_rows=50,
        current_rows=50,
    )
    assert pair == expected


def test_huge_values_are_correlated_too() -> None:
    assert correlation(np.array([1e300, -1e300, 0.0]), np.array([1.0, -1.0, 0.0])) == pytest.approx(
        1
    )
    assert math.isnan(correlation(np.full(5, 0.1), np.arange(5.0)))


def test_a_report_of_correlations_is_made_again_of_its_json() -> None:
    report = detect_drift(pairs(50, 0.6), pairs(50, 0.3), correlations=True)
    assert DriftReport.from_dict(json.loads(json.dumps(report.to_dict()))) == report


def test_another_method_is_refused() -> None:
    with pytest.raises(DataVersionError, match="neither spearman nor pearson"):
        detect_drift({"x": [1]}, {"x": [1]}, correlations="kendall")
