"""Those who are killed: writers, and compactors."""

from __future__ import annotations

import contextlib
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalog.tables import SPECS
from lake.compact import collect, compact
from lake.errors import LakeError
from lake.lake import Lake
from lake.segment import from_rows
from lake.snapshots import REUSED_SECONDS
from lake.spool import BucketOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from tests.torture.ledger import Life

    Pipe = Connection[Any, Any]


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How long things take: in a run of a minute, what takes ten in earnest must happen often.

    `settle` is the lake's own. `grace`, 600 s in earnest, is so short that files vanish under
    readers all the time. A reader that has not looked for half of it reads everything again: the
    same proportion as of catalog.mirror.LONGEST_GAP_SECONDS to lake.compact.GRACE.
    """

    settle: float = 2.0
    grace: float = 4.0
    pause: float = 0.005
    minimum: int = 8
    target_rows: int = 50_000
    partition_rows: int = 1_000


@dataclass(frozen=True)
class Place:
    """Where the lake is; for one in a bucket also the disks of the machines that use it.

    Processes are on the machines in turn. On its own one sees what was logged at once, from the
    others what is in the bucket.
    """

    url: str
    disks: tuple[Path, ...] = ()

    @property
    def lag(self) -> float:
        """For how many seconds a reader may not see yet what others put into the bucket."""
        return REUSED_SECONDS if self.disks else 0.0

    def machine(self, number: int) -> int:
        """Tell on which machine the process with a number is."""
        return number % max(len(self.disks), 1)

    def open(self, machine: int) -> Lake:
        """Open the lake on a machine, with the tables of the catalog."""
        options = BucketOptions()
        if self.disks:
            disk = self.disks[machine]
            options = BucketOptions(state_folder=disk / "state", cache_folder=disk / "cache")
        lake = Lake.open(self.url, options=options)
        lake.define(*SPECS.values())
        return lake


def write(_: Pipe, place: Place, life: Life, pace: Pace) -> None:
    """Append points until killed, one way or another."""
    chance = random.Random()  # noqa: S311 - no secret
    lake = place.open(place.machine(life.number))
    at = time.time_ns() // 1000
    start = {"run_id": life.run_id, "kind": "start", "status": "RUNNING", "start_time": at}
    lake.append("runs", [start | {"experiment_name": "torture", "event_at": at}])
    goes_past_journals = bool(place.disks) and life.number % 4 == 3
    if goes_past_journals:
        lake.flush()  # the run first: its points will be seen by other machines at once
    step = 0
    while True:
        # Segments beside an open journal would be seen before its rows are: no promise is broken,
        # but a reader could no longer tell by the numbers. So all of a journal, then a segment; on
        # a bucket the one or the other: journals of a machine are seen there sooner than segments.
        if chance.random() < 0.05:
            lake.flush()
            life.in_segments()
        count = chance.choice((1, 1, 1, 2, 5, 20))
        rows = [_point(life, number) for number in range(step, step + count)]
        step += count
        life.attempt(count)
        if place.disks:
            directly = goes_past_journals
        else:
            in_journals = lake.journal.size or lake.journal.rotated()
            directly = not in_journals and chance.random() < 0.5
        if directly:
            lake.table("metrics").append(from_rows(rows, SPECS["metrics"]))
            life.acknowledge()
            life.in_segments()
        else:
            lake.append("metrics", rows, durability=chance.choice(("process", "commit")))
            life.acknowledge()
        time.sleep(chance.random() * 2 * pace.pause)


def _point(life: Life, step: int) -> dict[str, Any]:
    return {
        "run_id": life.run_id,
        "experiment_id": f"torture {life.number % 5}",
        "metric_name": "loss",
        "value": step / 7,
        "step": step,
        "logged_at": time.time_ns() // 1000,
    }


def tidy(pipe: Pipe, place: Place, machine: int, pace: Pace) -> None:
    """Recover, compact and collect until told to end, or killed; send what went wrong."""
    lake = place.open(machine)
    faults: list[str] = []

    def pause(seconds: float) -> None:
        if pipe.poll(seconds):
            raise _TimeIsUpError

    with contextlib.suppress(_TimeIsUpError):
        while True:
            try:
                _tidy_once(lake, pace, pause)
            except LakeError as error:
                faults.append(f"a compactor: {error!r}")
    pipe.send(faults)


class _TimeIsUpError(Exception):
    """There is a message to end."""


def _tidy_once(lake: Lake, pace: Pace, pause: Callable[[float], None]) -> None:
    lake.recover()
    for name in SPECS:
        pause(0.01)
        table = lake.table(name)
        compact(
            table,
            minimum=pace.minimum,
            settle=pace.settle,
            target_rows=pace.target_rows,
            partition_rows=pace.partition_rows,
            pause=pause,
        )
        collect(table, grace=pace.grace)
