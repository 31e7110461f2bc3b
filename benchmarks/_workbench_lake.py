"""The lake behind the measured pages: runs with curves, and two versions of a dataset."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Final

from core import Workbench

if TYPE_CHECKING:
    from pathlib import Path

DATASET: Final = "answers"
_EXPERIMENTS: Final = 12
_STEPS: Final = 10
_ROWS: Final = 20_000


def make_lake(lake: Path, count: int) -> str:
    """Log runs and register versions, through the public API; return the id of the last run."""
    chance = random.Random(5)  # noqa: S311 - made-up data
    with Workbench(lake, actor="ana", durability="process") as bench:
        for later in (0.0, 0.4):
            columns = {
                "score": [round(chance.gauss(7 + later, 3), 2) for _ in range(_ROWS)],
                "age": [chance.randint(18, 90) for _ in range(_ROWS)],
                "site": [chance.choice(("north", "south", "west")) for _ in range(_ROWS)],
            }
            bench.datasets.register_dataset(columns, DATASET, "made up")
        for number in range(count):
            name = f"run-{number:06d}"
            with bench.tracker.start_run(f"exp-{number % _EXPERIMENTS}", name) as run:
                model = chance.choice(("lgbm", "xgb", "mlp", "logreg"))
                run.log_params({"depth": chance.randint(2, 12), "model": model})
                top = chance.uniform(0.6, 0.95)
                for step in range(_STEPS):
                    auc = top - 0.2 * math.exp(-step / 3)
                    run.log_metrics({"auc": auc, "logloss": 0.9 - auc / 2}, step=step)
        return run.run_id
