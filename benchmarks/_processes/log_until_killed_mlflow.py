"""What `log_until_killed` does, by the peer."""

from __future__ import annotations

import os
import sys

import mlflow

mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("crash")
with mlflow.start_run() as run:
    os.write(1, f"{run.info.run_id}\n".encode())
    step = 0
    while True:
        mlflow.log_metric("auc", step / 7, step=step)
        os.write(1, step.to_bytes(8, "little"))
        step += 1
