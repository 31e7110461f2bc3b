"""Open a lake and search it once; prints how many runs were found, and the seconds it took."""

from __future__ import annotations

import sys
from time import perf_counter


def main(folder: str, experiment: str, condition: str, order: str) -> None:
    """Search and print."""
    begun = perf_counter()
    from core import Workbench  # what is timed

    with Workbench(folder, create=False) as workbench:
        runs = workbench.tracker.search_runs(experiment, condition, order)
        print(len(runs), perf_counter() - begun)


main(*sys.argv[1:])
