"""Several questions with the same answers that decide together whether another one is asked.

    little interest   0 1 2 3        "If you had any of these problems (1, 2 or 3 anywhere): how
    feeling down      0 1 2 3         difficult have they made it ...?" has values only where one of
    ...                               them is open

Of each row only matters which answers it has anywhere: a set, written as bits. The answers that
close are found by adding the most frequent one first, as long as no row whose answers are all among
them has a value of the question.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from core.eda.quality.gates import Gate, judged, one_of, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.eda.quality.examined import ExaminedColumn, Flags, Numbers
    from core.eda.quality.examined_table import ExaminedTable

    Kind = float | str | bool
    Sets = np.ndarray[tuple[int], np.dtype[np.int64]]

_ANSWERS: Final = 12  # different ones, at most
_TRIED: Final = 3  # batteries before a question, the nearest ones
_SHARED: Final = 0.5  # of the answers of two questions of one battery


def batteries(
    table: ExaminedTable, asked: ExaminedColumn, left_out: set[str]
) -> list[list[ExaminedColumn]]:
    """Return runs of columns before a question that have the same answers, the nearest first."""
    before = [c for c in table.columns[: table.places[asked.name]] if c.name not in left_out]
    runs: list[list[ExaminedColumn]] = [[column] for column in before[:1]]
    for last, column in pairwise(before):
        if _are_alike(last, column):
            runs[-1].append(column)
        else:
            runs.append([column])
    several = [run for run in runs if len(run) > 1 and _has_few_answers(run[0])]
    return several[: -_TRIED - 1 : -1]


def _has_few_answers(column: ExaminedColumn) -> bool:
    return 2 <= len(column.kinds) <= _ANSWERS and (column.family != "number" or column.is_whole)


def _are_alike(first: ExaminedColumn, second: ExaminedColumn) -> bool:
    if first.family != second.family or not (_has_few_answers(first) and _has_few_answers(second)):
        return False
    answers, others = {*first.kinds}, {*second.kinds}
    return len(answers & others) >= max(2.0, _SHARED * len(answers | others))


def battery_gate(
    battery: Sequence[ExaminedColumn], present: Flags, values: Sequence[Numbers]
) -> Gate | None:
    """Return which answers to any of some questions let through, if they explain what is missing.

    `values` are the codes of each column (`ExaminedColumn.all_codes`).
    """
    kinds = sorted({kind for column in battery for kind in column.kinds})
    if len(kinds) > _ANSWERS:
        return None
    sets = _sets(battery, values, kinds)
    closing = _closing(sets, present, len(kinds))
    opening = (1 << len(kinds)) - 1 - closing
    if not closing or not opening:
        return None
    answers = [written(kind) for n, kind in enumerate(kinds) if opening >> n & 1]
    tests = [f"{column.text_sql} in ({', '.join(answers)})" for column in battery]
    tests += [column.zero_sql for column in battery if column.has_underflow and "0" in answers]
    gate = Gate(
        tuple(battery),
        asked=f"is {one_of(answers)}",
        sql=f"({' or '.join(tests)}) is not true",
        distance=1,
    )
    return judged(gate, present, (sets & opening) != 0, sets != 0)


def _sets(
    battery: Sequence[ExaminedColumn], values: Sequence[Numbers], kinds: Sequence[Kind]
) -> Sets:
    """Return which answers each row has, as bits; 0 where nothing was answered."""
    sets: Sets = np.zeros(len(values[0]), np.int64)
    for column, codes in zip(battery, values, strict=True):
        answered = ~np.isnan(codes)
        own = np.array(column.kinds) if column.family == "number" else np.arange(len(column.kinds))
        bits = np.array([1 << kinds.index(kind) for kind in column.kinds], np.int64)
        sets[answered] |= bits[np.searchsorted(own, codes[answered])]
    return sets


def _closing(sets: Sets, present: Flags, answers: int) -> int:
    """Return the answers that let nothing through, as bits."""
    rows = np.bincount(sets, minlength=1 << answers)
    values = np.bincount(sets[present], minlength=1 << answers)
    if values[0]:
        return 0  # it was asked where nothing was answered
    each = np.arange(1 << answers)
    frequent = sorted(range(answers), key=lambda n: -int(rows[(each >> n & 1) == 1].sum()))
    closing = 0
    for answer in frequent:
        wider = closing | 1 << answer
        if not values[(each & ~wider) == 0].sum():
            closing = wider
    return closing
