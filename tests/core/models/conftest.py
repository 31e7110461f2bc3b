from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from core import Workbench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PEOPLE = pd.DataFrame({"age": np.arange(20.0, 80.0), "score": np.arange(60) % 7})


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    """A workbench on a new lake; nothing in these tests needs to survive a power loss."""
    with Workbench(tmp_path / "lake", actor="ana", durability="process") as found:
        yield found


@pytest.fixture(scope="session")
def fitted() -> LogisticRegression:
    return LogisticRegression().fit(PEOPLE, (PEOPLE["age"] > 50).astype(int))


@pytest.fixture(scope="session")
def model_file(fitted: LogisticRegression) -> bytes:
    """A fitted model as skops writes it."""
    return bytes(skops.io.dumps(fitted))


def run_with(workbench: Workbench, data: bytes | str, name: str = "model.skops") -> str:
    """Log a file with a new run, and return the run's id."""
    with workbench.tracker.start_run("risk") as run:
        run.log_bytes(data, name, "model")
    return run.run_id
