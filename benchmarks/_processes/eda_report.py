"""Analyze a file and write the report; prints processor seconds, peak memory and size as JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from benchmarks._memory import most_bytes
from core.eda.module import EDAModule

module = EDAModule()
report = module.export_report(
    module.analyze_dataset(Path(sys.argv[1])), "html", Path(sys.argv[1]).with_suffix(".html")
)
found = {"cpu": time.process_time(), "rss": most_bytes()}
print(json.dumps({**found, "size": Path(report).stat().st_size}))
