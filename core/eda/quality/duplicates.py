"""Rows and columns that are there twice.

    duplicate_rows     a row that repeats an earlier one in all columns
    near_duplicates    a row that repeats an earlier one in all but the columns that number the rows
    duplicate_columns  a column that repeats another one in all rows

Rows of a few codes are alike by chance. So many pairs of equal rows are expected by chance:

    pairs of rows  x  product over the columns of the share of pairs that are equal in it

as if columns had nothing to do with each other; rows are called duplicates only if there are far
more. For near duplicates, where columns that do have to do with each other could deceive, a row
must also have values in two columns of many different ones. Rows are compared by a hash of 64 bits,
which takes one pair in 10^19 for equal that is not.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow.types as is_a

from core.eda.issue import DataQualityIssue
from core.eda.quality.conditions import all_of, rows_again, rows_where

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    from core.eda.quality.examined import ExaminedColumn, ExaminedTable

    Hashes = npt.NDArray[np.uint64]

_RICH: Final = 100  # different values, or a twentieth of the rows
_FEWEST: Final = 20  # rows in which two columns are hardly the same by chance
_HIGH: Final = 0.01  # share of rows from which duplicates move what is estimated


class RowHashes:
    """Hashes of whole rows, one column after the other so that no two are in memory."""

    def __init__(self, rows: int) -> None:
        self.whole: Hashes = np.zeros(rows, np.uint64)
        self.but_identifiers: Hashes = np.zeros(rows, np.uint64)
        self.rich = np.zeros(rows, np.int32)  # columns of many different values that are there
        self.columns: dict[str, tuple[int, float]] = {}  # sum of hashes, share of equal pairs
        self.identifiers: list[str] = []
        self.rich_columns: list[str] = []

    def add(self, column: ExaminedColumn) -> None:
        """Take a column in."""
        hashes = _mixed(column.fingerprint)
        place = (len(self.columns) + 1) * 0x9E3779B97F4A7C15 % 2**64
        own = _mixed(hashes + np.uint64(place))
        self.whole += own
        if column.is_identifier:
            self.identifiers.append(column.name)
        else:
            self.but_identifiers += own
            if column.distinct >= max(_RICH, 0.05 * column.rows):
                self.rich += column.present
                self.rich_columns.append(column.name)
        along = hashes * np.arange(1, 2 * len(hashes) + 1, 2, dtype=np.uint64)
        share = _equal_pairs(hashes[:: column.step])
        self.columns[column.name] = int(along.sum()), share


def _mixed(values: Hashes) -> Hashes:
    """Spread the bits (the finalizer of splitmix64, Steele and others 2014)."""
    found = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Hashes = found ^ (found >> np.uint64(31))
    return mixed


def _equal_pairs(hashes: Hashes) -> float:
    """Return the share of pairs of rows that have the same value."""
    rows = len(hashes)
    counts = _counts(hashes)
    return float((counts * (counts - 1.0)).sum() / max(1.0, rows * (rows - 1.0)))


def _counts(hashes: Hashes) -> npt.NDArray[np.float64]:
    ordered = np.sort(hashes)
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    return np.diff(starts, append=len(ordered)).astype(np.float64)


def duplicates(table: ExaminedTable, hashes: RowHashes) -> Iterator[DataQualityIssue]:
    """Yield issues for rows that are there again."""
    if table.rows < 2 or len(hashes.columns) < 2:
        return
    shares = {name: share for name, (_, share) in hashes.columns.items()}
    rows = _repeated(hashes.whole, shares.values())
    if rows:
        sql = rows_again([column.sql for column in table.columns])
        yield _again("duplicate_rows", "in all columns", rows, sql, table)
    kept = [column for column in table.columns if column.name not in hashes.identifiers]
    is_rich = hashes.rich >= 2
    if not hashes.identifiers or len(kept) < 2 or not is_rich.any():
        return
    rows = _repeated(hashes.but_identifiers[is_rich], [shares[column.name] for column in kept])
    if rows:
        there = " + ".join(f"({table.column(n).present_sql})::int" for n in hashes.rich_columns)
        but = f"in all columns but {', '.join(hashes.identifiers)}"
        names = [column.sql for column in kept]
        yield _again("near_duplicates", but, rows, rows_again(names, f"{there} >= 2"), table)


def _repeated(hashes: Hashes, shares: Iterable[float]) -> int:
    """Return how many rows repeat an earlier one, 0 when chance does that."""
    counts = _counts(hashes)
    pairs = float((counts * (counts - 1)).sum() / 2)
    by_chance = len(hashes) * (len(hashes) - 1) / 2 * math.prod(shares)
    return int((counts - 1).sum()) if pairs > 3 * by_chance + 5 * math.sqrt(by_chance) else 0


def _again(kind: str, where: str, rows: int, sql: str, table: ExaminedTable) -> DataQualityIssue:
    share = rows / table.rows
    exact = kind == "duplicate_rows"
    return DataQualityIssue(
        issue_type=kind,
        severity="high" if share >= _HIGH else "medium",
        column=None,
        columns=tuple(column.name for column in table.columns) if exact else (),
        description=(
            f"{rows:,} of {table.rows:,} rows ({share:.2%}) repeat an earlier row {where}, far more"
            " than chance would."
        ),
        affected_rows=rows,
        recommendation=(
            "Find out whether they were exported twice; keep one of each before the rows are split"
            " into train and test parts."
            if exact
            else "Find out whether the same person or measurement was entered under two numbers."
        ),
        evidence={"rows": rows, "share": share},
        sql=sql,
        impact=share,
    )


def duplicate_columns(table: ExaminedTable, hashes: RowHashes) -> Iterator[DataQualityIssue]:
    """Yield an issue for each set of columns that are the same."""
    if table.rows < _FEWEST:
        return
    groups: dict[tuple[int, str], list[ExaminedColumn]] = defaultdict(list)
    for column in table.columns:
        if column.name in hashes.columns and column.distinct > 1:
            groups[hashes.columns[column.name][0], str(column.type)].append(column)
    for first, *others in groups.values():
        same = [column for column in others if _is_same(first, column)]
        if not same:
            continue
        names = (first.name, *(column.name for column in same))
        yield DataQualityIssue(
            issue_type="duplicate_columns",
            severity="medium",
            column=None,
            columns=names,
            description=f"{', '.join(names)} hold the same values in all {table.rows:,} rows.",
            affected_rows=table.rows,
            recommendation=f"Keep {first.name} and leave out the rest: they add nothing.",
            evidence={"columns": list(names)},
            sql=rows_where(
                all_of(f"{first.sql} is not distinct from {column.sql}" for column in same)
            ),
            impact=len(same) / len(table.columns),
        )


def _is_same(first: ExaminedColumn, second: ExaminedColumn) -> bool:
    if is_a.is_floating(first.type):  # where NaN is like NaN
        return np.array_equal(first.fingerprint, second.fingerprint)
    return bool(first.array.equals(second.array))
