"""Which columns are missing together: of the rows in which either has no value, those of both.

1 are two columns of one event, such as a form that was not filled in; 0 never lack a value in the
same row. Columns without any value, and complete ones, say nothing and are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.eda.quality.examined import ExaminedColumn

    Together = dict[str, dict[str, float]]

MOST_COLUMNS: Final = 40  # those with most missing values
_ROWS: Final = 65_536  # at a time


def missing_together(columns: Sequence[ExaminedColumn]) -> Together:
    """Return that share for every pair of columns, by name, in the order of the table."""
    gapped = [column for column in columns if 0 < column.missing < column.rows]
    chosen = {c.name for c in sorted(gapped, key=lambda c: -c.missing)[:MOST_COLUMNS]}
    gapped = [column for column in gapped if column.name in chosen]
    if len(gapped) < 2:
        return {}
    both = np.zeros((len(gapped), len(gapped)))
    for start in range(0, gapped[0].rows, _ROWS):
        piece = slice(start, start + _ROWS)
        absent = np.array([~column.present[piece] for column in gapped], np.float32)
        both += absent @ absent.T  # whole numbers, which float32 holds up to 2^24
    alone = np.diag(both)
    shares = both / (alone[:, None] + alone[None, :] - both)
    return {
        first.name: {second.name: float(shares[i, j]) for j, second in enumerate(gapped)}
        for i, first in enumerate(gapped)
    }
