"""Numbers that lie far from the rest, codes and impossible zeros left out.

impossible_values  negatives far from a column that has no others
outliers_iqr       beyond Tukey's outer fence (1977), 3 interquartile ranges from the quartiles,
                   and beyond what chance reaches (tails.py)
outliers_mad       beyond 6 robust deviations from the median, by the median distance from it:
                   where so many values are far away that the quartiles are too
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from core.eda.issue import DataQualityIssue
from core.eda.quality.codes import moved_by_ends
from core.eda.quality.conditions import all_of, any_of, number, rows_where
from core.eda.quality.tails import FEWEST, lower_fence, upper_fence
from core.profile.column import median_distance, quantile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.eda.issue import Severity
    from core.eda.quality.examined import ExaminedColumn, Numbers
    from core.eda.quality.examined_table import ExaminedTable

_FAR_OUT: Final = 3.0
_NORMAL_MAD: Final = 1.4826  # times the median distance is a standard deviation, if normal
_MAD_FENCE: Final = 6.0  # deviations: where 3 interquartile ranges end in a normal column is 4.7
_FEW_NEGATIVE: Final = 0.05  # of the values: more of them are no slip
_CONTAMINATED: Final = 0.1  # fewer far values than this do not move the quartiles much


def outliers(column: ExaminedColumn, table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield issues for values that lie farther out than chance would put them."""
    if column.family != "number" or column.is_identifier or len(column.values) < 10:
        return
    ordered = column.plausible
    if len(ordered) < FEWEST:
        return
    first, third = quantile(ordered, 0.25), quantile(ordered, 0.75)
    with np.errstate(over="ignore", invalid="ignore"):
        spread = third - first
        low = min(first - _FAR_OUT * spread, lower_fence(ordered, tests=table.tests))
        high = max(third + _FAR_OUT * spread, upper_fence(ordered, tests=table.tests))
    negative = int(np.searchsorted(ordered, 0.0))
    if 0 < negative <= _FEW_NEGATIVE * len(ordered) and spread > 0 and ordered[negative - 1] < low:
        yield _negatives(column, ordered, negative)
        ordered = ordered[negative:]
    found = _beyond(ordered, low, high) if spread > 0 else 0
    if found:
        how = f"3 interquartile ranges ({spread:g}) and what chance reaches from the quartiles"
        yield _outliers("outliers_iqr", column, ordered, (low, high), how)
    middle = quantile(ordered, 0.5)
    with np.errstate(over="ignore", invalid="ignore"):
        deviation = _NORMAL_MAD * median_distance(ordered, middle)
        fences = middle - _MAD_FENCE * deviation, middle + _MAD_FENCE * deviation
    contaminated = _contaminated(ordered, fences, tests=table.tests) if deviation > 0 else 0
    if contaminated > found and contaminated >= _CONTAMINATED * len(ordered):
        how = f"{_MAD_FENCE:g} deviations ({deviation:g}, by the median distance) from the median"
        yield _outliers("outliers_mad", column, ordered, fences, how)


def _contaminated(ordered: Numbers, fences: tuple[float, float], *, tests: int) -> int:
    """Count what is beyond the fences, when what is within them would hardly reach there."""
    kept = _within(ordered, fences)
    if kept == slice(0, len(ordered)):
        return 0
    within = ordered[kept]
    beyond = ordered[kept.stop :], ordered[: kept.start]
    high, low = upper_fence(within, tests=tests), lower_fence(within, tests=tests)
    far = (not len(beyond[0]) or beyond[0][0] > high) and (
        not len(beyond[1]) or beyond[1][-1] < low
    )
    return len(ordered) - len(within) if far else 0


def _beyond(ordered: Numbers, low: float, high: float) -> int:
    below = int(np.searchsorted(ordered, low, "left"))
    return below + len(ordered) - int(np.searchsorted(ordered, high, "right"))


def _within(ordered: Numbers, fences: tuple[float, float]) -> slice:
    low, high = fences
    return slice(int(np.searchsorted(ordered, low)), int(np.searchsorted(ordered, high, "right")))


def _left_out(column: ExaminedColumn) -> list[str]:
    """Return conditions that leave out what is no measurement."""
    conditions = [column.present_sql] if column.has_nan else []
    if column.has_infinite:
        conditions.append(f"not isinf({column.sql})")
    if column.codes:
        listed = ", ".join(number(value) for value in column.codes.values)
        conditions.append(f"{column.sql} not in ({listed})")
    if column.zeros_are_impossible:
        conditions.append(f"not {column.zero_sql}")
    return conditions


def _outliers(
    kind: str, column: ExaminedColumn, ordered: Numbers, fences: tuple[float, float], how: str
) -> DataQualityIssue:
    low, high = fences
    found = _beyond(ordered, low, high)
    impact = moved_by_ends(ordered, _within(ordered, fences))
    severity: Severity = "medium" if impact >= 0.1 else "low"
    sides = [f"{column.sql} < {number(low)}"] if np.isfinite(low) else []
    sides += [f"{column.sql} > {number(high)}"] if np.isfinite(high) else []
    positive = [f"{column.sql} >= 0"] if column.values[0] < 0 <= ordered[0] else []
    return DataQualityIssue(
        issue_type=kind,
        severity=severity,
        column=column.name,
        description=(
            f"{found:,} of {len(ordered):,} values are farther than {how}:"
            f" below {low:g} or above {high:g}, while the middle half is"
            f" {quantile(ordered, 0.25):g} to {quantile(ordered, 0.75):g}."
        ),
        affected_rows=found,
        recommendation=(
            "Check them at the source: a wrong unit or a slip of the decimal point can be mended,"
            " a true value stays and asks for a robust method."
        ),
        evidence={
            "fences": [low, high],
            "least": float(ordered[0]),
            "greatest": float(ordered[-1]),
            "standard_deviations": round(impact, 3),
        },
        sql=rows_where(all_of([f"({any_of(sides)})", *positive, *_left_out(column)])),
        impact=impact,
    )


def _negatives(column: ExaminedColumn, ordered: Numbers, rows: int) -> DataQualityIssue:
    mirrored = float(np.mean(-ordered[:rows] <= quantile(ordered, 0.99)))
    return DataQualityIssue(
        issue_type="impossible_values",
        severity="high",
        column=column.name,
        description=(
            f"{rows:,} negative values, from {ordered[0]:g} to {ordered[rows - 1]:g}, in a column"
            f" whose other {len(ordered) - rows:,} values are none. Without their sign"
            f" {mirrored:.0%} of them would fit in."
        ),
        affected_rows=rows,
        recommendation="Look for a wrong sign or a code; mend them or make them missing.",
        evidence={"least": float(ordered[0]), "fit_without_sign": mirrored},
        sql=rows_where(all_of([f"{column.sql} < 0", *_left_out(column)])),
        impact=rows / len(ordered),
    )
