"""Versions of a dataset: what an edit stores, and what registering and reading cost.

    python benchmarks/datasets.py [--json FILE] [--rows N] [--repeat N] [--folder FOLDER]

The peer is the way of the tools that store a new file for every version: the same table in one
Parquet file by pyarrow's defaults, compressed as ours.
"""

from __future__ import annotations

import argparse
import gc
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Final

import pyarrow.parquet as pq

from benchmarks._dataset_edits import EDITS, PATCHED, cohort
from benchmarks._measure import (
    Report,
    machine,
    print_report,
    seconds_of,
    state,
    times_in_turns,
    work_folder,
)
from core import Workbench

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

_NAME: Final = "cohort"
_ALL_EDITS: Final = 12e6  # bytes, at the full size
_FULL_ROWS: Final = 5_000_000


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the JSON when asked."""
    options = argparse.ArgumentParser(description="Measure versions of a dataset.")
    options.add_argument("--rows", type=int, default=_FULL_ROWS, help="rows of the first version")
    options.add_argument("--repeat", type=int, default=3, help="how often to read")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options.add_argument("--folder", type=Path, help="where to put the lake, removed at the end")
    options.add_argument("--peers", action="store_true", help="nothing: the peer is always there")
    chosen = options.parse_args(arguments)
    report, facts = Report(peer_name="whole files"), machine(("numpy", "pyarrow"))
    with (
        work_folder(chosen.folder) as folder,
        Workbench(folder / "lake", durability="process") as workbench,
    ):
        measure(report, workbench, folder, chosen.rows, chosen.repeat)
    facts |= state("after")
    print_report(report, facts)
    if chosen.json is not None:
        report.write(chosen.json, facts)


def measure(report: Report, workbench: Workbench, folder: Path, rows: int, repeat: int) -> None:
    """Register a table and each of its edits, and read every version."""
    table = cohort(rows)
    report.begin(f"register {rows:,} rows x {table.num_columns} columns", "processor time")
    begun, worked = _stored(workbench), process_time()
    workbench.datasets.register_dataset(table, _NAME, "drawn", key="id")
    report.add("first time", "the first version", process_time() - worked)
    file = folder / "0.parquet"
    worked = process_time()
    pq.write_table(table, file, compression="zstd")
    report.set_peer("first time", process_time() - worked, "writing only")
    worked = process_time()
    workbench.datasets.register_dataset(table, _NAME, "drawn", key="id")
    at_most = 1.2 * rows / _FULL_ROWS if rows < _FULL_ROWS else 1.2
    report.add("again", "the same again", process_time() - worked, at_most=at_most)
    stored = _stored(workbench) - begun
    report.begin("what versions store", "new bytes, statistics and sketches with them")
    report.add("first", "the first version", stored, "bytes")
    report.set_peer("first", file.stat().st_size)
    _measure_edits(report, workbench, folder, table)
    _measure_reads(report, workbench, folder, repeat)


def _measure_edits(report: Report, workbench: Workbench, folder: Path, table: pa.Table) -> None:
    ours, whole = 0, 0
    for number, (name, edit) in enumerate(EDITS.items(), 1):
        edited = edit(table)
        before, worked = _stored(workbench), process_time()
        workbench.datasets.register_dataset(edited, _NAME, "drawn", key="id")
        took = process_time() - worked
        stored = _stored(workbench) - before
        file = folder / f"{number}.parquet"
        pq.write_table(edited, file, compression="zstd")
        del edited
        gc.collect()
        report.add(name, name, stored, "bytes", note=f"{took:.2f} s of processor time")
        report.set_peer(name, file.stat().st_size)
        ours, whole = ours + stored, whole + file.stat().st_size
    at_most = _ALL_EDITS if table.num_rows >= _FULL_ROWS else None
    report.add("edits", "all seven together", ours, "bytes", at_most=at_most)
    report.set_peer("edits", whole)


def _measure_reads(report: Report, workbench: Workbench, folder: Path, repeat: int) -> None:
    report.begin("read a version whole", "as an Arrow table; goals are ratios to one Parquet file")
    for number, name in enumerate(["the first version", *EDITS]):
        version, file = f"v{number + 1}", folder / f"{number}.parquet"

        def ours(version: str = version) -> None:
            workbench.datasets.get_dataset(_NAME, version, as_frame="arrow")

        def theirs(file: Path = file) -> None:
            pq.read_table(file)

        seconds_of(theirs)
        mine, others = times_in_turns([ours, theirs], repeat)
        most = 2.0 if EDITS.get(name) in PATCHED else 1.3
        key = f"read {name}"
        report.add_times(key, f"read: {name}", mine, at_most=most * min(others))
        report.set_peer(key, min(others))


def _stored(workbench: Workbench) -> int:
    objects = workbench.lake.objects
    return sum(objects.size(digest) for digest in objects.all())


if __name__ == "__main__":
    main()
