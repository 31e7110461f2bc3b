"""The order of compacted files serves the questions asked: little is read for one curve."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from catalog.catalog import Catalog
from catalog.tables import SPECS
from lake import Lake
from lake.compact import compact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUNS, STEPS = 600, 1000
CURVE = """
explain analyze select step, value from read_parquet($files)
where run_id = $run_id and metric_name = 'auc'
"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """A lake of 600,000 points of 600 runs in 40 experiments, in one file of each large one."""
    count = RUNS * STEPS
    chance = np.random.default_rng(1)
    run = chance.permutation(np.repeat(np.arange(RUNS), STEPS))
    points = {
        "run_id": pa.array(np.char.add("0193a7c2-", np.char.zfill(run.astype("U"), 6))),
        "experiment_id": pa.array(np.char.add("e", (run % 40).astype("U"))),
        "metric_name": pa.array(np.where(np.arange(count) % 2, "auc", "loss")),
        "value": chance.random(count),
        "step": np.arange(count),
        "logged_at": pa.array(np.arange(count), pa.timestamp("us")),
    }
    with Lake.open(tmp_path_factory.mktemp("curves") / "lake", settle=0) as found:
        found.define(*SPECS.values())
        found.table("metrics").append(pa.table(points))
        assert compact(found.table("metrics"), minimum=1, settle=0) is not None
        yield found


def files_of(lake: Lake) -> list[Path]:
    return lake.store.local_paths(lake.table("metrics").snapshot().data)


def test_one_row_group_is_read_for_one_curve(lake: Lake) -> None:
    asked = {"files": [str(path) for path in files_of(lake)], "run_id": "0193a7c2-000321"}
    with duckdb.connect() as connection:
        ((_, plan),) = connection.execute(CURVE, asked).fetchall()
    scanned = re.search(r"Row Groups Scanned: (\d+) / (\d+)", plan)
    assert scanned is not None
    assert int(scanned[1]) <= 2
    assert int(scanned[2]) >= 5


def test_the_curve_is_whole(lake: Lake) -> None:
    query = "select count(*) n from metrics where run_id = '0193a7c2-000321'"
    assert Catalog(lake).sql(query).to_pylist() == [{"n": STEPS}]
