"""How often the values of a column occur in both tables, in few enough words to draw them.

    number     at most 30 ranges of equal width between round edges; values that are far beyond the
               middle half of both tables are in the first and the last range
    category   the most frequent values, with at least 5 rows in both tables together; the rest is
               counted as one
    other      nothing but how many are missing

No value of a person is in it: edges are round numbers, and rare categories have no name.
core/drift/counting.py makes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "category", "identifier", "time", "other"]
Shares = tuple[list[float], list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distributions:
    """Counts of the reference and of the current table, side by side.

    Of a number, there is one edge more than there are counts, and `beyond` tells whether the outer
    ranges hold values beyond their edges. Of a category, there is one name for each count, and
    `rest` are the rows of all that has no name.
    """

    kind: Kind
    missing: tuple[int, int]
    edges: tuple[float, ...] = ()
    beyond: bool = False
    names: tuple[str, ...] = ()
    reference: tuple[int, ...] = ()
    current: tuple[int, ...] = ()
    rest: tuple[int, int] = (0, 0)

    @property
    def labels(self) -> list[str]:
        """The names of a category, and one for the rest where there is a rest."""
        label = "all others"
        while label in self.names:
            label = f"({label})"
        return [*self.names, *([label] if any(self.rest) else [])]

    @property
    def shares(self) -> Shares:
        """The counts of both sides as parts of their rows that have a value; the rest comes last.

        >>> found = {"kind": "category", "missing": (0, 0), "names": ("a",)}
        >>> Distributions(**found, reference=(3,), current=(2,), rest=(1, 0)).shares
        ([0.75, 0.25], [1.0, 0.0])
        """
        counts = [[*self.reference], [*self.current]]
        if any(self.rest):
            for side, rest in zip(counts, self.rest, strict=True):
                side.append(rest)
        before, after = ([n / max(1, sum(side)) for n in side] for side in counts)
        return before, after
