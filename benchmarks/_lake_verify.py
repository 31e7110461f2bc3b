"""Proving a lake: how many bytes a core checks in a second."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from functools import partial
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Final, get_args

import numpy as np
import pyarrow as pa

from benchmarks._lake_reads import fill
from benchmarks._lake_scale import NAME, open_lake
from benchmarks._measure import show, times_of
from catalog.tables import METRICS, SPECS
from lake.verify import Level, verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks._lake_deltalake import DeltaPeer
    from benchmarks._lake_scale import Scale
    from benchmarks._measure import Report

_AT_LEAST: Final = 0.8e9
_HASHED: Final = 64 * 1024 * 1024


def measure_verify(report: Report, folder: Path, scale: Scale, peer: DeltaPeer | None) -> None:
    """Verify all content of a large lake on one core, and a lake of very many files."""
    del peer  # it proves nothing of the kind
    place = folder / "verify"
    size = _fill(place, scale)
    about = f"{size / 1e9:.2f} GB in {scale.segments} segments and {scale.objects} objects"
    report.begin("verify --level content", about)
    data = os.urandom(_HASHED)
    with _one_core():
        used = process_time()
        hashlib.sha256(data)
        hashing = show(len(data) / (process_time() - used), "bytes per second")
        rates, times = [], []
        for _ in range(scale.repeat):
            begun, used = perf_counter(), process_time()
            problems = verify(open_lake(place).store, SPECS.values(), "content")
            rates.append(size / (process_time() - used))
            times.append(perf_counter() - begun)
            assert problems == []
    note = (
        f"best of {len(rates)}, {show(min(times), 'seconds')} by the clock; SHA-256 alone {hashing}"
    )
    what = "bytes a second of a core's time"
    report.add("verify.rate", what, max(rates), "bytes per second", at_least=_AT_LEAST, note=note)
    _verify_many(report, folder, scale)


def _verify_many(report: Report, folder: Path, scale: Scale) -> None:
    size = scale.sizes[-1]
    store = open_lake(fill(folder / "verify-many", size)).store
    for level in get_args(Level):
        times = times_of(partial(verify, store, SPECS.values(), level), 2)
        report.add_times(f"verify.{level}", f"{size:,} segments of 1 row, {level}", times)


def _fill(place: Path, scale: Scale) -> int:
    """Make a lake of large files; how many bytes they have."""
    source = np.random.default_rng(6)
    with open_lake(place) as lake:
        for number in range(scale.segments):
            lake.table(NAME).append(_points(source, number, scale.segment_rows))
        for _ in range(scale.objects):
            lake.objects.put(source.bytes(scale.object_bytes))
        root = lake.root
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())


def _points(source: np.random.Generator, number: int, count: int) -> pa.Table:
    columns = {
        "run_id": pa.repeat(f"run-{number}", count),
        "metric_name": pa.repeat("auc", count),
        "value": source.random(count),
        "step": np.arange(count),
    }
    return pa.table(columns).select([name for name in METRICS.columns if name in columns])


@contextmanager
def _one_core() -> Iterator[None]:
    """Let this process run on one core only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
