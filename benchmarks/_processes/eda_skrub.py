"""The same with skrub, plots and associations included."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pandas as pd
from skrub import TableReport

from benchmarks._memory import most_bytes

path = Path(sys.argv[1])
frame = pd.read_parquet(path)
report = TableReport(frame, plot_distributions=True, compute_associations=True, verbose=0)
report.write_html(path.with_suffix(".skrub.html"))
found = {"cpu": time.process_time(), "rss": most_bytes()}
print(json.dumps({**found, "size": path.with_suffix(".skrub.html").stat().st_size}))
