"""One run of the peer on a database that is not there yet; prints the seconds until it ended."""

from __future__ import annotations

import sys
from time import perf_counter


def main(uri: str) -> None:
    """Make the run and print."""
    begun = perf_counter()
    import mlflow  # what is timed

    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment("first")
    with mlflow.start_run(tags={"stage": "dev"}):
        mlflow.log_params({"lr": 0.01})
        mlflow.log_metrics({"auc": 0.73}, step=1)
    print(perf_counter() - begun)


main(*sys.argv[1:])
