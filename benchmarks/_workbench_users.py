"""Many people at once, and one who works all day: do answers stay quick, and memory where it is?"""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Final

from benchmarks._measure import quantile
from benchmarks._workbench_client import Client

if TYPE_CHECKING:
    from benchmarks._measure import Report
    from benchmarks._workbench_client import Rerun
    from benchmarks._workbench_server import Server

_THINK: Final = (0.5, 1.5)  # seconds between two clicks of a user
_PLACES: Final = ("runs", "home", "datasets", "runs", "jobs", "models")
_LOOKED_AT: Final = 10  # pages of runs that users go to and fro between
_GROWTH: Final = 0.05
_WARM: Final = 200  # reruns after which memory should stay where it is


@dataclass
class _Crowd:
    """What users saw, together."""

    reruns: list[Rerun] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    cpu_seconds: float = 0.0  # of the server, when all of them were there
    lock: threading.Lock = field(default_factory=threading.Lock)


def measure_users(report: Report, server: Server, counts: tuple[int, int], seconds: float) -> None:
    """Let users click for some seconds; afterwards so many more of them."""
    for count, at_most in zip(counts, (0.1, 0.5), strict=True):
        report.begin(f"{count} users, each a click a second")
        crowd = _crowd(server, count, seconds)
        took = [rerun.seconds for rerun in crowd.reruns]
        cpu = (server.cpu_seconds - crowd.cpu_seconds) / max(1, len(took))
        key = f"users.{count}"
        note = f"{len(took):,} reruns"
        report.add(f"{key}.p50", "an answer, median", quantile(took, 0.5), note=note)
        report.add(f"{key}.p95", "an answer, 95 of 100", quantile(took, 0.95), at_most=at_most)
        report.add(f"{key}.cpu", "the server's processor, a rerun", cpu)
        failed = len(crowd.errors) + sum(rerun.failed for rerun in crowd.reruns)
        note = "; ".join(sorted(set(crowd.errors)))
        report.add(f"{key}.errors", "errors", failed, "count", at_most=0, note=note)


def _crowd(server: Server, count: int, seconds: float) -> _Crowd:
    crowd = _Crowd()

    def begin() -> None:
        crowd.cpu_seconds = server.cpu_seconds

    started = threading.Barrier(count, begin)
    with ThreadPoolExecutor(count) as pool:
        for number in range(count):
            pool.submit(_work, crowd, started, server.address, number, seconds)
    return crowd


def _work(
    crowd: _Crowd, started: threading.Barrier, address: str, number: int, seconds: float
) -> None:
    chance = random.Random(number)  # noqa: S311 - when to click
    pause = threading.Event()
    page = _PLACES[number % len(_PLACES)]
    try:
        with Client(address, page) as client:
            pause.wait(chance.uniform(0, _THINK[1]))
            client.rerun()  # the first answer of a session is no rerun
            if page == "runs":
                for place in range(1, _LOOKED_AT):
                    client.set("page", "int_value", place)
                    client.rerun()
            started.wait()
            end = monotonic() + seconds
            while monotonic() < end:
                pause.wait(chance.uniform(*_THINK))
                if page == "runs":
                    client.set("page", "int_value", chance.randrange(1, _LOOKED_AT))
                rerun = client.rerun()
                with crowd.lock:
                    crowd.reruns.append(rerun)
    except Exception as error:  # noqa: BLE001 - whatever happens to a user is counted
        started.abort()
        with crowd.lock:
            crowd.errors.append(f"{type(error).__name__}: {error}")


def measure_memory(report: Report, server: Server, count: int) -> None:
    """Run pages again and again in one session, and weigh the server before and after."""
    report.begin(f"{count:,} reruns of one session")
    with Client(server.address, "runs") as client:
        client.rerun()

        def turn(number: int) -> None:
            client.set("page", "int_value", 1 + number % _LOOKED_AT)
            client.rerun()

        for number in range(min(_WARM, count)):
            turn(number)
        before, cpu, begun = server.memory, server.cpu_seconds, perf_counter()
        for number in range(count):
            turn(number)
        took, grown = perf_counter() - begun, server.memory - before
    report.add(
        "memory.grown",
        "grown by",
        grown,
        "bytes",
        at_most=_GROWTH * before,
        note=f"from {before / 1e6:,.0f} MB, after {_WARM} reruns",
    )
    report.add("memory.cpu", "the server's processor, a rerun", (server.cpu_seconds - cpu) / count)
    report.add("memory.rate", "one after another", count / took, "per second")
