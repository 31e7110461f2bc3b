"""Arrow tables of what Streamlit would take through pandas, which costs 2 to 5 ms each time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

_INDEX: Final = "__index_level_0__"
_TEXT: Final = {"pandas_type": "unicode", "numpy_type": "object"}
# what the browser reads to know that the second column names the rows
_NAMED_ROWS: Final = {
    "index_columns": [_INDEX],
    "column_indexes": [
        {"name": None, "field_name": None, **_TEXT, "metadata": {"encoding": "UTF-8"}}
    ],
    "columns": [
        {"name": "value", "field_name": "value", **_TEXT, "metadata": None},
        {"name": None, "field_name": _INDEX, **_TEXT, "metadata": None},
    ],
}


def named_values(texts: Mapping[str, str]) -> pa.Table:
    """Return texts by name as a table of one column, with the names at the head of its rows."""
    import pyarrow as pa  # who has something to show has it loaded

    fields = [("value", pa.string()), (_INDEX, pa.string())]
    schema = pa.schema(fields, metadata={"pandas": json.dumps(_NAMED_ROWS)})
    return pa.table([[*texts.values()], [*texts]], schema=schema)


def rows_table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return the rows of a chart as a table: what one of them lacks, and NaN, is null there.

    A column of texts and numbers becomes one of texts, as in Streamlit's own tables.

    >>> rows_table([{"x": 1}, {"x": 2.5, "name": "a"}, {"x": float("nan")}]).to_pydict()
    {'x': [1.0, 2.5, None], 'name': [None, 'a', None]}
    """
    import pyarrow as pa  # as above

    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: _column([row.get(name) for row in rows]) for name in names})


def _column(values: Sequence[Any]) -> pa.Array:
    import pyarrow as pa  # as above

    if any(isinstance(value, str) for value in values):
        return pa.array([None if value is None else str(value) for value in values], pa.string())
    return pa.array(values, from_pandas=True)
