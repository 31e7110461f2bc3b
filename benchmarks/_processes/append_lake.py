"""Append segments of one row to a lake; prints how many were stored, and how many failed.

Waits for a line on stdin, so that several of these begin at the same time.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks._lake_scale import NAME, open_lake, rows
from lake.errors import LakeError

folder, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
table = open_lake(folder).table(NAME)
points = [rows(first + number) for number in range(count)]
print("ready", flush=True)
sys.stdin.readline()
failed = 0
for point in points:
    try:
        table.append(point)
    except LakeError:
        failed += 1
print(count - failed, failed)
