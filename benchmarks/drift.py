"""Drift between two versions of a dataset, beside Evidently when asked.

    python benchmarks/drift.py [--peers] [--json FILE] [--rows N] [--repeat N] [--folder FOLDER]
                               [--calibration N]

Each comparison is in a process of its own, on the same rows. Ours reads them from the lake while
the clock runs; Evidently's frames are in memory before it starts. `--calibration 400` also counts
the false alarms of so many comparisons without drift, of each of four sizes: some minutes.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow.parquet as pq

from benchmarks._drift_calibration import measure_calibration
from benchmarks._drift_data import DRIFTED, NAME, SMALL, visits
from benchmarks._measure import Report, machine, print_report, run_process, state, work_folder
from core import Workbench

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

_SHIFT: Final = 0.5
_SMALL_ROWS: Final = 500
_PACKAGES: Final = ("numpy", "pyarrow", "scipy")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the JSON when asked."""
    options = argparse.ArgumentParser(description="Measure drift between versions.")
    options.add_argument("--peers", action="store_true", help="measure Evidently as well")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options.add_argument("--rows", type=int, default=1_000_000, help="rows of each table")
    options.add_argument("--repeat", type=int, default=3, help="how often to compare")
    options.add_argument(
        "--calibration",
        type=int,
        default=0,
        metavar="N",
        help="count false alarms of N comparisons",
    )
    options.add_argument("--folder", type=Path, help="where to put the lake, removed at the end")
    chosen = options.parse_args(arguments)
    facts = machine([*_PACKAGES, "evidently"] if chosen.peers else _PACKAGES)
    report = Report(peer_name="Evidently")
    with work_folder(chosen.folder) as folder:
        _prepare(folder, chosen.rows)
        measure_exact(report, folder, chosen.rows, chosen.repeat)
        measure_sketches(report, folder, chosen.rows, chosen.repeat)
        if chosen.peers:
            measure_evidently(report, folder)
    if chosen.calibration:
        measure_calibration(report, chosen.calibration)
    facts |= state("after")
    print_report(report, facts)
    if chosen.json is not None:
        report.write(chosen.json, facts)


def _prepare(folder: Path, rows: int) -> None:
    with Workbench(folder / "lake", durability="process") as workbench:
        for shift in (0.0, _SHIFT):
            _register(workbench, SMALL, visits(_SMALL_ROWS, shift))
            table = visits(rows, shift)
            _register(workbench, NAME, table)
            pq.write_table(table, folder / f"{shift}.parquet")


def _register(workbench: Workbench, name: str, table: pa.Table) -> None:
    workbench.datasets.register_dataset(table, name, "drawn")


def measure_exact(report: Report, folder: Path, rows: int, repeat: int) -> None:
    """Compare all values."""
    found = _compare(folder, "exact", repeat)
    report.begin(f"drift of {rows:,} rows x 20 columns, exact", "from the lake, with reading")
    processor, drifted = min(found["processor"]), ", ".join(found["drifted"])
    report.add("exact processor", "processor time", processor, at_most=3.0, note=drifted)
    report.add_times("exact time", "time", found["seconds"])
    report.add("exact memory", "memory beside", found["bytes"], "bytes", at_most=300e6)


def measure_sketches(report: Report, folder: Path, rows: int, repeat: int) -> None:
    """Compare what was kept when the versions were registered."""
    found = _compare(folder, "sketch", 5 * repeat)
    report.begin(f"drift of {rows:,} rows x 20 columns, from sketches", "warm, with all look-ups")
    drifted = ", ".join(found["drifted"])
    report.add_times("sketch time", "time", found["seconds"], at_most=0.05, note=drifted)
    report.add("sketch processor", "processor time", min(found["processor"]))
    report.add("sketch memory", "memory beside", found["bytes"], "bytes")
    if rows >= 10_000 and sorted(DRIFTED) != found["drifted"]:
        message = f"Sketches find drift in {drifted}; it is in {', '.join(DRIFTED)}."
        raise RuntimeError(message)


def measure_evidently(report: Report, folder: Path) -> None:
    """Let Evidently compare the same rows, from memory."""
    names = [str(folder / f"{shift}.parquet") for shift in (0.0, _SHIFT)]
    found: dict[str, Any] = json.loads(run_process("drift_evidently", *names)[1])
    for method in ("exact", "sketch"):
        report.set_peer(f"{method} processor", min(found["processor"]), "without reading")
        report.set_peer(f"{method} time", min(found["seconds"]))
        report.set_peer(f"{method} memory", found["bytes"], "beside its frames")


def _compare(folder: Path, method: str, repeat: int) -> dict[str, Any]:
    arguments = (str(folder / "lake"), SMALL, method, str(repeat))
    found: dict[str, Any] = json.loads(run_process("drift_versions", *arguments)[1])
    return found


if __name__ == "__main__":
    main()
