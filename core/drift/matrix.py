"""Columns as numbers by row, for what looks at several columns at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from core.profile.measured import is_number
from core.storable import to_stored

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]

SEED: Final = 20_070_426  # of every choice of rows: the same question has the same answer


def numeric_columns(
    reference: pa.Table, current: pa.Table, columns: Iterable[str]
) -> dict[str, tuple[Numbers, Numbers]]:
    """Return those of the columns that are numbers in both tables, by row."""
    found = {}
    for name in columns:
        sides = [to_stored(table[name]) for table in (reference, current)]
        if all(is_number(side.type) for side in sides):
            found[name] = (by_row(sides[0]), by_row(sides[1]))
    return found


def by_row(column: pa.Array) -> Numbers:
    """Return a column of numbers in the order of its rows; missing and infinite ones are NaN."""
    values = np.array(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
    values[~np.isfinite(values)] = np.nan
    return values


def sampled(table: pa.Table, most: int) -> pa.Table:
    """Return the table, or so many of its rows drawn by lot, in their order.

    >>> sampled(pa.table({"x": range(10)}), 4).num_rows
    4
    """
    if table.num_rows <= most:
        return table
    rows = np.random.default_rng(SEED).choice(table.num_rows, most, replace=False)
    return table.take(np.sort(rows))
