"""Numbers that are no measurements: refused, don't know, not asked.

    0  1  2  3  .  .  .  7  .  9              15,600 rows at 0 ... 3, a few at 7 and 9
    |--- the rest ---| gap |codes|

By rule, not by name. A code is a whole number made of one digit from 7 to 9 (or two and more 6s),
or of nines before a last digit (7 66 777 9999, 97 98), or the negative of such a number (also -1).
The codes of a column have the same number of digits, they come after or before all the rest, and
the gap between them is one that chance would not leave (tails.is_gap). -1 next to 0 is a code when
it stands out by its count. A 7 after 6 is a category like any other. What two columns have beyond
the same greatest value is a code in a third one that ends there, however few its rows are.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from core.eda.issue import DataQualityIssue
from core.eda.quality.conditions import any_of, is_one_of, number, rows_where
from core.eda.quality.tails import is_gap
from core.profile.column import sum_of_squares

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.eda.issue import Severity
    from core.eda.quality.examined import Counts, ExaminedColumn, Numbers
    from core.eda.quality.examined_table import ExaminedTable

_MOST_CODES: Final = 5  # of one column, on one side
_SPIKE_ROWS: Final = 10  # -1 next to 0: at least so many
_SPIKE_TIMES: Final = 4  # and so many times its neighbour's count
_NAMED: Final = 6


@dataclass(frozen=True)
class Codes:
    """The codes of a column, and what they do to it."""

    values: tuple[float, ...]
    counts: tuple[int, ...]
    least: float  # of the rest
    greatest: float
    impact: float

    @property
    def rows(self) -> int:
        """How many rows have one."""
        return sum(self.counts)


def is_code(value: float) -> bool:
    """Tell whether a whole number looks like a code.

    >>> [v for v in (5, 7, 9, 60, 66, 77, 97, 98, 100, 777, 998, 9999) if is_code(v)]
    [7, 9, 66, 77, 97, 98, 777, 998, 9999]
    """
    if not 7 <= value < 1e10 or value != int(value):
        return False
    digits = str(int(value))
    return (len(set(digits)) == 1 and digits[0] in "6789") or (
        set(digits[:-1]) == {"9"} and digits[-1] in "678"
    )


def find_codes(column: ExaminedColumn, *, tests: int) -> Codes | None:
    """Return the codes among a column's numbers."""
    if column.family != "number" or len(column.values) < 3:
        return None
    values, counts = column.values, column.counts
    above = _trailing(values, counts, tests=tests)
    below = 0
    if is_code(-values[0]) or values[0] == -1:
        below = _trailing(-values[::-1], counts[::-1], tests=tests, negative=True)
    return _codes(values, counts, below, above)


def share_codes(columns: Sequence[ExaminedColumn]) -> None:
    """Give columns of a battery of questions the codes that its other columns have."""
    known: dict[float, Counter[float]] = defaultdict(Counter)
    for column in columns:
        if column.codes is not None and len(column.kind_counts):
            known[column.codes.greatest].update(column.codes.values)
    for column in columns:
        if column.codes is None and len(column.kind_counts) >= 3:
            values = np.array(column.kinds, dtype=np.float64)
            for greatest, codes in known.items():
                shared = [value for value, times in codes.items() if times >= 2]
                above = int((values > greatest).sum())
                if greatest in values and above and np.isin(values[-above:], shared).all():
                    column.codes = _codes(values, column.kind_counts, 0, above)


def _codes(values: Numbers, counts: Counts, below: int, above: int) -> Codes | None:
    if above + below == 0 or above + below >= len(values):
        return None
    rest = slice(below, len(values) - above)
    is_rest = np.zeros(len(values), dtype=bool)
    is_rest[rest] = True
    return Codes(
        values=tuple(values[~is_rest].tolist()),
        counts=tuple(counts[~is_rest].tolist()),
        least=float(values[is_rest][0]),
        greatest=float(values[is_rest][-1]),
        impact=moved(values, counts, is_rest),
    )


def moved_by_ends(ordered: Numbers, kept: slice) -> float:
    """Return the same of ascending numbers, of which those at the ends are not kept."""
    found = []
    for part in (ordered, ordered[kept]):
        with np.errstate(over="ignore", invalid="ignore"):
            mean = float(part.mean())
            found.append((mean, math.sqrt(sum_of_squares(part, mean) / len(part))))
    return _moved(*found)


def moved(values: Numbers, counts: Counts, kept: np.ndarray) -> float:
    """Return how far the values that are not kept move the mean, or inflate the deviation."""
    return _moved(_moments(values, counts), _moments(values[kept], counts[kept]))


def _moved(whole: tuple[float, float], rest: tuple[float, float]) -> float:
    if not rest[1] or not math.isfinite(whole[1]):
        return 1.0
    return max(abs(whole[0] - rest[0]) / rest[1], math.log(max(whole[1] / rest[1], 1.0)))


def _moments(values: Numbers, counts: Counts) -> tuple[float, float]:
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(np.average(values, weights=counts))
        return mean, math.sqrt(float(np.average((values - mean) ** 2, weights=counts)))


def _trailing(values: Numbers, counts: Counts, *, tests: int, negative: bool = False) -> int:
    """Return how many of the last values are codes: the most that a gap sets apart."""
    if negative and not values[-1] > 0:
        return 0
    found = 0
    for number_of_codes in range(1, min(_MOST_CODES, len(values) - 2) + 1):
        place = len(values) - number_of_codes
        last = values[place:]
        if not all(is_code(value) or (negative and value == 1) for value in last):
            break
        if negative and values[place - 1] > 0 and last[0] < 10:
            continue  # -7 below -3 is a number like any other
        same = len({len(str(int(value))) for value in last}) == 1
        if same and (
            is_gap(values, counts, place, tests=tests)
            or (negative and _stands_out(values, counts, place))
        ):
            found = number_of_codes
    return found


def _stands_out(values: Numbers, counts: Counts, place: int) -> bool:
    """Tell whether negative codes stand out by their count alone, among numbers that are not."""
    here, neighbours = counts[place:].max(), counts[max(0, place - 3) : place].max()
    return bool(
        place >= 5
        and values[place - 1] <= 0
        and here >= _SPIKE_ROWS
        and here > _SPIKE_TIMES * neighbours
    )


def sentinel_codes(table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield an issue for each set of codes, with all columns that have it."""
    groups: dict[tuple[float, ...], list[ExaminedColumn]] = defaultdict(list)
    for column in table.columns:
        if column.codes is not None:
            groups[column.codes.values].append(column)
    for values, columns in groups.items():
        yield _issue(values, columns)


def _issue(values: tuple[float, ...], columns: list[ExaminedColumn]) -> DataQualityIssue:
    codes = {c.name: c.codes for c in columns if c.codes is not None}
    written = [number(value) for value in values]
    impact = max(found.impact for found in codes.values())
    rows = np.zeros(columns[0].rows, dtype=bool)
    for column in columns:
        rows |= np.isin(column.numbers, values)
    worst = max(codes, key=lambda name: codes[name].impact)
    one = codes[worst]
    severity: Severity = "critical" if impact >= 0.5 else "high"
    where = worst if len(codes) == 1 else f"{len(codes)} columns ({_listed(codes)})"
    return DataQualityIssue(
        issue_type="sentinel_codes",
        severity=severity,
        column=worst if len(codes) == 1 else None,
        columns=tuple(codes),
        description=(
            f"{_and(written)} in {where}: far beyond the rest, which is {one.least:g} to"
            f" {one.greatest:g}"
            + (f" in {worst}" if len(codes) > 1 else "")
            + (
                ". They look like codes for refused or don't know, and count as numbers."
                if len(written) > 1
                else ". It looks like a code for refused or don't know, and counts as a number."
            )
        ),
        affected_rows=int(rows.sum()),
        recommendation=(
            f"Look the codes up in the codebook and make {_and(written)} missing before anything is"
            " added up, with the reason kept in a column of its own."
        ),
        evidence={
            "codes": list(values),
            "impact": {"column": worst, "standard_deviations": round(impact, 3)},
            "by_column": {
                name: {
                    "counts": {number(v): n for v, n in zip(c.values, c.counts, strict=True)},
                    "rest": [c.least, c.greatest],
                }
                for name, c in codes.items()
            },
        },
        sql=rows_where(any_of(is_one_of(column.sql, written) for column in columns)),
        impact=impact,
    )


def _and(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def _listed(names: dict[str, Codes]) -> str:
    more = len(names) - _NAMED
    text = ", ".join(list(names)[:_NAMED])
    return f"{text} and {more} more" if more > 0 else text
