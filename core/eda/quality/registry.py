"""All checks, and the order in which their findings are told.

    1  columns, one at a time: what each holds, its codes and impossible zeros
    2  columns, each by itself: what is wrong with them
    3  the table: rows, pairs, skips, the target, the order

What one finding explains is not told again: a skip pattern lowers the missing values behind it, and
empty, constant and numbering columns say nothing else. The order is that of severity; then come
values that are wrong and look right, before what every tool shows; then how far a finding would
move an analysis.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from core.eda.issue import SEVERITIES, DataQualityIssue
from core.eda.quality.codes import find_codes, sentinel_codes, share_codes
from core.eda.quality.damage import encoding_damage, truncation
from core.eda.quality.dates import impossible_dates
from core.eda.quality.duplicates import RowHashes, duplicate_columns, duplicates
from core.eda.quality.examined import examine
from core.eda.quality.magnitudes import (
    find_impossible_zeros,
    impossible_zeros,
    infinite,
    many_zeros,
    underflow,
)
from core.eda.quality.missing import co_missing, missing, skip_patterns
from core.eda.quality.outliers import outliers
from core.eda.quality.private import private
from core.eda.quality.relations import correlated, leakage, order
from core.eda.quality.spread import spread
from core.eda.quality.texts import texts
from core.errors import EDAError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pyarrow as pa

    from core.eda.quality.examined import ExaminedColumn, ExaminedTable

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
    statistics: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[DataQualityIssue]:
    """Return what is wrong with a table, what would change an analysis most first.

    `target` is the column that is to be predicted. `statistics` are those of these columns
    (core/profile/column.py), of which `missing` is taken and not counted again. Raises EDAError
    when two columns have one name, or none has the target's.

    >>> import pyarrow as pa
    >>> answers = pa.table({"score": [0, 1, 2, 3] * 50 + [9, 9, 7]})
    >>> [issue.issue_type for issue in detect_issues(answers)]
    ['sentinel_codes']
    """
    _refuse(table, target)
    if not table.num_rows:
        return []
    examined = examine(table, target, statistics)
    hashes = RowHashes(table.num_rows)
    found: list[DataQualityIssue] = []
    for column in examined.columns:
        column.codes = find_codes(column, tests=examined.tests)
        column.zeros_are_impossible = find_impossible_zeros(column)
        for check in COLUMN_CHECKS:
            found.extend(check(column, examined))
        if column.is_hashable:
            hashes.add(column)
        column.forget()
    share_codes(examined.columns)
    for table_check in TABLE_CHECKS:
        found.extend(table_check(examined))
    if len(hashes.columns) == len(examined.columns):
        found.extend(duplicates(examined, hashes))
    found.extend(duplicate_columns(examined, hashes))
    return ranked([*masked(settled(found))], table.column_names)


def _refuse(table: pa.Table, target: str | None) -> None:
    names = Counter(table.column_names)
    faults = [f"{name}: the name of {n} columns" for name, n in names.items() if n > 1]
    if target is not None and target not in names:
        faults.append(f"{target}: no column has this name")
    if faults:
        message = f"The table cannot be analyzed: {'; '.join(faults)}."
        raise EDAError(message, hint="Rename the columns, or name another target.", faults=faults)


def settled(issues: list[DataQualityIssue]) -> list[DataQualityIssue]:
    """Leave out what another issue says better."""
    skipped = {c for issue in issues if issue.issue_type == "skip_pattern" for c in issue.columns}
    twice = {
        frozenset(issue.columns) for issue in issues if issue.issue_type == "duplicate_columns"
    }
    kept = []
    for issue in issues:
        if issue.issue_type == "missing" and issue.column in skipped:
            evidence = {**issue.evidence, "skipped": True}
            kept.append(replace(issue, severity="low", evidence=evidence))
        elif not _is_said(issue, skipped, twice):
            kept.append(issue)
    return kept


def _is_said(issue: DataQualityIssue, skipped: set[str], twice: set[frozenset[str]]) -> bool:
    columns = set(issue.columns)
    if issue.issue_type == "co_missing":
        return columns <= skipped
    return issue.issue_type == "correlated" and any(columns <= same for same in twice)


def masked(issues: list[DataQualityIssue]) -> Iterator[DataQualityIssue]:
    """Take the values out of what is said of columns that name a person."""
    private_columns = {i.column for i in issues if i.issue_type == "personal_data"}
    for issue in issues:
        told = {*issue.columns, issue.evidence.get("gate")} & private_columns
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
