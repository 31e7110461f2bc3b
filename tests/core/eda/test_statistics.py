"""Every statistic of hostile columns is that of NumPy, pandas and SciPy."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import iqr, median_abs_deviation

from core.eda.module import EDAModule

RANDOM = np.random.default_rng(9)
NUMBERS: dict[str, pa.Array] = {
    "empty": pa.array([], pa.float64()),
    "one row": pa.array([3.5]),
    "two rows": pa.array([3.5, -1.0]),
    "all null": pa.array([None] * 5, pa.float64()),
    "all NaN": pa.array([math.nan] * 5),
    "constant": pa.array([0.1] * 50),
    "infinite": pa.array([math.inf, -math.inf, math.nan, None, *RANDOM.normal(size=40)]),
    "huge": pa.array(1e300 * RANDOM.normal(size=101)),
    "tiny": pa.array(5e-324 * RANDOM.integers(0, 9, 100)),
    "far": pa.array(1e15 + RANDOM.normal(size=200)),
    "int64": pa.array([2**63 - 1, -(2**63), 2**63 - 2, 0, 0, None]),
    "uint64": pa.array([2**64 - 1, 2**64 - 2, 0], pa.uint64()),
    "int8": pa.array([-128, 127, 0, None], pa.int8()),
    "float32": pa.array(RANDOM.normal(size=90).astype(np.float32)),
    "skewed": pa.array(RANDOM.lognormal(2, 2, 1_001)),
    "ties": pa.array(RANDOM.integers(0, 5, 500)),
    "signed zeros": pa.array([0.0, -0.0, 0.0, 1.0]),
}
TEXTS = ["", "ä", "a\u0308", "😀" * 3, "\x00", "</script>", "年齢", "\u202e", "ä", None]


def near(found: Any, expected: float) -> bool:
    if not math.isfinite(expected):
        return found is None or isinstance(found, str) or not math.isfinite(found)
    return bool(found == pytest.approx(expected, rel=1e-9, abs=1e-300))


def exact_deviation(values: list[float]) -> float:
    """By fractions: pandas loses half of the digits far from zero."""
    return statistics.stdev(values) if len(values) > 1 else math.nan


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers(name: str) -> None:
    table = pa.table({"x": NUMBERS[name]})
    found = EDAModule().generate_summary_statistics(table)["x"]
    values = NUMBERS[name].cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    present = values[~np.isnan(values)]
    finite = pd.Series(present[np.isfinite(present)])
    counts = {
        "count": len(present),
        "missing": len(values) - len(present),
        "zeros": (present == 0).sum(),
        "negatives": (present < 0).sum(),
        "infinite": len(present) - len(finite),
    }
    assert {key: found[key] for key in counts} == counts
    with np.errstate(all="ignore"):
        assert near(found["mean"], float(finite.mean()))
        exact = exact_deviation(finite.tolist()) if name != "huge" else math.inf
        assert near(found["std"], exact)
        if name not in {"huge", "tiny", "far"}:  # where pandas itself loses all digits
            assert near(found["skewness"], finite.to_frame().skew().iloc[0])
            assert near(found["kurtosis"], finite.to_frame().kurt().iloc[0])
        if len(present):
            quantiles = np.quantile(present, [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])
            names = ("p1", "p5", "p25", "p50", "p75", "p95", "p99")
            assert all(near(found[n], q) for n, q in zip(names, quantiles, strict=True))
            if len(finite) == len(present) and name != "far":  # an eighth apart, at the least
                assert near(found["iqr"], float(iqr(present)))
                assert near(found["mad"], float(median_abs_deviation(present)))
    given = [value for value in NUMBERS[name].to_pylist() if value is not None]
    given = [value for value in given if not math.isnan(value)]
    assert found["distinct"] == len(set(given))
    if given and len(finite) == len(present):
        assert (found["min"], found["max"]) == (min(given), max(given))
        counted = Counter(given).most_common(20)  # of the numbers as they are, not as float64
        assert [entry["count"] for entry in found["top"]] == [count for _, count in counted]


def test_texts() -> None:
    found = EDAModule().generate_summary_statistics({"x": TEXTS, "y": range(10)})["x"]
    present = pd.Series(TEXTS).dropna()
    lengths = present.str.len()
    assert (found["count"], found["missing"], found["distinct"]) == (9, 1, len({*present}))
    assert (found["shortest"], found["longest"]) == (lengths.min(), lengths.max())
    assert found["mean_length"] == pytest.approx(lengths.mean(), rel=1e-12)
    assert found["empty"] == 1
    assert found["top"][0] == {"value": "ä", "count": 2}


@pytest.mark.parametrize("values", [[], [True], [None, None], [True, None, False, True]])
def test_flags(values: list[bool | None]) -> None:
    table = pa.table({"x": pa.array(values, pa.bool_())})
    found = EDAModule().generate_summary_statistics(table)["x"]
    assert found["count"] == sum(value is not None for value in values)
    assert (found["true"], found["false"]) == (values.count(True), values.count(False))
