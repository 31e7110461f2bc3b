"""MLflow's page of runs beside ours: the same number of runs, the same browser, in turns.

Its server runs in a process of its own, one worker, on a sqlite file; the runs are put into its
tables by SQL. What is compared is the address of the page until its rows are there, in a new
window each time, and what a server does for one list of runs.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, perf_counter, sleep
from typing import TYPE_CHECKING, Any, Final
from urllib.error import URLError
from urllib.request import Request, urlopen

from benchmarks._measure import quantile, times_of
from benchmarks._tracking_mlflow import QUIET, fill_runs
from benchmarks._tracking_scale import EXPERIMENT
from benchmarks._workbench_server import cpu_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks._measure import Report, Unit
    from benchmarks._workbench_server import Server

_PATIENCE: Final = 120.0
_BROWSER: Final = "/usr/bin/chromium"
_FLAGS: Final = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
_SEARCH: Final = "ajax-api/2.0/mlflow/runs/search"
_ROWS: Final = 100  # that its page asks for
_OURS: Final = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  return !!app && app.dataset.testScriptState === 'notRunning'
    && !!document.querySelector('canvas[data-testid=data-grid-canvas]');
}"""
_THEIRS: Final = "() => !!document.querySelector('a[href*=\"/runs/\"]')"


def measure_mlflow(report: Report, server: Server, folder: Path, runs: int, repeat: int) -> None:
    """Put MLflow's values beside ours, and measure both pages in a browser where there is one."""
    os.environ |= QUIET
    with _mlflow(folder, runs) as (address, experiment, pids):
        body = {"experiment_ids": [experiment], "max_results": _ROWS}
        before = sum(map(cpu_seconds, pids))
        times = times_of(lambda: _post(f"{address}/{_SEARCH}", body), repeat)
        cpu = (sum(map(cpu_seconds, pids)) - before) / repeat
        note = f"its answer to one search of {_ROWS} runs, which its page then draws"
        report.set_peer("runs.p50", quantile(times, 0.5), note)
        report.set_peer("runs.p95", quantile(times, 0.95))
        report.set_peer("runs.cpu", cpu)
        report.set_peer("runs.bytes", len(_post(f"{address}/{_SEARCH}", body)))
        if Path(_BROWSER).exists():
            ours = f"{server.address}/runs"
            theirs = f"{address}/#/experiments/{experiment}/runs"
            _browse(report, ours, theirs, max(2, min(5, repeat)))


def _post(address: str, body: dict[str, Any]) -> bytes:
    headers = {"content-type": "application/json"}
    asked = Request(address, json.dumps(body).encode(), headers)  # noqa: S310 - our own server
    with urlopen(asked, timeout=_PATIENCE) as answer:  # noqa: S310
        found: bytes = answer.read()
    return found


@contextmanager
def _mlflow(folder: Path, runs: int) -> Iterator[tuple[str, str, list[int]]]:
    """Start its server on as many runs: the address, the id of the experiment, its processes."""
    import mlflow  # only with --peers

    database = folder / "mlflow.db"
    store = f"sqlite:///{database}"
    mlflow.set_tracking_uri(store)
    experiment = str(mlflow.MlflowClient().create_experiment(EXPERIMENT))
    with closing(sqlite3.connect(database)) as connection:
        fill_runs(connection, int(experiment), runs)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store]
    command += ["--port", str(port), "--workers", "1"]
    with (folder / "mlflow.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/health")
        yield address, experiment, _family(process.pid)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=_PATIENCE)


def _wait_for(address: str) -> None:
    until = monotonic() + _PATIENCE
    while True:
        try:
            with urlopen(address, timeout=5):  # noqa: S310 - our own server
                return
        except (URLError, ConnectionError, TimeoutError):
            if monotonic() > until:
                raise
            sleep(0.2)


def _family(pid: int) -> list[int]:
    """A process and all that it has started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf8").split()
    return [pid, *(member for child in children for member in _family(int(child)))]


def _browse(report: Report, ours: str, theirs: str, repeat: int) -> None:
    from playwright.sync_api import sync_playwright  # only where there is a browser

    report.begin("in a browser", "the address of the page of runs until its rows are there")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_BROWSER, args=list(_FLAGS))
        seen: dict[str, list[tuple[float, int]]] = {ours: [], theirs: []}
        for _ in range(repeat):
            for address, ready in ((ours, _OURS), (theirs, _THEIRS)):
                seen[address].append(_open(browser, address, ready))
        browser.close()
    parts: tuple[tuple[int, str, Unit], ...]
    parts = (0, "in a new window", "seconds"), (1, "sent for it", "bytes")
    for place, what, unit in parts:
        mine, its = ([each[place] for each in seen[address]] for address in (ours, theirs))
        key = f"browser.{unit}"
        goal = 1.5 if place == 0 else None
        report.add(key, what, min(mine), unit, at_most=goal, note=f"best of {repeat}")
        report.set_peer(key, min(its))


def _open(browser: Any, address: str, ready: str) -> tuple[float, int]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sent: list[int] = []
    session.on("Network.loadingFinished", lambda e: sent.append(int(e["encodedDataLength"])))
    session.on(
        "Network.webSocketFrameReceived",
        lambda e: sent.append(len(e["response"]["payloadData"]) * 3 // 4),
    )
    begun = perf_counter()
    page.goto(address)
    page.wait_for_function(ready, timeout=_PATIENCE * 1000)
    took = perf_counter() - begun
    context.close()
    return took, sum(sent)
