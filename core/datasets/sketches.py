"""The sketches of a version's columns (core/profile/sketch.py), as one Parquet object.

    column   number   text    below    rows        a row for each point of a quantile sketch,
    age      18.0     null        0      12        and for each of the most frequent values
    age      19.5     null       12       3
    sex      null     f        null     840

What is counted of a whole column is JSON in the file's metadata, under `sketches`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from core.datasets.columns import read_columns
from core.datasets.encodings import encode
from core.datasets.stored_tables import read_object
from core.profile.distribution import Sketch
from core.profile.measured import MeasuredColumn
from core.profile.sketch import ColumnSketch, sketch_column
from lake.errors import DamagedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.datasets.encodings import Compression
    from core.datasets.layout import Layout
    from lake.objects import Objects

_FORMAT: Final = 1
_METADATA: Final = b"sketches"
_SCHEMA: Final = pa.schema(
    [
        ("column", pa.int32()),
        ("number", pa.float64()),
        ("text", pa.large_string()),
        ("below", pa.int64()),
        ("rows", pa.int64()),
    ]
)
_ENCODINGS: Final = {
    "column": "DELTA_BINARY_PACKED",
    "number": "BYTE_STREAM_SPLIT",
    "below": "DELTA_BINARY_PACKED",
    "rows": "DELTA_BINARY_PACKED",
}


def store_sketches(
    objects: Objects, sketches: Mapping[str, ColumnSketch], compression: Compression
) -> str:
    """Store sketches by column; the digest of their object."""
    tables = [_rows(place, sketch) for place, sketch in enumerate(sketches.values())]
    columns = [
        {
            "name": name,
            "family": sketch.family,
            "rows": sketch.rows,
            "missing": sketch.missing,
            "distinct": sketch.distinct,
            "spread": sketch.numbers.spread,
        }
        for name, sketch in sketches.items()
    ]
    document = json.dumps({"format": _FORMAT, "columns": columns}).encode()
    table = pa.concat_tables([_SCHEMA.empty_table(), *tables]).combine_chunks()
    table = table.replace_schema_metadata({_METADATA: document})
    return objects.put(encode(table, _ENCODINGS, compression))


def _rows(place: int, sketch: ColumnSketch) -> pa.Table:
    points = sketch.numbers
    texts, counts = sketch.top
    numbers, words = len(points.points), len(texts)
    columns = [
        pa.array(np.full(numbers + words, place, dtype=np.int32)),
        pa.concat_arrays([pa.array(points.points), pa.nulls(words, pa.float64())]),
        pa.concat_arrays([pa.nulls(numbers, pa.large_string()), texts]),
        pa.concat_arrays([pa.array(points.least_counts), pa.nulls(words, pa.int64())]),
        pa.array(np.concatenate([points.counts - points.least_counts, counts])),
    ]
    return pa.Table.from_arrays(columns, schema=_SCHEMA)


def read_sketches(objects: Objects, layout: Layout) -> dict[str, ColumnSketch]:
    """Return the sketches of a version; of one that has none they are made of its rows.

    Raises NotFoundError and DamagedError.
    """
    if not layout.sketches:
        columns = read_columns(objects, layout)
        return {name: sketch_column(MeasuredColumn(column)) for name, column in columns}
    table = read_object(objects, layout.sketches)
    try:
        described = json.loads((table.schema.metadata or {})[_METADATA])["columns"]
        places = np.asarray(table["column"])
        found = {}
        for place, facts in enumerate(described):
            start, end = np.searchsorted(places, [place, place + 1])
            found[facts["name"]] = _sketch(facts, table.slice(start, end - start))
    except (KeyError, ValueError, TypeError) as error:
        message = f"The sketches {layout.sketches} are damaged: {error!r}."
        hint = "Run `mhras verify --repair`."
        raise DamagedError(message, hint=hint, path=layout.sketches) from error
    return found


def _sketch(facts: Mapping[str, Any], rows: pa.Table) -> ColumnSketch:
    numbers = rows["number"].combine_chunks()
    counts = np.asarray(rows["rows"], dtype=np.int64)
    split = len(numbers) - numbers.null_count
    below = np.asarray(rows["below"].combine_chunks()[:split], dtype=np.int64)
    points = Sketch(
        np.asarray(numbers[:split], dtype=np.float64),
        below,
        below + counts[:split],
        float(facts["spread"]),
    )
    return ColumnSketch(
        family=facts["family"],
        rows=int(facts["rows"]),
        missing=int(facts["missing"]),
        distinct=int(facts["distinct"]),
        numbers=points,
        top=(rows["text"].combine_chunks()[split:], counts[split:]),
    )
