"""Predictions and outcomes of a model: how long they take to log and to bring together.

    python benchmarks/models.py [--peers] [--json FILE] [--rows N] [--repeat N] [--folder FOLDER]

No peer keeps predictions beside a model, so `--peers` adds nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from benchmarks._measure import seconds_of, times_of
from benchmarks._one_lake import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks._measure import Report
    from core import Workbench

_PACKAGES: Final = ("duckdb", "polars", "pyarrow")
_COLUMNS: Final[dict[str, Any]] = {"entity": "person", "time": "at"}
_LATER: Final = np.timedelta64(30, "D")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the JSON when asked."""
    run(
        "Measure predictions and outcomes.",
        measure,
        packages=_PACKAGES,
        rows=1_000_000,
        arguments=arguments,
    )


def measure(report: Report, workbench: Workbench, rows: int, repeat: int) -> None:
    """Log a frame of predictions, one of outcomes, and single rows; bring them together."""
    said, seen = _frames(rows)
    models = workbench.models
    _register(workbench, [*(f"risk {n}" for n in range(repeat)), "with inputs"])
    report.begin(f"{rows:,} rows", "predictions of a model, and what came of them")
    names = iter(range(repeat))
    times = times_of(
        lambda: models.log_predictions(f"risk {next(names)}", said, **_COLUMNS), repeat
    )
    report.add_times("log predictions", "log predictions", times, at_most=2.0)
    kept = ["age", "score"]
    inputs = seconds_of(
        lambda: models.log_predictions("with inputs", said, features=kept, **_COLUMNS)
    )
    report.add("log with inputs", "log them with two inputs each", inputs)
    outcomes = seconds_of(lambda: models.log_outcomes("risk 0", seen, **_COLUMNS))
    report.add("log outcomes", "log outcomes", outcomes, at_most=2.0)
    together = seconds_of(lambda: models.predictions("risk 0"))
    report.add("together", "bring both together", together)
    moment = datetime(2026, 2, 1, tzinfo=UTC)
    numbers = iter(range(100 * repeat))
    single = times_of(
        lambda: models.log_predictions(
            "risk 0",
            {"person": [f"s{next(numbers)}"], "prediction": [0.5]},
            entity="person",
            time=moment,
        ),
        100 * repeat,
    )
    report.add_times("one", "log one prediction", single)


def _register(workbench: Workbench, names: Sequence[str]) -> None:
    with workbench.tracker.start_run("risk") as run:
        run.log_bytes("{}", "model.json", "model")
    for name in names:
        workbench.models.register_model(name, run_id=run.run_id, artifact="model.json")


def _frames(rows: int) -> tuple[pa.Table, pa.Table]:
    random = np.random.default_rng(0)
    probability = random.random(rows)
    moments = np.datetime64("2026-01-01") + np.arange(rows).astype("timedelta64[s]")
    people = pa.array(np.arange(rows)).cast(pa.string())
    inputs = {"age": random.integers(18, 80, rows), "score": random.normal(size=rows)}
    said = pa.table({"person": people, "at": moments, "prediction": probability, **inputs})
    outcome = random.random(rows) < probability
    return said, pa.table({"person": people, "at": moments + _LATER, "outcome": outcome})


if __name__ == "__main__":
    main()
