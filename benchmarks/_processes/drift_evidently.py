"""Compare two Parquet files by Evidently's preset for drift; prints what drift_versions prints."""

from __future__ import annotations

import json
import os
import sys
import warnings
from time import perf_counter, process_time

from benchmarks._memory import bytes_now, most_bytes


def main(reference: str, current: str) -> None:
    """Read, compare and print; the frames are there before the clock starts."""
    os.environ["DO_NOT_TRACK"] = "1"
    warnings.simplefilter("ignore")
    import pandas as pd
    from evidently import Report
    from evidently.presets import DataDriftPreset

    frames = pd.read_parquet(current), pd.read_parquet(reference)
    Report([DataDriftPreset()]).run(*(frame.head(500) for frame in frames))  # loads what it needs
    before, begun, worked = bytes_now(), perf_counter(), process_time()
    result = Report([DataDriftPreset()]).run(*frames).dict()
    found = {
        "seconds": [perf_counter() - begun],
        "processor": [process_time() - worked],
        "bytes": most_bytes() - before,
        "drifted": len(result["metrics"]),
    }
    print(json.dumps(found))


main(sys.argv[1], sys.argv[2])
