"""The same with fg-data-profiling, minimal or full; its call home is switched off."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

os.environ["YDATA_PROFILING_NO_ANALYTICS"] = "true"
import pandas as pd
from data_profiling import ProfileReport

from benchmarks._memory import most_bytes

path, minimal = Path(sys.argv[1]), sys.argv[2] == "minimal"
report = ProfileReport(pd.read_parquet(path), minimal=minimal, progress_bar=False)
report.to_file(path.with_suffix(".fg.html"))
found = {"cpu": time.process_time(), "rss": most_bytes()}
print(json.dumps({**found, "size": path.with_suffix(".fg.html").stat().st_size}))
