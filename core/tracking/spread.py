"""How the values of a metric spread within each group of runs, as a box plot shows it."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final

from core.tracking.repeats import is_seed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEAST_IN_BOX: Final = 5  # a box of fewer values would only repeat them
MOST_GROUPS: Final = 20
_WHISKER: Final = 1.5  # interquartile ranges (Tukey 1977)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Quartiles of values, and the outermost values within 1.5 interquartile ranges of them."""

    low: float
    first: float
    median: float
    third: float
    high: float


def spread(values: Sequence[float]) -> Spread | None:
    """Return the box of some values, None for fewer than five. Quartiles are interpolated.

    >>> spread([1.0, 2.0, 3.0, 4.0, 5.0, 60.0])
    Spread(low=1.0, first=2.25, median=3.5, third=4.75, high=5.0)
    """
    if len(values) < LEAST_IN_BOX:
        return None
    first, middle, third = quantiles(values, n=4, method="inclusive")
    reach = _WHISKER * (third - first)
    inside = [value for value in values if first - reach <= value <= third + reach]
    return Spread(low=min(inside), first=first, median=middle, third=third, high=max(inside))


def splits(columns: Mapping[str, Sequence[str | None]]) -> list[str]:
    """Return the names of what parts runs into 2 to 20 groups, the most telling first.

    Those with the fewest groups of a single run come first, then those that most runs have, and
    those with the fewest groups; what is a seed by its name comes last.

    >>> splits({"seed": ["1", "1", "2", "2"], "model": ["a", "a", "b", "b"], "id": list("abcd")})
    ['model', 'id', 'seed']
    """
    found = []
    for name, values in columns.items():
        counts = Counter(value for value in values if value is not None)
        if 2 <= len(counts) <= MOST_GROUPS:
            singles = sum(count == 1 for count in counts.values())
            found.append((is_seed(name), singles, -counts.total(), len(counts), name))
    return [name for *_, name in sorted(found)]


def grouped(
    names: Sequence[str | None], values: Sequence[float | None], *, lowest_first: bool = False
) -> dict[str | None, list[int]]:
    """Return the rows with a finite value by group, in the order of numbers where names are such.

    Else the group with the greatest median comes first, or with the least. Those without a name
    come last.

    >>> grouped(["10", None, "9", "9"], [0.5, 0.1, 0.7, math.nan])
    {'9': [2], '10': [0], None: [1]}
    """
    found: dict[str | None, list[int]] = {}
    known = [value if value is not None and math.isfinite(value) else None for value in values]
    for row, name in enumerate(names):
        if known[row] is not None:
            found.setdefault(name, []).append(row)
    numbers = {name: _number(name) for name in found if name is not None}
    ordered = all(number is not None for number in numbers.values())

    def place(name: str | None) -> tuple[bool, float, str]:
        if name is None:
            return True, 0.0, ""
        number = numbers[name]
        middle = median(value for row in found[name] if (value := known[row]) is not None)
        by_median = middle if lowest_first else -middle
        return False, number if ordered and number is not None else by_median, name

    return {name: found[name] for name in sorted(found, key=place)}


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
