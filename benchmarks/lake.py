"""The lake measured against its goals, beside deltalake when asked.

    python benchmarks/lake.py [--peers] [--json FILE] [--quick|--tiny] [--only PART ...]

Nothing here fails because it is slow: the table says what is met and what is missed. Every append
of ours and of deltalake is in one loop, on the same rows, in the same temporary folder.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks._lake_appends import measure_appends, measure_processes
from benchmarks._lake_deltalake import DeltaPeer
from benchmarks._lake_reads import measure_open, measure_read
from benchmarks._lake_scale import FULL, QUICK, TINY
from benchmarks._lake_verify import measure_verify
from benchmarks._measure import Report, machine, print_report, state, work_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks._lake_scale import Scale

_PACKAGES: Final = ("duckdb", "pyarrow")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the JSON when asked."""
    chosen = _options().parse_args(arguments)
    scale = TINY if chosen.tiny else QUICK if chosen.quick else FULL
    facts = machine([*_PACKAGES, "deltalake"] if chosen.peers else _PACKAGES)
    report = Report(peer_name="deltalake")
    with work_folder(chosen.folder) as folder:
        peer = DeltaPeer(folder / "deltalake") if chosen.peers else None
        for part in chosen.only:
            PARTS[part](report, folder, scale, peer)
    facts |= state("after")
    print_report(report, facts)
    if chosen.json is not None:
        report.write(chosen.json, facts)


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description="Measure the lake.")
    options.add_argument("--peers", action="store_true", help="measure deltalake as well")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options.add_argument("--quick", action="store_true", help="a part of it: no figures to quote")
    options.add_argument("--tiny", action="store_true", help="only to see that all of it runs")
    options.add_argument("--folder", type=Path, help="where to put the lakes, removed at the end")
    options.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="some parts only")
    return options


PARTS: Final[dict[str, Callable[[Report, Path, Scale, DeltaPeer | None], None]]] = {
    "appends": measure_appends,
    "processes": measure_processes,
    "open": measure_open,
    "read": measure_read,
    "verify": measure_verify,
}

if __name__ == "__main__":
    main()
