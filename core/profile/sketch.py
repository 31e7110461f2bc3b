"""What is kept of a column when it is registered, to compare it without reading it again.

number                 a quantile sketch (core/profile/distribution.py)
text, true or false    its 256 most frequent values, how many others there are, in how many rows
anything else          how many rows are missing
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.profile.distribution import Sketch, sketch_numbers
from core.profile.measured import FEW, number_texts

if TYPE_CHECKING:
    import numpy.typing as npt

    from core.profile.measured import Family, MeasuredColumn

    Numbers = npt.NDArray[np.float64]
    Counts = npt.NDArray[np.int64]

SKETCH_VALUES: Final = 256
_EXPANDED: Final = 2_001  # numbers by which medians and shapes are told
_NO_NUMBERS: Final = Sketch(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))
_NO_TEXTS: Final = (pa.array([], pa.large_string()), np.empty(0, np.int64))


@dataclass(frozen=True, kw_only=True)
class ColumnSketch:
    """A column, without its values.

    `top` are the most frequent texts and their counts, the most frequent first. `distinct` counts
    all different texts.
    """

    family: Family
    rows: int
    missing: int
    distinct: int = 0
    numbers: Sketch = _NO_NUMBERS
    top: tuple[pa.Array, Counts] = _NO_TEXTS

    @cached_property
    def is_coded(self) -> bool:
        """Whether its numbers are few and whole."""
        points = self.numbers.points
        if not self.numbers.is_complete or len(points) > FEW:
            return False
        return bool(np.isfinite(points).all() and (points == np.round(points)).all())

    @cached_property
    def listed(self) -> tuple[pa.Array, Counts]:
        """Values as texts, and how often each occurs."""
        if self.family != "number":
            return self.top
        return number_texts(self.numbers.points), self.numbers.counts - self.numbers.least_counts

    @property
    def unlisted(self) -> tuple[int, int]:
        """How many texts are not listed, and in how many rows they are."""
        if self.family == "number":
            return 0, 0
        texts, counts = self.listed
        return self.distinct - len(texts), self.rows - self.missing - int(counts.sum())

    @property
    def categories(self) -> dict[str, int]:
        """How often each listed value occurs, by its text."""
        texts, counts = self.listed
        return dict(zip(texts.to_pylist(), counts.tolist(), strict=True))

    @cached_property
    def values(self) -> Numbers:
        """Some numbers that are distributed alike, ascending."""
        return self.numbers.expand(_EXPANDED) if self.numbers.rows else np.empty(0)


def sketch_column(measured: MeasuredColumn) -> ColumnSketch:
    """Return what is kept of a column.

    >>> from core.profile.measured import MeasuredColumn
    >>> sketch = sketch_column(MeasuredColumn(pa.array([True, None, True])))
    >>> sketch.categories, sketch.missing
    ({'true': 2}, 1)
    """
    found = ColumnSketch(family=measured.family, rows=measured.rows, missing=measured.missing)
    if measured.family == "number":
        return replace(found, numbers=sketch_numbers(measured.numbers))
    if measured.family in {"text", "flag"}:
        texts, counts = measured.listed
        order = _most_frequent(texts, counts)
        top = texts.take(pa.array(order)), counts[order]
        return replace(found, distinct=len(texts), top=top)
    return found


def _most_frequent(texts: pa.Array, counts: Counts) -> Counts:
    """Return the places of the most frequent texts; of equally frequent ones the least."""
    table = pa.table({"text": texts, "count": counts})
    keys = [("count", "descending"), ("text", "ascending")]
    places = pc.select_k_unstable(table, SKETCH_VALUES, keys)
    return np.asarray(places, dtype=np.int64)
