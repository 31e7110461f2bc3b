"""What a table is: light, for whoever logs knows all tables and reads none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lake.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa

TYPES: Final = (
    "bool",
    "double",
    "int64",
    "map<string,double>",
    "map<string,string>",
    "string",
    "timestamp",
)
ROLLUPS: Final = "rollup"
_TABLE_NAME: Final = re.compile(r"[a-z_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """What a table is: its columns, and how its rows are ordered, merged and kept apart.

    Compaction gives the rows of one value of `partition_by` files of their own once they are many.

    >>> TableSpec(name="notes", columns={"id": "string", "size": "int32"}, sort_by=("at",))
    Traceback (most recent call last):
    ...
    lake.errors.SchemaError: Table 'notes': size has the unknown type int32; sorted by at, ...
    """

    name: str
    columns: Mapping[str, str]
    sort_by: tuple[str, ...] = ()
    partition_by: str = ""
    rollup: Rollup | None = None
    flat: bool = False
    fold: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] | None = None

    def __post_init__(self) -> None:
        faults = []
        if not _TABLE_NAME.fullmatch(self.name):
            faults.append("a name has only a-z and _")
        unknown = {name: kind for name, kind in self.columns.items() if kind not in TYPES}
        faults += [f"{name} has the unknown type {kind}" for name, kind in unknown.items()]
        faults += [
            f"sorted by {name}, which is not a column"
            for name in self.sort_by
            if name not in self.columns
        ]
        maps = [name for name, kind in self.columns.items() if kind.startswith("map<")]
        faults += [f"sorted by {name}, which is a map" for name in self.sort_by if name in maps]
        if self.partition_by and self.columns.get(self.partition_by) != "string":
            faults.append(f"partitioned by {self.partition_by}, which is not a column of text")
        if self.flat and (maps or self.fold):
            faults.append("a flat table has neither maps nor a fold")
        if faults:
            message = f"Table {self.name!r}: {'; '.join(faults)}."
            raise SchemaError(message, table=self.name, faults=tuple(faults))

    @property
    def schema(self) -> pa.Schema:
        """The columns as an Arrow schema."""
        from lake.segment import schema_of  # who only logs needs no Arrow

        return schema_of(self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollup:
    """What is kept beside each data file of a table: rows of `spec`, made of the file's rows.

    One that is made in another way has another name, so that nobody takes one for the other.
    """

    spec: TableSpec
    make: Callable[[pa.Table], pa.Table]

    @property
    def folder(self) -> str:
        """Where such roll-ups are in a table's data folder."""
        return f"{ROLLUPS}/{self.spec.name}"
