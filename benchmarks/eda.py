"""Exploratory data analysis beside skrub and fg-data-profiling when asked.

    python benchmarks/eda.py [--peers] [--json FILE] [--rows N ...] [--repeat N] [--folder FOLDER]

Each analysis is a process of its own, from the import of the library to the HTML on disk: reading a
Parquet file of 30 columns, profiling it, and writing the report. skrub looks at associations in a
sample of 3,000 rows and gives no skewness, outliers, duplicates or ranks; fg-data-profiling is run
in its minimal form, which gives no associations at all.
"""

from __future__ import annotations

import argparse
import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks._eda_data import write_table
from benchmarks._measure import Report, machine, print_report, run_process, show, state, work_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

_PACKAGES: Final = ("numpy", "pyarrow")
_ROWS: Final = (20_000, 100_000, 1_000_000)
_PEERS: Final = {"skrub": "skrub", "fg-data-profiling": "data_profiling"}
_LARGE: Final = 1_000_000  # the size that the goals are of


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the JSON when asked."""
    options = argparse.ArgumentParser(description="Measure exploratory data analysis.")
    options.add_argument("--peers", action="store_true", help="measure the peers as well")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options.add_argument("--rows", type=int, nargs="+", default=_ROWS, help="sizes of the table")
    options.add_argument("--repeat", type=int, default=3, help="how often to analyze")
    options.add_argument("--folder", type=Path, help="where to put the files, removed at the end")
    chosen = options.parse_args(arguments)
    peers = {name: module for name, module in _PEERS.items() if chosen.peers}
    missing = [name for name, module in peers.items() if find_spec(module) is None]
    facts = machine([*_PACKAGES, *(name for name in peers if name not in missing)])
    report = Report(peer_name="best peer")
    with work_folder(chosen.folder) as folder:
        for rows in chosen.rows:
            measure(report, folder, rows, chosen.repeat, [p for p in peers if p not in missing])
    facts |= state("after")
    print_report(report, facts)
    for name in missing:
        print(f"{name} is not installed here: not measured")
    if chosen.json is not None:
        report.write(chosen.json, facts)


def measure(report: Report, folder: Path, rows: int, repeat: int, peers: Sequence[str]) -> None:
    """Analyze one table, and let the peers do the same."""
    path = folder / f"table-{rows}.parquet"
    write_table(path, rows)
    report.begin(f"{rows:,} rows x 30 columns", "imports, reading, profile and HTML")
    ours = _best("eda_report", path, repeat)
    large = rows == _LARGE
    key = str(rows)
    report.add(f"{key} cpu", "processor time", ours["cpu"], at_most=3.0 if large else None)
    report.add(
        f"{key} memory", "peak memory", ours["rss"], "bytes", at_most=450e6 if large else None
    )
    report.add(f"{key} size", "size of the HTML", ours["size"], "bytes", at_most=700e3)
    theirs = {peer: _best(f"eda_{peer.partition('-')[0]}", path, 1) for peer in peers}
    for measured, unit in (("cpu", "seconds"), ("rss", "bytes"), ("size", "bytes")):
        if theirs:
            name, found = min(((n, f[measured]) for n, f in theirs.items()), key=lambda p: p[1])
            others = [
                f"{n} {show(f[measured], 'seconds' if unit == 'seconds' else 'bytes')}"
                for n, f in theirs.items()
                if n != name
            ]
            figure = {"cpu": "cpu", "rss": "memory", "size": "size"}[measured]
            report.set_peer(f"{key} {figure}", found, "; ".join([name, *others]))


def _best(program: str, path: Path, repeat: int) -> dict[str, float]:
    """Run a program some times; the least of each of what it prints."""
    runs = [json.loads(run_process(program, str(path))[1].splitlines()[-1]) for _ in range(repeat)]
    return {name: min(run[name] for run in runs) for name in runs[0]}


if __name__ == "__main__":
    main()
