"""A file larger than the memory that there is can be registered."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.test_layout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ROWS, COLUMNS, LONG = 800_000, 20, 30
REGISTER = """
import sys
from benchmarks._memory import bytes_now, most_bytes
from core import Workbench

with Workbench(sys.argv[1], durability="process") as workbench:
    workbench.datasets.register_dataset({"x": [1]}, "small", "loads what it needs")
    before = bytes_now()
    version = workbench.datasets.register_dataset(sys.argv[2], "large", "a file")
    print(version.num_rows, most_bytes() - before)
"""


@pytest.mark.slow
def test_a_file_is_registered_in_less_memory_than_it_has_bytes(tmp_path: Path) -> None:
    """About 500 MB; a machine with many processors must not read more of it at once."""
    file = tmp_path / "large.csv"
    rows = [
        ",".join(f"text number {(row * (place + 3)) % 40:0{LONG - 12}}" for place in range(COLUMNS))
        for row in range(2000)
    ]
    block = "\n".join(rows) + "\n"
    with file.open("w", encoding="ascii") as out:
        out.write(",".join(f"c{place}" for place in range(COLUMNS)) + "\n")
        for _ in range(ROWS // 2000):
            out.write(block)
    command = [sys.executable, "-c", REGISTER, str(tmp_path / "lake"), str(file)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    rows_found, peak = (int(number) for number in answer.stdout.split())
    assert rows_found == ROWS
    assert peak < 0.8 * file.stat().st_size, f"{peak:,} bytes for {file.stat().st_size:,}"
