"""The counts that a drift report draws."""

from __future__ import annotations

import numpy as np
import pytest

from core.drift.counting import RANGES, round_edges
from core.drift.detect import detect_drift
from core.drift.distributions import Distributions
from core.profile.distribution import Sample, sketch_numbers


def of(before: object, after: object) -> Distributions:
    return detect_drift({"x": before}, {"x": after}).distributions["x"]


def test_numbers_are_counted_in_ranges_that_both_tables_share() -> None:
    assert of([*range(15, 75)], [*range(40, 100)]) == Distributions(
        kind="number",
        missing=(0, 0),
        edges=tuple(float(edge) for edge in range(15, 105, 5)),
        reference=(*[5] * 12, *[0] * 5),
        current=(*[0] * 5, *[5] * 12),
    )


@pytest.mark.parametrize(
    "values",
    [
        [1e300, -1e300],
        [5e-324, 1e-323],
        [1.7e308, -1.7e308],
        [-(2.0**63), 2.0**63],
        [0.0],
        [1e15, 1e15 + 5],
        np.random.default_rng(0).lognormal(0, 3, 999),
        np.random.default_rng(0).integers(0, 1000, 999),
    ],
)
def test_edges_are_few_and_ascending_whatever_the_values(values: list[float]) -> None:
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    with np.errstate(all="ignore"):
        edges = round_edges([Sample(ordered)])
        assert round_edges([sketch_numbers(ordered)]) == edges
    assert len(edges) <= RANGES + 1
    assert list(edges) == sorted(set(edges))


def test_every_value_is_counted_once() -> None:
    values = np.random.default_rng(1).standard_cauchy(5000)
    found = of(values, [*values[:100], np.nan])
    assert (sum(found.reference), sum(found.current)) == (5000, 100)
    assert found.missing == (0, 1)
    assert found.beyond


def test_a_code_far_away_does_not_squeeze_the_rest_into_one_range() -> None:
    ages = np.random.default_rng(2).integers(18, 80, 2000).astype(float)
    ages[:40] = 9999
    found = of(ages, ages)
    assert found.edges[-1] <= 300
    assert sum(count > 0 for count in found.reference) > 5


def test_edges_are_no_values_of_anybody() -> None:
    values = np.random.default_rng(3).normal(170.123, 9.877, 500)
    edges = of(values, values + 0.001).edges
    assert all(round(edge, 1) == edge for edge in edges)


def test_rare_categories_have_no_name() -> None:
    before = ["a"] * 90 + ["b"] * 8 + ["Ana Lopez", "Bo Chi"]
    assert of(before, ["a"] * 50) == Distributions(
        kind="category",
        missing=(0, 0),
        names=("a", "b"),
        reference=(90, 8),
        current=(50, 0),
        rest=(2, 0),
    )


def test_identifiers_and_times_are_only_known_to_be_missing() -> None:
    names = [f"P{i}" for i in range(300)]
    assert of(names, [*names, None]) == Distributions(kind="identifier", missing=(0, 1))
    days = np.arange(300).astype("datetime64[D]")
    assert of(days, days) == Distributions(kind="time", missing=(0, 0))
