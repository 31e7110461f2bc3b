"""A small lake with datasets: what the pages of data look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core import Workbench

if TYPE_CHECKING:
    from pathlib import Path

NAME: Final = "cohort"
EVIL_COLUMN: Final = "**site** <b> :red[x]"
EVIL_VALUE: Final = "<img src=x onerror=alert(1)> *north*"
ROWS: Final = 400


def cohort(*, later: bool = False) -> dict[str, Any]:
    """Return people who were asked; the later ones sleep less, and one column more is known."""
    random = np.random.default_rng(1)
    sleep = random.normal(6 if later else 7, 1, ROWS)
    sleep[::10] = np.nan
    table: dict[str, Any] = {
        "person": np.arange(ROWS),
        "age": random.integers(18, 90, ROWS),
        "sleep": sleep,
        "sex": random.choice(["f", "m"], ROWS),
        EVIL_COLUMN: random.choice([EVIL_VALUE, "south"], ROWS),
        "wave": np.full(ROWS, 2 if later else 1),
        "phq9": np.where(random.random(ROWS) < 0.3, 1, 0),
    }
    return {**table, "income": random.normal(40, 5, ROWS)} if later else table


def make_dataset_lake(folder: Path) -> Path:
    """Make a lake with two versions of one dataset, a tag, a stored report, and a small dataset."""
    with Workbench(folder, actor="ana") as bench:
        for later, source in ((False, "spring"), (True, "autumn")):
            bench.datasets.register_dataset(
                cohort(later=later), NAME, source, key="person", owner="ana", description="Asked."
            )
        bench.datasets.tag(NAME, "reviewed", "v1")
        bench.datasets.register_dataset({"site": ["a", "b"]}, "sites", "list")
        bench.datasets.detect_drift(f"{NAME}@v1", f"{NAME}@v2")
    return folder
