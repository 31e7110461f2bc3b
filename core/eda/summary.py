"""What is counted of each column: core/profile, and what a reader of a report asks beside it.

all          kind, and missing_share
number       outliers: values beyond the fences of Tukey (1977): 1.5 interquartile ranges below
             p25 or above p75; 0 where the interquartile range is 0
boolean      distinct false share_true top
time         p50 span_seconds top
text         empty: texts without a character
list         shortest longest mean_length empty
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_a

from core.eda.histogram import histogram_of
from core.eda.kinds import kind_of
from core.profile import vectors
from core.profile.column import TOP, profile_column

if TYPE_CHECKING:
    from core.eda.histogram import Histogram
    from core.eda.kinds import Kind
    from core.eda.table import Column, Numbers

FENCE: Final = 1.5
MOST_OUTLIERS: Final = 1000  # row indices that are kept of a column, the first ones
BLOCKS: Final = 60  # of rows, in the pattern of missing values


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What was counted of one column. `missing_by_block` are shares along the rows."""

    name: str
    kind: Kind
    given_type: str
    statistics: dict[str, Any]
    histogram: Histogram | None = None
    outlier_rows: tuple[int, ...] = ()
    missing_by_block: tuple[float, ...] = field(default=())


def looked_at(summary: Summary) -> int:
    """Return how many values were counted one by one: of a table that is too large, not all."""
    return int(summary.statistics.get("looked_at", summary.statistics["count"]))


def summarize(column: Column) -> Summary:
    """Count one column."""
    if column.is_number:
        return _of_numbers(column)
    stored = column.stored
    statistics = {**profile_column(column.measured), **_more(column)}
    kind = kind_of(pa.large_string() if column.is_text else stored.type, statistics)
    return Summary(
        name=column.name,
        kind=kind,
        given_type=str(column.given_type),
        statistics=_with_shares(statistics, len(stored)),
        missing_by_block=_blocks(~vectors.valid(stored)) if stored.null_count else (),
    )


def _of_numbers(column: Column) -> Summary:
    stored = column.stored
    measured = column.measured
    ordered = measured.values
    statistics = profile_column(measured)
    finite = ordered[slice(*measured.finite_range)]
    fences = _fences(statistics)
    low, high = np.searchsorted(ordered, fences, "left"), np.searchsorted(ordered, fences, "right")
    statistics["outliers"] = int(low[0] + len(ordered) - high[1])
    values = measured.floats
    rows: tuple[int, ...] = ()
    if statistics["outliers"]:
        with np.errstate(invalid="ignore"):
            beyond = np.flatnonzero((values < fences[0]) | (values > fences[1]))
        rows = tuple(beyond[:MOST_OUTLIERS].tolist())
    return Summary(
        name=column.name,
        kind=kind_of(stored.type, statistics),
        given_type=str(column.given_type),
        statistics=_with_shares(statistics, len(stored)),
        histogram=histogram_of(finite, whole=is_a.is_integer(stored.type)),
        outlier_rows=rows,
        missing_by_block=_blocks(np.isnan(values)) if statistics["missing"] else (),
    )


def _fences(statistics: dict[str, Any]) -> Numbers:
    """Return the least and the greatest value that is no outlier."""
    spread = statistics["iqr"]
    if not isinstance(spread, float) or spread == 0:  # none, or between infinite quartiles
        return np.array([-np.inf, np.inf])
    return np.array([statistics["p25"] - FENCE * spread, statistics["p75"] + FENCE * spread])


def _with_shares(statistics: dict[str, Any], rows: int) -> dict[str, Any]:
    return {**statistics, "missing_share": statistics["missing"] / rows if rows else 0.0}


def _blocks(missing: np.ndarray[Any, Any]) -> tuple[float, ...]:
    """Return the share of missing values in at most 60 pieces of the rows, one after the other."""
    if not missing.any():
        return ()
    blocks = min(BLOCKS, len(missing))
    starts = np.arange(blocks) * len(missing) // blocks
    sizes = np.diff(starts, append=len(missing))
    shares = np.add.reduceat(missing.astype(np.int64), starts) / sizes
    return tuple(shares.tolist())


def _more(column: Column) -> dict[str, Any]:
    stored = column.stored
    kind = stored.type
    if is_a.is_boolean(kind):
        return _of_flags(stored)
    if column.is_text:
        words, counts = column.measured.listed
        return {"empty": int(counts[vectors.whole(pc.utf8_length(words), 0) == 0].sum())}
    if is_a.is_temporal(kind) and not is_a.is_interval(kind):
        return _of_times(stored)
    if is_a.is_large_list(kind) or is_a.is_fixed_size_list(kind) or is_a.is_map(kind):
        return _of_lists(stored)
    return {}


def _of_flags(stored: pa.Array) -> dict[str, Any]:
    count = len(stored) - stored.null_count
    true = pc.sum(stored).as_py() or 0
    counts = {True: true, False: count - true}
    present = [(value, n) for value, n in counts.items() if n]
    return {
        "distinct": len(present),
        "false": count - true,
        "share_true": true / count if count else None,
        "top": [{"value": value, "count": n} for value, n in sorted(present, key=lambda v: -v[1])],
    }


def _of_times(stored: pa.Array) -> dict[str, Any]:
    whole = pa.int32() if stored.type.bit_width == 32 else pa.int64()
    numbers = stored.drop_null().cast(whole)
    if not len(numbers):
        return {"p50": None, "span_seconds": None, "top": []}
    ordered = np.sort(numbers.to_numpy())
    counts = pc.value_counts(numbers)
    table = pa.table({"value": counts.field("values"), "count": counts.field("counts")})
    order = pc.select_k_unstable(table, TOP, [("count", "descending"), ("value", "ascending")])
    found = table.take(order)
    values = found["value"].combine_chunks().cast(stored.type).cast(pa.string()).to_pylist()
    middle = pa.array([ordered[(len(ordered) - 1) // 2]], whole).cast(stored.type)
    return {
        "p50": middle.cast(pa.string())[0].as_py(),
        "span_seconds": (int(ordered[-1]) - int(ordered[0])) / _in_a_second(stored.type),
        "top": [
            {"value": value, "count": n}
            for value, n in zip(values, found["count"].to_pylist(), strict=True)
        ],
    }


def _in_a_second(kind: pa.DataType) -> float:
    if is_a.is_date(kind):
        return 1 / 86_400
    return {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[kind.unit]


def _of_lists(stored: pa.Array) -> dict[str, Any]:
    if is_a.is_fixed_size_list(stored.type):
        lengths = pa.array([stored.type.list_size] * (len(stored) - stored.null_count), pa.int64())
    elif is_a.is_map(stored.type):
        offsets = stored.offsets.to_numpy()
        lengths = pa.array(np.diff(offsets)).filter(stored.is_valid())
    else:
        lengths = pc.list_value_length(stored).drop_null()
    bounds = pc.min_max(lengths).as_py()
    return {
        "shortest": bounds["min"],
        "longest": bounds["max"],
        "mean_length": pc.mean(lengths).as_py(),
        "empty": pc.sum(pc.equal(lengths, 0)).as_py() or 0,
    }
