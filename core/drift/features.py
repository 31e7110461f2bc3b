"""Both tables as one matrix of features, for a model that is to tell them apart.

number       its rank among all values: nothing is too large, and infinite is the greatest
category     a code; the 50 most frequent have one each, all others share one
missing      NaN
identifier, time, other types    left out: they tell tables apart by themselves
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.drift.columns import pair_of
from core.storable import to_stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from core.drift.matrix import Numbers

_MOST_CODES: Final = 50
_LEFT_OUT: Final = {
    "identifier": "identifies rows",
    "time": "is a time, which moves by itself",
    "other": "is of another type, or not the same in both tables",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """A row for each row of both tables, the reference first; `notes` say what was left out."""

    names: tuple[str, ...]
    rows: Numbers
    is_current: npt.NDArray[np.bool_]
    is_code: npt.NDArray[np.bool_]
    notes: tuple[str, ...]


def comparable_features(reference: pa.Table, current: pa.Table, columns: Sequence[str]) -> Features:
    """Make features of the columns that can be compared."""
    names, values, codes, notes = [], [], [], []
    for name in columns:
        pair = pair_of(reference, current, name)
        if {pair.reference.family, pair.current.family} == {"nothing"}:
            notes.append(f"{name} is left out: it is empty.")
        elif pair.kind in _LEFT_OUT:
            notes.append(f"{name} is left out: it {_LEFT_OUT[pair.kind]}.")
        else:
            sides = [to_stored(table[name]) for table in (reference, current)]
            kind = next(side.type for side in sides if side.null_count < len(side))
            both = pa.concat_arrays([_typed(side, kind) for side in sides])
            names.append(name)
            codes.append(pair.kind == "category")
            values.append(_codes(both) if pair.kind == "category" else _ranks(both))
    rows = (reference.num_rows, current.num_rows)
    return Features(
        names=tuple(names),
        rows=np.column_stack(values) if values else np.empty((sum(rows), 0)),
        is_current=np.repeat([False, True], rows),
        is_code=np.array(codes, dtype=bool),
        notes=tuple(notes),
    )


def _typed(side: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_boolean(kind) or pa.types.is_large_string(kind):
        return side.cast(kind)
    return side.cast(pa.float64(), safe=False)


def _ranks(column: pa.Array) -> Numbers:
    values = np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)
    present = ~np.isnan(values)
    ranks = np.full(len(values), np.nan)
    ranks[present] = np.unique(values[present], return_inverse=True)[1]
    return ranks


def _codes(column: pa.Array) -> Numbers:
    """Return the place of each value among the most frequent ones."""
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    counted = pc.value_counts(column.drop_null())
    order = np.argsort(-np.asarray(counted.field("counts")), kind="stable")[:_MOST_CODES]
    known = counted.field("values").take(pa.array(order))
    codes = pc.fill_null(pc.index_in(column, value_set=known, skip_nulls=True), _MOST_CODES)
    found: Numbers = codes.to_numpy(zero_copy_only=False).astype(np.float64)
    found[column.is_null().to_numpy(zero_copy_only=False)] = np.nan
    return found
