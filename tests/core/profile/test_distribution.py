"""Sketches answer what all values would, within the part of the rows they leave out."""

from __future__ import annotations

import weakref

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from core.profile.distribution import SKETCH_BINS, Sample, Sketch, sketch_numbers

VALUES = arrays(
    np.float64,
    st.integers(1, 80),
    elements=st.floats(-1e300, 1e300) | st.sampled_from([0.0, 1.0, np.inf, -np.inf]),
).map(np.sort)


@given(values=VALUES)
def test_a_sketch_of_few_numbers_is_exact(values: np.ndarray) -> None:
    sketch, sample = sketch_numbers(values), Sample(values)
    points = np.concatenate([values, [-1.5, 0.5, np.inf, -np.inf]])
    assert sketch.is_complete
    assert (sketch.rows, sketch.finite.rows) == (sample.rows, sample.finite.rows)
    assert sketch.up_to(points).tolist() == sample.up_to(points).tolist()
    assert sketch.below(points).tolist() == sample.below(points).tolist()


def drawn(kind: str) -> np.ndarray:
    random = np.random.default_rng(11)
    drawn = {
        "normal": random.normal(size=50_000),
        "skewed": random.lognormal(0, 2, 50_000),
        "zeros": np.where(random.random(50_000) < 0.6, 0.0, random.exponential(size=50_000)),
        "rounded": random.normal(100, 15, 50_000).round(1),
        "infinite": np.append(random.normal(size=50_000), [np.inf, np.inf, -np.inf]),
    }
    return np.sort(drawn[kind])


@pytest.mark.parametrize("kind", ["normal", "skewed", "zeros", "rounded", "infinite"])
def test_a_sketch_is_wrong_by_less_than_a_bin(kind: str) -> None:
    values = drawn(kind)
    sketch, sample = sketch_numbers(values), Sample(values)
    points = np.random.default_rng(1).choice(values, 2000) + 0.01
    error = np.abs(sketch.up_to(points) - sample.up_to(points)) / len(values)
    assert error.max() <= 1 / SKETCH_BINS
    assert len(sketch.points) <= 320
    assert sketch.up_to(sketch.points).tolist() == sample.up_to(sketch.points).tolist()
    assert sketch.below(sketch.points).tolist() == sample.below(sketch.points).tolist()


@pytest.mark.parametrize("kind", ["normal", "skewed", "zeros", "rounded"])
def test_usual_quantiles_of_a_sketch_are_exact(kind: str) -> None:
    values = drawn(kind)
    shares = [0.0, 0.005, 0.1, 0.25, 0.5, 0.75, 0.9, 0.995, 1.0]
    expected = np.quantile(values, shares)
    assert sketch_numbers(values).quantiles(shares) == pytest.approx(expected)
    assert Sample(values).quantiles(shares) == pytest.approx(expected)


def test_a_sketch_gives_numbers_that_are_distributed_alike() -> None:
    values = np.array([-np.inf, -np.inf, 1.0, 2.0, 2.0, 5.0, np.inf])
    assert sketch_numbers(values).expand(7) == pytest.approx(values)
    many = drawn("skewed")
    assert np.median(sketch_numbers(many).expand(2001)) == pytest.approx(np.median(many), rel=0.01)


def test_numbers_are_let_go_of_at_once() -> None:
    sample = Sample(np.arange(9.0))
    assert sample.finite.spread == pytest.approx(2.582, abs=0.001)
    gone = weakref.ref(sample)
    del sample
    assert gone() is None


def test_nothing_is_sketched_as_nothing() -> None:
    empty = sketch_numbers(np.empty(0))
    assert (empty.rows, empty.finite.rows, empty.is_complete) == (0, 0, True)
    only = sketch_numbers(np.full(5, np.inf))
    assert (only.rows, only.finite.rows) == (5, 0)
    assert isinstance(only, Sketch)
    assert only.expand(3).tolist() == [np.inf] * 3
