"""What is not there.

    empty_column   no value at all
    missing        at least one value in a hundred, and more than a handful
    co_missing     several columns that are missing in the same rows: one event, not several
    skip_pattern   a column that has values only where another column has certain ones: the rest
                   was not asked, which is not the same as not answered

A skip pattern is found by rule: no value of B (of at least 50) lies where A is outside an interval
(or, for a few values, outside some of them), and at least 80 % of what is missing in B does, also
among the rows where A is known. Or B has values only where A has none: one of two questions was
asked. Were B missing by chance, its values would reach as far as A does.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from core.eda.issue import DataQualityIssue
from core.eda.quality.conditions import all_of, any_of, number, rows_where, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.eda.issue import Severity
    from core.eda.quality.examined import ExaminedColumn, Flags, Numbers
    from core.eda.quality.examined_table import ExaminedTable

_SHARE: Final = 0.01
_FEWEST: Final = 5
_HIGH: Final = 0.3
_MEDIUM: Final = 0.05
_PRESENT: Final = 50  # values without which a gate is luck
_SKIPPED: Final = 20
_EXPLAINED: Final = 0.8
_FEW_VALUES: Final = 12  # of a gate whose answers are listed
_NAMED: Final = 5
_AFTER: Final = 1_000_000  # columns away is a gate that stands after the question
_ABSENT: Final = "is missing"


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
    for columns in _same_rows(table):
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
                f"{_listed(names)} are missing in the same {rows:,} rows: one event, such as a"
                " form that was not filled in, and not several."
            ),
            affected_rows=rows,
            recommendation="Count them once, and fill them in together or not at all.",
            evidence={"missing": rows, "share": rows / table.rows},
            sql=rows_where(all_of(column.missing_sql for column in columns)),
            impact=rows / table.rows,
        )


def _same_rows(table: ExaminedTable) -> list[list[ExaminedColumn]]:
    groups: dict[tuple[int, bytes], list[ExaminedColumn]] = defaultdict(list)
    for column in table.columns:
        if 0 < column.missing < column.rows:
            key = (column.missing, np.packbits(column.present).tobytes())
            groups[key].append(column)
    return list(groups.values())


@dataclass(frozen=True)
class Gate:
    """Where a question was asked: `skipped` are rows without a value that the gate explains."""

    column: ExaminedColumn
    asked: str  # for the reader
    sql: str  # of the rows that were not asked
    skipped: int
    explained: float
    kept: float  # share of the gate's open rows that have a value
    distance: int  # in columns

    @property
    def rank(self) -> tuple[float, ...]:
        """The best gate explains most, then keeps its promise best, then stands nearest before."""
        return (-round(self.explained, 2), -round(self.kept, 2), self.distance)


def skip_patterns(table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield an issue for each gate, with all columns that were asked behind it."""
    found: dict[tuple[str, str], list[tuple[Gate, list[ExaminedColumn]]]] = defaultdict(list)
    for columns in _same_rows(table):
        asked = columns[0]
        if table.rows - asked.missing < _PRESENT or asked.missing < _SKIPPED:
            continue
        names = {column.name for column in columns}
        others = [c for c in table.columns if c.name not in names and not c.is_identifier]
        present = asked.present[:: table.step]
        gates = [_gate(c, present, c.sample, _distance(table, c, asked)) for c in others]
        known = [gate for gate in gates if gate]
        if not known:
            continue
        best: Gate | None = min(known, key=lambda gate: gate.rank)
        if best and table.step > 1:  # the same with all rows
            best = _gate(best.column, asked.present, best.column.all_codes(), best.distance)
        if best:
            found[best.column.name, best.asked].append((best, columns))
    for behind in found.values():
        yield _skips(behind, table)


def _distance(table: ExaminedTable, gate: ExaminedColumn, asked: ExaminedColumn) -> int:
    """Return how many columns before the question the gate stands; after it is far away."""
    distance = table.places[asked.name] - table.places[gate.name]
    return distance if distance > 0 else _AFTER - distance


def _gate(gate: ExaminedColumn, present: Flags, values: Numbers, distance: int) -> Gate | None:
    """Return what the values of a column let through, if they explain what is missing."""
    if not len(values):
        return None
    if distance < _AFTER and np.isnan(values[present]).all():
        is_open = np.isnan(values)
        sql = gate.present_sql
        return _judged(gate, present, values, is_open, asked=_ABSENT, sql=sql, distance=distance)
    if 2 <= len(gate.kinds) <= _FEW_VALUES:
        return _listed_gate(gate, present, values, distance)
    return _interval_gate(gate, present, values, distance) if gate.family == "number" else None


def _interval_gate(
    gate: ExaminedColumn, present: Flags, values: Numbers, distance: int
) -> Gate | None:
    inside = values[present]
    if np.isnan(inside).any():
        return None
    low, high = float(inside.min()), float(inside.max())
    below, above = values < low, values > high
    tests = [f"{gate.sql} < {number(low)}"] * bool(below.any())
    tests += [f"{gate.sql} > {number(high)}"] * bool(above.any())
    if not tests:
        return None  # no value of the gate closes anything
    asked = f"{low:g} to {high:g}"
    if len(tests) == 1:
        asked = f"{low:g} and more" if below.any() else f"{high:g} and less"
    present_too = [gate.present_sql] if gate.has_nan else []
    closed = [f"({all_of([test, *present_too])})" for test in tests]
    closed += [gate.missing_sql] if gate.missing else []
    is_open = ~(below | above | np.isnan(values))
    return _judged(
        gate, present, values, is_open, asked=f"is {asked}", sql=any_of(closed), distance=distance
    )


def _listed_gate(
    gate: ExaminedColumn, present: Flags, values: Numbers, distance: int
) -> Gate | None:
    kinds = gate.kinds
    here = np.unique(values[present])
    if np.isnan(here).any():
        return None
    places = np.arange(len(kinds)) if gate.family != "number" else np.array(kinds)
    is_open = np.isin(places, here)
    if is_open.all():
        return None
    written = [_written(kind) for kind in kinds]
    shut = [written[n] for n in np.flatnonzero(~is_open)]
    closed = [f"{gate.text_sql} in ({', '.join(shut)})"]
    closed += [gate.zero_sql] * bool(gate.has_underflow and "0" in shut)
    closed += [gate.missing_sql] if gate.missing else []
    asked = " or ".join(written[n] for n in np.flatnonzero(is_open))
    is_let = np.isin(values, here)
    return _judged(
        gate, present, values, is_let, asked=f"is {asked}", sql=any_of(closed), distance=distance
    )


def _written(kind: float | str | bool) -> str:
    if isinstance(kind, bool):
        return str(kind).lower()
    return text(kind) if isinstance(kind, str) else number(kind)


def _judged(
    gate: ExaminedColumn,
    present: Flags,
    values: Numbers,
    is_open: Flags,
    *,
    asked: str,
    sql: str,
    distance: int,
) -> Gate | None:
    is_absent = asked == _ABSENT
    missing_rows = int((~present).sum())
    skipped = int((~is_open).sum())
    known = ~np.isnan(values) if not is_absent else np.ones(len(values), dtype=bool)
    closed, lost = int((known & ~is_open).sum()), int((known & ~present).sum())
    if skipped < _SKIPPED or skipped < _EXPLAINED * missing_rows:
        return None
    if closed < _SKIPPED or closed < _EXPLAINED * lost:
        return None  # where the gate is missing too, one event may have taken both
    kept = float(present[is_open].mean())
    return Gate(gate, asked, sql, skipped, skipped / missing_rows, kept, distance)


def _skips(
    behind: list[tuple[Gate, list[ExaminedColumn]]], table: ExaminedTable
) -> DataQualityIssue:
    gate = behind[0][0]
    columns = [column for _, group in behind for column in group]
    names = tuple(column.name for column in columns)
    skipped = gate.skipped
    share = skipped / table.rows
    explained = min(gate.explained for gate, _ in behind)
    have = "has" if len(names) == 1 else "have"
    return DataQualityIssue(
        issue_type="skip_pattern",
        severity="high" if share >= _SHARE else "medium",
        column=names[0] if len(names) == 1 else None,
        columns=names,
        description=(
            f"{_listed(names)} {have} values only where {gate.column.name} {gate.asked}. The other"
            f" {skipped:,} rows ({share:.0%}) were not asked, {explained:.0%} of what is missing:"
            " leaving them out leaves another population."
        ),
        affected_rows=skipped,
        recommendation=(
            "Treat them as not applicable: analyse within those asked, or give the answer that the"
            f" skip implies; never fill them in. Count as missing only what is so where"
            f" {gate.column.name} {gate.asked}."
        ),
        evidence={
            "gate": gate.column.name,
            "asked": gate.asked,
            "by_column": {
                column.name: {
                    "missing": column.missing,
                    "explained": round(gate.explained, 4),
                    "answered_where_asked": round(gate.kept, 4),
                }
                for gate, group in behind
                for column in group
            },
        },
        sql=rows_where(gate.sql),
        impact=share,
    )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    listed = ", ".join(names[:_NAMED])
    return f"{listed} and {more} more" if more > 0 else listed
