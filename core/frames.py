"""Any table in, the table type you asked for out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from lake.errors import MhrasError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

FrameType = Literal["pandas", "polars", "arrow"]


class FrameError(MhrasError, TypeError):
    """Not a table this program reads."""

    code = "frame"


def to_arrow(data: Any) -> pa.Table:
    """Read any table: pandas, polars (eager or lazy), Arrow, a DuckDB relation, a file's path.

    Raises FrameError naming what is accepted.

    >>> import pyarrow as pa
    >>> to_arrow(pa.table({"x": [1, 2]})).num_rows
    2
    """
    import pyarrow as pa  # not needed to log

    if isinstance(data, pa.Table):
        return data
    if isinstance(data, str | Path):
        return _read(Path(data))
    if hasattr(data, "collect") and hasattr(data, "collect_schema"):
        data = data.collect()  # a lazy polars query
    try:
        if hasattr(data, "__arrow_c_stream__"):
            return pa.table(data)
        if isinstance(data, list | tuple) and all(isinstance(row, dict) for row in data):
            return pa.Table.from_pylist(list(data))
        if isinstance(data, dict):
            return pa.table(data)
    except pa.ArrowException as error:
        message = f"A column of this {type(data).__name__} has values of several types: {error}"
        hint = "Give every column one type, for instance with astype()."
        raise FrameError(message, hint=hint) from error
    except TypeError as error:  # of what Arrow takes for no list of values
        message = f"A dict of columns has something else than lists of values: {error}."
        raise FrameError(message, hint='Give each column a list: {"age": [30, 41]}.') from error
    except (ValueError, OverflowError) as error:  # columns of one name, numbers of 100 bits
        message = f"This {type(data).__name__} cannot be read: {str(error).rstrip('.')}."
        hint = "Give every column a name of its own, and numbers that fit in 64 bits."
        raise FrameError(message, hint=hint) from error
    message = f"{type(data).__name__} is not a table."
    hint = "Give a pandas, polars or Arrow table, a DuckDB relation, or a path to Parquet or CSV."
    raise FrameError(message, hint=hint)


def _read(path: Path) -> pa.Table:
    import pyarrow.csv
    import pyarrow.parquet

    readers = {".parquet": pyarrow.parquet.read_table, ".csv": pyarrow.csv.read_csv}
    if path.suffix.lower() not in readers:
        message = f"{path} is neither Parquet nor CSV."
        raise FrameError(message, hint="Name a .parquet or a .csv file.", path=str(path))
    return readers[path.suffix.lower()](path)


@overload
def from_arrow(table: pa.Table, as_frame: Literal["pandas"] = ...) -> pd.DataFrame: ...
@overload
def from_arrow(table: pa.Table, as_frame: Literal["polars"]) -> pl.DataFrame: ...
@overload
def from_arrow(table: pa.Table, as_frame: Literal["arrow"]) -> pa.Table: ...
def from_arrow(
    table: pa.Table, as_frame: FrameType = "pandas"
) -> pd.DataFrame | pl.DataFrame | pa.Table:
    """Hand an Arrow table on as the type asked for.

    >>> import pyarrow as pa
    >>> from_arrow(pa.table({"x": [1]}), "arrow").to_pydict()
    {'x': [1]}
    """
    if as_frame == "arrow":
        return table
    if as_frame == "polars":
        import polars as pl  # 150 ms that only its users need

        return pl.DataFrame(pl.from_arrow(table))
    if as_frame == "pandas":
        return table.to_pandas()
    message = f"as_frame={as_frame!r} is not known."
    raise FrameError(message, hint="Use 'pandas', 'polars' or 'arrow'.")
