"""Boxes have the quartiles NumPy gives, and groups come in an order people expect."""

from __future__ import annotations

import numpy as np
import pytest

from core.tracking.spread import grouped, splits, spread

VALUES = [0.71, 0.7, 0.74, 0.2, 0.73, 0.72, 0.75]


def test_a_box_has_the_quartiles_of_numpy_and_the_whiskers_of_tukey() -> None:
    box = spread(VALUES)
    assert box is not None
    first, middle, third = np.percentile(VALUES, [25, 50, 75])
    assert (box.first, box.median, box.third) == pytest.approx((first, middle, third))
    assert (box.low, box.high) == (0.7, 0.75)  # 0.2 is farther than 1.5 interquartile ranges


def test_four_values_are_no_box() -> None:
    assert spread(VALUES[:4]) is None


def test_groups_of_words_come_by_their_median() -> None:
    found = grouped(["b", "a", None, "b"], [0.1, 0.9, 0.5, 0.2])
    assert found == {"a": [1], "b": [0, 3], None: [2]}
    assert list(found) == ["a", "b", None]
    assert list(grouped(["b", "a"], [0.1, 0.9], lowest_first=True)) == ["b", "a"]


def test_what_has_one_value_or_more_than_twenty_parts_nothing() -> None:
    many = [str(number) for number in range(21)]
    assert splits({"team": ["x"] * 21, "run": many, "stage": ["a", *["b"] * 20]}) == ["stage"]
