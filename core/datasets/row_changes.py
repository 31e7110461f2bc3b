"""The rows in which two versions differ, found by reading no more than needed.

    chunks whose columns have equal digests        hold equal rows: not read
    chunks whose key columns have equal digests    the other columns that differ are compared,
                                                   row by row where they stand
    all other chunks                               their rows are joined by the key, in a DuckDB
                                                   that goes to the disk when it needs much memory

Without a key the last way alone is left: rows are counted, equal ones against each other. Values
are the same when they are so in every bit: NaN is equal to the same NaN, and -0.0 is not 0.0.
Nested values are compared by a 64-bit number of what is in them (core/datasets/hashing.py).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.types as is_a

from core.datasets.hashing import hash_rows
from core.datasets.patches import differences
from core.datasets.reader import VersionReader
from core.datasets.row_join import JoinedRows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt
    import pyarrow as pa

    from core.datasets.layout import Layout, Part
    from lake.objects import Objects

    Place = tuple[int, int]  # a part, and a position in it
    Marks = npt.NDArray[np.bool_]


class Side:
    """One of the versions; columns are read when they are wanted."""

    def __init__(self, objects: Objects, layout: Layout) -> None:
        self.layout = layout
        self._objects = objects
        self._readers: dict[tuple[str, ...], VersionReader] = {}

    def reader(self, columns: Sequence[str]) -> VersionReader:
        """Return the reader of these columns."""
        names = tuple(columns)
        if names not in self._readers:
            self._readers[names] = VersionReader(self._objects, self.layout, names)
        return self._readers[names]

    def readers(self) -> list[VersionReader]:
        """Return the readers of all columns that were wanted."""
        return [*self._readers.values()]

    def stored(self, part: int, columns: Sequence[str]) -> pa.Table:
        """Return the rows of a part, as they are stored."""
        return self.reader(columns).stored(part)


@dataclass(slots=True)
class RowChanges:
    """How many rows differ, in which columns, and where the first of them are."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    by_column: Counter[str] = field(default_factory=Counter)
    added_at: list[Place] = field(default_factory=list)
    removed_at: list[Place] = field(default_factory=list)
    changed_at: list[tuple[Place, Place]] = field(default_factory=list)
    parts_read: int = 0


def find_row_changes(
    before: Side, after: Side, columns: Sequence[str], key: Sequence[str], *, examples: int
) -> RowChanges:
    """Compare the rows of two versions in columns that both have, stored as the same type."""
    found = RowChanges()
    old, new = _unequal(before.layout.parts, after.layout.parts, columns)
    if key:
        pairs, old, new = _aligned(before.layout.parts, after.layout.parts, old, new, key)
        for pair in pairs:
            _compare_aligned((before, after), pair, columns, found, examples=examples)
        found.parts_read += 2 * len(pairs)
    if old or new:
        found.parts_read += len(old) + len(new)
        compared = [name for name in columns if not is_a.is_null(_type_of(after, name))]
        with JoinedRows(compared, [name for name in key if name in compared]) as joined:
            for number, side, parts in ((0, before, old), (1, after, new)):
                for part in parts:
                    joined.add(number, part, side.stored(part, compared))
            joined.match()
            found.added, found.removed, changed = joined.counts()
            found.changed += changed
            found.by_column.update(joined.changed_values())
            found.added_at, found.removed_at = joined.single(examples)
            found.changed_at += joined.pairs(examples - len(found.changed_at))
    return found


def differing(before: pa.Array, after: pa.Array) -> Marks:
    """Mark the places at which two stored columns of the same type differ."""
    if is_a.is_nested(before.type):
        return np.asarray(hash_rows([before]) != hash_rows([after]))
    return np.asarray(differences(before, after), dtype=bool)


def _type_of(side: Side, name: str) -> pa.DataType:
    return side.layout.schema.field(name).type


def _unequal(
    before: Sequence[Part], after: Sequence[Part], columns: Sequence[str]
) -> tuple[list[int], list[int]]:
    """Leave out parts that hold the same, one for one."""

    def content(part: Part) -> tuple[object, ...]:
        return (part.rows, *(part.digests[name] for name in columns))

    common = Counter(map(content, before)) & Counter(map(content, after))

    def left(parts: Sequence[Part]) -> list[int]:
        equal = common.copy()
        found = []
        for place, part in enumerate(parts):
            if equal[content(part)]:
                equal[content(part)] -= 1
            else:
                found.append(place)
        return found

    return left(before), left(after)


def _aligned(
    before: Sequence[Part],
    after: Sequence[Part],
    old: Sequence[int],
    new: Sequence[int],
    key: Sequence[str],
) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Pair parts with the same keys in the same order; and what is left of both."""
    waiting: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for place in reversed(old):
        part = before[place]
        waiting[part.rows, *(part.digests[name] for name in key)].append(place)
    pairs, rest = [], []
    for place in new:
        part = after[place]
        others = waiting[part.rows, *(part.digests[name] for name in key)]
        if others:
            pairs.append((others.pop(), place))
        else:
            rest.append(place)
    return pairs, sorted(place for places in waiting.values() for place in places), rest


def _compare_aligned(
    sides: tuple[Side, Side],
    pair: tuple[int, int],
    columns: Sequence[str],
    found: RowChanges,
    *,
    examples: int,
) -> None:
    old, new = pair
    parts = [side.layout.parts[place] for side, place in zip(sides, pair, strict=True)]
    unequal = [name for name in columns if parts[0].digests[name] != parts[1].digests[name]]
    tables = [side.stored(place, unequal) for side, place in zip(sides, pair, strict=True)]
    changed = np.zeros(parts[1].rows, dtype=bool)
    for name in unequal:
        marks = differing(*(table[name].combine_chunks() for table in tables))
        found.by_column[name] += int(marks.sum())
        changed |= marks
    places = np.flatnonzero(changed)
    found.changed += len(places)
    wanted = places[: examples - len(found.changed_at)].tolist()
    found.changed_at += [((old, place), (new, place)) for place in wanted]


def rows_at(side: Side, places: Iterable[Place], columns: Sequence[str]) -> list[pa.Table]:
    """Return single rows, as they are stored; a part is read once when its rows come together."""
    found = []
    held: tuple[int, pa.Table] | None = None
    for part, place in places:
        if held is None or held[0] != part:
            held = part, side.stored(part, columns)
        found.append(held[1].slice(place, 1))
    return found
