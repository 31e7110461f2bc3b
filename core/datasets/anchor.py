"""Which columns tell the rows of a dataset apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_a

from core.datasets.hashing import hash_rows
from core.errors import DataVersionError

if TYPE_CHECKING:
    from collections.abc import Sequence


def as_key(key: str | Sequence[str] | None, columns: Sequence[str]) -> tuple[str, ...]:
    """Return a declared key as names. Raises DataVersionError for columns that are not there."""
    names = (key,) if isinstance(key, str) else tuple(key or ())
    missing = [name for name in names if name not in columns]
    if missing:
        message = f"The key has columns the data has not: {', '.join(missing)}."
        hint = f"Columns: {', '.join(columns)}."
        raise DataVersionError(message, hint=hint, key=names, columns=tuple(columns))
    return names


def find_anchor(sample: pa.Table) -> tuple[str, ...]:
    """Return the first column without equal values in stored rows; all columns when none is so.

    Floats count where they are whole: the person numbers of SAS are.

    >>> find_anchor(pa.table({"sex": [1, 2, 1], "person": [7, 8, 9]}))
    ('person',)
    """
    rows = sample.num_rows
    for name in sample.column_names:
        kind = sample[name].type
        # a measured value may be distinct in each row, and is edited more often than a name
        measured = is_a.is_floating(kind) and not _are_whole(sample[name])
        if measured or is_a.is_nested(kind) or not rows:
            continue
        hashes = hash_rows([sample[name].combine_chunks()])
        if not sample[name].null_count and len(set(hashes.tolist())) == rows:
            return (name,)
    return tuple(sample.column_names)


def _are_whole(floats: pa.ChunkedArray) -> bool:
    """Tell whether all of them are finite numbers without a fraction."""
    if is_a.is_float16(floats.type):  # for which Arrow has no arithmetic
        return False
    fractions = pc.subtract(floats, pc.trunc(floats))
    return pc.all(pc.equal(fractions, 0.0), skip_nulls=False).as_py() is True
