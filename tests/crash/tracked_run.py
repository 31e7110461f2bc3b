"""Tracking a run through a workbench, as one of the commit paths."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from core import Workbench
from lake.errors import LakeNotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    from core.tracking.active import ActiveRun
    from tests.crash.commit_paths import Teller

_POINTS: Final = """
select r.run_name, m.step from metrics m join runs r using (run_id) where m.metric_name = 'loss'
"""


def some_run(folder: Path) -> None:
    """Leave a lake with a run of another experiment."""
    with Workbench(folder / "lake") as workbench, workbench.tracker.start_run("old", "0") as run:
        run.log_metrics({"loss": 0.5}, step=0)


def track_run(folder: Path, first: int, teller: Teller) -> None:
    """Log a run of an experiment that is new, with all that belongs to one."""
    with Workbench(folder / "lake") as workbench:
        tracker = workbench.tracker
        runs: list[ActiveRun] = []
        if not teller.attempt(
            lambda: runs.append(tracker.start_run("risk", f"{first}")), repeat=False
        ):
            return
        (run,) = runs
        teller.attempt(tracker.wait, repeat=False)
        teller.acknowledge("experiment risk")
        teller.acknowledge(f"run {first} RUNNING")
        # a point alone does not wait for the disk: the artifact's row does, and for all before it
        logged = teller.attempt(partial(run.log_metrics, {"loss": 0.5}, step=first), repeat=False)
        if teller.attempt(partial(run.log_bytes, b"weights", "model.bin"), repeat=False):
            teller.acknowledge(f"artifact {first} weights")
            if logged:
                teller.acknowledge(f"point {first} {first}")
        if teller.attempt(run.end, repeat=False):
            teller.acknowledge(f"run {first} FINISHED")


def read_runs(folder: Path) -> list[str]:
    """Name what a workbench finds: a run that ended has also been running."""
    try:
        workbench = Workbench(folder / "lake", create=False)
    except LakeNotFoundError:
        return []
    found = []
    with workbench:
        names = workbench.runs.experiments()["experiment_name"].to_pylist()
        found += [f"experiment {name}" for name in names]
        for run in workbench.tracker.search_runs():
            found += [f"run {run.run_name} {status}" for status in {"RUNNING", run.status}]
            for artifact in run.artifacts:
                if artifact.artifact_type != "code":
                    content = workbench.runs.read_artifact(artifact.artifact_id).decode()
                    found.append(f"artifact {run.run_name} {content}")
        for row in workbench.sql(_POINTS).to_pylist():
            found.append(f"point {row['run_name']} {row['step']}")
    return sorted(found)
