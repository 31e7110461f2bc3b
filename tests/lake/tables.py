"""Two tables and some rows, for the tests of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lake.compact import TARGET_ROWS, CompactionResult, compact
from lake.segment import from_rows
from lake.spec import TableSpec
from lake.store import LocalStore
from lake.table import SENTINEL, Table

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

METRICS = TableSpec(
    name="metrics",
    columns={
        "run_id": "string",
        "metric_name": "string",
        "value": "double",
        "step": "int64",
        "logged_at": "timestamp",
    },
    sort_by=("run_id", "metric_name", "step"),
    flat=True,
)
EVERYTHING = TableSpec(
    name="everything",
    columns={
        "text": "string",
        "number": "double",
        "whole": "int64",
        "flag": "bool",
        "seen_at": "timestamp",
        "tags": "map<string,string>",
        "scores": "map<string,double>",
    },
    sort_by=("text", "whole"),
)


def points(*steps: int, run_id: str = "r") -> pa.Table:
    """Make one metric point a step."""
    rows: list[dict[str, Any]] = [
        {
            "run_id": run_id,
            "metric_name": "loss",
            "value": step / 7,
            "step": step,
            "logged_at": step,
        }
        for step in steps
    ]
    return from_rows(rows, METRICS)


def metrics_in(folder: Path, *, writer: str = "test") -> Table:
    """Open the metrics table of the lake in a folder."""
    return Table(LocalStore(folder), METRICS, writer=writer)


def steps_in(table: Table) -> list[int]:
    """Read the steps of all rows, sorted."""
    return sorted(table.read(["step"]).column("step").to_pylist())


def fill(table: Table, *steps: int) -> list[str]:
    """Append one segment a step and return their names."""
    return [table.append(points(step)) for step in steps]


def compacted(table: Table, *, target_rows: int = TARGET_ROWS) -> CompactionResult:
    """Compact whatever there is, at once."""
    result = compact(table, minimum=1, settle=0, target_rows=target_rows)
    assert result is not None
    return result


def names_in(table: Table, folder: str) -> list[str]:
    """Name the files of the tail or the data folder that hold rows."""
    listing = table.store.list(f"{table.folder}/{folder}")
    return [entry.name for entry in listing if entry.name != SENTINEL]
