"""Tell whether this version knows all that a lake holds.

A newer version may keep tables, or columns, whose rows name objects. Who does not know them must
not decide that nothing names an object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lake.errors import LakeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lake.lake import Lake


def why_not_understood(lake: Lake) -> str:
    """Say what in the lake this version does not know, or cannot read; nothing when all is well."""
    strange = sorted({*_tables(lake), *_columns(lake), *_journals(lake)})
    if not strange:
        return ""
    return f"this version does not know, or cannot read, all of the lake: {'; '.join(strange)}"


def _tables(lake: Lake) -> Iterator[str]:
    for name in lake.store.folders("tables"):
        if name not in lake.specs:
            yield f"the table {name}"


def _columns(lake: Lake) -> Iterator[str]:
    from lake.segment import footer  # with Arrow's types

    for spec in lake.specs.values():
        table = lake.table(spec.name)
        for key in table.snapshot().files:
            try:
                names = footer(lake.store.local_path(key))[0].names
            except LakeError as error:
                yield error.message
                continue
            yield from (f"{spec.name}.{name}" for name in names if name not in spec.columns)


def _journals(lake: Lake) -> Iterator[str]:
    from lake.lines import split_lines
    from lake.recover import read_lines

    folder = lake.journal.folder
    for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
        lines = split_lines(read_lines(path), lake.specs)
        if lines.damaged:
            yield f"damaged lines in the journal {path.name}"
        yield from (f"the table {name}" for name in lines.strange)
        for name, rows in lines.rows.items():
            known = lake.specs[name].columns
            yield from {f"{name}.{column}" for row in rows for column in row if column not in known}
