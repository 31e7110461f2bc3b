"""The browser workbench over ten thousand runs: reruns, many users, memory; MLflow's page beside.

    python benchmarks/workbench.py [--peers] [--json FILE] [--lake FOLDER] [--runs N] [--repeat N]
                                   [--users N N] [--seconds N] [--reruns N] [--folder FOLDER]

The server runs in a process of its own, as `mhras serve` starts it; what is measured is from the
click to the last byte of the answer, without the browser's drawing. Times depend on whatever else
the machine does; the seconds of a processor that the server takes for a rerun do not.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks._measure import Report, machine, print_report, quantile, state, work_folder
from benchmarks._workbench_client import Client
from benchmarks._workbench_lake import DATASET, make_lake
from benchmarks._workbench_server import Server
from benchmarks._workbench_users import measure_memory, measure_users

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks._workbench_client import Rerun

_PACKAGES: Final = ("streamlit", "duckdb", "pyarrow")
_PAGES: Final = 200  # of 50 runs each
_LARGEST: Final = 300_000  # bytes a rerun may send
_P50: Final = 0.02
_P95: Final = 0.06
_FIRST: Final = 0.25  # what was not asked before
_OTHERS: Final = {
    "home": "",
    "datasets": "",
    "dataset": f"name={DATASET}",
    "eda": f"data={DATASET}@v2",
    "drift": f"reference={DATASET}@v1&current={DATASET}@v2",
    "lineage": "",
    "models": "",
    "sql": "",
    "jobs": "",
    "settings": "",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the lake, serve it, measure, print, and write the JSON when asked."""
    chosen = _options().parse_args(arguments)
    facts = machine([*_PACKAGES, "mlflow"] if chosen.peers else _PACKAGES)
    report = Report()
    with work_folder(chosen.folder) as folder:
        lake = chosen.lake or folder / "lake"
        if chosen.lake is None:
            make_lake(lake, chosen.runs)
        with Server(lake) as server:
            measure_reruns(report, server, chosen.repeat)
            if chosen.peers:
                from benchmarks._workbench_mlflow import measure_mlflow  # where it is installed

                measure_mlflow(report, server, folder, chosen.runs, chosen.repeat)
            measure_users(report, server, tuple(chosen.users), chosen.seconds)
            measure_memory(report, server, chosen.reruns)
    facts |= state("after")
    print_report(report, facts)
    if chosen.json is not None:
        report.write(chosen.json, facts)


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description="Measure the browser workbench.")
    options.add_argument("--peers", action="store_true", help="measure MLflow's page as well")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options.add_argument("--lake", type=Path, help="a lake of an earlier measurement")
    options.add_argument("--runs", type=int, default=10_000, help="how many runs to make")
    options.add_argument("--repeat", type=int, default=100, help="how often to run each page")
    options.add_argument("--users", type=int, nargs=2, default=(20, 50), help="how many at once")
    options.add_argument("--seconds", type=float, default=20.0, help="how long they click")
    options.add_argument("--reruns", type=int, default=1_000, help="how many of one session")
    options.add_argument("--folder", type=Path, help="where to put the lakes, removed at the end")
    return options


def measure_reruns(report: Report, server: Server, repeat: int) -> None:
    """Measure the pages as somebody works with them."""
    report.begin("page of runs, 50 of them with curves")
    with Client(server.address, "runs") as client:
        client.rerun()
        _add(report, server, "runs", "the same again", _runs(client, repeat, lambda _: None))
        pages = _runs(client, repeat, lambda i: client.set("page", "int_value", 2 + i % _PAGES))
        _add(report, server, "paged", "rows seen for the first time", pages, first=True)

        def ask(number: int) -> None:
            client.set("filter", "string_value", f"metrics.auc > 0.{6000 + number}")

        filtered = _runs(client, max(1, repeat // 4), ask)
        _add(report, server, "filtered", "another filter", filtered, first=True)
    report.begin("every other page, the same again")
    for page, query in _OTHERS.items():
        with Client(server.address, page, query=query) as client:
            client.rerun()
            client.rerun()
            again = _runs(client, max(1, repeat // 4), lambda _: None)
            _add(report, server, page, page, again)


def _runs(client: Client, repeat: int, change: Callable[[int], None]) -> Callable[[], list[Rerun]]:
    def run() -> list[Rerun]:
        found = []
        for number in range(repeat):
            change(number)
            found.append(client.rerun())
        if any(rerun.failed for rerun in found):
            message = "A page failed; its time means nothing."
            raise RuntimeError(message)
        return found

    return run


def _add(
    report: Report,
    server: Server,
    key: str,
    what: str,
    run: Callable[[], list[Rerun]],
    *,
    first: bool = False,
) -> None:
    before = server.cpu_seconds
    reruns = run()
    cpu = (server.cpu_seconds - before) / len(reruns)
    seconds = [rerun.seconds for rerun in reruns]
    goals = (_FIRST, 2 * _FIRST) if first else (_P50, _P95)
    p50, p95 = quantile(seconds, 0.5), quantile(seconds, 0.95)
    report.add(f"{key}.p50", f"{what}, median", p50, at_most=goals[0])
    report.add(f"{key}.p95", f"{what}, 95 of 100", p95, at_most=goals[1])
    report.add(f"{key}.cpu", f"{what}, the server's processor", cpu, at_most=goals[0])
    sent = max(rerun.sent for rerun in reruns)
    report.add(f"{key}.bytes", f"{what}, sent", sent, "bytes", at_most=_LARGEST)


if __name__ == "__main__":
    main()
