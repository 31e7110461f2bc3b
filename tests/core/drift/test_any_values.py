"""No values, however strange, raise an error or take a report down, whatever is asked for."""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings

from core.datasets.comparison import compare_tables
from core.drift.detect import detect_drift
from core.drift.report import DriftReport
from core.errors import DataVersionError
from core.frames import FrameError
from tests.core.drift.test_detect import STRANGE

ROWS = 60
EXPECTED = [n % 7 / 7 for n in range(ROWS)]


def table(column: pa.Array, rows: int = ROWS) -> pa.Table:
    """Put a column beside two that are as usual; it has 30 values, or so many as there are rows."""
    column = pa.chunked_array([column] * (ROWS // len(column)))
    codes = ["f", "m", None] * (ROWS // 3)
    return pa.table({"x": column, "y": EXPECTED, "sex": codes}).slice(0, rows)


def report_of_all(first: pa.Table, second: pa.Table, **asked: Any) -> DriftReport:
    """Ask for everything; the strange column is the target, the prediction and makes subgroups."""
    by = {"target": "x", "prediction": "y", "by": "sex"} | asked
    report = detect_drift(first, second, correlations=True, multivariate=True, **by)
    again = DriftReport.from_dict(json.loads(json.dumps(report.to_dict(), allow_nan=False)))
    assert again.to_dict() == report.to_dict()
    return report


@pytest.mark.parametrize("strange", range(len(STRANGE)))
def test_no_values_raise_an_error(strange: int) -> None:
    usual, odd = table(pa.array(EXPECTED)), table(STRANGE[strange])
    roles = {"target": "y", "prediction": "x", "by": "x"}
    for first, second in ((usual, odd), (odd, usual), (odd, odd)):
        report_of_all(first, second)
        with_roles = detect_drift(first, second, **roles)  # type: ignore[arg-type]
        assert 0 <= with_roles.drift_score <= 1
    for rows in (1, 0):
        report_of_all(odd, table(STRANGE[strange], rows))
        report_of_all(table(STRANGE[strange], rows), odd)


@pytest.mark.parametrize("strange", range(len(STRANGE)))
def test_no_two_kinds_of_values_raise_an_error(strange: int) -> None:
    first = pa.table({"x": STRANGE[strange], "y": STRANGE[0]})
    for values in STRANGE:
        second = pa.table({"x": values, "y": STRANGE[strange]})
        report = detect_drift(first, second, correlations=True, target="x", prediction="y", by="x")
        assert 0 <= report.drift_score <= 1


def test_ten_thousand_categories_are_compared_in_every_way() -> None:
    sites = [f"c{n % 10_000}" for n in range(21_000)]
    scores = np.random.default_rng(1).normal(size=21_000)
    first = pa.table({"x": sites, "y": scores, "sex": sites})
    report = report_of_all(first, first)
    assert not report.drift_detected
    assert report.subgroups is not None
    assert report.subgroups.notes[-1] == "No subgroup of sex is large enough to be tested."


def test_nullable_integers_of_pandas_are_compared_in_every_way() -> None:
    numbers = pd.array([1, None, 3, 4] * 15, dtype="Int64")
    arrow = pd.array([0.5, None, 0.25, 1] * 15, dtype="double[pyarrow]")
    frame = pd.DataFrame({"x": numbers, "y": arrow, "sex": pd.Categorical(["f", "m"] * 30)})
    assert not report_of_all(pa.table(frame), pa.table(frame)).drift_detected


VALUES = st.one_of(
    st.lists(st.none() | st.floats(), min_size=ROWS, max_size=ROWS),
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=ROWS, max_size=ROWS),
    st.lists(st.none() | st.sampled_from([0.0, 1.0, math.nan]), min_size=ROWS, max_size=ROWS),
    st.lists(st.none() | st.booleans(), min_size=ROWS, max_size=ROWS),
    st.lists(st.none() | st.sampled_from("abc"), min_size=ROWS, max_size=ROWS),
    st.lists(st.none() | st.dates(dt.date(1900, 1, 1)), min_size=ROWS, max_size=ROWS),
)


@settings(max_examples=15)
@given(first=VALUES, second=VALUES, rows=st.integers(0, ROWS))
def test_no_drawn_values_raise_an_error(first: list[Any], second: list[Any], rows: int) -> None:
    report = report_of_all(table(pa.array(first)), table(pa.array(second), rows), by="x")
    assert 0 <= report.drift_score <= 1


def unusual_table() -> pa.Table:
    """Put columns together that cannot be stored, or not as they are."""
    places, whole = np.arange(ROWS, dtype=np.int32), pa.array(range(ROWS))
    offsets = pa.array(np.arange(ROWS + 1, dtype=np.int32))
    kinds = pa.array(places % 2, pa.int8())
    union = pa.UnionArray.from_sparse(kinds, [whole, pa.array(["a"] * ROWS)])
    no_text = [None, pa.py_buffer(offsets.buffers()[1]), pa.py_buffer(b"\xff" * ROWS)]
    names = pa.array(["a", "b"]).dictionary_encode()
    columns = {
        "view": pa.ListViewArray.from_arrays(
            pa.array(places), pa.array([1] * ROWS, pa.int32()), whole
        ),
        "union": union,
        "within": pa.StructArray.from_arrays([union], ["union"]),
        "interval": pa.array([(1, 2, 3), None] * (ROWS // 2), pa.month_day_nano_interval()),
        "empty": pa.array([{}] * ROWS, pa.struct([])),
        "bytes": pa.array([b"\xff" * 16] * ROWS, pa.uuid()),
        "no text": pa.Array.from_buffers(pa.string(), ROWS, no_text),
        "text": pa.array(["a", "b"] * (ROWS // 2), pa.string_view()),
        "codes": pa.DictionaryArray.from_arrays(pa.array(places % 2), names),
        "runs": pa.RunEndEncodedArray.from_arrays([20, ROWS], ["a", "b"]),
        "large": pa.array(range(ROWS), pa.decimal256(70, 3)),
    }
    return pa.table({"x": EXPECTED, "y": EXPECTED, "sex": ["f", "m"] * (ROWS // 2), **columns})


def test_of_columns_that_cannot_be_read_what_is_missing_is_compared() -> None:
    table = unusual_table()
    report = report_of_all(table, pa.concat_tables([table, table]), by="text")
    assert [*report.statistical_tests] == table.column_names
    assert report.distributions["interval"].missing == (ROWS // 2, ROWS)
    kinds = {name: found.kind for name, found in report.distributions.items()}
    read = {"x": "number", "y": "number", "large": "number"}
    read |= dict.fromkeys(["sex", "text", "codes", "runs"], "category")
    assert kinds == dict.fromkeys(kinds, "other") | read
    by_file = compare_tables(table, table, method="sketch")
    assert [*by_file.statistical_tests] == table.column_names
    with pytest.raises(DataVersionError, match="'union' are of a type that makes no groups"):
        detect_drift(table, table, cluster="union")


WRONG: list[dict[str, Any]] = [
    {"columns": "x"},
    {"columns": 5},
    {"columns": [["x"]]},
    {"method": []},
    {"correlations": ["x"]},
    {"multivariate": np.zeros(2)},
    {"target": {}},
    {"by": 0},
    {"cluster": 5},
    {"strata": [5]},
    {"names": ("a", "b")},
]


@pytest.mark.parametrize("wrong", range(len(WRONG)))
def test_values_of_a_wrong_type_are_refused(wrong: int) -> None:
    with pytest.raises(DataVersionError):
        compare_tables({"x": [1]}, {"x": [1]}, **WRONG[wrong])


def test_two_columns_of_one_name_are_refused() -> None:
    table = pa.table([[1], [2]], names=["x", "x"])
    for compare in (detect_drift, compare_tables):
        with pytest.raises(FrameError, match="More than one column is called x"):
            compare(table, table)
