"""Log one metric at a time until killed; every step is acknowledged on stdout once it is logged.

The first line is the id of the run, then come the steps as 8 bytes each.
"""

from __future__ import annotations

import os
import sys

from core import Workbench

with Workbench(sys.argv[1], durability="process") as workbench:
    tracker = workbench.tracker
    with tracker.start_run("crash") as run:
        os.write(1, f"{run.run_id}\n".encode())
        step = 0
        while True:
            tracker.log_metrics({"auc": step / 7}, step=step)
            os.write(1, step.to_bytes(8, "little"))
            step += 1
