"""How long the browser workbench takes to run its pages again, over ten thousand runs.

    python benchmarks/workbench_rerun.py [--lake FOLDER] [--runs N] [--repeat N] [--json FILE]

The server runs in a process of its own, as `mhras serve` starts it; what is measured is from the
click to the last byte of the answer, without the browser's drawing.
"""

from __future__ import annotations

import argparse
import math
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks._measure import Report, machine, print_report, quantile, state
from benchmarks._workbench_client import Client, Rerun
from core import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SERVE: Final = """
import sys
from app.serve import serve
from core import Settings
serve(Settings(lake=sys.argv[1]), port=0, ready=lambda address: print(address, flush=True))
"""
_EXPERIMENTS: Final = 12
_STEPS: Final = 10
_PAGES: Final = 200  # of 50 runs each
_LARGEST: Final = 300_000  # bytes a rerun may send


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the lake, serve it, measure, print, and write the JSON when asked."""
    options = argparse.ArgumentParser(description="Measure reruns of the workbench.")
    options.add_argument("--lake", type=Path, help="a lake that is there already")
    options.add_argument("--runs", type=int, default=10_000, help="how many runs to make")
    options.add_argument("--repeat", type=int, default=100, help="how often to run each page")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options.add_argument("--peers", action="store_true", help="nothing: there is no peer for this")
    chosen = options.parse_args(arguments)
    report, facts = Report(), machine(("streamlit", "duckdb", "pyarrow"))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        lake = chosen.lake or Path(folder) / "lake"
        if chosen.lake is None:
            make_runs(lake, chosen.runs)
        server = subprocess.Popen(
            [sys.executable, "-c", _SERVE, str(lake)], stdout=subprocess.PIPE, text=True
        )
        try:
            assert server.stdout is not None
            measure(report, server.stdout.readline().strip(), chosen.repeat)
        finally:
            server.send_signal(signal.SIGINT)
            server.communicate(timeout=20)
    facts |= state("after")
    print_report(report, facts)
    if chosen.json is not None:
        report.write(chosen.json, facts)


def make_runs(lake: Path, count: int) -> None:
    """Log runs with curves of two metrics, through the public API."""
    chance = random.Random(5)  # noqa: S311 - made-up data
    with Workbench(lake, actor="ana", durability="process") as bench:
        for number in range(count):
            name = f"run-{number:06d}"
            with bench.tracker.start_run(f"exp-{number % _EXPERIMENTS}", name) as run:
                model = chance.choice(("lgbm", "xgb", "mlp", "logreg"))
                run.log_params({"depth": chance.randint(2, 12), "model": model})
                top = chance.uniform(0.6, 0.95)
                for step in range(_STEPS):
                    auc = top - 0.2 * math.exp(-step / 3)
                    run.log_metrics({"auc": auc, "logloss": 0.9 - auc / 2}, step=step)


def measure(report: Report, address: str, repeat: int) -> None:
    """Measure the pages as somebody works with them."""
    report.begin("page of runs, 50 of them with curves")
    with Client(address, "runs") as client:
        client.rerun()
        _add(report, "same", "the same again", _times(client, repeat, lambda _: None))
        _add(
            report,
            "paged",
            "another page of rows, seen for the first time",
            _times(client, repeat, lambda i: client.set("page", "int_value", 2 + i % (_PAGES - 1))),
            at_most=0.06,
        )
        _add(
            report,
            "filtered",
            "another filter, asked for the first time",
            _times(
                client,
                repeat,
                lambda i: client.set("filter", "string_value", f"metrics.auc > 0.{6000 + i}"),
            ),
            at_most=0.25,
        )
    report.begin("home")
    with Client(address, "home") as client:
        client.rerun()
        _add(report, "home", "the same again", _times(client, repeat, lambda _: None))


def _times(client: Client, repeat: int, change: Callable[[int], None]) -> list[Rerun]:
    found = []
    for number in range(repeat):
        change(number)
        found.append(client.rerun())
    if any(rerun.failed for rerun in found):
        message = "A page failed; its time means nothing."
        raise RuntimeError(message)
    return found


def _add(report: Report, key: str, what: str, reruns: list[Rerun], at_most: float = 0.03) -> None:
    seconds = [rerun.seconds for rerun in reruns]
    p50, p95 = quantile(seconds, 0.5), quantile(seconds, 0.95)
    report.add(f"{key}.p50", f"{what}, median", p50, at_most=at_most)
    report.add(f"{key}.p95", f"{what}, 95 of 100", p95, at_most=2 * at_most)
    sent = max(rerun.sent for rerun in reruns)
    report.add(f"{key}.bytes", f"{what}, sent", sent, "bytes", at_most=_LARGEST)


if __name__ == "__main__":
    main()
