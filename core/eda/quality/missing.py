"""What is not there.

    empty_column   no value at all
    missing        at least one value in a hundred, and more than a handful
    co_missing     several columns that are missing in the same rows: one event, not several

What was not asked is in skips.py.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

from core.eda.issue import DataQualityIssue
from core.eda.quality.conditions import all_of, listed, rows_where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.eda.issue import Severity
    from core.eda.quality.examined import ExaminedColumn
    from core.eda.quality.examined_table import ExaminedTable

_SHARE: Final = 0.01
_FEWEST: Final = 5
_HIGH: Final = 0.3
_MEDIUM: Final = 0.05


def missing(column: ExaminedColumn, table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield an issue for a column of which much or all is missing."""
    del table
    share = column.missing / column.rows if column.rows else 0.0
    if column.rows and column.missing == column.rows:
        yield DataQualityIssue(
            issue_type="empty_column",
            severity="medium",
            column=column.name,
            description=f"None of the {column.rows:,} rows has a value.",
            affected_rows=column.rows,
            recommendation="Leave it out, or find out why the export is empty.",
            evidence={"missing": column.missing, "share": 1.0},
            sql=rows_where(column.missing_sql),
            impact=1.0,
        )
    elif column.missing >= _FEWEST and share >= _SHARE:
        severity: Severity = "high" if share >= _HIGH else "medium" if share >= _MEDIUM else "low"
        yield DataQualityIssue(
            issue_type="missing",
            severity=severity,
            column=column.name,
            description=f"{column.missing:,} of {column.rows:,} values ({share:.1%}) are missing.",
            affected_rows=column.missing,
            recommendation=(
                "Find out whether it depends on what is studied before rows are dropped or values"
                " filled in; report how many there are."
            ),
            evidence={"missing": column.missing, "share": share},
            sql=rows_where(column.missing_sql),
            impact=share,
        )


def co_missing(table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield an issue for each set of columns that are missing in the same rows."""
    for columns in same_rows(table):
        rows = columns[0].missing
        if len(columns) < 2 or rows < max(_FEWEST, _SHARE * table.rows):
            continue
        names = tuple(column.name for column in columns)
        yield DataQualityIssue(
            issue_type="co_missing",
            severity="low",
            column=None,
            columns=names,
            description=(
                f"{listed(names)} are missing in the same {rows:,} rows: one event, such as a"
                " form that was not filled in, and not several."
            ),
            affected_rows=rows,
            recommendation="Count them once, and fill them in together or not at all.",
            evidence={"missing": rows, "share": rows / table.rows},
            sql=rows_where(all_of(column.missing_sql for column in columns)),
            impact=rows / table.rows,
        )


def same_rows(table: ExaminedTable) -> list[list[ExaminedColumn]]:
    """Return the columns that are missing in some rows, those of the same rows together."""
    groups: dict[tuple[int, bytes], list[ExaminedColumn]] = defaultdict(list)
    for column in table.columns:
        if 0 < column.missing < column.rows:
            key = (column.missing, np.packbits(column.present).tobytes())
            groups[key].append(column)
    return list(groups.values())
