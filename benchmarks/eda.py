"""Exploratory data analysis beside skrub and fg-data-profiling when asked.

    python benchmarks/eda.py [--peers] [--json FILE] [--rows N ...] [--repeat N] [--folder FOLDER]

Each analysis is a process of its own, from the import of the library to the HTML on disk: reading a
Parquet file of 30 columns, profiling it, and writing the report. skrub looks at associations in a
sample of 3,000 rows and gives no skewness, outliers, duplicates or ranks; fg-data-profiling is run
in its minimal form, which gives no associations at all, and in full. A peer that takes longer than
`--most` seconds is stopped, and that is said. With statsmodels, the table of the RAND Health
Insurance Experiment is measured as well (randhie, 20,190 x 10).

Every program runs once before it is measured, so that none compiles its bytecode meanwhile.
"""

from __future__ import annotations

import argparse
import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks._eda_data import write_randhie, write_table
from benchmarks._measure import Report, machine, print_report, run_process, show, state, work_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks._measure import Unit

    Program = tuple[str, str, tuple[str, ...]]  # what must be installed, the program, arguments

_PACKAGES: Final = ("numpy", "pyarrow")
_ROWS: Final = (20_000, 100_000, 1_000_000)
_PEERS: Final = {
    "skrub": ("skrub", "eda_skrub", ()),
    "fg-data-profiling minimal": ("data_profiling", "eda_fg", ("minimal",)),
    "fg-data-profiling full": ("data_profiling", "eda_fg", ("full",)),
}
_OURS: Final = ("", "eda_report", ())
_LARGE: Final = 1_000_000  # the size that the goals are of


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the JSON when asked."""
    options = argparse.ArgumentParser(description="Measure exploratory data analysis.")
    options.add_argument("--peers", action="store_true", help="measure the peers as well")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options.add_argument("--rows", type=int, nargs="+", default=_ROWS, help="sizes of the table")
    options.add_argument("--most", type=float, default=600, help="seconds a peer may take")
    options.add_argument("--repeat", type=int, default=3, help="how often to analyze")
    options.add_argument("--folder", type=Path, help="where to put the files, removed at the end")
    chosen = options.parse_args(arguments)
    peers = {name: program for name, program in _PEERS.items() if chosen.peers}
    missing = [name for name, (module, _, _) in peers.items() if find_spec(module) is None]
    peers = {name: program for name, program in peers.items() if name not in missing}
    facts = machine([*_PACKAGES, *sorted({name.split()[0] for name in peers})])
    report = Report(peer_name="best peer")
    with work_folder(chosen.folder) as folder:
        _warm(folder, peers)
        options_of: Any = {"repeat": chosen.repeat, "peers": peers, "most": chosen.most}
        for rows in chosen.rows:
            path = folder / f"table-{rows}.parquet"
            write_table(path, rows)
            about = f"{rows:,} rows x 30 columns"
            measure(report, path, about, str(rows), **options_of)
        if chosen.peers and find_spec("statsmodels") is not None:
            write_randhie(folder / "randhie.parquet")
            path, about = folder / "randhie.parquet", "randhie, 20,190 rows x 10 columns"
            measure(report, path, about, "randhie", **options_of)
    facts |= state("after")
    print_report(report, facts)
    for name in missing:
        print(f"{name} is not installed here: not measured")
    if chosen.json is not None:
        report.write(chosen.json, facts)


def _warm(folder: Path, peers: Mapping[str, Program]) -> None:
    """Run every program once: what Python compiles then is kept, as in an installed package."""
    path = folder / "warm.parquet"
    write_table(path, 300)
    for _, name, arguments in (_OURS, *peers.values()):
        run_process(name, str(path), *arguments)


def measure(
    report: Report,
    path: Path,
    about: str,
    key: str,
    *,
    repeat: int,
    peers: Mapping[str, Program],
    most: float,
) -> None:
    """Analyze one table, and let the peers do the same."""
    report.begin(about, "imports, reading, profile and HTML")
    ours = _best(_OURS, path, repeat)
    large = key == str(_LARGE)
    report.add(f"{key} cpu", "processor time", ours["cpu"], at_most=3.0 if large else None)
    report.add(
        f"{key} memory", "peak memory", ours["rss"], "bytes", at_most=450e6 if large else None
    )
    report.add(f"{key} size", "size of the HTML", ours["size"], "bytes", at_most=700e3)
    theirs, stopped = {}, []
    for peer, program in peers.items():
        try:
            theirs[peer] = _best(program, path, 1, most)
        except TimeoutError as error:
            stopped.append(f"{peer} {error}")
    for measured, figure in (("cpu", "cpu"), ("rss", "memory"), ("size", "size")):
        if theirs:
            name, found = min(((n, f[measured]) for n, f in theirs.items()), key=lambda p: p[1])
            unit: Unit = "seconds" if measured == "cpu" else "bytes"
            others = [f"{n} {show(f[measured], unit)}" for n, f in theirs.items() if n != name]
            report.set_peer(f"{key} {figure}", found, "; ".join([name, *others, *stopped]))


def _best(program: Program, path: Path, repeat: int, most: float | None = None) -> dict[str, float]:
    """Run a program some times; the least of each of what it prints. Raises TimeoutError."""
    _, name, arguments = program
    runs = [
        json.loads(run_process(name, str(path), *arguments, most=most)[1].splitlines()[-1])
        for _ in range(repeat)
    ]
    return {figure: min(run[figure] for run in runs) for figure in runs[0]}


if __name__ == "__main__":
    main()
