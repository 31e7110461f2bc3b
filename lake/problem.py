"""What verifying a lake finds wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong with one file; `path` is its key in the store.

    log         a manifest is absent                 missing     another file is absent
    manifest    a manifest is not what was written   content     a file is not what was written
    chain       manifests do not follow each other   rows, size  so is its number of rows or bytes
    footer      a Parquet file does not open         sentinel    a table's file without rows is
    name        a file is none of ours               inventory   a list of what was there is
    identity    lake.json is damaged                 unreadable  the disk refuses to read it
    spare       a copy of a manifest is none         export      the exported catalog was changed
    journal     a line of a journal is no row
    """

    kind: str
    path: str
    detail: str
