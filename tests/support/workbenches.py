"""What the tests log through a workbench, and how they count it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from core import Workbench

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    from tests.support.counters import Counters

    Pipe = Connection[Any, Any]

_STEPS = """
select r.run_name, m.step from metrics m join runs r using (run_id)
where m.metric_name = $metric order by all
"""


def steps_by_run(workbench: Workbench, metric: str = "loss") -> dict[str, list[int]]:
    """Read the steps of every point of a metric, doubles as such, by the name of its run."""
    found: dict[str, list[int]] = {}
    for row in workbench.sql(_STEPS, {"metric": metric}).to_pylist():
        found.setdefault(row["run_name"], []).append(row["step"])
    return found


def log_for_ever(pipe: Pipe, lake: Path, returned: Counters, place: int = 0) -> None:
    """Log to a run named after the place until killed, and count the calls that returned."""
    os.chdir(lake.parent)  # no repository, so git is not asked
    workbench = Workbench(lake)
    run = workbench.tracker.start_run("killed", run_name=str(place))
    pipe.send(run.run_id)
    step = 0
    while True:
        workbench.tracker.log_metrics({"loss": step / 7, "auc": 1 - step / 7}, step=step)
        step += 1
        returned[place] = step


def log_points(pipe: Pipe, lake: Path, count: int) -> None:
    """Log a run of so many points, say its id, and wait for a message before it ends."""
    os.chdir(lake.parent)
    workbench = Workbench(lake)
    run = workbench.tracker.start_run("risk", run_name="points")
    for step in range(count):
        run.log_metrics({"loss": step / 7}, step=step)
    workbench.tracker.wait()  # for the rows that are written in the background
    pipe.send(run.run_id)
    if pipe.recv() == "flush":
        workbench.lake.flush()
        pipe.send("flushed")
        pipe.recv()
    run.end()
    workbench.close()
