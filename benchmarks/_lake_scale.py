"""How much is measured, and the rows: points of one metric, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from catalog.tables import METRICS, SPECS
from lake.lake import Lake

if TYPE_CHECKING:
    from pathlib import Path

NAME: Final = METRICS.name
POINTS_A_RUN: Final = 1_000
_LOGGED_AT: Final = 1_750_000_000_000_000  # microseconds since 1970


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Numbers of things, and of repetitions."""

    appends: int = 10_000
    ends: int = 100  # the first and the last appends, which are compared
    turn: int = 20  # appends of ours to two of the peer: it would take all day
    processes: int = 8
    process_appends: int = 500
    peer_process_appends: int = 100
    sizes: tuple[int, ...] = (10, 1_000, 10_000)
    manifests: int = 1_000
    segments: int = 4
    segment_rows: int = 3_000_000
    objects: int = 15
    object_bytes: int = 64 * 1024 * 1024
    repeat: int = 5


FULL: Final = Scale()
QUICK: Final = Scale(
    appends=400,
    ends=20,
    processes=4,
    process_appends=25,
    peer_process_appends=5,
    sizes=(10, 100),
    manifests=20,
    segments=1,
    segment_rows=100_000,
    objects=2,
    object_bytes=4 * 1024 * 1024,
    repeat=2,
)
TINY: Final = Scale(
    appends=40,
    ends=5,
    processes=2,
    process_appends=3,
    peer_process_appends=2,
    sizes=(3, 10),
    manifests=3,
    segments=1,
    segment_rows=1_000,
    objects=1,
    object_bytes=100_000,
    repeat=1,
)


def open_lake(place: Path, *, compact: bool = False) -> Lake:
    """Open a lake with the tables of the catalog, as it is or compacted in the background."""
    lake = Lake.open(place, compact=compact)
    lake.define(*SPECS.values())
    return lake


def row(number: int) -> dict[str, object]:
    """One point, as the journal takes it."""
    return {
        "run_id": f"0197{number // POINTS_A_RUN:028x}",
        "experiment_id": "0197",
        "metric_name": "auc",
        "value": number / 7,
        "step": number % POINTS_A_RUN,
        "logged_at": _LOGGED_AT + number,
    }


def rows(first: int, count: int = 1) -> pa.Table:
    """The same points as a table."""
    points = [row(number) for number in range(first, first + count)]
    return pa.Table.from_pylist(points).cast(METRICS.schema)
