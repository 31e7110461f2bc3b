"""Experiment tracking measured against its goals, beside MLflow when asked.

    python benchmarks/tracking.py [--peers] [--json FILE] [--quick|--tiny] [--only PART ...]

Nothing here fails because it is slow: the table says what is met and what is missed. MLflow runs
on the same data, with a sqlite file in the same temporary folder, each part right after ours.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks._measure import Report, machine, print_report, state, work_folder
from benchmarks._tracking_live import measure_live
from benchmarks._tracking_logging import measure_calls, measure_crash, measure_start
from benchmarks._tracking_points import measure_points
from benchmarks._tracking_runs import measure_creation, measure_import, measure_search
from benchmarks._tracking_scale import FULL, QUICK, TINY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks._tracking_scale import Scale

_PACKAGES: Final = ("duckdb", "pyarrow", "polars", "pandas")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the JSON when asked."""
    chosen = _options().parse_args(arguments)
    scale = TINY if chosen.tiny else QUICK if chosen.quick else FULL
    facts = machine([*_PACKAGES, "mlflow"] if chosen.peers else _PACKAGES)
    report = Report()
    with work_folder(chosen.folder) as folder:
        measure(report, folder, scale, chosen.only, peers=chosen.peers)
    facts |= state("after")
    print_report(report, facts)
    if chosen.json is not None:
        report.write(chosen.json, facts)


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description="Measure experiment tracking.")
    options.add_argument("--peers", action="store_true", help="measure MLflow as well")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options.add_argument("--quick", action="store_true", help="a tenth of it: no figures to quote")
    options.add_argument("--tiny", action="store_true", help="only to see that all of it runs")
    options.add_argument("--folder", type=Path, help="where to put the lakes, removed at the end")
    options.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="some parts only")
    return options


def measure(
    report: Report, folder: Path, scale: Scale, parts: Sequence[str], *, peers: bool
) -> None:
    """Measure the parts chosen, each on lakes of its own inside a folder."""
    peer = None
    if peers:
        from benchmarks._tracking_mlflow import MlflowPeer  # only where it is installed

        peer = MlflowPeer(report, folder / "mlflow", scale)
    for part in parts:
        PARTS[part](report, folder, scale)
        if peer is not None:
            peer.measure(part)


def _measure_runs(report: Report, folder: Path, scale: Scale) -> None:
    place = measure_creation(report, folder, scale)
    measure_search(report, place, scale)
    measure_live(report, place, scale)


PARTS: Final[dict[str, Callable[[Report, Path, Scale], None]]] = {
    "start": measure_start,
    "calls": measure_calls,
    "crash": measure_crash,
    "runs": _measure_runs,
    "import": measure_import,
    "points": measure_points,
}

if __name__ == "__main__":
    main()
