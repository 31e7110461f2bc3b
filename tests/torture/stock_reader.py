"""A reader that knows nothing of the library: DuckDB, and the two files of an export.

    python -I tests/torture/stock_reader.py LAKE COUNTERS      until its input ends; prints JSON

It opens catalog.duckdb and runs catalog.sql, in turns. What it may expect are points that are in
segments (tests/torture/ledger.py): those of journals only the library sees.
"""

from __future__ import annotations

import json
import mmap
import os
import select
import sys
from pathlib import Path

import duckdb

NUMBERS = 3
MOST_VIOLATIONS = 20
# what DuckDB says when a file that a compaction replaced was deleted before it was read
VANISHED = ("No files found", "Cannot open file", "No such file")
POINTS = """
select run_id, count(*), count(distinct step), count(*) filter (step < e.points),
       count(*) filter (value <> step / 7.0), max(step) + 1
from metrics left join (select unnest($names) as run_id, unnest($counts) as points) e using (run_id)
group by run_id
"""


class Reader:
    """Looks, compares and counts."""

    def __init__(self, lake: Path, counters: Path) -> None:
        with counters.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._numbers = memoryview(self._map).cast("q")
        os.chdir(lake)  # the paths in catalog.sql are relative
        script = duckdb.connect()
        script.execute(Path("catalog.sql").read_text(encoding="utf8"))
        self._connections = [duckdb.connect("catalog.duckdb", read_only=True), script]
        self.snapshots = self.retries = 0
        self.violations: list[str] = []

    def look(self) -> None:
        """Ask once, and note what is wrong."""
        expected = self._column(3)
        asked = {"names": list(expected), "counts": list(expected.values())}
        connection = self._connections[self.snapshots % 2]
        try:
            rows = connection.execute(POINTS, asked).fetchall()
        except duckdb.IOException as error:
            if any(text in str(error) for text in VANISHED):
                self.retries += 1
                return
            raise
        self.snapshots += 1
        attempted = self._column(1)
        for run_id, points, steps, sure, wrong, following in rows:
            least = expected.pop(run_id, 0)
            if points != steps or sure != least or wrong or following > attempted[run_id]:
                self._violated(
                    f"{run_id} has {points} points, {steps} steps up to {following} of"
                    f" {attempted[run_id]}, {sure} of the {least} in segments, {wrong} wrong"
                )
        for run_id, points in expected.items():
            if points:
                self._violated(f"{run_id} has no points, in segments are {points}")

    def _column(self, column: int) -> dict[str, int]:
        lives = self._numbers[0]
        return {f"life {n}": self._numbers[NUMBERS * n + column] for n in range(lives)}

    def _violated(self, text: str) -> None:
        if len(self.violations) < MOST_VIOLATIONS:
            self.violations.append(f"snapshot {self.snapshots}: stock DuckDB: {text}")


def main() -> None:
    """Look until the input ends."""
    reader = Reader(*map(Path, sys.argv[1:3]))
    while not select.select([sys.stdin], [], [], 0.02)[0]:
        reader.look()
    strangers = {"lake", "catalog", "core", "pyarrow"} & {*sys.modules}
    if strangers:
        reader.violations.append(f"this was no stock DuckDB: {strangers} are imported")
    found = [reader.snapshots, reader.retries, reader.violations]
    print(json.dumps(found))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
