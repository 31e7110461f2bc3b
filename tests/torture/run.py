"""The torture run: writers and compactors that are killed, and readers that check everything."""

from __future__ import annotations

import contextlib
import importlib
import json
import random
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from catalog.catalog import Catalog
from catalog.export import export_catalog
from catalog.tables import SPECS
from lake.verify import verify
from tests.support.counters import Counters
from tests.support.processes import PATIENCE, Child
from tests.torture.ledger import NUMBERS, acknowledged, attempted, begin_life
from tests.torture.reader import Report, read
from tests.torture.work import Pace, Place, tidy, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    Pipe = Connection[Any, Any]

STOCK_READER: Final = Path(__file__).with_name("stock_reader.py")
_FOUND: Final = """
select run_id, count(*), count(distinct step), max(step) + 1, count(*) filter (value <> step / 7.0)
from metrics group by run_id
"""


@dataclass(frozen=True, kw_only=True)
class Torture:
    """What to do: where, how long, and by how many processes."""

    place: Place
    counters: Path
    seconds: float
    writers: int = 8
    compactors: int = 2
    readers: int = 2
    pace: Pace = field(default_factory=Pace)
    kills_a_second: float = 3.0
    kills: int = 0
    """Of writers, at least: on a busy machine it goes on until there are so many."""
    commits: int = 0
    """Of manifests, at least."""
    seed: int = 0

    @property
    def has_stock_reader(self) -> bool:
        """Whether a DuckDB alone can read the lake: of a bucket it would need an extension."""
        return not self.place.disks


@dataclass(slots=True)
class Outcome:
    """What happened."""

    writers_killed: int = 0
    compactors_killed: int = 0
    lives: int = 0
    rows: int = 0
    rows_found: int = 0
    commits: int = 0
    reports: dict[str, Report] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def table(self) -> str:
        """Show it as a text."""
        lines = [
            f"{self.rows:>9} rows acknowledged, {self.rows_found} found, {self.lives} lives",
            f"{self.writers_killed:>9} writers killed, {self.compactors_killed} compactors",
            f"{self.commits:>9} manifests committed",
            *(
                f"{report.snapshots:>9} snapshots by {name}, {report.retries} retries,"
                f" {len(report.violations)} violations"
                for name, report in self.reports.items()
            ),
            f"{len(self.violations):>9} violations",
            *self.violations,
        ]
        return "\n".join(lines)


def torture(plan: Torture) -> Outcome:
    """Do it, and return what happened. The lake must be new."""
    _import_all(plan)
    outcome = Outcome()
    lives = plan.writers + round((plan.seconds + PATIENCE) * plan.kills_a_second * 2)
    with Counters(plan.counters, 1 + NUMBERS * lives) as counters:
        with Child(_prepare, plan.place) as child:
            child.end()
        with contextlib.ExitStack() as readers:
            watching = {
                f"library reader {n + 1}": readers.enter_context(
                    Child(read, plan.place, n, counters, plan.pace)
                )
                for n in range(plan.readers)
            }
            stock = readers.enter_context(_stock_reader(plan)) if plan.has_stock_reader else None
            _kill_and_restart(plan, counters, outcome)
            outcome.lives = counters[0]
            for name, child in watching.items():
                child.tell("end")
                outcome.reports[name] = child.hear()
            if stock is not None:
                outcome.reports["a stock DuckDB"] = _end_of(stock)
        with Child(_judge, plan.place, counters) as child:
            outcome.rows, outcome.rows_found, outcome.commits, wrong = child.hear()
        outcome.violations += [v for r in outcome.reports.values() for v in r.violations] + wrong
    return outcome


def _import_all(plan: Torture) -> None:
    """Import what every forked process will need: once, and not once in each."""
    names = ["catalog.mirror", "catalog.rows", "duckdb", "pandas", "pyarrow.parquet"]
    if plan.place.disks:
        names += ["lake.s3_connection", "lake.s3_upload", "s3fs"]
    for name in names:
        importlib.import_module(name)


def _prepare(_: Pipe, place: Place) -> None:
    lake = place.open(0)
    if not lake.publishes:
        export_catalog(lake)


@contextlib.contextmanager
def _stock_reader(plan: Torture) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-I", str(STOCK_READER), plan.place.url, str(plan.counters)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _end_of(process: subprocess.Popen[str]) -> Report:
    found, _ = process.communicate("end", timeout=PATIENCE)
    assert process.returncode == 0, "the stock reader failed"
    return Report(*json.loads(found))


def _kill_and_restart(plan: Torture, counters: Counters, outcome: Outcome) -> None:
    """Let writers and compactors work for the time, and kill one of them now and then."""
    chance = random.Random(plan.seed)  # noqa: S311 - no secret
    with contextlib.ExitStack() as children:
        writers = [children.enter_context(_writer(plan, counters)) for _ in range(plan.writers)]
        compactors = [children.enter_context(_compactor(plan, n)) for n in range(plan.compactors)]
        end = time.monotonic() + plan.seconds
        while time.monotonic() < end or not _enough(plan, outcome, end + PATIENCE):
            time.sleep(chance.expovariate(plan.kills_a_second))
            if chance.random() < 0.9:
                place = chance.randrange(plan.writers)
                _kill(writers[place], outcome)
                writers[place] = children.enter_context(_writer(plan, counters))
                outcome.writers_killed += 1
            elif compactors:
                place = chance.randrange(plan.compactors)
                _kill(compactors[place], outcome)
                compactors[place] = children.enter_context(_compactor(plan, place))
                outcome.compactors_killed += 1
        for writer in writers:
            _kill(writer, outcome)
        for compactor in compactors:
            compactor.tell("end")
            outcome.violations += compactor.hear()


def _enough(plan: Torture, outcome: Outcome, end: float) -> bool:
    """Tell whether so much happened that it proves something, or that no more can be waited for."""
    with Child(_count_commits, plan.place) as child:
        enough = child.hear() >= plan.commits and outcome.writers_killed >= plan.kills
    return enough or time.monotonic() > end


def _count_commits(pipe: Pipe, place: Place) -> None:
    lake = place.open(0)
    pipe.send(sum(lake.table(name).snapshot().version for name in SPECS))


def _kill(child: Child, outcome: Outcome) -> None:
    if not child.alive:
        outcome.violations.append("a writer or compactor ended before it was killed")
    child.kill()


def _writer(plan: Torture, counters: Counters) -> Child:
    return Child(write, plan.place, begin_life(counters), plan.pace)


def _compactor(plan: Torture, number: int) -> Child:
    return Child(tidy, plan.place, plan.place.machine(number), plan.pace)


def _judge(pipe: Pipe, place: Place, counters: Counters) -> None:
    """Compare what is there in the end with what was acknowledged, and verify the lake."""
    wrong = []
    lake = place.open(0)
    for machine in range(max(len(place.disks), 1)):
        place.open(machine).recover()
    with Catalog(lake).cursor() as cursor:
        found = {row[0]: row[1:] for row in cursor.execute(_FOUND).fetchall()}
    least, most = acknowledged(counters), attempted(counters)
    for run_id in most:
        points, steps, following, differ = found.pop(run_id, (0, 0, 0, 0))
        once = points == steps == following and not differ
        if not (once and least[run_id] <= points <= most[run_id]):
            wrong.append(
                f"in the end {run_id} has {points} points, {steps} steps up to {following},"
                f" {differ} wrong; acknowledged were {least[run_id]}, written {most[run_id]}"
            )
    wrong += [f"in the end there is a strange run {run_id}" for run_id in found]
    wrong += [f"verify: {problem}" for problem in verify(lake.store, SPECS.values(), "content")]
    rows_found = lake.table("metrics").read(["step"]).num_rows
    commits = sum(lake.table(name).snapshot().version for name in SPECS)
    pipe.send((sum(least.values()), rows_found, commits, wrong))
