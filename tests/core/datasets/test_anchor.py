from __future__ import annotations

import math

import pyarrow as pa
import pytest

from core.datasets.anchor import find_anchor


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
def test_whole_floats_tell_rows_apart(kind: pa.DataType) -> None:
    people = pa.table({"sex": [1, 1, 1], "person": pa.array([62161.0, 62164.0, 0.0], kind)})
    assert find_anchor(people) == ("person",)


@pytest.mark.parametrize("first", [0.5, math.nan, math.inf, None, 2.0])
def test_measured_missing_and_equal_floats_do_not(first: float | None) -> None:
    people = pa.table({"sex": [1, 1, 1], "person": [first, 1.0, 2.0]})
    assert find_anchor(people) == ("sex", "person")


def test_half_floats_do_not() -> None:
    people = pa.table({"sex": [1, 1], "person": pa.array([1.0, 2.0], pa.float16())})
    assert find_anchor(people) == ("sex", "person")
