"""Hold some runs open and log a point to each of them again and again, until stdin closes.

The value of a point is the time it was logged at, so that who reads it can tell how long that
took. Prints the ids of the runs once each has its first point.
"""

from __future__ import annotations

import sys
from select import select
from time import time

from core import Workbench

folder, count, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
with Workbench(folder, create=False) as workbench:
    tracker = workbench.tracker
    runs = [tracker.start_run("live", tags={"live": "yes"}) for _ in range(count)]
    step = 0
    for run in runs:
        run.log_metrics({"acc": time()}, step=step)
    print(*(run.run_id for run in runs), flush=True)
    while not select([sys.stdin], [], [], seconds)[0]:
        step += 1
        for run in runs:
            run.log_metrics({"acc": time()}, step=step)
    for run in runs:
        run.end()
