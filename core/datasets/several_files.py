"""Several files as one table: the rows of all of them, one file after the other.

They must have the same columns, of the same types; the order of the columns is the first file's.
A file is opened twice: once for its columns, before any row is taken, and once for its rows, so
that never more than one of them is open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.datasets.sources import Source, open_source
from core.frames import FrameError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa


def open_files(paths: Sequence[Path]) -> Source:
    """Return the rows of all files. Raises FrameError that lists how any differs from the first."""
    first = open_source(paths[0])
    if len(paths) == 1:
        return first
    # what pandas noted of one file, such as the length of its index, is not true of all
    schema = first.schema.remove_metadata()
    faults = [f for path in paths[1:] for f in _differences(path, open_source(path).schema, schema)]
    if faults:
        message = f"The files are not of one table. Unlike {paths[0].name}: {'; '.join(faults)}."
        hint = "Files of one version need the same columns: import others as versions of their own."
        raise FrameError(message, hint=hint, faults=tuple(faults))
    return Source(schema, _rows(paths, schema), ", ".join(path.name for path in paths))


def _differences(path: Path, found: pa.Schema, wanted: pa.Schema) -> Iterator[str]:
    has, needs = (dict(zip(s.names, s.types, strict=True)) for s in (found, wanted))
    for name in (name for name in needs if name not in has):
        yield f"{path.name} has no column {name}"
    for name, kind in has.items():
        if name not in needs:
            yield f"{path.name} has a column {name}"
        elif kind != needs[name]:
            yield f"{path.name} has {name} as {kind}, not {needs[name]}"


def _rows(paths: Sequence[Path], schema: pa.Schema) -> Iterator[pa.Table]:
    for path in paths:
        source = open_source(path)
        if faults := list(_differences(path, source.schema, schema)):
            message = f"A file changed while it was read: {'; '.join(faults)}."
            raise FrameError(message, hint="Import it again when nobody writes it.", path=str(path))
        for piece in source.pieces:
            yield piece.select(schema.names).replace_schema_metadata(None)
