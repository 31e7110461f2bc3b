"""Numbers that cannot be.

underflow          5.4e-79 and the like: zeros that a reader damaged
infinite           divided by zero, or written so
impossible_zeros   zeros apart from all other values: not measured, but not missing either
zeros              at least half of a column that counts or measures, more than a count has
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from core.eda.issue import DataQualityIssue
from core.eda.quality.codes import moved
from core.eda.quality.conditions import UNDERFLOW, any_of, number, rows_where
from core.eda.quality.tails import FEWEST
from core.profile.column import median_distance, quantile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.eda.quality.examined import ExaminedColumn, Numbers
    from core.eda.quality.examined_table import ExaminedTable

_NORMAL_MAD: Final = 1.4826  # times the median distance is a standard deviation, if normal
_ZERO_DISTANCE: Final = 3.0  # deviations below the median: outside the distribution
_MANY_ZEROS: Final = 0.5
_DISPERSED: Final = 2.0  # variance / mean; 1 for a Poisson count


def underflow(table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield one issue for all columns with values that are zero but for a reader's fault."""
    hit, rows = [], np.zeros(table.rows, dtype=bool)
    counts = {}
    for column in table.columns:
        tiny = column.underflows() if column.has_underflow else None
        if tiny is not None:
            hit.append(column)
            rows |= tiny
            counts[column.name] = int(tiny.sum())
    if hit:
        limit = number(UNDERFLOW)
        tests = (f"({c.sql} <> 0 and abs({c.sql}) < {limit})" for c in hit)
        names = ", ".join(list(counts)[:5]) + (" ..." if len(counts) > 5 else "")
        yield DataQualityIssue(
            issue_type="underflow",
            severity="high",
            column=hit[0].name if len(hit) == 1 else None,
            columns=tuple(counts),
            description=(
                f"{sum(counts.values()):,} values in {len(hit)} columns ({names}) are nearer to"
                " zero than 1e-60 and not zero. Some readers of SAS transport files leave 5.4e-79"
                " where a zero was: no comparison with 0 finds it."
            ),
            affected_rows=int(rows.sum()),
            recommendation="Make them 0 when the file is read; here they are taken as 0.",
            evidence={"counts": counts},
            sql=rows_where(any_of(tests)),
            impact=float(rows.mean()),
        )


def infinite(column: ExaminedColumn, table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield an issue for infinite numbers."""
    del table
    number_of_them = int(np.isinf(column.numbers).sum()) if column.has_infinite else 0
    if number_of_them:
        yield DataQualityIssue(
            issue_type="infinite",
            severity="high",
            column=column.name,
            description=(
                f"{number_of_them:,} of {column.rows:,} values are infinite: no mean, no deviation"
                " and no model survives them."
            ),
            affected_rows=number_of_them,
            recommendation="Look for a division by zero where it is computed; make them missing.",
            evidence={
                "positive": int((column.numbers == np.inf).sum()),
                "negative": int((column.numbers == -np.inf).sum()),
            },
            sql=rows_where(f"isinf({column.sql})"),
            impact=number_of_them / column.rows,
        )


def find_impossible_zeros(column: ExaminedColumn) -> bool:
    """Tell whether the zeros of a column lie outside the distribution of its other values.

    Either zero is 3 robust deviations below the median and has three times as many rows as all
    values in the lowest quarter of the way to it, or nothing is within a tenth of that way and
    zero has ten times as many rows as any other value.
    """
    if column.family != "number" or len(column.values) < 10 or column.values[0] != 0:
        return False
    values, counts = column.values, column.counts
    zeros, positive, others = int(counts[0]), values[1:], counts[1:]
    if zeros < 2 or others.sum() < FEWEST:
        return False
    rest = column.ordered[zeros:]
    if column.codes:
        rest = rest[~np.isin(rest, column.codes.values)]
    middle = quantile(rest, 0.5)
    deviation = _deviation(rest, middle)
    below = int(others[positive <= middle / 4].sum())
    if deviation and middle / deviation >= _ZERO_DISTANCE:
        return zeros > 3 * below
    step = float(np.diff(positive).min())
    nobody = positive[0] > middle / 10 and positive[0] >= 5 * step
    return bool(nobody and zeros >= 5 and zeros >= 10 * others.max())


def _deviation(ordered: Numbers, middle: float) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        by_distance = _NORMAL_MAD * median_distance(ordered, middle)
        by_quartiles = (quantile(ordered, 0.75) - quantile(ordered, 0.25)) / 1.349
    return max(by_distance, by_quartiles)


def impossible_zeros(column: ExaminedColumn, table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield an issue for zeros where no zero can be."""
    del table
    if not column.zeros_are_impossible:
        return
    kept = column.values != 0
    zeros, rest = int(column.counts[0]), column.ordered[int(column.counts[0]) :]
    impact = moved(column.values, column.counts, kept)
    yield DataQualityIssue(
        issue_type="impossible_zeros",
        severity="critical" if impact >= 0.5 else "high",
        column=column.name,
        description=(
            f"{zeros:,} zeros, and 98% of the other {len(rest):,} values between"
            f" {quantile(rest, 0.01):g} and {quantile(rest, 0.99):g}. They look like what was not"
            " measured, or does not apply, and they count as numbers."
        ),
        affected_rows=zeros,
        recommendation=(
            "Find out what the zero stands for; make it missing before means, models or cut-offs."
        ),
        evidence={
            "zeros": zeros,
            "next": float(column.values[1]),
            "median_of_the_rest": quantile(rest, 0.5),
            "standard_deviations": round(impact, 3),
        },
        sql=rows_where(column.zero_sql),
        impact=impact,
    )


def many_zeros(column: ExaminedColumn, table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield an issue for a column of which half and more is zero, and more than a count's would."""
    del table
    if column.family != "number" or column.zeros_are_impossible or len(column.values) < 10:
        return
    place = int(np.searchsorted(column.values, 0.0))
    if place == len(column.values) or column.values[place] != 0 or column.values[0] < 0:
        return
    zeros, measured = int(column.counts[place]), column.plausible
    share = zeros / len(measured)
    with np.errstate(over="ignore", invalid="ignore"):
        dispersion = float(measured.var() / measured.mean()) if measured.any() else 0.0
    if share >= _MANY_ZEROS and (dispersion > _DISPERSED or not column.is_whole):
        yield DataQualityIssue(
            issue_type="zeros",
            severity="low",
            column=column.name,
            description=(
                f"{share:.0%} of the values are zero; the others reach {measured[-1]:g}. A mean or"
                " a straight line describes neither."
            ),
            affected_rows=zeros,
            recommendation="Model it in two parts: whether it is zero, and how large it is if not.",
            evidence={"share": share, "variance_by_mean": dispersion},
            sql=rows_where(column.zero_sql),
            impact=share,
        )
