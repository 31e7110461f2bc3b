"""Whether columns still move together as they did, though each alone may look the same.

    z = (atanh r_current - atanh r_reference) / sqrt(v_reference + v_current)

with v = 1 / (n - 3) for Pearson's r (Fisher 1921) and v = (1 + r^2 / 2) / (n - 3) for Spearman's
(Bonett and Wright 2000). Fisher's v is that of normal values: with heavy tails Pearson's r varies
more, and false alarms are more frequent. Ranks have no tails.

A pair has drifted when its p, adjusted for all pairs, is significant and r changed by 0.1 or more.
Rows in which one of the two is missing or infinite do not count for that pair.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from core.drift import measures
from core.drift.findings import ALPHA, PART, CorrelationDrift, CorrelationDrifts
from core.drift.matrix import numeric_columns, sampled

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pyarrow as pa

    from core.drift.matrix import Numbers

METHODS: Final = ("spearman", "pearson")
THRESHOLD: Final = 0.1
MOST_ROWS: Final = 100_000  # r of so many is within 0.01
MOST_COLUMNS: Final = 50  # 1,225 pairs
LEAST_ROWS: Final = 10
_LARGEST: Final = 1 - 1e-9  # r of 1 has no finite z


def correlation_drifts(
    reference: pa.Table, current: pa.Table, columns: Sequence[str], *, method: str = "spearman"
) -> CorrelationDrifts:
    """Compare the correlations of all pairs of numeric columns.

    At most 100,000 rows of each table and the first 50 numeric columns count; what was left out is
    said in `untested`.
    """
    untested = [
        f"{name}: {table.num_rows:,} rows, of which {MOST_ROWS:,} were drawn."
        for name, table in (("reference", reference), ("current", current))
        if table.num_rows > MOST_ROWS
    ]
    tables = [sampled(table, MOST_ROWS) for table in (reference, current)]
    numeric = numeric_columns(tables[0], tables[1], columns)
    names = [name for name, sides in numeric.items() if all(map(_varies, sides))]
    untested += [f"{name} has fewer than two values." for name in numeric if name not in names]
    untested += [f"{name} comes after the first {MOST_COLUMNS}." for name in names[MOST_COLUMNS:]]
    names = names[:MOST_COLUMNS]
    found = [
        _Correlations({name: numeric[name][side] for name in names}, method) for side in (0, 1)
    ]
    pairs = []
    for pair in combinations(names, 2):
        change = _change(pair, found[0].of(*pair), found[1].of(*pair), method)
        if change is None:
            untested.append(f"{pair[0]} and {pair[1]} are too rarely known together.")
        else:
            pairs.append(change)
    return CorrelationDrifts(method=method, pairs=_judged(pairs), untested=tuple(untested))


def _varies(values: Numbers) -> bool:
    present = values[~np.isnan(values)]
    return len(present) > 0 and bool((present != present[0]).any())


class _Correlations:
    """The correlations within one table; what belongs to one column is computed once."""

    def __init__(self, columns: dict[str, Numbers], method: str) -> None:
        self._columns = columns
        self._present = {name: ~np.isnan(values) for name, values in columns.items()}
        self._ranked = method == "spearman"
        self._order = lru_cache(None)(lambda name: np.argsort(columns[name], kind="stable"))
        self._whole = lru_cache(None)(lambda name: self._scores(name, self._present[name]))

    def of(self, first: str, second: str) -> tuple[float, int]:
        """Return the correlation of two columns, and of how many rows; NaN where there is none."""
        keep = self._present[first] & self._present[second]
        rows = int(keep.sum())
        if rows < LEAST_ROWS:
            return math.nan, rows
        scores = [
            self._whole(name) if rows == self._present[name].sum() else self._scores(name, keep)
            for name in (first, second)
        ]
        return correlation(*scores), rows

    def _scores(self, name: str, keep: npt.NDArray[np.bool_]) -> Numbers:
        values = self._columns[name]
        if not self._ranked:
            return values[keep]
        order = self._order(name)
        order = order[keep[order]]
        ordered = values[order]
        starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
        counts = np.diff(starts, append=len(ordered))
        ranks = np.empty(len(values))
        ranks[order] = np.repeat(starts + (counts + 1) / 2, counts)
        return ranks[keep]


def correlation(first: Numbers, second: Numbers) -> float:
    """Return Pearson's r; NaN when one of them is constant.

    >>> correlation(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))
    1.0
    """
    centred = []
    for values in (first, second):
        largest = float(np.abs(values).max())
        scaled = values / largest if largest else values  # squares of huge values are infinite
        scaled = scaled - scaled.mean()
        size = math.sqrt(float(scaled @ scaled))
        # what a mean of equal values leaves is rounding, not variation
        if size <= 1e-13 * math.sqrt(len(values)):
            return math.nan
        centred.append(scaled / size)
    return max(-1.0, min(1.0, float(centred[0] @ centred[1])))


def _change(
    pair: tuple[str, str], before: tuple[float, int], after: tuple[float, int], method: str
) -> CorrelationDrift | None:
    from scipy import stats  # 0.6 s that only drift needs

    if math.isnan(before[0]) or math.isnan(after[0]):
        return None
    z = _fisher_z(after[0]) - _fisher_z(before[0])
    z /= math.sqrt(_variance(*before, method) + _variance(*after, method))
    return CorrelationDrift(
        columns=pair,
        reference=before[0],
        current=after[0],
        difference=after[0] - before[0],
        p_value=float(2 * stats.norm.sf(abs(z))),
        p_adjusted=1.0,
        threshold=THRESHOLD,
        drifted=False,
        reference_rows=before[1],
        current_rows=after[1],
    )


def _fisher_z(value: float) -> float:
    return math.atanh(max(-_LARGEST, min(_LARGEST, value)))


def _variance(value: float, rows: int, method: str) -> float:
    return (1 + value**2 / 2 if method == "spearman" else 1.0) / (rows - 3)


def _judged(pairs: Sequence[CorrelationDrift]) -> tuple[CorrelationDrift, ...]:
    """Adjust the p values for how many there are, and sort by what changed most."""
    adjusted = measures.benjamini_hochberg([pair.p_value for pair in pairs])
    judged: list[CorrelationDrift] = []
    for pair, p_value in zip(pairs, adjusted, strict=True):
        spent = min(1.0, p_value / PART)
        drifted = spent < ALPHA and abs(pair.difference) >= THRESHOLD
        judged.append(replace(pair, p_adjusted=spent, drifted=drifted))
    return tuple(sorted(judged, key=lambda pair: (not pair.drifted, -abs(pair.difference))))
