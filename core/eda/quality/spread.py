"""Columns whose values are too much alike, too different, or too even.

constant          one value
quasi_constant    one value in at least 99 rows of 100, of 100 rows and more
imbalance         of a target: a class with less than a tenth of the rows; of another column of
                  few values: one with 95 rows of 100
high_cardinality  more than 50 different texts that recur: too many for a category
identifier        numbers or names the rows (examined.is_identifier)
uniform           categories more even than chance leaves them: dealt out, not observed
skew              skewness above 3, and twice that of a count with this mean
tiny_groups       of 500 rows and more: categories with fewer than 30 rows and 1 in 100
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from core.eda.issue import DataQualityIssue
from core.eda.quality.conditions import number, rows_where, text
from core.profile.column import mean_and_skewness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.eda.issue import Severity
    from core.eda.quality.examined import ExaminedColumn
    from core.eda.quality.examined_table import ExaminedTable

_QUASI: Final = 0.99
_QUASI_ROWS: Final = 100
_TARGET_CLASS: Final = 0.1
_CLASSES: Final = 5  # more different numbers are a count or a scale
_ONE_CLASS: Final = 0.95
_FEW: Final = 20  # classes
_MANY: Final = 50
_EVEN_ALPHA: Final = 0.001
_EVEN_ROWS: Final = 100
_SKEW: Final = 3.0
_TINY: Final = 30
_TINY_SHARE: Final = 0.01
_TINY_ROWS: Final = 500


def spread(column: ExaminedColumn, table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield the issues of how values are spread."""
    if column.rows == column.missing or column.family in {"other", "bytes", "nothing"}:
        return
    if column.distinct == 1:
        yield from _constant(column)
    elif column.is_identifier:
        yield _identifier(column)
    elif 2 <= column.distinct <= _FEW and column.kinds:
        yield from _classes(column, table)
    elif column.family == "text":
        yield from _many_categories(column)
    if column.family == "number" and not column.is_identifier and column.distinct > _FEW:
        yield from _almost_constant(column)
        yield from _skewed(column)
    if column.family == "text" and not column.is_identifier:
        yield from _tiny(column)


def _counted(column: ExaminedColumn) -> dict[float | str | bool, int]:
    """Return how often each of a few values is there."""
    if column.family == "number":
        return dict(zip(column.values.tolist(), column.counts.tolist(), strict=True))
    words, codes = column.encoded
    counts = np.bincount(codes[codes >= 0], minlength=len(words)).tolist()
    pairs = zip(words.to_pylist(), counts, strict=True)
    return {word: count for word, count in pairs if count}


def _is(column: ExaminedColumn, value: float | str | bool) -> str:
    if isinstance(value, bool):
        return f"{column.sql} = {str(value).lower()}"
    if isinstance(value, str):
        return f"{column.text_sql} = {text(value)}"
    return column.zero_sql if value == 0 else f"{column.sql} = {number(value)}"


def _shown(value: float | str | bool) -> str:
    """Write a value for a reader; a long text is cut."""
    written = repr(value) if isinstance(value, str) else f"{value:g}"
    return written if len(written) <= 40 else f"{written[:39]}…"


def _constant(column: ExaminedColumn) -> Iterator[DataQualityIssue]:
    present = column.rows - column.missing
    if present >= 2:
        yield DataQualityIssue(
            issue_type="constant",
            severity="medium" if not column.missing else "low",
            column=column.name,
            description=f"All {present:,} values are the same.",
            affected_rows=present,
            recommendation="Leave it out of models; note the value in the description of the data.",
            evidence={"rows": present, "missing": column.missing},
            sql=rows_where(column.present_sql),
            impact=present / column.rows,
        )


def _identifier(column: ExaminedColumn) -> DataQualityIssue:
    present = column.rows - column.missing
    return DataQualityIssue(
        issue_type="identifier",
        severity="low",
        column=column.name,
        description=f"All {present:,} values differ: it numbers or names the rows.",
        affected_rows=present,
        recommendation="Use it to join tables and to find rows, never as a feature of a model.",
        evidence={"distinct": present},
        sql=rows_where(column.present_sql),
        impact=0.0,
    )


def _classes(column: ExaminedColumn, table: ExaminedTable) -> Iterator[DataQualityIssue]:
    counted = _counted(column)
    total = sum(counted.values())
    top = max(counted, key=lambda value: counted[value])
    rare = min(counted, key=lambda value: counted[value])
    share = counted[top] / total
    is_target = column.name == table.target
    is_target = is_target and (column.family != "number" or len(counted) <= _CLASSES)
    if is_target and counted[rare] < _TARGET_CLASS * total:
        yield _imbalance(column, rare, counted[rare], total, severity="high")
    elif share >= _QUASI and total >= _QUASI_ROWS:
        yield _quasi_constant(column, top, counted[top], total)
    elif share >= _ONE_CLASS and total >= _QUASI_ROWS:
        yield _imbalance(column, top, total - counted[top], total, severity="low")
    else:
        yield from _even(column, list(counted.values()), table)


def _imbalance(
    column: ExaminedColumn,
    value: float | str | bool,
    rows: int,
    total: int,
    *,
    severity: Severity,
) -> DataQualityIssue:
    is_target = severity == "high"
    what = f"Only {rows:,} of {total:,} rows ({rows / total:.1%})"
    condition = _is(column, value)
    if not is_target:
        condition = f"{column.present_sql} and not ({condition})"
    return DataQualityIssue(
        issue_type="imbalance",
        severity="medium" if is_target and rows >= 0.01 * total else severity,
        column=column.name,
        description=f"{what} are {'' if is_target else 'other than '}{_shown(value)}.",
        affected_rows=rows,
        recommendation=(
            "Judge models by precision and recall or by calibration, not by accuracy; split the"
            " data by class."
            if is_target
            else "Few rows tell what the other values do: give intervals with every comparison."
        ),
        evidence={"rows": rows, "share": rows / total},
        sql=rows_where(condition),
        impact=1 - rows / total if is_target else 0.0,
    )


def _quasi_constant(
    column: ExaminedColumn, value: float | str | bool, rows: int, total: int
) -> DataQualityIssue:
    return DataQualityIssue(
        issue_type="quasi_constant",
        severity="low",
        column=column.name,
        description=f"{rows:,} of {total:,} values ({rows / total:.2%}) are {_shown(value)}.",
        affected_rows=rows,
        recommendation="Leave it out of models, or study the few other rows by themselves.",
        evidence={"rows": rows, "share": rows / total},
        sql=rows_where(_is(column, value)),
        impact=rows / total,
    )


def _almost_constant(column: ExaminedColumn) -> Iterator[DataQualityIssue]:
    if not len(column.counts):
        return
    place, total = int(column.counts.argmax()), int(column.counts.sum())
    rows = int(column.counts[place])
    if rows >= _QUASI * total and total >= _QUASI_ROWS:
        yield _quasi_constant(column, float(column.values[place]), rows, total)


def _even(
    column: ExaminedColumn, counts: list[int], table: ExaminedTable
) -> Iterator[DataQualityIssue]:
    total, classes = sum(counts), len(counts)
    if total < _EVEN_ROWS or classes < 3:
        return
    statistic = sum((count - total / classes) ** 2 for count in counts) / (total / classes)
    p_value = chi_squared_below(statistic, classes - 1)
    if p_value < _EVEN_ALPHA / table.tests:
        yield DataQualityIssue(
            issue_type="uniform",
            severity="low",
            column=column.name,
            description=(
                f"Its {classes} values have {min(counts):,} to {max(counts):,} rows each: more even"
                f" than chance leaves them (p = {p_value:.1e})."
            ),
            affected_rows=total,
            recommendation="They were dealt out or made up: do not read shares of people off them.",
            evidence={"chi2": statistic, "p_value": p_value, "classes": classes},
            sql=rows_where(column.present_sql),
            impact=0.0,
        )


def chi_squared_below(statistic: float, freedom: int) -> float:
    """Return the chance that chi-squared is less than a small statistic.

    By the series of the incomplete gamma function (Abramowitz and Stegun 6.5.29), all of whose
    terms are positive; scipy.special takes 0.4 s to import.

    >>> round(chi_squared_below(0.5, 3), 6)
    0.081109
    """
    half, point = freedom / 2, statistic / 2
    if point <= 0:
        return 0.0
    if point > half + 8 * math.sqrt(half) + 30:
        return 1.0
    term = total = math.exp(half * math.log(point) - point - math.lgamma(half + 1))
    step = 0
    while term > 1e-17 * total:
        step += 1
        term *= point / (half + step)
        total += term
    return min(total, 1.0)


def _many_categories(column: ExaminedColumn) -> Iterator[DataQualityIssue]:
    present = column.rows - column.missing
    if column.distinct <= _MANY or column.distinct > 0.5 * present:
        return
    yield DataQualityIssue(
        issue_type="high_cardinality",
        severity="low",
        column=column.name,
        description=f"{column.distinct:,} different texts in {present:,} rows, many of them again.",
        affected_rows=present,
        recommendation="Group them before they become columns of a model.",
        evidence={"distinct": column.distinct, "rows_each": present / column.distinct},
        sql=rows_where(column.present_sql),
        impact=column.distinct / present,
    )


def _skewed(column: ExaminedColumn) -> Iterator[DataQualityIssue]:
    measured = column.plausible
    if len(measured) < _EVEN_ROWS or measured[0] == measured[-1]:
        return
    mean, skewness = mean_and_skewness(measured)
    of_a_count = 1 / math.sqrt(mean) if measured[0] >= 0 and column.is_whole and mean else 0.0
    if abs(skewness) > max(_SKEW, 2 * of_a_count):
        yield DataQualityIssue(
            issue_type="skew",
            severity="low",
            column=column.name,
            description=f"Skewness {skewness:.1f}: a few large values carry the mean.",
            affected_rows=column.rows - column.missing,
            recommendation="Use medians and ranks, or logarithms of what is positive.",
            evidence={"skewness": skewness, "codes_left_out": column.codes is not None},
            sql=rows_where(column.present_sql),
            impact=0.0,
        )


def _tiny(column: ExaminedColumn) -> Iterator[DataQualityIssue]:
    present = column.rows - column.missing
    if present < _TINY_ROWS or not 2 <= column.distinct <= _MANY:
        return
    limit = min(_TINY, _TINY_SHARE * present)
    tiny = {str(value): n for value, n in _counted(column).items() if n < limit}
    if tiny:
        listed = ", ".join(text(value) for value in tiny)
        yield DataQualityIssue(
            issue_type="tiny_groups",
            severity="low",
            column=column.name,
            description=(
                f"{len(tiny)} of {column.distinct} categories have fewer than {limit:.0f} rows"
                f" ({sum(tiny.values()):,} together)."
            ),
            affected_rows=sum(tiny.values()),
            recommendation=(
                "Join them with a neighbour before results are given by group: so few can neither"
                " be estimated nor kept anonymous."
            ),
            evidence={"categories": len(tiny), "fewer_than": limit},
            sql=rows_where(f"{column.text_sql} in ({listed})"),
            impact=sum(tiny.values()) / present,
        )
