"""Append one row a commit to a table of deltalake; prints how many were stored, and failed.

Waits for a line on stdin, so that several of these begin at the same time.
"""

from __future__ import annotations

import sys

from deltalake import write_deltalake
from deltalake.exceptions import DeltaError

from benchmarks._lake_scale import rows

folder, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
points = [rows(first + number) for number in range(count)]
print("ready", flush=True)
sys.stdin.readline()
failed = 0
for point in points:
    try:
        write_deltalake(folder, point, mode="append")
    except DeltaError:
        failed += 1
print(count - failed, failed)
