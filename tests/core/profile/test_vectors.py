"""Columns of Arrow as arrays of NumPy."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from core.profile import vectors

ARRAYS = [
    pa.array([1.5, None, float("nan"), -0.0]),
    pa.array([1, 2, None], pa.int8()),
    pa.array([2**63 - 1, -(2**63)], pa.int64()),
    pa.array([2**64 - 1, None], pa.uint64()),
    pa.array([None, None], pa.float32()),
    pa.array([], pa.int32()),
    pa.nulls(3),
]


@pytest.mark.parametrize("array", ARRAYS, ids=str)
@pytest.mark.parametrize("cut", [0, 1])
def test_numbers_are_what_pandas_makes_of_them(array: pa.Array, cut: int) -> None:
    array = array[cut:]
    expected = array.cast(pa.float64(), safe=False).to_pandas().to_numpy(np.float64)
    np.testing.assert_array_equal(vectors.floats(array), expected)
    assert vectors.valid(array).tolist() == array.is_valid().to_pylist()


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 65])
@pytest.mark.parametrize("cut", [0, 3, 11])
def test_flags_are_read_from_any_bit_on(length: int, cut: int) -> None:
    random = np.random.default_rng(length)
    values = random.random(length + cut) < 0.5
    given = pa.array(values, mask=random.random(length + cut) < 0.2)[cut:]
    assert vectors.flags(given).tolist() == given.fill_null(fill_value=False).to_pylist()
    assert vectors.chosen(values).to_pylist() == values.tolist()


@pytest.mark.parametrize("values", [[], ["", "é", "😀", "a" * 99]])
def test_texts_come_back(values: list[str]) -> None:
    assert vectors.texts(values).to_pylist() == values
