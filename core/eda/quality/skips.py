"""What was not asked, which is not the same as not answered.

    skip_pattern   a column that has values only where another column has certain ones, or one of
                   several columns has: "if you had any of these problems, how difficult ..."

It is found by rule: no value of B (of at least 50) lies where A is outside an interval (or, for a
few values, outside some of them), and at least 80 % of what is missing in B does, also among the
rows where A is known. Or B has values only where A has none: one of two questions was asked. Were B
missing by chance, its values would reach as far as A does. Where no single column explains it, the
questions before B that have the same answers are taken together (batteries.py).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

from core.eda.issue import DataQualityIssue
from core.eda.quality.batteries import batteries, battery_gate
from core.eda.quality.conditions import all_of, any_of, listed, number, rows_where
from core.eda.quality.gates import PRESENT, SKIPPED, Gate, judged, one_of, written
from core.eda.quality.missing import same_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.eda.quality.examined import ExaminedColumn, Flags, Numbers
    from core.eda.quality.examined_table import ExaminedTable

_SHARE: Final = 0.01
_FEW_VALUES: Final = 12  # of a gate whose answers are listed
_AFTER: Final = 1_000_000  # columns away is a gate that stands after the question


def skip_patterns(table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield an issue for each gate, with all columns that were asked behind it."""
    found: dict[tuple[str, str], list[tuple[Gate, list[ExaminedColumn]]]] = defaultdict(list)
    for columns in same_rows(table):
        asked = columns[0]
        if table.rows - asked.missing < PRESENT or asked.missing < SKIPPED:
            continue
        best = _best(table, columns)
        if best:
            found[best.name, best.asked].append((best, columns))
    for behind in found.values():
        yield _skips(behind, table)


def _best(table: ExaminedTable, columns: list[ExaminedColumn]) -> Gate | None:
    """Return what explains best that columns are missing, if anything does."""
    asked = columns[0]
    names = {column.name for column in columns}
    others = [c for c in table.columns if c.name not in names and not c.is_identifier]
    present = asked.present[:: table.step]
    gates = [_gate(c, present, c.sample, _distance(table, c, asked)) for c in others]
    known = [gate for gate in gates if gate]
    if known:
        best = min(known, key=lambda gate: gate.rank)
        if table.step == 1:
            return best
        (gate,) = best.columns  # the same with all rows
        return _gate(gate, asked.present, gate.all_codes(), best.distance)
    for battery in batteries(table, asked, names):
        gate_of_many = battery_gate(battery, present, [c.sample for c in battery])
        if gate_of_many and table.step > 1:
            gate_of_many = battery_gate(battery, asked.present, [c.all_codes() for c in battery])
        if gate_of_many:
            return gate_of_many
    return None


def _distance(table: ExaminedTable, gate: ExaminedColumn, asked: ExaminedColumn) -> int:
    """Return how many columns before the question the gate stands; after it is far away."""
    distance = table.places[asked.name] - table.places[gate.name]
    return distance if distance > 0 else _AFTER - distance


def _gate(gate: ExaminedColumn, present: Flags, values: Numbers, distance: int) -> Gate | None:
    """Return what the values of a column let through, if they explain what is missing."""
    if not len(values):
        return None
    if distance < _AFTER and np.isnan(values[present]).all():
        known = np.ones(len(values), dtype=bool)
        door = Gate((gate,), "is missing", gate.present_sql, distance)
        return judged(door, present, np.isnan(values), known)
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
    known = ~np.isnan(values)
    door = Gate((gate,), f"is {asked}", any_of(closed), distance)
    return judged(door, present, known & ~(below | above), known)


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
    words = [written(kind) for kind in kinds]
    shut = [words[n] for n in np.flatnonzero(~is_open)]
    closed = [f"{gate.text_sql} in ({', '.join(shut)})"]
    closed += [gate.zero_sql] * bool(gate.has_underflow and "0" in shut)
    closed += [gate.missing_sql] if gate.missing else []
    asked = one_of([words[n] for n in np.flatnonzero(is_open)])
    door = Gate((gate,), f"is {asked}", any_of(closed), distance)
    return judged(door, present, np.isin(values, here), ~np.isnan(values))


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
            f"Asked only when {gate.said}: {listed(names)} {have} no value in the other"
            f" {skipped:,} rows ({share:.0%}), which {_accounts(explained)}. Leaving these rows out"
            " leaves another population."
        ),
        affected_rows=skipped,
        recommendation=(
            "Treat them as not applicable: analyse within those asked, or give the answer that the"
            " skip implies; never fill them in. Count as missing only what has no value where"
            f" {gate.said}."
        ),
        evidence={
            "gate": gate.name,
            "gates": [column.name for column in gate.columns],
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


def _accounts(explained: float) -> str:
    if explained >= 1:
        return "are all that is missing"
    return (
        "are nearly all that is missing"
        if explained > 0.99
        else (f"are {explained:.0%} of what is missing")
    )
