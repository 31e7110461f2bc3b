"""The same by MLflow, with a sqlite file beside our lakes, through its public API.

Each part is measured right after ours, while the machine is as busy. Ten thousand runs take it
minutes, so fewer are created and the time is scaled, and those that are searched are put into its
tables by SQL; the notes say where.
"""

from __future__ import annotations

import gc
import os
import random
import sqlite3
import uuid
from contextlib import closing
from functools import cached_property
from itertools import islice
from time import perf_counter, time
from typing import TYPE_CHECKING, Final

from benchmarks._measure import quantile, run_process, times_of
from benchmarks._tracking_logging import BATCH, kill_logging
from benchmarks._tracking_scale import CONDITION, EXPERIMENT, ORDER, run_data

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks._measure import Report
    from benchmarks._tracking_scale import RunData, Scale

_CHUNKS: Final = 4  # of what is repeated, so that the best of them can be taken

# nothing leaves the machine, and nothing is printed between the figures
QUIET: Final = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_ENABLE_ASYNC_LOGGING": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}


class MlflowPeer:
    """MLflow on one database; each method puts its values beside the figures of one part."""

    def __init__(self, report: Report, folder: Path, scale: Scale) -> None:
        os.environ |= QUIET
        import mlflow  # only with --peers

        gc.freeze()  # its objects are not ours to look through while ours is measured
        self._report = report
        self._folder = folder
        self._scale = scale
        self._database = folder / "mlflow.db"
        self._uri = f"sqlite:///{self._database}"
        folder.mkdir()
        mlflow.set_tracking_uri(self._uri)
        mlflow.set_experiment("calls")
        self._mlflow = mlflow
        self._client = mlflow.MlflowClient()

    def measure(self, part: str) -> None:
        """Measure a part that was measured on our side a moment ago."""
        parts: dict[str, Callable[[], None]] = {
            "start": self.start,
            "calls": self.calls,
            "crash": self.crash,
            "runs": self.runs,
            "import": self.imports,
            "points": self.points,
        }
        parts[part]()

    def start(self) -> None:
        """Import, and one run on a database that is not there yet."""
        run_process("import_mlflow")  # compiles
        bare = min(run_process("nothing")[0] for _ in range(self._scale.repeat))
        imported = min(run_process("import_mlflow")[0] for _ in range(self._scale.repeat))
        self._report.set_peer("start.import", imported - bare, "import mlflow")
        ended, whole = [], []
        for i in range(self._scale.repeat):
            uri = f"sqlite:///{self._folder}/first-{i}.db"
            took, output = run_process("first_run_mlflow", uri)
            whole.append(took - bare)
            ended.append(float(output))
        self._report.set_peer("start.run", min(ended), "makes its tables")
        self._report.set_peer("start.process", min(whole))

    def calls(self) -> None:
        """Log one metric a call, then a thousand."""
        count = self._scale.peer_calls
        source = random.Random(1)  # noqa: S311 - made-up data
        taken = []
        with self._mlflow.start_run():
            for step in range(count):
                begun = perf_counter()
                self._mlflow.log_metric("auc", source.random(), step=step)
                taken.append(perf_counter() - begun)
        size = count // _CHUNKS
        best = min(sum(taken[i : i + size]) for i in range(0, size * _CHUNKS, size))
        self._report.set_peer("call.rate", size / best, f"best of {_CHUNKS} times {size} calls")
        self._report.set_peer("call.p50", quantile(taken, 0.5))
        self._report.set_peer("call.p99", quantile(taken, 0.99))
        run_id = self._client.create_run(self._experiment("batches")).info.run_id
        times = times_of(lambda: self._log_batch(run_id, source), 2 * self._scale.repeat)
        self._report.set_peer("batch.rate", BATCH / min(times), "log_batch")

    def _log_batch(self, run_id: str, source: random.Random) -> None:
        at = int(time() * 1000)
        values = [(f"metric_{i:04d}", source.random()) for i in range(BATCH)]
        metrics = [self._mlflow.entities.Metric(name, value, at, 0) for name, value in values]
        self._client.log_batch(run_id, metrics=metrics)

    def crash(self) -> None:
        """Kill a process that logs."""
        acknowledged = found = lost = 0
        for _ in range(2):
            run_id, count = kill_logging("log_until_killed_mlflow", self._uri, 3.0)
            history = self._client.get_metric_history(run_id, "auc")
            steps = {metric.step for metric in history}
            acknowledged, found = acknowledged + count, found + len(steps)
            lost += sum(step not in steps for step in range(count))
        self._report.set_peer("crash.acknowledged", acknowledged, "killed twice")
        self._report.set_peer("crash.found", found)
        self._report.set_peer("crash.lost", lost)

    def runs(self) -> None:
        """Create and finish runs, then search as many as our lake holds."""
        took, count = self._seconds_a_run, self._scale.runs
        note = f"{_CHUNKS} times {self._scale.peer_runs // _CHUNKS} runs by its client, scaled"
        self._report.set_peer("runs.create", took * count, note)
        self._report.set_peer("runs.commit", took * self._scale.committed_runs, note)
        self._search()

    def imports(self) -> None:
        """It has no bulk import: the same as creating runs."""
        note = "no bulk import, runs one after the other"
        self._report.set_peer("import.rate", 1 / self._seconds_a_run, note)

    @cached_property
    def _seconds_a_run(self) -> float:
        experiment = self._experiment("runs")
        data = iter(run_data(self._scale.peer_runs))
        count = self._scale.peer_runs // _CHUNKS

        def create() -> None:
            for one in islice(data, count):
                self._create_run(experiment, one)

        return min(times_of(create, _CHUNKS)) / count

    def _create_run(self, experiment: str, one: RunData) -> None:
        entities = self._mlflow.entities
        run_id = self._client.create_run(experiment, tags=one.tags).info.run_id
        at = int(time() * 1000)
        self._client.log_batch(
            run_id,
            metrics=[entities.Metric(name, value, at, 0) for name, value in one.metrics.items()],
            params=[entities.Param(name, str(value)) for name, value in one.params.items()],
        )
        self._client.set_terminated(run_id)

    def _search(self) -> None:
        experiment = self._experiment(EXPERIMENT)
        with closing(sqlite3.connect(self._database)) as connection:
            fill_runs(connection, int(experiment), self._scale.runs)
        client, repeat = self._client, self._scale.repeat
        filled = "runs put into its tables by SQL"
        times = times_of(
            lambda: client.search_runs([experiment], CONDITION, order_by=[ORDER]), repeat
        )
        self._report.set_peer("search.filter", min(times), filled)
        times = times_of(
            lambda: client.search_runs([experiment], order_by=[ORDER], max_results=100), repeat
        )
        self._report.set_peer("search.leaderboard", min(times))
        times = times_of(lambda: client.search_runs([experiment], max_results=50_000), 1)
        self._report.set_peer("search.all", min(times), "once")
        arguments = (self._uri, experiment, CONDITION, ORDER)
        cold = [run_process("cold_search_mlflow", *arguments)[1] for _ in range(repeat)]
        self._report.set_peer("search.cold", min(float(line.split()[1]) for line in cold))

    def points(self) -> None:
        """Log one long history in batches, weigh it and read it."""
        count = self._scale.history
        source = random.Random(3)  # noqa: S311 - made-up data
        entities = self._mlflow.entities
        run_id = self._client.create_run(self._experiment("points")).info.run_id
        before = self._size()
        for start in range(0, count, BATCH):
            at = int(time() * 1000)
            steps = range(start, start + BATCH)
            metrics = [entities.Metric("loss", source.random(), at, step) for step in steps]
            self._client.log_batch(run_id, metrics=metrics)
        self._report.set_peer("size.random", (self._size() - before) / count)
        times = times_of(lambda: self._client.get_metric_history(run_id, "loss"), 2)
        self._report.set_peer("history.compacted", min(times), "a list of objects")

    def _size(self) -> int:
        return sum(path.stat().st_size for path in self._folder.glob("mlflow.db*"))

    def _experiment(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        return str(found.experiment_id if found else self._client.create_experiment(name))


_RUN = """
insert into runs (run_uuid, name, start_time, end_time, experiment_id, status, lifecycle_stage,
                  source_type, source_name, source_version, entry_point_name, user_id, artifact_uri)
values (?, ?, ?, ?, ?, 'FINISHED', 'active', 'UNKNOWN', '', '', '', 'bench', '')
"""
_PARAM = "insert into params (key, value, run_uuid) values (?, ?, ?)"
_TAG = "insert into tags (key, value, run_uuid) values (?, ?, ?)"
_METRIC = """
insert into {table} (key, value, timestamp, step, is_nan, run_uuid) values (?, ?, ?, 0, 0, ?)
"""


def fill_runs(connection: sqlite3.Connection, experiment: int, count: int) -> None:
    """Put the runs of `run_data` where MLflow would have put them."""
    at = int(time() * 1000)
    for one in run_data(count):
        run_id = uuid.uuid4().hex
        connection.execute(_RUN, (run_id, run_id[:8], at, at, experiment))
        connection.executemany(_PARAM, [(k, str(v), run_id) for k, v in one.params.items()])
        tags = {**one.tags, "mlflow.runName": run_id[:8]}
        connection.executemany(_TAG, [(k, v, run_id) for k, v in tags.items()])
        for table in ("metrics", "latest_metrics"):
            rows = [(k, v, at, run_id) for k, v in one.metrics.items()]
            connection.executemany(_METRIC.format(table=table), rows)
    connection.commit()
