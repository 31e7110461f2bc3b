"""All checks, and the order in which their findings are told.

    1  columns, one at a time: what each holds, its codes and impossible zeros
    2  columns, each by itself: what is wrong with them
    3  the table: rows, pairs, skips, the target, the order

What one finding explains is not told again: what was not asked is not missing, and empty, constant
and numbering columns say nothing else. The order is that of severity; then come values that are
wrong and look right, before what every tool shows; then how far a finding would move an analysis.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from core.eda.issue import SEVERITIES, DataQualityIssue
from core.eda.quality.codes import find_codes, sentinel_codes, share_codes
from core.eda.quality.damage import encoding_damage, truncation
from core.eda.quality.dates import impossible_dates
from core.eda.quality.duplicates import RowHashes, duplicate_columns, duplicates
from core.eda.quality.examined import ExaminedColumn
from core.eda.quality.examined_table import examine
from core.eda.quality.magnitudes import (
    find_impossible_zeros,
    impossible_zeros,
    infinite,
    many_zeros,
    underflow,
)
from core.eda.quality.missing import co_missing, missing
from core.eda.quality.outliers import outliers
from core.eda.quality.private import private
from core.eda.quality.relations import correlated, leakage, order
from core.eda.quality.skips import skip_patterns
from core.eda.quality.spread import spread
from core.eda.quality.texts import texts
from core.eda.together import missing_together
from core.errors import EDAError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence, Set as AbstractSet

    import pyarrow as pa

    from core.eda.quality.examined_table import ExaminedTable
    from core.profile.measured import MeasuredColumn

    ColumnCheck = Callable[[ExaminedColumn, ExaminedTable], Iterator[DataQualityIssue]]
    TableCheck = Callable[[ExaminedTable], Iterator[DataQualityIssue]]

COLUMN_CHECKS: Final[tuple[ColumnCheck, ...]] = (
    missing,
    spread,
    infinite,
    impossible_zeros,
    many_zeros,
    outliers,
    impossible_dates,
    texts,
    encoding_damage,
    truncation,
    private,
)
_NOT_ASKED: Final = 0.95  # of what is missing: the rest is told with the skip pattern
# Nothing that is computed from these fails or looks odd.
_SILENT: Final = frozenset(
    (
        *("sentinel_codes", "impossible_zeros", "impossible_values", "skip_pattern", "underflow"),
        *("placeholders", "leakage", "duplicate_rows", "near_duplicates", "personal_data"),
    )
)
# Their texts hold values of the column.
_QUOTING: Final = frozenset(
    (
        *("mixed_spellings", "placeholders", "quasi_constant", "imbalance", "tiny_groups"),
        "skip_pattern",
    )
)
TABLE_CHECKS: Final[tuple[TableCheck, ...]] = (
    sentinel_codes,
    underflow,
    co_missing,
    skip_patterns,
    correlated,
    leakage,
    order,
)


def detect_issues(
    table: pa.Table,
    *,
    target: str | None = None,
) -> list[DataQualityIssue]:
    """Return what is wrong with a table, what would change an analysis most first.

    `target` is the column that is to be predicted. Raises EDAError when two columns have one name,
    or none has the target's.

    >>> import pyarrow as pa
    >>> answers = pa.table({"score": [0, 1, 2, 3] * 50 + [9, 9, 7]})
    >>> [issue.issue_type for issue in detect_issues(answers)]
    ['sentinel_codes']
    """
    examination = Examination(table.column_names, table.num_rows, target)
    for name in table.column_names:
        examination.take(name, table[name])
    return examination.issues()


class Examination:
    """A table that is looked at column by column, each of which is in memory once."""

    def __init__(self, names: Sequence[str], rows: int, target: str | None = None) -> None:
        _refuse(names, target)
        self._names = [*names]
        self._table = examine(names, rows, target)
        self._hashes = RowHashes(rows)
        self._found: list[DataQualityIssue] = []

    def take(
        self, name: str, values: pa.ChunkedArray, measured: MeasuredColumn | None = None
    ) -> None:
        """Look at the next column. `measured` is what was counted of it already."""
        table = self._table
        if not table.rows:
            return
        column = ExaminedColumn(name, table.sql[name], values, step=table.step, measured=measured)
        table.columns.append(column)
        column.codes = find_codes(column, tests=table.tests)
        column.zeros_are_impossible = find_impossible_zeros(column)
        for check in COLUMN_CHECKS:
            self._found.extend(check(column, table))
        if column.is_hashable:
            self._hashes.add(column)
        column.forget()

    def missing_together(self) -> dict[str, dict[str, float]]:
        """Return which columns are missing in the same rows (core/eda/together.py)."""
        return missing_together(self._table.columns)

    def issues(self, known: Sequence[DataQualityIssue] = ()) -> list[DataQualityIssue]:
        """Compare all columns, and return what is wrong, the most severe first.

        What is `known` of a column takes the place of what was found of the same kind.
        """
        table, hashes = self._table, self._hashes
        if not table.rows:
            return [*known]
        said = {(issue.issue_type, issue.column) for issue in known}
        found = [issue for issue in self._found if (issue.issue_type, issue.column) not in said]
        found.extend(known)
        share_codes(table.columns)
        for table_check in TABLE_CHECKS:
            found.extend(table_check(table))
        if len(hashes.shares) == len(table.columns):
            found.extend(duplicates(table, hashes))
        found.extend(duplicate_columns(table, hashes))
        return ranked([*masked(settled(found))], self._names)


def _refuse(names: Sequence[str], target: str | None) -> None:
    counted = Counter(names).items()
    faults = [f"{name}: the name of {n} columns" for name, n in counted if n > 1]
    if target is not None and target not in names:
        faults.append(f"{target}: no column has this name")
    if faults:
        message = f"The table cannot be analyzed: {'; '.join(faults)}."
        raise EDAError(message, hint="Rename the columns, or name another target.", faults=faults)


def settled(issues: list[DataQualityIssue]) -> list[DataQualityIssue]:
    """Leave out what another issue says better."""
    skipped = _explained(issues)
    twice = {
        frozenset(issue.columns) for issue in issues if issue.issue_type == "duplicate_columns"
    }
    kept = []
    for issue in issues:
        if issue.issue_type == "missing" and issue.column in skipped:
            asked = skipped[issue.column]
            if asked < _NOT_ASKED:
                told = f"{issue.description[:-1]}; {asked:.1%} of these because it was not asked."
                evidence = {**issue.evidence, "skipped": asked}
                kept.append(replace(issue, severity="low", description=told, evidence=evidence))
        elif not _is_said(issue, skipped.keys(), twice):
            kept.append(issue)
    return kept


def _explained(issues: list[DataQualityIssue]) -> dict[str, float]:
    """Return which part of what is missing in a column was not asked."""
    skips = [issue for issue in issues if issue.issue_type == "skip_pattern"]
    return {
        name: column["explained"]
        for issue in skips
        for name, column in issue.evidence["by_column"].items()
    }


def _is_said(
    issue: DataQualityIssue, skipped: AbstractSet[str], twice: set[frozenset[str]]
) -> bool:
    columns = set(issue.columns)
    if issue.issue_type == "co_missing":
        return columns <= skipped
    return issue.issue_type == "correlated" and any(columns <= same for same in twice)


def masked(issues: list[DataQualityIssue]) -> Iterator[DataQualityIssue]:
    """Take the values out of what is said of columns that name a person."""
    private_columns = {i.column for i in issues if i.issue_type == "personal_data"}
    for issue in issues:
        told = {*issue.columns, *issue.evidence.get("gates", ())} & private_columns
        if issue.issue_type in _QUOTING and told:
            words = f"{issue.affected_rows:,} rows; values are not shown, they may name a person."
            yield replace(issue, description=words, evidence={"masked": True}, sql="")
        else:
            yield issue


def ranked(issues: list[DataQualityIssue], names: list[str]) -> list[DataQualityIssue]:
    """Order by severity, then by impact, then by the place of the column."""
    place = {name: n for n, name in enumerate(names)}

    def key(issue: DataQualityIssue) -> tuple[float, ...]:
        first = min((place[name] for name in issue.columns), default=len(place))
        is_seen = issue.issue_type not in _SILENT
        return SEVERITIES.index(issue.severity), is_seen, -issue.impact, first

    return sorted(issues, key=key)
