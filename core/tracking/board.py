"""Runs as screens and terminals show them: counted, paged, summarised. Arrow out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from core.render.blocks import Document
    from core.tracking.reader import RunReader
    from core.tracking.run import Artifact, Run
    from core.tracking.surroundings import Surroundings

_EXPERIMENTS: Final = """
select e.experiment_id, e.experiment_name, e.description, e.created_at,
       count(r.run_id) as runs,
       count(r.run_id) filter (r.status = 'RUNNING') as running,
       count(r.run_id) filter (r.status = 'FAILED') as failed,
       max(r.start_time) as last_start_time
from experiments e left join runs r using (experiment_id)
group by all order by last_start_time desc nulls last, experiment_name
"""
_NAMES: Final = """
select name from (
  select unnest(map_keys({column})) as name from runs
  where $experiment_name is null or experiment_name = $experiment_name)
group by name order by count(*) desc, name
"""
# of equally common ones those with the longest curves first, and what was seen on the training
# data, which says least, last
_METRIC_NAMES: Final = """
select metric_name as name from metric_summary m join runs r using (run_id)
where $experiment_name is null or experiment_name = $experiment_name
group by name
order by count(*) desc, sum(points) desc, name ilike 'train%', name
"""
_PARAM_NAMES: Final = _NAMES.format(column="params")
_TAG_NAMES: Final = _NAMES.format(column="tags")
_HISTORIES: Final = """
select run_id, step, value, logged_at from metrics
where metric_name = $metric_name and run_id in (select unnest($run_ids))
order by run_id, step nulls last, logged_at
"""
# the least and the greatest of each stretch, so that no spike is lost
_SPARKLINES: Final = """
with points as (
  select run_id, value,
         row_number() over (partition by run_id order by step nulls last, logged_at) - 1 as i,
         count(*) over (partition by run_id) as n
  from metrics where metric_name = $metric_name and run_id in (select unnest($run_ids))
    and isfinite(value)),
stretches as (
  select run_id, i * least($points // 2, n) // n as stretch, min(value) as low, max(value) as high,
         arg_min(i, value) <= arg_max(i, value) as rising
  from points group by run_id, stretch)
select run_id, flatten(list(
  case when low = high then [low] when rising then [low, high] else [high, low] end
  order by stretch)) as curve
from stretches group by run_id
"""
_TELLING: Final = """
with entries as (
  select 'params' as kind, unnest(map_entries(params)) as entry from runs
  where $experiment_name is null or experiment_name = $experiment_name
  union all
  select 'tags', unnest(map_entries(tags)) from runs
  where $experiment_name is null or experiment_name = $experiment_name),
counts as (
  select kind, entry.key as name, entry.value as value, count(*) as runs
  from entries where not (kind = 'tags' and entry.key = 'archived') group by all)
select kind, name from counts
group by kind, name having count(*) between 2 and $most
order by count(*) filter (runs = 1), sum(runs) desc, count(*), kind, name
"""
_DAYS: Final = """
select day::date as day, count(r.run_id) as runs,
       count(r.run_id) filter (r.status = 'FAILED') as failed,
       count(r.run_id) filter (r.status = 'FINISHED') as finished,
       avg(r.duration) filter (r.status <> 'RUNNING') as mean_duration
from generate_series(current_date - $days::int + 1, current_date, interval 1 day) d(day)
left join (select * from all_runs where run_id in (select unnest($run_ids))) r
  on r.start_time >= day and r.start_time < day + interval 1 day
group by day order by day
"""


class RunBoard:
    """Answers what pages and commands show of runs. Threads may share one."""

    def __init__(self, reader: RunReader) -> None:
        self._reader = reader
        self._catalog = reader.catalog

    def experiments(self) -> pa.Table:
        """All experiments, the most recently used first, with counts of their runs."""
        return self._catalog.sql(_EXPERIMENTS)

    def metric_names(self, experiment_name: str | None = None) -> list[str]:
        """Metrics that runs logged, the most common first, then those with the most points."""
        return self._names(_METRIC_NAMES, experiment_name)

    def param_names(self, experiment_name: str | None = None) -> list[str]:
        """Params that runs logged, the most common first."""
        return self._names(_PARAM_NAMES, experiment_name)

    def tag_names(self, experiment_name: str | None = None) -> list[str]:
        """Tags that runs have, the most common first."""
        return self._names(_TAG_NAMES, experiment_name)

    def _names(self, query: str, experiment_name: str | None) -> list[str]:
        found = self._catalog.sql(query, {"experiment_name": experiment_name})
        return [str(name) for name in found["name"].to_pylist()]

    def count_runs(
        self,
        experiment_name: str | None = None,
        filter_string: str | None = None,
        *,
        only_deleted: bool = False,
    ) -> int:
        """How many runs match. Raises FilterError."""
        from catalog.search import (
            Search,
            count_runs,
        )  # the search language, which logging does not need

        search = Search(
            experiment_name=experiment_name,
            filter_string=filter_string,
            only_deleted=only_deleted,
        )
        return count_runs(self._catalog, search)

    def search_runs_arrow(
        self,
        experiment_name: str | None = None,
        filter_string: str | None = None,
        order_by: Sequence[str] | str | None = None,
        *,
        metrics: Sequence[str] = (),
        params: Sequence[str] = (),
        tags: Sequence[str] = (),
        limit: int | None = 50,
        offset: int = 0,
        include_deleted: bool = False,
        only_deleted: bool = False,
    ) -> pa.Table:
        """A page of runs as a table: the fields of a run, then the columns chosen.

        run_id, run_name, experiment_name, status, start_time, end_time, duration (seconds),
        actor, parent_run_id, error, is_stale, heartbeat_at; ``metrics.<name>`` (last values),
        ``params.<name>``, ``tags.<name>``.
        """
        from catalog.filters import Name  # as above
        from catalog.search import Search, find_columns

        search = Search(
            experiment_name=experiment_name,
            filter_string=filter_string,
            order_by=[order_by] if isinstance(order_by, str) else order_by or (),
            limit=limit,
            offset=offset,
            include_deleted=include_deleted,
            only_deleted=only_deleted,
        )
        columns: dict[str, Any] = {name: name for name in _PAGE_FIELDS}
        columns |= {f"metrics.{name}": Name("metric", name) for name in metrics}
        columns |= {f"params.{name}": Name("param", name) for name in params}
        columns |= {f"tags.{name}": Name("tag", name) for name in tags}
        return self._with_liveness(find_columns(self._catalog, search, columns))

    def _with_liveness(self, page: pa.Table) -> pa.Table:
        """The page with is_stale in the place of the writer."""
        import pyarrow as pa  # with the page

        status, writers = page["status"].to_pylist(), page["writer"].to_pylist()
        running = [w for s, w in zip(status, writers, strict=True) if s == "RUNNING"]
        living = self._reader.liveness(frozenset(running)).living if running else frozenset()
        stale = [s == "RUNNING" and w not in living for s, w in zip(status, writers, strict=True)]
        place = page.column_names.index("writer")
        return page.set_column(place, "is_stale", pa.array(stale, pa.bool_()))

    def stale_runs(self) -> list[Run]:
        """Runs left RUNNING by a process that is gone."""
        return self._reader.stale_runs()

    def metric_histories(self, run_ids: Sequence[str], metric_name: str) -> pa.Table:
        """All points of one metric of several runs: run_id, step, value, logged_at."""
        return self._catalog.sql(_HISTORIES, {"run_ids": list(run_ids), "metric_name": metric_name})

    def sparklines(
        self, run_ids: Sequence[str], metric_name: str, *, points: int = 30
    ) -> dict[str, list[float]]:
        """The course of a metric in at most ``points`` values per run; spikes are kept."""
        values = {"run_ids": list(run_ids), "metric_name": metric_name, "points": points}
        with self._catalog.cursor() as cursor:
            return dict(cursor.execute(_SPARKLINES, values).fetchall())

    def run_statistics(
        self,
        experiment_name: str | None = None,
        filter_string: str | None = None,
        *,
        days: int = 14,
        only_deleted: bool = False,
    ) -> pa.Table:
        """Runs that match, by day of their start: day, runs, failed, finished, mean_duration."""
        from catalog.search import Search, find_columns  # as above

        search = Search(
            experiment_name=experiment_name,
            filter_string=filter_string,
            only_deleted=only_deleted,
        )
        ids = find_columns(self._catalog, search, {"run_id": "run_id"})["run_id"].to_pylist()
        return self._catalog.sql(_DAYS, {"run_ids": ids, "days": days})

    def group_runs(
        self,
        by: str,
        metric_name: str | None = None,
        *,
        experiment_name: str | None = None,
        filter_string: str | None = None,
        only_deleted: bool = False,
        limit: int = 50,
        offset: int = 0,
    ) -> pa.Table:
        """Runs that match, grouped by ``params.<name>``, ``tags.<name>``, ``status`` and the like.

        See `catalog.run_groups.group_runs` for the columns. Raises FilterError.
        """
        from catalog.run_groups import group_runs  # as above
        from catalog.search import Search

        search = Search(
            experiment_name=experiment_name,
            filter_string=filter_string,
            only_deleted=only_deleted,
            limit=limit,
            offset=offset,
        )
        return group_runs(self._catalog, search, by, metric_name)

    def telling_name(self, experiment_name: str | None = None) -> tuple[str, str] | None:
        """The param or tag that parts the runs best into groups: its kind and name.

        It has 2 to 20 values, is no seed, and as few of its values as possible belong to a single
        run; of equal ones it is the one that most runs have, the one with the fewest values, and a
        param before a tag. None when there is none such.
        """
        from core.tracking.repeats import is_seed  # with statistics, which few screens need
        from core.tracking.spread import MOST_GROUPS  # as above

        asked = {"experiment_name": experiment_name, "most": MOST_GROUPS}
        found = self._catalog.sql(_TELLING, asked).to_pylist()
        return next(((row["kind"], row["name"]) for row in found if not is_seed(row["name"])), None)

    def compare(self, run_ids: Sequence[str]) -> pa.Table:
        """Runs side by side, tags too; see `core.tracking.compare.compare_runs`."""
        from core.tracking.compare import compare_runs  # few screens compare

        return compare_runs(self._reader, run_ids, with_tags=True)

    def surroundings(self, run_ids: Sequence[str]) -> Surroundings:
        """What differs in code, machine and packages between runs. Raises RunNotFoundError."""
        from core.tracking.surroundings import compare_surroundings  # as above

        return compare_surroundings(self._reader, run_ids)

    def document(self, run_id: str) -> Document:
        """Describe a run as a report. Raises RunNotFoundError."""
        from core.tracking.report import run_document  # with charts

        return run_document(self._reader, run_id)

    def list_artifacts(self, run_id: str) -> list[Artifact]:
        """The run's artifacts by path."""
        return self._reader.artifacts(run_id)

    def read_artifact(self, artifact_id: str) -> bytes:
        """An artifact's bytes. Raises ArtifactError, or DamagedError when they changed."""
        return self._reader.read_artifact(artifact_id)

    def environment(self, run_id: str) -> dict[str, Any]:
        """The surroundings a run was made in; empty when they were not taken."""
        return self._reader.environment(self._reader.get_run(run_id).environment)


_PAGE_FIELDS: Final = (
    "run_id",
    "run_name",
    "experiment_name",
    "status",
    "start_time",
    "end_time",
    "duration",
    "actor",
    "parent_run_id",
    "error",
    "deleted",
    "writer",
    "heartbeat_at",
)
