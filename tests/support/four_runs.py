"""Four ended runs of two experiments, partly compacted, for tests of maintenance."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from catalog.tables import SPECS
from core import Workbench
from lake.compact import compact

if TYPE_CHECKING:
    from pathlib import Path

CHANCE: Final = random.Random(0)  # noqa: S311 - the same every time


def log_run(bench: Workbench, name: str, *, experiment: str = "risk") -> str:
    """Log a run with params, points and an artifact whose content is the run's name."""
    with bench.tracker.start_run(experiment, name) as run:
        run.log_params({"depth": 4})
        run.log_metrics({"auc": 0.7, "loss": 0.3}, step=1)
        run.log_bytes(name, "model.json", "model")
    return run.run_id


def make_lake(folder: Path) -> dict[str, str]:
    """Make a lake of four ended runs in two experiments, partly compacted; ids by name."""
    runs = {}
    with Workbench(folder, actor="ana", durability="process") as bench:
        for name, experiment in (("a", "risk"), ("b", "risk"), ("c", "sleep")):
            runs[name] = log_run(bench, name, experiment=experiment)
        bench.tracker.wait()
        bench.lake.flush()
        for table in SPECS:
            compact(bench.lake.table(table), minimum=1, settle=0)
        runs["d"] = log_run(bench, "d")
    return runs


def digest_of(bench: Workbench, run_id: str) -> str:
    """Return the digest of the model that was kept with a run."""
    (artifact,) = [a for a in bench.runs.list_artifacts(run_id) if a.artifact_type == "model"]
    return artifact.digest
