"""The SQL of the catalog: how events become the runs, experiments and artifacts of now.

The same texts serve the in-memory catalog, which reads its own tables of events, and the exported
`catalog.duckdb`, which reads Parquet (catalog/export.py): ``{events}`` stands for either.
"""

from __future__ import annotations

from typing import Final

RUN_COLUMNS: Final = (
    "run_id",
    "experiment_id",
    "experiment_name",
    "run_name",
    "status",
    "start_time",
    "end_time",
    "params",
    "tags",
    "metrics",
    "git_commit",
    "code_version",
    "parent_run_id",
    "environment",
    "inputs",
    "error",
    "note",
    "actor",
    "deleted",
    "param_types",
    "writer",
    "last_event_at",
)

# most finished runs are one row: they need no grouping, which is what costs time
_FOLD_SINGLE: Final = """
select run_id, experiment_id, experiment_name, run_name, status, start_time, end_time,
       params, tags, metrics, git_commit, code_version, parent_run_id, environment, inputs,
       error, note, actor, coalesce(deleted, false) as deleted, param_types, writer,
       greatest(event_at, end_time) as last_event_at
from {events} where run_id in (from once)
"""

_FOLD_SEVERAL: Final = """
select run_id,
       arg_min(experiment_id, event_at) as experiment_id,
       arg_max(experiment_name, event_at) as experiment_name,
       arg_max(run_name, event_at) as run_name,
       (arg_max(state, changed_at)).status as status,
       min(start_time) as start_time,
       (arg_max(state, changed_at)).end_time as end_time,
       list(params order by event_at) filter (params is not null) as params,
       list(tags order by event_at) filter (tags is not null) as tags,
       list(metrics order by changed_at) filter (metrics is not null) as metrics,
       arg_max(git_commit, event_at) as git_commit,
       arg_max(code_version, event_at) as code_version,
       arg_max(parent_run_id, event_at) as parent_run_id,
       arg_max(environment, event_at) as environment,
       arg_max(inputs, event_at) as inputs,
       (arg_max(state, changed_at)).error as error,
       arg_max(note, event_at) as note,
       arg_max(actor, event_at) filter (kind = 'start') as actor,
       coalesce(arg_max(deleted, event_at), false) as deleted,
       list(param_types order by event_at) filter (param_types is not null) as param_types,
       arg_max(writer, event_at) filter (kind = 'start') as writer,
       max(changed_at) as last_event_at
from (select *, greatest(event_at, end_time) as changed_at,
             case when status is not null then {{status: status, end_time: end_time,
                                                error: error}} end as state
      from {events} where run_id not in (from once))
group by run_id
"""


def _merged(maps: str) -> str:
    # merging takes 20 us, and few runs have several maps of a kind: they are not merged for nothing
    merge = f"list_reduce({maps}, lambda a, b: map_concat(a, b))"
    return f"case when len({maps}) > 1 then {merge} else {maps}[1] end"


FOLD_RUNS: Final = f"""
with once as materialized (
  select run_id from {{events}} group by run_id having count(*) = 1 and count(start_time) = 1)
{_FOLD_SINGLE}
union all by name
select * replace (
  {_merged("params")} as params,
  {_merged("param_types")} as param_types,
  {_merged("metrics")} as metrics,
  map_from_entries(list_filter(map_entries({_merged("tags")}),
                               lambda e: e.value is not null)) as tags)
from ({_FOLD_SEVERAL})
"""

LATEST_EXPERIMENTS: Final = """
select experiment_id,
       arg_max(experiment_name, event_at) as experiment_name,
       arg_max(description, event_at) as description,
       min(created_at) as created_at
from {events} group by experiment_id
"""

LATEST_ARTIFACTS: Final = """
select artifact_id, arg_max(run_id, event_at) as run_id,
       arg_max(artifact_type, event_at) as artifact_type, arg_max(path, event_at) as path,
       arg_max(uri, event_at) as uri, arg_max(digest, event_at) as digest,
       arg_max(size_bytes, event_at) as size_bytes, min(created_at) as created_at,
       arg_max(metadata, event_at) as metadata
from {events} group by artifact_id
having not coalesce(arg_max(deleted, event_at), false)
"""

LATEST_DATASET_VERSIONS: Final = """
select version_id, min(dataset_name) as dataset_name, min(version) as version,
       arg_max(source, event_at) as source, min(num_rows) as num_rows,
       min(num_columns) as num_columns, min(schema) as schema,
       arg_max(statistics, event_at) as statistics, min(storage_uri) as storage_uri,
       min(content_digest) as content_digest, min(size_bytes) as size_bytes, min(key) as key,
       arg_max(metadata, event_at) as metadata, arg_max(description, event_at) as description,
       arg_max(owner, event_at) as owner, arg_max(licence, event_at) as licence,
       min(parent_version_id) as parent_version_id, min(created_at) as created_at,
       min(actor) as actor
from {events} group by version_id
having not coalesce(arg_max(deleted, event_at), false)
"""

LATEST_DATASET_TAGS: Final = """
select dataset_name, tag, arg_max(version_id, event_at) as version_id,
       max(event_at) as moved_at
from {events} group by dataset_name, tag
having arg_max(version_id, event_at) <> ''
"""

# What a report says is in its first row; files that were attached later are rows of their own.
LATEST_DRIFT_REPORTS: Final = f"""
select * replace (
  coalesce({_merged("attachments")}, map()::map(varchar, varchar)) as attachments)
from (
  select report_id, min(dataset_name) as dataset_name,
         min(version_id1) as version_id1, min(version_id2) as version_id2,
         min(version1) as version1, min(version2) as version2,
         coalesce(min(kind), 'comparison') as kind, min(version_ids) as version_ids,
         bool_or(drift_detected) as drift_detected, min(drift_score) as drift_score,
         arg_min(feature_drifts, event_at) as feature_drifts,
         arg_min(drifted_columns, event_at) as drifted_columns,
         arg_min(statistical_tests, event_at) as statistical_tests,
         arg_min(recommendations, event_at) as recommendations,
         min(method) as method, min(parameters) as parameters,
         min(reference_rows) as reference_rows, min(current_rows) as current_rows,
         min(result_key) as result_key, arg_min(digest, event_at) as digest,
         list(attachments order by event_at) filter (attachments is not null) as attachments,
         min(created_at) as created_at, arg_min(actor, event_at) as actor
  from {{events}} group by report_id
  having not coalesce(arg_max(deleted, event_at), false) and min(version_id1) is not null)
"""

# An edge is written before the version it leads to, so that no version is without it: one whose
# version was never registered, since its writer died, leads nowhere and is left out.
DATA_LINEAGE: Final = """
select lineage_id, min(input_version_id) as input_version_id,
       min(output_version_id) as output_version_id, min(input_kind) as input_kind,
       min(output_kind) as output_kind, min(transformation_type) as transformation_type,
       min(transformation_code) as transformation_code, min(parameters) as parameters,
       arg_min(column_edges, event_at) as column_edges, min(created_at) as created_at,
       arg_min(actor, event_at) as actor
from {events}
where output_kind <> 'dataset_version'
      or output_version_id in (select version_id from {versions})
group by lineage_id
"""

LATEST_DATASET_CONTRACTS: Final = """
select dataset_name, arg_max(digest, event_at) as digest, arg_max(contract, event_at) as contract,
       arg_max(on_violation, event_at) as on_violation, arg_max(actor, event_at) as actor,
       max(event_at) as declared_at
from {events} group by dataset_name
having arg_max(digest, event_at) <> ''
"""

# last: the greatest step, a point without one after all, then the latest time; NaN is a value
# for it, and not for min and max. Both orders in one number: ordering by a struct would turn
# -0.0 into 0.0 (DuckDB 2.0).
SUMMARISE: Final = """
select run_id, metric_name,
       arg_max(value, place) as last, arg_max({{step: step}}, place) as last_at,
       max(place) as last_place,
       min(value) filter (not isnan(value)) as min,
       arg_min({{step: step}}, value) filter (not isnan(value)) as min_at,
       max(value) filter (not isnan(value)) as max,
       arg_max({{step: step}}, value) filter (not isnan(value)) as max_at,
       count(*) as points, min(logged_at) as first_logged_at, max(logged_at) as last_logged_at
from (select *, coalesce(step, 9223372036854775807)::hugeint * 9223372036854775807
                + epoch_us(logged_at) as place
      from {points})
group by run_id, metric_name
"""

MERGE_SUMMARIES: Final = """
select run_id, metric_name,
       arg_max(last, last_place) as last, (arg_max(last_at, last_place)).step as last_step,
       min(min) as min, (arg_min(min_at, min)).step as min_step,
       max(max) as max, (arg_max(max_at, max)).step as max_step,
       sum(points)::bigint as points,
       min(first_logged_at) as first_logged_at, max(last_logged_at) as last_logged_at
from {parts} group by run_id, metric_name
"""
