"""A lake that is written to and copied, for the tests of this folder."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lake.backup import restore
from lake.compact import collect, compact
from lake.lake import Lake
from lake.store import LocalStore
from lake.verify import verify
from tests.lake.tables import METRICS, points, steps_in

if TYPE_CHECKING:
    from pathlib import Path

    from lake.store import Store
    from lake.table import Table


@dataclass(slots=True)
class Source:
    """A lake that is written to: rows are numbered, so that each can be told from the others."""

    lake: Lake
    rows: int = 0

    @property
    def store(self) -> LocalStore:
        return LocalStore(self.lake.root)

    @property
    def table(self) -> Table:
        return self.lake.table("metrics")

    def log(self, count: int = 3) -> None:
        """Log rows into the journal of this process."""
        steps = range(self.rows, self.rows + count)
        rows = [{"run_id": "r", "metric_name": "loss", "value": 0.5, "step": n} for n in steps]
        self.lake.append("metrics", rows, durability="process")
        self.rows += count

    def append(self, count: int = 3) -> None:
        """Append rows as a segment, and the object and the name they speak of."""
        self.lake.objects.put(f"object {self.rows}".encode())
        self.lake.claim("experiments", f"name {self.rows}", {"id": self.rows})
        self.table.append(points(*range(self.rows, self.rows + count)))
        self.rows += count

    def compact(self) -> None:
        compact(self.table, minimum=1, settle=0)

    def collect(self) -> None:
        collect(self.table, grace=0)


def restored(copy: Store, folder: Path) -> list[int]:
    """Restore a copy, use it as a lake, and return the numbers of its rows."""
    shutil.rmtree(folder, ignore_errors=True)
    restore(copy, LocalStore(folder))
    with Lake.open(folder, create=False, settle=0) as lake:
        lake.define(METRICS)
        lake.recover()
        assert verify(lake.store, [METRICS], "content") == []
        return steps_in(lake.table("metrics"))
