"""A lake in a bucket measured beside the same lake in a folder.

    python benchmarks/bucket.py [--json FILE] [--runs N] [--repeat N] [--folder FOLDER]

The bucket is moto's, in a process on this machine: what a request costs here is moto's time, which
stands in the table. A real bucket needs 30 to 100 ms for each.
"""

from __future__ import annotations

import argparse
import os
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks._measure import (
    Report,
    machine,
    print_report,
    run_process,
    state,
    times_in_turns,
    times_of,
    work_folder,
)
from benchmarks._tracking_runs import run_table
from benchmarks._tracking_scale import CONDITION, EXPERIMENT, ORDER
from core import Workbench
from lake.snapshots import REUSED_SECONDS
from tests.support.s3_server import ENVIRONMENT, s3_server

if TYPE_CHECKING:
    from collections.abc import Sequence

_AS_FAST = 1.5  # times as long as in a folder


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the JSON when asked."""
    options = argparse.ArgumentParser(description="Measure a lake in a bucket.")
    options.add_argument("--runs", type=int, default=10_000, help="how many runs to search")
    options.add_argument("--repeat", type=int, default=30, help="how often to search")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options.add_argument("--folder", type=Path, help="where to put the lakes, removed at the end")
    options.add_argument("--peers", action="store_true", help="nothing: there is no peer for this")
    chosen = options.parse_args(arguments)
    report, facts = Report(peer_name="folder"), machine(("duckdb", "pyarrow", "s3fs", "moto"))
    with work_folder(chosen.folder) as folder, s3_server() as server:
        os.environ |= ENVIRONMENT | {
            "AWS_ENDPOINT_URL": server.url,
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }
        places = {"folder": str(folder / "lake"), "bucket": f"{server.new_bucket()}/lake"}
        measure(report, folder, places, chosen.runs, chosen.repeat)
    facts |= state("after")
    print_report(report, facts)
    if chosen.json is not None:
        report.write(chosen.json, facts)


def measure(report: Report, folder: Path, places: dict[str, str], runs: int, repeat: int) -> None:
    """Put the same runs into both lakes, and search them: warm, by new processes, and cold."""
    report.begin(f"search {runs:,} runs in a bucket", f"{CONDITION}, by {ORDER}; moto's server")
    table = run_table(runs)
    for place in places.values():
        with Workbench(place, durability="process") as workbench:
            workbench.tracker.import_runs(table)
    with Workbench(places["folder"]) as local, Workbench(places["bucket"]) as remote:
        _search_warm(report, local, remote, repeat)
        request = min(times_of(lambda: remote.lake.store.get("lake.json"), 5))
        report.add("bucket.request", "one request", request, note="as the server answers here")
    few = max(1, repeat // 10)
    search = (EXPERIMENT, CONDITION, ORDER)
    in_folder = [_inside(places["folder"], search) for _ in range(few)]
    with_copies = [_inside(places["bucket"], search) for _ in range(few)]
    report.add_times("bucket.process", "a new process, copies are here", with_copies)
    cold = []
    for number in range(few):
        os.environ["XDG_CACHE_HOME"] = str(folder / f"cache-{number}")
        cold.append(_inside(places["bucket"], search))
    report.add_times("bucket.cold", "a new process, no copies", cold)
    for key in ("bucket.process", "bucket.cold"):
        report.set_peer(key, min(in_folder), "a new process")


def _search_warm(report: Report, local: Workbench, remote: Workbench, repeat: int) -> None:
    works = [
        partial(each.tracker.search_runs, EXPERIMENT, CONDITION, ORDER) for each in (remote, local)
    ]
    found, expected = (len(work()) for work in works)
    assert found == expected
    ours, beside = map(median, times_in_turns(works, repeat))
    note = f"medians of {repeat} in turns; {ours / beside:.2f} times as long"
    what = "warm, again and again"
    report.add("bucket.warm", what, ours, at_most=_AS_FAST * beside, note=note)
    report.set_peer("bucket.warm", beside)
    later = []
    for _ in range(max(1, repeat // 3)):
        time.sleep(REUSED_SECONDS)  # after which the bucket is asked for what is new
        later += times_of(works[0], 1)
    note = f"median of {len(later)}; what is new is asked for at most every {REUSED_SECONDS} s"
    report.add("bucket.later", "warm, half a second later", median(later), note=note)
    report.set_peer("bucket.later", beside)


def _inside(place: str, search: tuple[str, str, str]) -> float:
    """Seconds from the import to the answer, in a process of its own."""
    return float(run_process("cold_search", place, *search)[1].split()[1])


if __name__ == "__main__":
    main()
