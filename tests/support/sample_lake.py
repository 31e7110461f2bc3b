"""A small lake made through the public API: what page and browser tests look at."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core import Workbench

if TYPE_CHECKING:
    from pathlib import Path

SVG: Final = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle r="4"/></svg>'
HTML: Final = "<h1>Report of a run</h1><img src='http://192.0.2.1/pixel.png' alt='remote'>"
EVIL_NAME: Final = "**evil** [x](http://a.b) :red[y] :material/home: <b> $x$"
NOTE: Final = "Try **deeper** trees."


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleLake:
    """The folder, and the ids of runs that tests open."""

    folder: Path
    finished: str
    failed: str
    evil: str


def make_sample_lake(folder: Path) -> SampleLake:
    """Make a lake with the sample in a folder."""
    with Workbench(folder, actor="ana") as bench:
        return log_sample(bench, folder)


def log_sample(bench: Workbench, folder: Path) -> SampleLake:
    """Log two experiments of five runs: curves, params, artifacts, one failure, one odd name."""
    finished = [_logged(bench, "phq9 risk", depth) for depth in (2, 4, 6, 8)][1]
    for depth in (3, 5, 7, 9):
        _logged(bench, "sleep", depth)
    _keep_files(bench, finished)
    bench.tracker.set_note(NOTE, run_id=finished)
    failed = _failed(bench)
    with bench.tracker.start_run("sleep", EVIL_NAME, tags={"<i>tag</i>": "*v*"}) as run:
        run.log_params({"*param*": "`value`"})
        run.log_metrics({"m[0]*": 1.0}, step=0)
        run.log_metrics({"m[0]*": 2.0}, step=1)
    return SampleLake(folder=folder, finished=finished, failed=failed, evil=run.run_id)


def _logged(bench: Workbench, experiment: str, depth: int) -> str:
    with bench.tracker.start_run(experiment, f"forest-{depth}", tags={"stage": "dev"}) as run:
        run.log_params({"depth": depth, "model": "rf" if depth % 4 else "lgbm", "rate": 0.1})
        for step in range(20):
            grown = 1 - math.exp(-step / depth)
            run.log_metrics({"auc": 0.5 + 0.04 * depth * grown, "loss": 1 - 0.8 * grown}, step=step)
    return run.run_id


def _keep_files(bench: Workbench, run_id: str) -> None:
    with bench.tracker.start_run("phq9 risk", run_id=run_id) as run:
        run.log_bytes(SVG, "shape.svg", "plot")
        run.log_bytes(HTML, "report.html", "report")
        run.log_bytes('{"depth": 4}', "settings.json", "data")
        run.log_bytes("name,value\nage,52\n", "table.csv", "data")
        run.log_bytes("<script>alert(1)</script>", "plain.txt")
        run.log_bytes(b"\x89PNG not really", "broken.png", "plot")
        run.log_bytes(bytes(range(256)), "model.bin", "model")


def _failed(bench: Workbench) -> str:
    run = bench.tracker.start_run("phq9 risk", "stumbled")
    with suppress(ZeroDivisionError), run:
        run.log_metrics({"auc": 0.51 / len(run.params)}, step=0)
    return run.run_id
