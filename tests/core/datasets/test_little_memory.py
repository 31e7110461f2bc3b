"""Versions larger than the memory that is used are compared, and checked against a contract.

Their chunks are small here: what is read at a time is a chunk, whatever its size. Rows that must
be joined, or be unique, are another matter: a DuckDB holds 512 MB of them before it uses the disk.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from core.datasets.layout import Layout
from core.datasets.writer import VersionWriter
from lake.objects import Objects
from lake.store import LocalStore
from tests.test_layout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.random import Generator

ROWS, COLUMNS, AVERAGE = 500_000, 16, 4096
TABLE_BYTES = 8 * ROWS * (COLUMNS + 1)
READ = """
import sys
from pathlib import Path
from benchmarks._memory import bytes_now, most_bytes
from core.datasets.contract_check import check
from core.datasets.expectations import as_contract
from core.datasets.layout import Layout
from core.datasets.row_changes import Side, find_row_changes
from lake.objects import Objects
from lake.store import LocalStore

folder = Path(sys.argv[1])
objects = Objects(LocalStore(folder))

def layouts(name):
    return [Layout.from_json((folder / f"{name}{n}.json").read_bytes()) for n in (1, 2)]

def compare(name):
    first, second = layouts(name)
    sides = Side(objects, first), Side(objects, second)
    found = find_row_changes(*sides, first.schema.names, ("id",), examples=5)
    return found.added, found.removed, found.changed

def examine(name):
    rules = {f"x{n}": {"minimum": 0, "maximum": 1, "max_missing": 0} for n in range(16)}
    contract = as_contract({"columns": rules})
    return [v.count for v in check(objects, layouts(name)[1], contract, key=("id",))]

work = {"compare": compare, "examine": examine}[sys.argv[2]]
work("small")  # loads what it needs
before = bytes_now()
print(work("large"), most_bytes() - before, sep="; ")
"""


def drawn(random: Generator, rows: int) -> pa.Table:
    columns = {f"x{place}": random.random(rows) for place in range(COLUMNS)}
    return pa.table({"id": np.arange(rows), **columns})


def changed(table: pa.Table) -> pa.Table:
    """Put another value into a row of each 10,000, and leave out the first row of all."""
    values = table["x0"].to_numpy().copy()
    values[::10_000] = 2.0
    return table.set_column(1, "x0", pa.array(values)).slice(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Store two versions of a small and of a large table, in chunks of about 4,096 rows."""
    place = tmp_path_factory.mktemp("lake")
    objects, random = Objects(LocalStore(place)), np.random.default_rng(0)
    for name, rows in (("small", 20_000), ("large", ROWS)):
        table = drawn(random, rows)
        for number, version in enumerate((table, changed(table)), 1):
            start = Layout(schema=version.schema, anchor=("id",), average=AVERAGE, encodings={})
            writer = VersionWriter(objects, start, compression="none")
            writer.add(version)
            (place / f"{name}{number}.json").write_bytes(writer.finish().to_json())
    return place


@pytest.mark.parametrize(("work", "answer"), [("compare", "(0, 1, 49)"), ("examine", "[49]")])
def test_a_table_is_read_in_less_than_its_bytes(folder: Path, work: str, answer: str) -> None:
    command = [sys.executable, "-c", READ, str(folder), work]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found, peak = done.stdout.strip().split("; ")
    assert found == answer
    assert int(peak) < TABLE_BYTES, f"{int(peak):,} bytes of {TABLE_BYTES:,}"
