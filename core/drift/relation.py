"""How a prediction and its target belong together, in two tables.

    auroc          target of two values, prediction a number; tested with the      0.05
                   placements of both tables together
    calibration    mean of target less prediction: the same, predictions 0 ... 1   0.05
    correlation    Spearman's; both numbers                                        0.1
    residual       mean of target less prediction, divided by the target's
                   standard deviation in the reference; both numbers               0.2
    accuracy       share of rows in which both are the same; both categories       0.05

A relation has drifted when its difference is significant, adjusted for all that were computed, and
at least as large as the number beside it. Only rows count in which both are known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.drift import intervals, measures
from core.drift.correlation import correlation
from core.drift.findings import ALPHA, PART, Change
from core.drift.matrix import by_row
from core.profile.measured import is_number
from core.storable import to_stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from core.drift.pairs import Pair

    Numbers = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]
    Valued = tuple[float, float]  # a value and its variance

LEAST_ROWS: Final = 20
_LEAST_OF_EACH: Final = 10  # of fewer DeLong's variance is too small
_THRESHOLDS: Final = {
    "auroc": 0.05,
    "calibration": 0.05,
    "correlation": 0.1,
    "residual": 0.2,
    "accuracy": 0.05,
}
_BOUNDS: Final = {"auroc": (0.0, 1.0), "accuracy": (0.0, 1.0), "correlation": (-1.0, 1.0)}


@dataclass(frozen=True, slots=True)
class Known:
    """The rows of one table in which target and prediction are known."""

    target: pa.Array
    prediction: pa.Array

    @classmethod
    def of(cls, table: pa.Table, target: str, prediction: str) -> Known:
        """Leave out the rows in which one of them is missing; infinite numbers are."""
        columns = [to_stored(table[name]) for name in (target, prediction)]
        both = np.logical_and(*map(_present, columns))
        return cls(*(column.filter(pa.array(both)) for column in columns))


def changes(target: Pair, prediction: Pair, sides: tuple[Known, Known]) -> tuple[Change, ...]:
    """Compare every relation that fits the two columns; none when too few rows know both."""
    if min(len(side.target) for side in sides) < LEAST_ROWS:
        return ()
    with np.errstate(all="ignore"):  # of values too large to subtract them
        found = list(_fitting(target, prediction, sides))
    return _judged([change for change in found if _is_finite(change)])


def later_value(pair: Pair) -> str | None:
    """Return the greater one of two values, of which the share is the prevalence."""
    names = pair.category_names if pair.kind == "category" else []
    if len(names) != 2:
        return None
    return max(names, key=float) if _family(pair) == "number" else names[1]


def _family(pair: Pair) -> str:
    """Return what the values of both tables are; other when they are not the same."""
    families = {pair.reference.family, pair.current.family} - {"nothing"}
    return families.pop() if len(families) == 1 else "other"


def _present(column: pa.Array) -> Flags:
    if is_number(column.type):
        return ~np.isnan(by_row(column))
    return np.asarray(column.is_valid().to_numpy(zero_copy_only=False), dtype=bool)


def _fitting(target: Pair, prediction: Pair, sides: tuple[Known, Known]) -> Iterator[Change]:
    families = _family(target), _family(prediction)
    positive = later_value(target)
    if families[1] == "number" and positive is not None:
        yield from _of_two_values(sides, positive)
    elif families == ("number", "number"):
        yield from _of_numbers(sides)
    if target.kind == prediction.kind == "category" and families[0] == families[1]:
        same = [_same(side) for side in sides]
        yield _change("accuracy", *map(_share, same))


def _of_two_values(sides: tuple[Known, Known], positive: str) -> Iterator[Change]:
    flags = [_is(side.target, positive) for side in sides]
    scores = [by_row(side.prediction) for side in sides]
    least = min(min(int(flag.sum()), int((~flag).sum())) for flag in flags)
    if least >= _LEAST_OF_EACH:
        before, after = (intervals.placements(*side) for side in zip(scores, flags, strict=True))
        change = _change("auroc", (before.area, before.variance), (after.area, after.variance))
        yield _tested(change, *intervals.pooled_variance(before, after))
    if all(values.min() >= 0 and values.max() <= 1 for values in scores):
        residuals = [flag - score for flag, score in zip(flags, scores, strict=True)]
        yield _change("calibration", *map(intervals.mean_variance, residuals))


def _of_numbers(sides: tuple[Known, Known]) -> Iterator[Change]:
    from scipy import stats  # 0.6 s that only drift needs

    targets, scores = ([by_row(getattr(s, n)) for s in sides] for n in ("target", "prediction"))
    found = []
    for values, score in zip(targets, scores, strict=True):
        r = correlation(stats.rankdata(values), stats.rankdata(score))
        found.append((r, (1 - r * r) ** 2 * intervals.z_variance(r, len(values))))
    yield _change("correlation", *found)
    spread = float(targets[0].std(ddof=1))
    if spread > 0:
        residuals = [(v - score) / spread for v, score in zip(targets, scores, strict=True)]
        yield _change("residual", *map(intervals.mean_variance, residuals))


def _is(column: pa.Array, value: str) -> Flags:
    if is_number(column.type):
        return np.equal(by_row(column), float(value))
    return np.asarray(pc.equal(column.cast(pa.large_string()), value))


def _same(side: Known) -> Flags:
    if is_number(side.target.type):
        return np.equal(by_row(side.target), by_row(side.prediction))
    texts = [column.cast(pa.large_string()) for column in (side.target, side.prediction)]
    return np.asarray(pc.equal(*texts))


def _share(flags: Flags) -> Valued:
    value = float(flags.mean())
    return value, value * (1 - value) / len(flags)


def _change(name: str, before: Valued, after: Valued) -> Change:
    from scipy import stats  # as above

    difference, variance = after[0] - before[0], before[1] + after[1]
    certain = 0.0 if difference else 1.0
    p_value = 2 * stats.norm.sf(abs(difference) / math.sqrt(variance)) if variance > 0 else certain
    return Change(
        name=name,
        reference=intervals.around(*before, within=_BOUNDS.get(name)),
        current=intervals.around(*after, within=_BOUNDS.get(name)),
        difference=intervals.around(difference, variance),
        p_value=float(p_value),
        p_adjusted=1.0,
        threshold=_THRESHOLDS[name],
        drifted=False,
    )


def _tested(change: Change, variance: float, freedom: float) -> Change:
    """Test a difference by its variance where there is no drift."""
    from scipy import stats  # as above

    distance = abs(change.difference.value)
    if variance <= 0:
        return change
    return replace(change, p_value=float(2 * stats.t.sf(distance / math.sqrt(variance), freedom)))


def _is_finite(change: Change) -> bool:
    return math.isfinite(change.difference.low) and math.isfinite(change.p_value)


def _judged(found: list[Change]) -> tuple[Change, ...]:
    adjusted = measures.benjamini_hochberg([change.p_value for change in found])
    judged = []
    for change, p_value in zip(found, adjusted, strict=True):
        spent = min(1.0, p_value / PART)
        drifted = spent < ALPHA and abs(change.difference.value) >= change.threshold
        judged.append(replace(change, p_adjusted=spent, drifted=drifted))
    return tuple(judged)
