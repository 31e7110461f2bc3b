"""What columns say of each other, of the target, and of the order of the rows.

    correlated   two columns of numbers with a correlation of 0.9 and more
    leakage      a column that tells the target all but surely: AUROC 0.98 and more for two classes,
                 a rank correlation of 0.98 for numbers, groups that are 98 % of one class
    order        means that change along the rows: a tenth of the variance and more lies between
                 tenths of the table

All on at most 100,000 rows, evenly taken from the table. Significance is that of Fisher's z, of
Mann and Whitney's U and of the F test, at 0.001 divided by the number of pairs or columns.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from core.eda.correlations import pearson
from core.eda.issue import DataQualityIssue
from core.eda.quality.conditions import all_of, rows_where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.eda.quality.examined import ExaminedColumn, Numbers
    from core.eda.quality.examined_table import ExaminedTable

_ALPHA: Final = 0.001
_CORRELATED: Final = 0.9
_LEAKING: Final = 0.98
_FEWEST: Final = 30
_MOST_COLUMNS: Final = 300  # of numbers that are compared with each other
_CLASSES: Final = 20
_TENTHS: Final = 10
_BETWEEN: Final = 0.1


def correlated(table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield an issue for each pair of columns that say nearly the same."""
    numbers = [c for c in table.columns if c.family == "number" and not c.is_identifier]
    numbers = [c for c in numbers if c.distinct > 2 and not c.has_infinite][:_MOST_COLUMNS]
    if len(numbers) < 2:
        return
    with np.errstate(all="ignore"):  # of huge values
        matrix = pearson([column.sample for column in numbers])
    pairs = len(numbers) * (len(numbers) - 1) / 2
    for i, j in zip(*np.nonzero(np.triu(np.abs(matrix) >= _CORRELATED, 1)), strict=True):
        first, second, strength = numbers[i], numbers[j], float(matrix[i, j])
        rows = int((~np.isnan(first.sample) & ~np.isnan(second.sample)).sum())
        if rows < _FEWEST or not _is_significant(strength, rows, pairs):
            continue
        yield DataQualityIssue(
            issue_type="correlated",
            severity="low",
            column=None,
            columns=(first.name, second.name),
            description=(
                f"{first.name} and {second.name} have a correlation of {strength:.3f} in {rows:,}"
                " rows: they say nearly the same."
            ),
            affected_rows=rows * table.step if table.step > 1 else rows,
            recommendation="Keep one of them, or their mean, in a linear model.",
            evidence={"pearson": strength, "rows": rows},
            sql=rows_where(all_of([first.present_sql, second.present_sql])),
            impact=abs(strength) - _CORRELATED,
            sampled=table.sampled,
        )


def _is_significant(strength: float, rows: int, tests: float) -> bool:
    from statistics import NormalDist  # of the standard library, and only for pairs this strong

    if rows <= 3:
        return False
    reached = math.atanh(min(abs(strength), 1 - 1e-12)) * math.sqrt(rows - 3)
    return reached > NormalDist().inv_cdf(1 - _ALPHA / 2 / max(1, tests))


def leakage(table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield an issue for each column that gives the target away."""
    if table.target is None:
        return
    target = table.column(table.target)
    if target.family not in {"number", "flag", "text"}:
        return
    truth = target.sample
    for column in table.columns:
        if column.name == target.name or not len(column.sample) or column.is_identifier:
            continue
        found = _given_away(column, truth, target)
        if found:
            measure, strength = found
            both = all_of([column.present_sql, target.present_sql])
            rows = int((~np.isnan(column.sample) & ~np.isnan(truth)).sum())
            yield DataQualityIssue(
                issue_type="leakage",
                severity="critical",
                column=column.name,
                columns=(column.name, target.name),
                description=(
                    f"{column.name} tells {target.name} all but surely ({measure} {strength:.3f})."
                    " Values known only after the outcome look like that."
                ),
                affected_rows=int((column.present & target.present).sum()),
                recommendation=(
                    "Find out when it is known. If that is after the outcome, leave it out: no"
                    " model will have it when it counts."
                ),
                evidence={"measure": measure, "value": strength, "rows_looked_at": rows},
                sql=rows_where(both),
                impact=strength,
                sampled=table.sampled,
            )


def _given_away(
    column: ExaminedColumn, truth: Numbers, target: ExaminedColumn
) -> tuple[str, float] | None:
    """Return the measure and its value, when a column tells the target all but surely."""
    values = column.sample
    both = ~np.isnan(values) & ~np.isnan(truth)
    values, truth = values[both], truth[both]
    if len(values) < _FEWEST or values.min() == values.max() or truth.min() == truth.max():
        return None
    classes = 2 <= target.distinct <= _CLASSES
    if classes and 2 <= column.distinct <= _CLASSES:
        return _pure_groups(values, truth)
    if column.family not in {"number", "time"}:
        return None
    if target.distinct == 2:
        return _auroc(values, truth == truth.max())
    if target.family == "number" and not classes:
        return _rank_correlation(values, truth)
    return None


def _pure_groups(values: Numbers, truth: Numbers) -> tuple[str, float] | None:
    """Return the share of rows in the largest class of their group, when it is 98 % and news."""
    groups, group = np.unique(values, return_inverse=True)
    kinds, kind = np.unique(truth, return_inverse=True)
    table = np.bincount(group * len(kinds) + kind, minlength=len(groups) * len(kinds))
    table = table.reshape(len(groups), len(kinds))
    told, known = table.max(axis=1).sum() / len(values), table.sum(axis=0).max() / len(values)
    is_news = (1 - told) <= 0.1 * (1 - known)  # nine tenths of the errors without it are gone
    others = len(values) * (1 - known)
    return (
        ("share told rightly", float(told))
        if told >= _LEAKING and is_news and others >= 10
        else None
    )


def _auroc(values: Numbers, positive: np.ndarray) -> tuple[str, float] | None:
    ranks = _ranks(values)
    ones, zeros = int(positive.sum()), int((~positive).sum())
    if min(ones, zeros) < 10:
        return None
    area = (ranks[positive].sum() - ones * (ones + 1) / 2) / (ones * zeros)
    area = max(area, 1 - area)
    return ("AUROC", float(area)) if area >= _LEAKING else None


def _rank_correlation(values: Numbers, truth: Numbers) -> tuple[str, float] | None:
    first, second = _ranks(values), _ranks(truth)
    strength = abs(float(np.corrcoef(first, second)[0, 1]))
    return ("rank correlation", strength) if strength >= _LEAKING else None


def _ranks(values: Numbers) -> Numbers:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Numbers = (last - (counts - 1) / 2)[inverse]
    return ranks


def order(table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield an issue for each column whose mean changes along the rows."""
    for column in table.columns:
        values = column.sample
        if column.family != "number" or column.is_identifier or column.has_infinite:
            continue
        tenths = np.arange(len(values)) * _TENTHS // max(1, len(values))
        there = ~np.isnan(values)
        values, tenths = values[there], tenths[there]
        sizes = np.bincount(tenths, minlength=_TENTHS)
        if len(values) < 10 * _FEWEST or sizes.min() < 5:
            continue
        with np.errstate(all="ignore"):
            values = (values - values.mean()) / values.std()
            means = np.bincount(tenths, values, minlength=_TENTHS) / sizes
            between = float((sizes * means**2).sum() / (values**2).sum())
            statistic = between / (1 - between) * (len(values) - _TENTHS) / (_TENTHS - 1)
        if not between >= _BETWEEN:
            continue
        from scipy.special import fdtrc  # 0.4 s that only tables with an order need

        p_value = float(fdtrc(_TENTHS - 1, len(values) - _TENTHS, statistic))
        if p_value < _ALPHA / table.tests:
            yield _ordered(column, between, means, table)


def _ordered(
    column: ExaminedColumn, between: float, means: Numbers, table: ExaminedTable
) -> DataQualityIssue:
    rising = bool((np.diff(means) > 0).all() or (np.diff(means) < 0).all())
    how = "It rises or falls all the way: the rows look sorted." if rising else ""
    return DataQualityIssue(
        issue_type="order",
        severity="low" if rising else "medium",
        column=column.name,
        description=(
            f"{between:.0%} of its variance lies between tenths of the table: its mean changes"
            f" along the rows. {how}".rstrip()
        ),
        affected_rows=column.rows - column.missing,
        recommendation=(
            "Shuffle the rows before they are cut into parts, or cut them by time on purpose; look"
            " for a change of place, instrument or coding."
        ),
        evidence={"share_of_variance": between, "means_in_deviations": means.round(3).tolist()},
        sql=rows_where(column.present_sql),
        impact=between,
        sampled=table.sampled,
    )
