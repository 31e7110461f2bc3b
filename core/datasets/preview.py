"""Look at a file before it is registered: its columns, its first rows, and what is new in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from core.datasets.sources import open_source
from core.storable import unstorable

if TYPE_CHECKING:
    from collections.abc import Mapping

ROWS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a table would be registered as; `faults` say what keeps it from that."""

    schema: Mapping[str, str]
    rows: pa.Table
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaChanges:
    """How columns and types differ from those of the version before."""

    added: Mapping[str, str]
    removed: Mapping[str, str]
    retyped: Mapping[str, tuple[str, str]]

    @property
    def nothing(self) -> bool:
        """Whether columns and types are the same."""
        return not (self.added or self.removed or self.retyped)


def preview(data: Any) -> Preview:
    """Return the columns and the first rows of a frame or file. Raises FrameError.

    >>> preview({"age": [30, 41]}).schema
    {'age': 'int64'}
    """
    source = open_source(data)
    first = next(iter(source.pieces), source.schema.empty_table()).slice(0, ROWS)
    names = source.schema.names
    doubles = sorted({name for name in names if names.count(name) > 1})
    faults = [f"{name}: the name of several columns" for name in doubles]
    return Preview(
        schema={field.name: str(field.type) for field in source.schema},
        rows=pa.Table.from_batches(first.to_batches(), first.schema),
        faults=(*faults, *unstorable(source.schema)),
    )


def schema_changes(before: Mapping[str, str], after: Mapping[str, str]) -> SchemaChanges:
    """Compare two schemas, each a mapping from column to Arrow type.

    >>> schema_changes({"age": "int64", "sex": "string"}, {"age": "double"}).retyped
    {'age': ('int64', 'double')}
    """
    return SchemaChanges(
        added={name: kind for name, kind in after.items() if name not in before},
        removed={name: kind for name, kind in before.items() if name not in after},
        retyped={
            name: (before[name], kind)
            for name, kind in after.items()
            if name in before and before[name] != kind
        },
    )
