"""The statistics of a column, by one sort of its values.

    number           count missing distinct mean std min p1 p5 p25 p50 p75 p95 p99 max skewness
                     kurtosis zeros negatives infinite mad iqr top
    true or false    count missing true
    text             count missing distinct shortest longest mean_length top
    date and time    count missing distinct min max, in ISO 8601
    anything else    count missing

Definitions: null and NaN are missing. Infinite values are counted, are min and max, and are left
out of all that is computed by adding up. Quantiles interpolate linearly (type 7 of Hyndman and Fan
1996, as NumPy and pandas do). `std` divides by n - 1; `skewness` and `kurtosis` (excess) are
corrected for bias, as in pandas. `mad` is the median distance from the median. `top` are the most
frequent values with their counts.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_a

from core.profile import vectors
from core.profile.measured import MeasuredColumn, is_number

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]

TOP: Final = 20
_EXACT: Final = 2.0**53  # whole numbers below it are float64 without loss
_PIECE: Final = 32_768  # numbers at a time
QUANTILES: Final = {f"p{share}": share / 100 for share in (1, 5, 25, 50, 75, 95, 99)}


def profile_column(column: pa.Array | MeasuredColumn) -> dict[str, Any]:
    """Return the statistics of a column as plain JSON values; None where there is no such number.

    >>> profile_column(pa.array([1.0, 2.0, None, float("nan")]))["missing"]
    2
    """
    measured = column if isinstance(column, MeasuredColumn) else MeasuredColumn(column)
    column, kind = measured.column, measured.column.type
    if is_a.is_boolean(kind):
        return _of_flags(column)
    if is_number(kind):
        return _of_numbers(measured)
    if is_a.is_large_string(kind) or is_a.is_string(kind) or is_a.is_dictionary(kind):
        return _of_texts(measured)
    if is_a.is_temporal(kind):
        return _of_times(column)
    return _counted(column)


def _counted(column: pa.Array) -> dict[str, Any]:
    return {"count": len(column) - column.null_count, "missing": column.null_count}


def _of_flags(column: pa.Array) -> dict[str, Any]:
    return {**_counted(column), "true": pc.sum(column).as_py() or 0}


def _of_texts(measured: MeasuredColumn) -> dict[str, Any]:
    texts, counts = measured.listed
    lengths = vectors.whole(pc.utf8_length(texts), 0)
    bounds = (int(lengths.min()), int(lengths.max())) if len(lengths) else (None, None)
    return {
        **_counted(measured.column),
        "distinct": len(texts),
        "shortest": bounds[0],
        "longest": bounds[1],
        "mean_length": int(lengths @ counts) / int(counts.sum()) if len(lengths) else None,
        "top": _top(texts, counts),
    }


def _of_times(column: pa.Array) -> dict[str, Any]:
    kind = pa.int32() if column.type.bit_width == 32 else pa.int64()
    numbers = column.cast(kind)  # which Arrow compares for every unit
    distinct = pc.count_distinct(numbers, mode="only_valid").as_py()
    bounds = pa.array(pc.min_max(numbers).as_py().values(), kind).cast(column.type)
    least, greatest = bounds.cast(pa.string()).to_pylist()
    return {**_counted(column), "distinct": distinct, "min": least, "max": greatest}


def _top(texts: pa.Array, counts: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
    """Return the most frequent values; of equally frequent ones the least."""
    table = pa.table({"value": texts, "count": vectors.places(counts)})
    order = pc.select_k_unstable(table, TOP, [("count", "descending"), ("value", "ascending")])
    found: list[dict[str, Any]] = table.take(order).to_pylist()
    return found


def _of_numbers(measured: MeasuredColumn) -> dict[str, Any]:
    column, ordered = measured.column, measured.values
    first, end = measured.finite_range
    return {
        "count": len(ordered),
        "missing": len(column) - len(ordered),
        **_moments(ordered[first:end]),
        **_quantiles(ordered),
        "zeros": int(np.searchsorted(ordered, 0, "right") - np.searchsorted(ordered, 0, "left")),
        "negatives": int(np.searchsorted(ordered, 0, "left")),
        "infinite": len(ordered) - (end - first),
        **(_of_long_numbers(column) if _is_long(measured) else _of_runs(measured)),
    }


def _is_long(measured: MeasuredColumn) -> bool:
    """Tell whether there are whole numbers of so many digits that neighbours are one float64."""
    kind, ordered = measured.column.type, measured.values
    is_whole = is_a.is_integer(kind) or (is_a.is_decimal(kind) and kind.scale == 0)
    return is_whole and bool(len(ordered)) and max(-ordered[0], ordered[-1]) >= _EXACT


def _of_long_numbers(column: pa.Array) -> dict[str, Any]:
    counted = pc.value_counts(column.drop_null())
    table = pa.table({"value": counted.field("values"), "count": counted.field("counts")})
    keys = [("count", "descending"), ("value", "ascending")]
    top = table.take(pc.select_k_unstable(table, TOP, keys)).to_pylist()
    bounds = pc.min_max(table["value"]).as_py()
    return {
        "distinct": table.num_rows,
        **{name: int(value) for name, value in bounds.items()},
        "top": [{"value": int(row["value"]), "count": row["count"]} for row in top],
    }


def _of_runs(measured: MeasuredColumn) -> dict[str, Any]:
    values, counts = measured.runs
    written = int if is_a.is_integer(measured.column.type) else _json
    least, greatest = map(written, values[[0, -1]]) if len(values) else (None, None)
    top = _most_frequent(values, counts)
    return {"distinct": len(values), "min": least, "max": greatest, "top": top}


def _quantiles(ordered: Numbers) -> dict[str, Any]:
    if not len(ordered):
        return dict.fromkeys([*QUANTILES, "iqr", "mad"])
    with np.errstate(invalid="ignore"):  # between -inf and inf there is no number
        found = {name: quantile(ordered, share) for name, share in QUANTILES.items()}
        spread = found["p75"] - found["p25"]
        middle = median_distance(ordered, found["p50"])
    return {name: _json(value) for name, value in {**found, "iqr": spread, "mad": middle}.items()}


def median_distance(ordered: Numbers, middle: float) -> float:
    """Return the median distance from a value: the nearest ones stand side by side."""
    if not math.isfinite(middle):
        return math.nan
    number = len(ordered)
    lower = _nth_distance(ordered, middle, (number - 1) // 2 + 1)
    upper = lower if number % 2 else _nth_distance(ordered, middle, number // 2 + 1)
    return lower if lower == upper else lower + (upper - lower) / 2


def _nth_distance(ordered: Numbers, middle: float, nth: int) -> float:
    low, high = 0, len(ordered) - nth  # where the run of the nth nearest values may begin
    while low < high:
        start = (low + high) // 2
        if middle - ordered[start] > ordered[start + nth] - middle:
            low = start + 1
        else:
            high = start
    return float(max(middle - ordered[low], ordered[low + nth - 1] - middle))


def quantile(ordered: Numbers, share: float) -> float:
    """Return a quantile of sorted values, by linear interpolation.

    >>> quantile(np.array([1.0, 2.0, 3.0, 4.0]), 0.25)
    1.75
    """
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    below, above = float(ordered[low]), float(ordered[min(low + 1, len(ordered) - 1)])
    return below if below == above else below + (above - below) * (place - low)


def _moments(finite: Numbers) -> dict[str, Any]:
    """Return mean, std, skewness and kurtosis; deviations first, so that large means do no harm."""
    number = len(finite)
    if not number:
        return dict.fromkeys(("mean", "std", "skewness", "kurtosis"))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        mean = float(finite.mean())
        second, third, fourth = _powers(finite, mean)
        found = {
            "mean": mean,
            "std": math.sqrt(second / (number - 1)) if number > 1 else math.nan,
            "skewness": _skewness(number, second, third, finite),
            "kurtosis": _kurtosis(number, second, fourth, finite),
        }
    return {name: _json(value) for name, value in found.items()}


def _powers(finite: Numbers, mean: float) -> tuple[float, float, float]:
    """Return the sums of the second, third and fourth powers of the deviations from a mean.

    A piece that fits a processor's cache at a time: a quarter of the time of all at once. Far from
    zero the mean itself is rounded: what the deviations sum up to, which is 0 else, corrects for it
    (Chan, Golub and LeVeque 1983).
    """
    sums = np.zeros(4)
    room = np.empty((2, min(_PIECE, len(finite))))
    for start in range(0, len(finite), _PIECE):
        piece = finite[start : start + _PIECE]
        deviations, squares = room[:, : len(piece)]
        np.subtract(piece, mean, out=deviations)
        np.multiply(deviations, deviations, out=squares)
        # by one thread: those of a BLAS would wait for each other, busily
        sums += (
            deviations.sum(),
            squares.sum(),
            np.einsum("i,i->", squares, deviations),
            np.einsum("i,i->", squares, squares),
        )
    number = len(finite)
    first, second, third, fourth = map(float, sums)
    error = first / number if number else 0.0
    if not math.isfinite(error * error * error * first + fourth):  # of numbers that are huge
        return second, third, fourth
    return (
        second - error * first,
        third - 3 * error * second + 2 * error * error * first,
        fourth - 4 * error * third + 6 * error * error * second - 3 * error * error * error * first,
    )


def mean_and_skewness(finite: Numbers) -> tuple[float, float]:
    """Return the mean, and the skewness not corrected for bias."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        mean = float(finite.mean())
        second, third, _ = _powers(finite, mean)
        spread = np.float64(second / len(finite))
        return mean, float(third / len(finite) / spread**1.5)


def sum_of_squares(finite: Numbers, mean: float) -> float:
    """Return the sum of squared deviations from a mean."""
    return _powers(finite, mean)[0]


def _skewness(number: int, second: float, third: float, finite: Numbers) -> float:
    if number < 3:
        return math.nan
    if finite[0] == finite[-1]:
        return 0.0
    scale = number * math.sqrt(number - 1) / (number - 2)
    return float(scale * third / np.float64(second) ** 1.5)


def _kurtosis(number: int, second: float, fourth: float, finite: Numbers) -> float:
    if number < 4:
        return math.nan
    if finite[0] == finite[-1]:
        return 0.0
    adjusted = 3 * (number - 1) ** 2 / ((number - 2) * (number - 3))
    numerator = number * (number + 1) * (number - 1) * fourth
    denominator = (number - 2) * (number - 3) * np.float64(second) ** 2
    return float(numerator / denominator - adjusted)


def _most_frequent(values: Numbers, counts: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
    """Return the most frequent values; of equally frequent ones the least."""
    if len(counts) > TOP:  # sort no more than can be among them
        least = _nth_greatest(counts)
        likely = np.flatnonzero(counts > least)
        # of those that are there once, the first are as good as any
        reach = TOP + len(likely) if least == 1 else len(counts)
        equal = np.flatnonzero(counts[:reach] == least)[: TOP - len(likely)]
        chosen = np.sort(np.concatenate([likely, equal]))
    else:
        chosen = np.arange(len(counts))
    order = chosen[np.argsort(-counts[chosen], kind="stable")]
    return [{"value": _json(values[n]), "count": int(counts[n])} for n in order]


def _nth_greatest(counts: npt.NDArray[np.int64]) -> int:
    """Return the least count of the most frequent values: of numbers that hardly recur, 1."""
    more = np.flatnonzero(counts > 1)
    return int(np.partition(counts[more], -TOP)[-TOP]) if len(more) >= TOP else 1


def _json(value: float) -> float | str | None:
    """Return a number as JSON has it: None for NaN, a text for what is infinite."""
    if math.isnan(value):
        return None
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(value)
