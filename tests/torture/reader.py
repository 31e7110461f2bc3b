"""Readers through the library, which check every snapshot."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from catalog import mirror
from catalog.catalog import Catalog
from catalog.errors import QueryError
from lake.errors import DamagedError
from tests.torture.ledger import acknowledged, attempted, run_id as run_of, stored

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.connection import Connection

    from lake.lake import Lake
    from tests.support.counters import Counters
    from tests.torture.work import Pace, Place

    Pipe = Connection[Any, Any]

MOST_VIOLATIONS: Final = 20
LEAST_SNAPSHOTS: Final = 2  # however late it came to look
LOOKS_OF_A_CATALOG: Final = 25
# what DuckDB says when a file that a compaction replaced was deleted before it was read
_VANISHED: Final = ("No files found", "Cannot open file", "No such file")
_POINTS: Final = """
select run_id, count(*) as points, count(distinct step) as steps, max(step) + 1 as next,
       count(*) filter (value <> step / 7.0) as wrong, any_value(s.points) as summed
from metrics left join metric_summary s using (run_id) group by run_id
"""


@dataclass(slots=True)
class Report:
    """What a reader saw."""

    snapshots: int = 0
    retries: int = 0
    violations: list[str] = field(default_factory=list)

    def violated(self, text: str) -> None:
        """Note what must not be."""
        if len(self.violations) < MOST_VIOLATIONS:
            self.violations.append(f"snapshot {self.snapshots}: {text}")


def read(pipe: Pipe, place: Place, number: int, counters: Counters, pace: Pace) -> None:
    """Look again and again until told to end, then send the report.

    Every second one begins anew now and then, and reads the table itself, too.
    """
    mirror.LONGEST_GAP_SECONDS = pace.grace / 2  # type: ignore[misc] # as the class Pace says
    report, before = Report(), dict[str, int]()
    machine = place.machine(number)
    lake = place.open(machine)
    catalog = Catalog(lake)
    while not pipe.poll(0.02) or (report.snapshots < LEAST_SNAPSHOTS and not report.violations):
        if number % 2 and report.snapshots % LOOKS_OF_A_CATALOG == LOOKS_OF_A_CATALOG - 1:
            lake.close()
            lake = place.open(machine)
            catalog = Catalog(lake)
            _look_at_table(lake, counters, report)
        expected = _expected(place, machine, counters)
        time.sleep(place.lag)
        _look(catalog, expected, counters, report, before)
    pipe.send(report)


def _expected(place: Place, machine: int, counters: Counters) -> dict[str, int]:
    """Return how many points of each life a reader on a machine must see from now on."""
    expected, in_bucket = acknowledged(counters), stored(counters)
    return {
        run_of(n): (expected if place.machine(n) == machine else in_bucket).get(run_of(n), 0)
        for n in range(len(expected))
    }


def _look(
    catalog: Catalog,
    expected: Mapping[str, int],
    counters: Counters,
    report: Report,
    before: dict[str, int],
) -> None:
    try:
        with catalog.cursor() as cursor:
            rows = cursor.execute(_POINTS).fetchall()
            runs = {run_id for (run_id,) in cursor.execute("select run_id from runs").fetchall()}
    except (DamagedError, QueryError) as error:
        _retry_or_complain(report, error)
        return
    report.snapshots += 1
    found: dict[str, int] = {}
    for run_id, points, steps, following, wrong, summed in rows:
        found[run_id] = points
        if not points == steps == following == summed or wrong:
            report.violated(
                f"{run_id} has {points} points, {steps} steps up to {following}, {summed} in"
                f" metric_summary, {wrong} wrong"
            )
    _compare(report, found, expected, attempted(counters))
    for run_id, points in before.items():
        if found.get(run_id, 0) < points:
            report.violated(f"{run_id} went down from {points} to {found.get(run_id, 0)}")
    lacking = [run_id for run_id, points in expected.items() if points and run_id not in runs]
    if lacking:
        report.violated(f"the runs {lacking} are not there")
    before.update(found)


def _look_at_table(lake: Lake, counters: Counters, report: Report) -> None:
    """Read the table around the catalog: what is in segments is there, each point once."""
    expected = stored(counters)
    rows = lake.table("metrics").read(["run_id", "step"])
    report.snapshots += 1
    groups = rows.group_by("run_id").aggregate(
        [("step", "count"), ("step", "count_distinct"), ("step", "max")]
    )
    found: dict[str, int] = {}
    for row in groups.to_pylist():
        found[row["run_id"]] = row["step_count"]
        if not row["step_count"] == row["step_count_distinct"] == row["step_max"] + 1:
            report.violated(f"the table has {row}")
    _compare(report, found, expected, attempted(counters))


def _compare(
    report: Report, found: Mapping[str, int], least: Mapping[str, int], most: Mapping[str, int]
) -> None:
    for run_id in most:
        points = found.get(run_id, 0)
        if not least.get(run_id, 0) <= points <= most[run_id]:
            report.violated(
                f"{run_id} has {points} points, acknowledged were {least.get(run_id, 0)} and"
                f" written {most[run_id]} at most"
            )


def _retry_or_complain(report: Report, error: DamagedError | QueryError) -> None:
    if any(text in str(error) for text in _VANISHED):
        report.retries += 1
    else:
        report.violated(repr(error))
