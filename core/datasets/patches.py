"""The few rows in which a chunk differs from one that is stored already.

    stored chunk     a  b  c  d  e            deleted     1, 3       positions in the stored chunk
    chunk            a  B  c  e  f            inserted    1: B, 4: f positions in the chunk

Rows are found again by their anchor; those that are equal in every bit must come in the same order.
A patch is always against a stored chunk, never against a patched one: reading applies one at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_a

from core.datasets.hashing import fixed_words, hash_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Positions = npt.NDArray[np.int64]
    Marks = npt.NDArray[np.bool_]

# Of the rows of a chunk: a patch is read beside the chunk, and costs more the larger it is.
MOST: Final = 0.05
_SHORT_RUN: Final = 50  # rows, below which looking for the next ones costs more than copying


@dataclass(frozen=True, slots=True)
class Patch:
    """Positions of the rows to delete from the stored chunk, and of the rows to insert."""

    deleted: Positions
    inserted: Positions


def find_patch(old: pa.Table, new: pa.Table, anchor: Sequence[str]) -> Patch | None:
    """Return what makes `new` of `old`, when that is little; both have the same columns.

    >>> old, new = pa.table({"x": range(40)}), pa.table({"x": range(1, 41)})
    >>> find_patch(old, new, ["x"])
    Patch(deleted=array([0]), inserted=array([39]))
    """
    if old.schema.types != new.schema.types:
        return None
    matches = _match(_numbers(old, anchor), _numbers(new, anchor))
    if matches is None:
        return None
    there, here = matches
    aligned = len(there) == old.num_rows == new.num_rows
    changed = np.zeros(len(there), dtype=bool)
    for name in new.column_names:
        before, after = _whole(old[name]), _whole(new[name])
        if not aligned:
            before, after = before.take(pa.array(there)), after.take(pa.array(here))
        changed |= differences(before, after)
        if changed.sum() > MOST * new.num_rows:
            return None
    patch = Patch(
        _absent(there[~changed], old.num_rows),
        _absent(here[~changed], new.num_rows),
    )
    return patch if len(patch.deleted) + len(patch.inserted) <= MOST * new.num_rows else None


def apply_patch(stored: pa.Table, patch: Patch, inserted: pa.Table) -> pa.Table:
    """Return the chunk of which a patch was made; `inserted` are the rows, in their order.

    >>> old = pa.table({"x": ["a", "b", "c"]})
    >>> patch = Patch(np.array([1]), np.array([1, 3]))
    >>> apply_patch(old, patch, pa.table({"x": ["B", "d"]}))["x"].to_pylist()
    ['a', 'B', 'c', 'd']
    """
    kept = _absent(patch.deleted, stored.num_rows)
    rows = np.empty(len(kept) + len(patch.inserted), dtype=np.int64)
    rows[patch.inserted] = stored.num_rows + np.arange(len(patch.inserted))
    rows[_absent(patch.inserted, len(rows))] = kept
    both = pa.concat_tables([stored, inserted])
    starts = np.flatnonzero(np.diff(rows, prepend=-2) != 1)
    if len(starts) * _SHORT_RUN > len(rows):
        return both.combine_chunks().take(pa.array(rows))
    # rows that stand together are copied together: four times as fast as one by one
    ends = np.append(starts[1:], len(rows)) - starts
    runs = zip(rows[starts].tolist(), ends.tolist(), strict=True)
    return pa.concat_tables([both.slice(start, number) for start, number in runs]).combine_chunks()


def _numbers(table: pa.Table, anchor: Sequence[str]) -> npt.NDArray[np.uint64]:
    return hash_rows([_whole(table[name]) for name in anchor])


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _absent(positions: Positions, rows: int) -> Positions:
    """Return the positions that are not among these."""
    missing = np.ones(rows, dtype=bool)
    missing[positions] = False
    return np.flatnonzero(missing)


def _match(
    old: npt.NDArray[np.uint64], new: npt.NDArray[np.uint64]
) -> tuple[Positions, Positions] | None:
    """Return the positions of rows with the same number, when nearly all have one, in order."""
    if np.array_equal(old, new):
        everything = np.arange(len(old))
        return everything, everything
    order = np.argsort(old, kind="stable")
    ranked = old[order]
    if not len(old) or (ranked[1:] == ranked[:-1]).any() or len(np.unique(new)) < len(new):
        return None
    place = np.minimum(np.searchsorted(ranked, new), len(old) - 1)
    found = ranked[place] == new
    there, here = order[place[found]], np.flatnonzero(found)
    if len(here) < (1 - MOST) * len(new) or (np.diff(there) <= 0).any():
        return None
    return there, here


def differences(before: pa.Array, after: pa.Array) -> Marks:
    """Mark the rows that differ in any bit; both arrays have the same stored type.

    >>> lists = pa.array([[1], [2, 3], None]), pa.array([[1], [2, 4], []])
    >>> differences(*(each.cast(pa.large_list(pa.int64())) for each in lists))
    array([False,  True,  True])
    """
    nulls, other_nulls = np.asarray(before.is_null()), np.asarray(after.is_null())
    kind = before.type
    if is_a.is_null(kind):
        unequal = np.zeros(len(before), dtype=bool)
    elif is_a.is_struct(kind):  # a null row has null fields
        fields = zip(before.flatten(), after.flatten(), strict=True)
        unequal = np.any([differences(*both) for both in fields], axis=0)
    elif is_a.is_nested(kind):
        unequal = _list_differences(_as_lists(before), _as_lists(after))
    elif is_a.is_large_string(kind) or is_a.is_large_binary(kind):
        unequal = np.asarray(pc.fill_null(pc.not_equal(before, after), False))
    else:
        unequal = (fixed_words(before) != fixed_words(after)).any(axis=1)
    marks: Marks = (unequal & ~nulls & ~other_nulls) | (nulls != other_nulls)
    return marks


def _as_lists(array: pa.Array) -> pa.Array:
    kind = array.type
    if is_a.is_map(kind):
        return array.cast(pa.large_list(pa.struct([kind.key_field, kind.item_field])))
    return array.cast(pa.large_list(kind.value_field)) if is_a.is_fixed_size_list(kind) else array


def _list_differences(before: pa.Array, after: pa.Array) -> Marks:
    """Compare the elements of lists that are equally long; the others differ."""
    lengths, other_lengths = (
        np.asarray(pc.fill_null(pc.list_value_length(array), -1)) for array in (before, after)
    )
    unequal: Marks = lengths != other_lengths
    compared = np.flatnonzero(~unequal & (lengths > 0))
    if len(compared):
        chosen = pa.array(compared)
        elements = differences(before.take(chosen).flatten(), after.take(chosen).flatten())
        starts = np.cumsum(lengths[compared]) - lengths[compared]
        unequal[compared] = np.logical_or.reduceat(elements, starts)
    return unequal
