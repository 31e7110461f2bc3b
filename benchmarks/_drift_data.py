"""Two tables of sixteen numbers and four categories, of which four columns have drifted."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

NAME: Final = "visits"
SMALL: Final = "visits of a day"
DRIFTED: Final = ("category_3", "number_0", "number_1", "number_2")


def visits(rows: int, shift: float) -> pa.Table:
    """Draw a table; normal, skewed, rounded and partly missing numbers."""
    random = np.random.default_rng([rows, int(100 * shift)])
    columns: dict[str, pa.Array] = {}
    for place in range(16):
        moved = shift if f"number_{place}" in DRIFTED else 0.0
        values = random.normal(moved, 1, rows)
        if place % 4 == 1:
            values = np.exp(values)
        elif place % 4 == 2:
            values = np.round(100 + 15 * values)
        missing = random.random(rows) < 0.05 if place % 4 == 3 else None
        columns[f"number_{place}"] = pa.array(values, mask=missing)
    for place in range(4):
        moved = shift if f"category_{place}" in DRIFTED else 0.0
        codes = (random.gamma(2 + moved, 2, rows)).astype(np.int64) % (4 + 6 * place)
        names = pa.array([f"site {code}" for code in range(4 + 6 * place)])
        columns[f"category_{place}"] = names.take(pa.array(codes))
    return pa.table(columns)
