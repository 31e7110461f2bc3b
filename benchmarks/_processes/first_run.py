"""One run on a lake that is not there yet.

Prints the seconds from before the first import until the run had ended, and what heavy packages
were imported once it had logged.
"""

from __future__ import annotations

import sys
from time import perf_counter

HEAVY = ("duckdb", "numpy", "pandas", "polars", "pyarrow")


def main(folder: str) -> None:
    """Make the run, close the lake and print."""
    begun = perf_counter()
    from core import Workbench  # what is timed

    with Workbench(folder) as workbench:
        with workbench.tracker.start_run("first", tags={"stage": "dev"}):
            workbench.tracker.log_params({"lr": 0.01})
            workbench.tracker.log_metrics({"auc": 0.73}, step=1)
            imported = [name for name in HEAVY if name in sys.modules]
        ended = perf_counter() - begun
    print(ended, ",".join(imported))


main(*sys.argv[1:])
