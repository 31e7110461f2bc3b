"""Search the peer's database once; prints how many runs were found, and the seconds it took."""

from __future__ import annotations

import sys
from time import perf_counter


def main(uri: str, experiment: str, condition: str, order: str) -> None:
    """Search and print."""
    begun = perf_counter()
    import mlflow  # what is timed

    client = mlflow.MlflowClient(uri)
    runs = client.search_runs([experiment], condition, order_by=[order])
    print(len(runs), perf_counter() - begun)


main(*sys.argv[1:])
