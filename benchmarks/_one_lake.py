"""The program of a benchmark that measures in one new lake, for a number of rows."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._measure import Report, machine, print_report, state, work_folder
from core import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Measure = Callable[[Report, Workbench, int, int], None]


def run(
    about: str,
    measure: Measure,
    *,
    packages: Sequence[str],
    rows: int,
    arguments: Sequence[str] | None = None,
) -> None:
    """Measure, print, and write the JSON when asked; `rows` is how many unless it is said.

    `measure` is called with the report to fill, a workbench, the rows, and how often to repeat.
    """
    options = argparse.ArgumentParser(description=about)
    options.add_argument("--peers", action="store_true", help="there are none")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options.add_argument("--rows", type=int, default=rows, help="rows of each table")
    options.add_argument("--repeat", type=int, default=3, help="how often")
    options.add_argument("--folder", type=Path, help="where to put the lake, removed at the end")
    chosen = options.parse_args(arguments)
    facts = machine(packages)
    report = Report(peer_name="peer")
    with work_folder(chosen.folder) as folder, Workbench(folder / "lake") as workbench:
        measure(report, workbench, chosen.rows, chosen.repeat)
    facts |= state("after")
    print_report(report, facts)
    if chosen.json is not None:
        report.write(chosen.json, facts)
