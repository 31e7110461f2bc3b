"""Appending one row at a time: how long it takes, whether that grows, and many at once."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks._lake_deltalake import NO_FSYNC, DeltaPeer
from benchmarks._lake_scale import NAME, open_lake, row, rows
from benchmarks._measure import process, quantile, seconds_of, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks._lake_scale import Scale
    from benchmarks._measure import Report
    from lake.table import Table

_RATIO = 8  # times faster than the peer
_FLAT = 1.3
_MEMORY = Path("/dev/shm")  # noqa: S108 - of Linux; elsewhere that figure is left out


@dataclass(slots=True)
class _Times:
    """Seconds of each append, of every way to make one."""

    segment: list[float] = field(default_factory=list)
    journal: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)


def measure_appends(report: Report, folder: Path, scale: Scale, peer: DeltaPeer | None) -> None:
    """Append in turns: a segment, a row of the journal, bare system calls, and the peer's."""
    report.begin("append 1 row, durable", f"{scale.appends:,} in turns with the others; p50")
    times = _append_in_turns(folder, scale, peer)
    eighth = None if peer is None else median(peer.times) / _RATIO
    _add(report, "segment", "one segment", times.segment, eighth)
    _add(report, "journal", "one line of the journal", times.journal, eighth)
    what = "the segment's system calls alone"
    note = "write, fsync, link, fsync of the folder"
    report.add("append.floor", what, median(times.floor), note=note)
    _add_flatness(report, "segment", times.segment, scale)
    _add_flatness(report, "journal", times.journal, scale)
    _compare_with_fresh(report, folder, scale)
    if peer is not None:
        if _MEMORY.is_dir():
            _append_in_memory(report, scale)
        p99 = show(quantile(peer.times, 0.99), "seconds")
        note = f"p50 of {len(peer.times)} {peer.way}, p99 {p99}; {NO_FSYNC}"
        for way in ("segment", "journal"):
            report.set_peer(f"append.{way}", median(peer.times), note)
        growth = _growth(peer.times, scale.ends)
        report.set_peer("append.segment.flat", growth, f"over {len(peer.times)}")


def _append_in_turns(folder: Path, scale: Scale, peer: DeltaPeer | None) -> _Times:
    times = _Times()
    with open_lake(folder / "appends", compact=True) as lake:
        table = lake.table(NAME)
        floor = _Floor(folder / "floor", table.append(rows(0)), table)
        lake.append(NAME, [row(0)])
        for number in range(1, scale.appends + 1):
            point, line = rows(number), row(number)
            times.segment.append(seconds_of(table.append, point))
            times.journal.append(seconds_of(lake.append, NAME, [line]))
            if number % scale.turn == 0:
                times.floor.append(seconds_of(floor.append))
                if peer is not None:
                    peer.append(point)
    return times


class _Floor:
    """What no segment can do without: the system calls, with the bytes of one."""

    def __init__(self, folder: Path, name: str, table: Table) -> None:
        folder.mkdir()
        self._folder = folder
        self._data = table.store.get(table.tail_key(name))
        self._numbers = count()

    def append(self) -> None:
        target = self._folder / str(next(self._numbers))
        fresh = target.with_suffix(".fresh")
        descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        os.write(descriptor, self._data)
        os.fsync(descriptor)
        os.close(descriptor)
        target.hardlink_to(fresh)
        fresh.unlink()
        descriptor = os.open(self._folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def _add(
    report: Report, way: str, what: str, times: Sequence[float], at_most: float | None
) -> None:
    p90, p99 = (show(quantile(times, share), "seconds") for share in (0.9, 0.99))
    note = f"p90 {p90}, p99 {p99}"
    report.add(f"append.{way}", what, median(times), note=note, at_most=at_most)


def _growth(times: Sequence[float], ends: int) -> float:
    return median(times[-ends:]) / median(times[:ends])


def _add_flatness(report: Report, way: str, times: Sequence[float], scale: Scale) -> None:
    first, last = (median(part) for part in (times[: scale.ends], times[-scale.ends :]))
    note = f"{show(last, 'seconds')} by {show(first, 'seconds')}"
    what = f"last {scale.ends} by first {scale.ends}, {way}"
    report.add(f"append.{way}.flat", what, last / first, "count", at_most=_FLAT, note=note)


def _append_in_memory(report: Report, scale: Scale) -> None:
    """Append in turns with the peer where to wait for the disk, as it never does, costs nothing."""
    with tempfile.TemporaryDirectory(dir=_MEMORY) as place, open_lake(Path(place) / "lake") as lake:
        peer = DeltaPeer(Path(place))
        table = lake.table(NAME)
        times = []
        for number in range(scale.appends // scale.turn):
            times.append(seconds_of(table.append, rows(number)))
            peer.append(rows(number))
    at_most = median(peer.times) / _RATIO
    note = f"{_MEMORY}, {len(times)} in turns; p99 {show(quantile(times, 0.99), 'seconds')}"
    what = "one segment, disk in memory"
    report.add("append.memory", what, median(times), note=note, at_most=at_most)
    report.set_peer("append.memory", median(peer.times), peer.way)


def _compare_with_fresh(report: Report, folder: Path, scale: Scale) -> None:
    """Append in turns to the full table and to a new one: what else the machine does hits both."""
    full, fresh = [], []
    points = [rows(number) for number in range(3 * scale.ends)]
    with (
        open_lake(folder / "appends", compact=True) as lake,
        tempfile.TemporaryDirectory(dir=folder) as place,
        open_lake(folder / place) as other,
    ):
        tables = lake.table(NAME), other.table(NAME)
        for point in points:
            full.append(seconds_of(tables[0].append, point))
            fresh.append(seconds_of(tables[1].append, point))
    note = f"in turns: {show(median(full), 'seconds')} by {show(median(fresh), 'seconds')}"
    what = "after them, by the same to a new table"
    ratio = median(full) / median(fresh)
    report.add("append.fresh", what, ratio, "count", at_most=_FLAT, note=note)


def measure_processes(report: Report, folder: Path, scale: Scale, peer: DeltaPeer | None) -> None:
    """Append from several processes to one table at the same time."""
    each = scale.process_appends
    report.begin(f"{scale.processes} processes, {each} appends each", "begun at the same moment")
    place = folder / "processes"
    open_lake(place).close()
    ours = _together("append_lake", place, scale.processes, each)
    found = open_lake(place).table(NAME).read(["step"]).num_rows
    report.add("processes.rate", "appends", ours.stored / ours.seconds, "per second")
    report.add("processes.failed", "failed", ours.failed, "count", at_most=0)
    lost = abs(found - ours.stored)
    report.add("processes.lost", "lost, or there twice", lost, "count", at_most=0)
    if peer is None:
        return
    place, each = folder / "processes-peer", scale.peer_process_appends
    theirs = _together("append_deltalake", peer.make(place), scale.processes, each)
    note = f"{scale.processes} x {each}"
    report.set_peer("processes.rate", theirs.stored / theirs.seconds, note)
    share = theirs.failed / (theirs.failed + theirs.stored)
    note = f"of {note}: {share:.1%}, told to the caller after its 15 retries"
    report.set_peer("processes.failed", theirs.failed, note)
    report.set_peer("processes.lost", abs(peer.count(place) - 1 - theirs.stored))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What some processes did together."""

    stored: int
    failed: int
    seconds: float


def _together(program: str, place: Path, processes: int, each: int) -> _Outcome:
    writers = [
        process(program, str(place), str(number * each), str(each), stdin=subprocess.PIPE)
        for number in range(processes)
    ]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    begun = perf_counter()
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"\n")
        writer.stdin.flush()
    answers = [writer.communicate()[0].split() for writer in writers]
    seconds = perf_counter() - begun
    if any(writer.returncode for writer in writers):
        message = f"{program} failed: it has an error nobody expected."
        raise RuntimeError(message)
    stored, failed = (sum(int(answer[place]) for answer in answers) for place in (0, 1))
    return _Outcome(stored=stored, failed=failed, seconds=seconds)
