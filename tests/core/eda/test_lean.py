"""What an analysis does without."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.special import chdtr

from core.eda.quality.spread import chi_squared_below

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import sys
from pathlib import Path
from core.eda.module import EDAModule
module = EDAModule()
module.export_report(module.analyze_dataset(Path(sys.argv[1])), "html", sys.argv[1] + ".html")
print([name for name in ("pandas", "scipy", "sklearn", "duckdb") if name in sys.modules])
"""


def test_a_file_is_analyzed_without_libraries_that_take_longer_to_load_than_it(
    tmp_path: Path,
) -> None:
    random = np.random.default_rng(0)
    site = pa.array(random.choice(["Ulm", "Bonn"], 300), mask=random.random(300) < 0.1)
    age = pa.array(random.normal(50, 9, 300), mask=random.random(300) < 0.1)
    flag, number = pa.array(random.random(300) < 0.5), pa.array(random.integers(0, 4, 300))
    path = tmp_path / "visits.parquet"
    pq.write_table(pa.table({"site": site, "age": age, "flag": flag, "number": number}), path)
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)], capture_output=True, check=True, text=True
    )
    assert found.stdout == "[]\n"


@pytest.mark.parametrize("freedom", [1, 2, 7, 19])
def test_the_chance_of_a_small_chi_squared_is_that_of_scipy(freedom: int) -> None:
    for statistic in (0.0, 1e-9, 0.01, 0.5, float(freedom), 3.0 * freedom, 500.0):
        expected = float(chdtr(freedom, statistic))
        assert chi_squared_below(statistic, freedom) == pytest.approx(expected, rel=1e-12)
