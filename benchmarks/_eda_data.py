"""The table that analyses are measured on: 30 columns of all kinds, the same every time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pathlib import Path

_CATEGORIES = (2, 3, 5, 8, 20, 200)


def write_table(path: Path, rows: int) -> None:
    """Write 21 columns of numbers, 4 of them with gaps, 7 of categories, flags, ids and texts."""
    random = np.random.default_rng(0)
    shared = random.normal(size=rows)
    columns: dict[str, Any] = {}
    for place in range(8):
        columns[f"normal_{place}"] = shared * (place / 10) + random.normal(size=rows)
    for place in range(4):
        columns[f"lognormal_{place}"] = random.lognormal(size=rows)
        columns[f"count_{place}"] = random.poisson(3 + place, rows)
        gapped = random.normal(size=rows)
        gapped[random.random(rows) < 0.05 * (place + 1)] = np.nan
        columns[f"gapped_{place}"] = gapped
    columns["coded"] = random.integers(0, 2, rows)
    columns["row"] = np.arange(rows)
    for place, number in enumerate(_CATEGORIES):
        levels = np.array([f"level {level}" for level in range(number)])
        columns[f"category_{place}"] = levels[random.integers(0, number, rows)]
    columns["flag"] = random.random(rows) < 0.3
    columns["text"] = np.char.add("note ", random.integers(0, max(1, rows // 3), rows).astype(str))
    arrays = {name: pa.array(values, from_pandas=True) for name, values in columns.items()}
    pq.write_table(pa.table(arrays), path)


def write_randhie(path: Path) -> None:
    """Write the RAND Health Insurance Experiment as statsmodels has it. Raises ImportError."""
    from statsmodels.datasets import randhie  # of the extra `bench`

    pq.write_table(pa.Table.from_pandas(randhie.load_pandas().data, preserve_index=False), path)
