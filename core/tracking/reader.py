"""Reading runs back from the catalog."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from core.errors import ArtifactError, RunNotFoundError
from core.tracking.run import Artifact, Run, aware, run_from_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from catalog.catalog import Catalog
    from core.tracking.run import History
    from core.tracking.storage import StorageBackend
    from lake.presence import Liveness

LIVENESS_SECONDS: Final = 1.0
_HISTORY: Final = """
select metric_name, value, step from metrics where run_id = $run_id
order by metric_name, step nulls last, logged_at
"""
_ONE_HISTORY: Final = """
select step, value, logged_at from metrics where run_id = $run_id and metric_name = $metric_name
order by step nulls last, logged_at
"""
_LAST_POINTS: Final = """
select metric_name, last, last_step from metric_summary where run_id = $run_id
"""
_ARTIFACTS: Final = """
select artifact_id, run_id, artifact_type, path, uri, digest, size_bytes, created_at, metadata
from artifacts where run_id = $run_id order by path, created_at
"""
_ARTIFACT_URI: Final = "select uri from artifacts where artifact_id = $artifact_id"


class RunReader:
    """Finds runs, their histories and artifacts. Threads may share one."""

    def __init__(self, catalog: Catalog, storage: StorageBackend) -> None:
        self.catalog = catalog
        self._storage = storage
        self._liveness: tuple[float, Liveness] | None = None

    def get_run(self, run_id: str) -> Run:
        """One run, also a deleted one. Raises RunNotFoundError."""
        from catalog.search import find_run  # the search language, which logging does not need

        row = find_run(self.catalog, str(run_id))
        if row is None:
            message = f"There is no run {run_id!r}."
            hint = "List what there is with search_runs() or `mhras runs`."
            raise RunNotFoundError(message, hint=hint, run_id=run_id)
        return self._runs([row])[0]

    def get_runs(self, run_ids: Sequence[str]) -> list[Run]:
        """Runs by their ids, in the order given, with one query.

        Raises RunNotFoundError naming all ids that are not there.
        """
        found = {run.run_id: run for run in self.find_runs(run_ids)}
        missing = [run_id for run_id in run_ids if run_id not in found]
        if missing:
            message = f"There are no runs {', '.join(map(repr, missing))}."
            hint = "List what there is with search_runs() or `mhras runs`."
            raise RunNotFoundError(message, hint=hint, run_ids=missing)
        return [found[run_id] for run_id in run_ids]

    def find_runs(self, run_ids: Sequence[str]) -> list[Run]:
        """Those of these runs that are there, also deleted ones, in any order."""
        from catalog.search import find_runs_by_id  # as above

        return self._runs(find_runs_by_id(self.catalog, run_ids))

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
        """The runs that match; see `ExperimentTracker.search_runs`."""
        from catalog.search import Search, find_runs  # as above

        search = Search(
            experiment_name=experiment_name,
            filter_string=filter_string,
            order_by=[order_by] if isinstance(order_by, str) else order_by or (),
            limit=limit,
            offset=offset,
            include_deleted=include_deleted,
        )
        return self._runs(find_runs(self.catalog, search))

    def _runs(self, rows: Sequence[Sequence[Any]]) -> list[Run]:
        from catalog.search import RUN_FIELDS  # as above

        runs = [run_from_row(self, RUN_FIELDS, row) for row in rows]
        running = [run for run in runs if run.status == "RUNNING"]
        if running:
            seen_alive = self.liveness(frozenset(run.writer or "" for run in running))
            for run in running:
                run.is_stale = run.writer not in seen_alive.living
                beat = seen_alive.heard_at.get(run.writer or "", 0.0)
                seen = datetime.fromtimestamp(beat, UTC) if beat else run.start_time
                run.heartbeat_at = max(seen, run.heartbeat_at or run.start_time)
        return runs

    def liveness(self, writers: frozenset[str] = frozenset()) -> Liveness:
        """The writers that live, as seen a second ago at most, or now when one of these does not.

        A run is seen after its writer has said that it lives, so what was seen before may lack it.
        """
        known = self._liveness
        if known is None or monotonic() - known[0] > LIVENESS_SECONDS or writers - known[1].living:
            known = self._liveness = monotonic(), self.catalog.lake.presence.look()
        return known[1]

    def stale_runs(self) -> list[Run]:
        """Runs left RUNNING by a process that is gone."""
        return [run for run in self.search_runs(None, "status = 'RUNNING'") if run.is_stale]

    def history(self, run_id: str) -> History:
        """All points of all metrics of a run, by step and time."""
        found: History = {}
        points = self.catalog.sql(_HISTORY, {"run_id": run_id})
        columns = [points[name].to_pylist() for name in ("metric_name", "value", "step")]
        for name, value, step in zip(*columns, strict=True):
            found.setdefault(name, []).append((value, step))
        return found

    def metric_history(self, run_id: str, metric_name: str) -> pa.Table:
        """All points of one metric: step, value, logged_at."""
        return self.catalog.sql(_ONE_HISTORY, {"run_id": run_id, "metric_name": metric_name})

    def last_points(self, run_id: str) -> dict[str, tuple[float, int | None]]:
        """The last value and its step of every metric of a run."""
        with self.catalog.cursor() as cursor:
            rows = cursor.execute(_LAST_POINTS, {"run_id": run_id}).fetchall()
        return {name: (value, step) for name, value, step in rows}

    def artifacts(self, run_id: str) -> list[Artifact]:
        """The run's artifacts by path."""
        with self.catalog.cursor() as cursor:
            rows = cursor.execute(_ARTIFACTS, {"run_id": run_id}).fetchall()
        names = Artifact.__dataclass_fields__
        found = []
        for row in rows:
            values = dict(zip(names, row, strict=True))
            values["created_at"] = aware(values["created_at"])
            values["metadata"] = json.loads(values["metadata"]) if values["metadata"] else {}
            found.append(Artifact(**values))
        return found

    def read_artifact(self, artifact_id: str) -> bytes:
        """An artifact's bytes. Raises ArtifactError, or DamagedError when they changed."""
        with self.catalog.cursor() as cursor:
            rows = cursor.execute(_ARTIFACT_URI, {"artifact_id": artifact_id}).fetchall()
        if not rows:
            message = f"There is no artifact {artifact_id!r}."
            raise ArtifactError(message, hint="List a run's with run.artifacts.")
        return self._storage.load_artifact(rows[0][0])

    def environment(self, digest: str | None) -> dict[str, Any]:
        """The surroundings a run names by their digest; empty when it names none."""
        if digest is None:
            return {}
        return dict(json.loads(self.catalog.lake.objects.get(digest)))
