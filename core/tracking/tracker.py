"""The experiment tracker: start runs, log to them, find and compare them."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal, overload

from core.errors import RunStateError
from core.tracking.active import check_name
from core.tracking.artifacts import ArtifactWriter
from core.tracking.edits import RunEdits
from core.tracking.reader import RunReader
from core.tracking.run import last_heard_of
from core.tracking.start import RunStarter
from lake.clock import now_us, to_us

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from catalog.catalog import Catalog
    from core.frames import FrameType
    from core.tracking.active import ActiveRun
    from core.tracking.changes import RunChanges
    from core.tracking.run import Run, RunStatus
    from core.tracking.storage import StorageBackend
    from lake.lake import Durability

_stack: ContextVar[tuple[ActiveRun, ...]] = ContextVar("active_runs", default=())


class ExperimentTracker:
    """Logs runs into a lake and finds them again.

    Threads may share one. Each thread (each context) has its own stack of active runs; a thread
    without one logs to the process's only active run. ``durability`` is what a returned call
    survives: ``"commit"`` a power loss, ``"process"`` the end of this process. Metrics are logged
    with ``"process"`` unless ``metric_durability`` says otherwise. ``edits`` changes many runs at
    once.
    """

    def __init__(
        self,
        storage_backend: StorageBackend,
        db_connection: Catalog,
        *,
        actor: str | None = None,
        durability: Durability = "commit",
        metric_durability: Durability = "process",
    ) -> None:
        self._catalog = db_connection
        self._lake = db_connection.lake
        self._actor = actor
        self._durability: Durability = durability
        self._reader = RunReader(db_connection, storage_backend)
        self._starter = RunStarter(
            self._lake,
            self._reader,
            ArtifactWriter(self._lake, storage_backend, durability=durability),
            actor=actor,
            durability=durability,
            metric_durability=metric_durability,
            on_end=self._forget,
        )
        self._active: dict[str, ActiveRun] = {}
        self.edits = RunEdits(self._lake, self._reader, actor=actor, durability=durability)

    def start_run(
        self,
        experiment_name: str,
        run_name: str | None = None,
        tags: Mapping[str, Any] | None = None,
        *,
        parent: str | Run | None = None,
        run_id: str | None = None,
        inputs: Sequence[Any] = (),
    ) -> ActiveRun:
        """Start a run of an experiment, which is made when it is new.

        ``parent`` is the run, or the id of the run, this one belongs to. ``run_id`` resumes a run
        that has ended. ``inputs`` are dataset versions, or their ids. Returns the run, a context
        manager that ends it.

        Raises RunNotFoundError for a ``run_id`` or ``parent`` that is not there.
        """
        check_name(experiment_name, "experiment")
        texts = {name: str(value) for name, value in (tags or {}).items()}
        for name in texts:
            check_name(name, "tag")
        if run_id is None:
            run = self._starter.new(
                experiment_name, run_name, texts, parent_id=self._parent_id(parent), inputs=inputs
            )
        elif run_id in self._active:
            message = f"Run {run_id} is active in this process already."
            raise RunStateError(message, hint="Log to it, or end it first.")
        else:
            run = self._starter.resume(self.get_run(run_id), experiment_name, texts)
        self._starter.announce(run)
        self._active[run.run_id] = run
        _stack.set((*(r for r in _stack.get() if r.run_id in self._active), run))
        return run

    def _parent_id(self, parent: str | Run | None) -> str | None:
        if parent is None:
            return None
        run_id = parent if isinstance(parent, str) else parent.run_id
        return run_id if run_id in self._active else self.get_run(run_id).run_id

    def _forget(self, run: ActiveRun) -> None:
        self._active.pop(run.run_id, None)
        _stack.set(tuple(r for r in _stack.get() if r is not run))

    @property
    def catalog(self) -> Catalog:
        """Where its runs are found, with everything else of the lake."""
        return self._catalog

    @property
    def current_run(self) -> ActiveRun | None:
        """The run that `log_params` and the like write to; None when there is no such run."""
        for run in reversed(_stack.get()):
            if run.run_id in self._active:
                return run
        return next(iter(self._active.values())) if len(self._active) == 1 else None

    @property
    def active_run(self) -> ActiveRun:
        """The run that `log_params` and the like write to. Raises RunStateError for none."""
        run = self.current_run
        if run is not None:
            return run
        message = "No run is active here."
        hint = "Start one: `with tracker.start_run('experiment') as run:`."
        if self._active:
            message = f"{len(self._active)} runs are active, none of them in this thread."
            hint = "Log to the run itself: `run.log_metrics(...)`."
        raise RunStateError(message, hint=hint)

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Keep params of the active run. Raises ParamConflictError for another value."""
        self.active_run.log_params(params)

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Log values of the active run at a step. Raises InvalidMetricError for what is none."""
        stack = _stack.get()
        run = stack[-1] if stack and stack[-1].run_id in self._active else self.active_run
        run.log_metrics(metrics, step)

    def log_artifact(
        self, artifact_path: str | Path, artifact_type: str = "file", **options: Any
    ) -> str:
        """Keep a file or a folder with the active run; the URI of the (first) file."""
        return self.active_run.log_artifact(artifact_path, artifact_type, **options)

    def end_run(self, status: RunStatus = "FINISHED") -> None:
        """End the active run."""
        self.active_run.end(status)

    def set_tags(self, tags: Mapping[str, Any], *, run_id: str | None = None) -> None:
        """Set tags of a run, whether it runs or has ended; a tag set to None goes away."""
        for name in tags:
            check_name(name, "tag")
        texts = {name: None if value is None else str(value) for name, value in tags.items()}
        changed = self._edit(run_id, {"tags": texts})
        if changed in self._active:
            kept = {**self._active[changed].tags, **texts}
            self._active[changed].tags = {n: text for n, text in kept.items() if text is not None}

    def set_note(self, note: str, *, run_id: str | None = None) -> None:
        """Write a run's note, in Markdown; the one before stays in the lake's history."""
        self._edit(run_id, {"note": note})

    def delete_run(self, run_id: str) -> None:
        """Hide a run from searches. `restore_run` brings it back."""
        self._edit(run_id, {"deleted": True})

    def restore_run(self, run_id: str) -> None:
        """Show a deleted run again."""
        self._edit(run_id, {"deleted": False})

    def _edit(self, run_id: str | None, change: dict[str, Any]) -> str:
        run_id = run_id or self.active_run.run_id
        if run_id in self._active:
            at = self._active[run_id].now()
        else:  # after what is known of it, also when the clock has been set back since
            at = max(now_us(), last_heard_of(self.get_run(run_id)) + 1)
        event = {"kind": "edit", "event_at": at, "writer": self._lake.writer}
        row = {"run_id": run_id, **change, **event, "actor": self._actor}
        self._lake.append("runs", [row], durability=self._durability)
        return run_id

    def close_stale_runs(self) -> list[Run]:
        """End the runs whose process is gone as FAILED, at their last sign of life."""
        stale = self._reader.stale_runs()
        for run in stale:
            seen = run.heartbeat_at or run.start_time
            error = f"The process ended without a word; last heard of {seen.isoformat()}."
            end = {"status": "FAILED", "end_time": to_us(seen), "error": error}
            self._edit(run.run_id, end)
        return stale

    def get_run(self, run_id: str) -> Run:
        """One run, also a deleted one. Raises RunNotFoundError."""
        return self._reader.get_run(run_id)

    def search_runs(
        self,
        experiment_name: str | None = None,
        filter_string: str | None = None,
        order_by: Sequence[str] | str | None = None,
        *,
        limit: int | None = None,
        offset: int = 0,
        include_deleted: bool = False,
    ) -> list[Run]:
        """The runs that match, newest first unless ``order_by`` says otherwise.

        The filter language is described in docs of `catalog.filters`. Raises FilterError with
        the position of what it does not understand.
        """
        return self._reader.search_runs(
            experiment_name,
            filter_string,
            order_by,
            limit=limit,
            offset=offset,
            include_deleted=include_deleted,
        )

    @overload
    def compare_runs(
        self,
        run_ids: Sequence[str],
        metric_names: Sequence[str] | None = ...,
        *,
        as_frame: Literal["pandas"] = ...,
    ) -> pd.DataFrame: ...
    @overload
    def compare_runs(
        self,
        run_ids: Sequence[str],
        metric_names: Sequence[str] | None = ...,
        *,
        as_frame: Literal["polars"],
    ) -> pl.DataFrame: ...
    @overload
    def compare_runs(
        self,
        run_ids: Sequence[str],
        metric_names: Sequence[str] | None = ...,
        *,
        as_frame: Literal["arrow"],
    ) -> pa.Table: ...
    def compare_runs(
        self,
        run_ids: Sequence[str],
        metric_names: Sequence[str] | None = None,
        *,
        as_frame: FrameType = "pandas",
    ) -> pd.DataFrame | pl.DataFrame | pa.Table:
        """One row per run: the params that differ, then each metric's summary and delta.

        See `core.tracking.compare.compare_runs` for the columns. Raises RunNotFoundError.
        """
        from core.frames import from_arrow  # with Arrow, which logging does not need
        from core.tracking.compare import compare_runs

        return from_arrow(compare_runs(self._reader, run_ids, metric_names), as_frame)

    def get_metric_history(self, run_id: str, metric_name: str) -> pa.Table:
        """All points of one metric: step (int64), value (double), logged_at (UTC timestamp)."""
        return self._reader.metric_history(run_id, metric_name)

    def changes_since_previous(self, run_id: str) -> RunChanges:
        """What changed since the run of its experiment that was started before it."""
        from core.tracking.changes import changes_since_previous  # asked for rarely

        return changes_since_previous(self._reader, run_id)

    def import_runs(self, table: Any) -> int:
        """Import finished runs in bulk; how many. See `core.tracking.bulk.import_runs`."""
        from core.tracking.bulk import import_runs  # with Arrow

        return import_runs(
            self._lake, table, experiment_id=self._starter.experiment_id, actor=self._actor
        )

    def wait(self) -> None:
        """Wait for what is written in the background: the surroundings of the first runs."""
        self._starter.wait()
