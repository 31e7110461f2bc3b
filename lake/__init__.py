"""Keep bytes, files and commits: the layer that knows no SQL.

A lake is one folder, or one prefix of a bucket. What is in it never changes once it has a name; new
facts are new files.

    <lake>/
      lake.json                          format of the lake, its id, when it was created
      journal/<id>.jsonl                 rows a living process has just appended; of a bucket's lake
                                         they are on the process's machine until they are segments
      writers/<writer>.json              in a bucket: who writes now
      tables/<table>/
        tail/0000-schema.parquet         no rows, all columns: gives an empty table its schema
        tail/<id>-<sha16>.parquet        fresh segments, one an append or one a journal
        data/0000-schema.parquet
        data/<sha256>.parquet            compacted files, sorted and named by their content
        log/<000000000042>.json          manifests: what is live, what it consumed; highest rules
        spare/<000000000042>.json        the last two of them once more
      objects/<aa>/<sha256>              anything else, named by its content
      claims/<kind>/<sha256>.json        names that may be given once only
      tmp/                               files on their way to a name
      inventory/<time>.json              what was there when the lake was last found sound
      gc/<time>-<writer>-<nonce>.json    objects that nothing refers to, for now
      quarantine/<time>/<...>            damaged bytes of which there was no good copy
      backup/<...>                       in a copy: rows of living writers, how far it is
      restoring.json                     a restore into this place that has not ended

    <id> = <time, 16 hex digits of microseconds>-<writer>-<sequence>

A row of a table is either in a journal, or in a segment of the tail that no manifest consumed, or
in a data file the highest manifest names: in exactly one of them, whatever crashes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lake.errors import (
        AlreadyExistsError,
        DamagedError,
        FormatError,
        InvalidNameError,
        LakeError,
        LakeNotFoundError,
        MhrasError,
        NotFoundError,
        SchemaError,
        StoreError,
    )
    from lake.lake import Lake

__all__ = [
    "AlreadyExistsError",
    "DamagedError",
    "FormatError",
    "InvalidNameError",
    "Lake",
    "LakeError",
    "LakeNotFoundError",
    "MhrasError",
    "NotFoundError",
    "SchemaError",
    "StoreError",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'lake' has no attribute {name!r}")
    # Late (PEP 562), so that importing one module of the lake does not import the others.
    from importlib import import_module

    return getattr(import_module("lake.lake" if name == "Lake" else "lake.errors"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
