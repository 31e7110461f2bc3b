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
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.types as is_a

from core.eda.issue import DataQualityIssue
from core.eda.quality.conditions import all_of, rows_again, rows_where
from core.storable import to_stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    from core.eda.quality.examined import ExaminedColumn
    from core.eda.quality.examined_table import ExaminedTable

    Hashes = npt.NDArray[np.uint64]

_RICH: Final = 100  # different values, or a twentieth of the rows
_FEWEST: Final = 20  # rows in which two columns are hardly the same by chance
_PIECE: Final = 32_768  # rows at a time
_COMPARED: Final = 1_000  # rows, or counts of texts, by which columns are told apart at first
_FACTORS: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))
_HALF: Final = np.uint64(32)
_HIGH: Final = 0.01  # share of rows from which duplicates move what is estimated


class RowHashes:
    """Hashes of whole rows, one column after the other so that no two are in memory."""

    def __init__(self, rows: int) -> None:
        self.identified: Hashes = np.zeros(rows, np.uint64)  # by the columns that number the rows
        self.described: Hashes = np.zeros(rows, np.uint64)  # by all others
        self.rich = np.zeros(rows, np.int8)  # columns of many different values, 2 for more
        self.shares: dict[str, float] = {}  # of pairs of rows that are equal in each column
        self.alike: dict[tuple[Any, ...], list[str]] = defaultdict(list)
        self.identifiers: list[str] = []
        self.rich_columns: list[str] = []

    def add(self, column: ExaminedColumn) -> None:
        """Take a column in."""
        fingerprint = column.fingerprint
        if column.is_identifier:
            self.identifiers.append(column.name)
            _stir(self.identified, fingerprint)
        else:
            _stir(self.described, fingerprint)
            if column.distinct >= max(_RICH, 0.05 * column.rows):
                np.minimum(self.rich + column.present, 2, out=self.rich, casting="unsafe")
                self.rich_columns.append(column.name)
        self.shares[column.name] = column.equal_pairs
        self.alike[_looks(column, fingerprint)].append(column.name)

    @property
    def whole(self) -> Hashes:
        """Hashes by all columns."""
        if not self.identifiers:
            return self.described
        found = self.described.copy()
        _stir(found, self.identified)
        return found


def _stir(hashes: Hashes, fingerprint: npt.NDArray[Any]) -> None:
    """Mix a column into the hashes of the rows, a piece that fits a processor's cache at a time.

    Multiplying carries a bit upwards and the shift brings it down again, so that each bit of a
    fingerprint may change each bit of the hash (after the finalizer of MurmurHash, Appleby 2008).
    """
    kind = np.uint64 if fingerprint.dtype.itemsize == 8 else np.uint32
    room = np.empty(min(_PIECE, len(hashes)), np.uint64)
    given: npt.NDArray[Any] = np.ascontiguousarray(fingerprint).view(kind)
    for start in range(0, len(hashes), _PIECE):
        piece = hashes[start : start + _PIECE]
        shifted = room[: len(piece)]
        np.bitwise_xor(piece, given[start : start + _PIECE], out=piece)
        for factor in _FACTORS:
            piece *= factor
            np.right_shift(piece, _HALF, out=shifted)
            piece ^= shifted


def _looks(column: ExaminedColumn, fingerprint: npt.NDArray[Any]) -> tuple[Any, ...]:
    """Return what columns that are the same have in common, to tell nearly all that are not."""
    if column.family == "text":
        counts = np.sort(column.texts[1])[-_COMPARED:].tobytes()
        return str(column.type), column.missing, column.distinct, counts
    step = max(1, column.rows // _COMPARED)
    return str(column.type), column.missing, fingerprint[::step].tobytes()


def _repeats(hashes: Hashes) -> npt.NDArray[np.int64]:
    """Return how often each hash is there that is there more than once."""
    ordered = np.sort(hashes)
    again = ordered[1:] == ordered[:-1]
    if not again.any():  # nearly always, and nothing is as long as the table then
        return np.empty(0, np.int64)
    _, counts = np.unique(ordered[1:][again], return_counts=True)
    return counts + 1


def duplicates(table: ExaminedTable, hashes: RowHashes) -> Iterator[DataQualityIssue]:
    """Yield issues for rows that are there again."""
    shares = hashes.shares
    if table.rows < 2 or len(shares) < 2:
        return
    # where all rows are numbered differently, no two are alike
    numbered = any(table.column(name).missing == 0 for name in hashes.identifiers)
    rows = 0 if numbered else _repeated(hashes.whole, shares.values())
    if rows:
        sql = rows_again([column.sql for column in table.columns])
        yield _again("duplicate_rows", "in all columns", rows, sql, table)
    kept = [column for column in table.columns if column.name not in hashes.identifiers]
    is_rich = hashes.rich >= 2
    if not hashes.identifiers or len(kept) < 2 or not is_rich.any():
        return
    rows = _repeated(hashes.described[is_rich], [shares[column.name] for column in kept])
    if rows:
        there = " + ".join(f"({table.column(n).present_sql})::int" for n in hashes.rich_columns)
        but = f"in all columns but {', '.join(hashes.identifiers)}"
        names = [column.sql for column in kept]
        yield _again("near_duplicates", but, rows, rows_again(names, f"{there} >= 2"), table)


def _repeated(hashes: Hashes, shares: Iterable[float]) -> int:
    """Return how many rows repeat an earlier one, 0 when chance does that."""
    counts = _repeats(hashes)
    pairs = float((counts * (counts - 1.0)).sum() / 2)
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
    for names_alike in hashes.alike.values():
        first, *others = [table.column(name) for name in names_alike]
        if first.distinct == 1 or not others:
            continue
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
    # texts may be codes of dictionaries in another order
    return bool(to_stored(first.array).equals(to_stored(second.array)))
