"""Compare two versions of a dataset some times; prints seconds, processor seconds and bytes.

The bytes are how much larger the process became than it was before the first comparison.
"""

from __future__ import annotations

import json
import sys
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from benchmarks._drift_data import NAME
from benchmarks._memory import bytes_now, most_bytes
from core import Workbench

if TYPE_CHECKING:
    from core.drift.report import Method


def main(lake: str, small: str, method: Method, repeat: int) -> None:
    """Compare and print."""
    with Workbench(lake) as workbench:
        detect = workbench.datasets.detect_drift
        detect(f"{small}@v1", f"{small}@v2", method=method, store=False)  # loads what it needs
        before = bytes_now()
        times, processor = [], []
        for _ in range(repeat):
            begun, worked = perf_counter(), process_time()
            report = detect(f"{NAME}@v1", f"{NAME}@v2", method=method, store=False)
            times.append(perf_counter() - begun)
            processor.append(process_time() - worked)
        found = {
            "seconds": times,
            "processor": processor,
            "bytes": most_bytes() - before,
            "drifted": sorted(report.drifted_columns),
        }
    print(json.dumps(found))


main(sys.argv[1], sys.argv[2], "sketch" if sys.argv[3] == "sketch" else "exact", int(sys.argv[4]))
