"""The SQL of models: what versions there are, in which stage, and how predictions turned out.

`{...}` stands for the events of a table: tables of the catalog in memory, or Parquet files
(catalog/export.py). The last queries ask other views.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

# One version of a model is in production. Who moves one there archives the other; of two who do so
# at the same moment the later counts, so that there never are two.
_MODEL_VERSIONS: Final = """
with known as (
  select model_id, min(model_name) as model_name, min(version) as version,
         arg_max(model_type, event_at) as model_type, min(format) as format,
         min(artifact_id) as artifact_id, min(artifact_path) as artifact_path,
         min(digest) as digest, min(size_bytes) as size_bytes,
         arg_max(signature, event_at) as signature,
         arg_max(description, event_at) as description, arg_max(owner, event_at) as owner,
         min(run_id) as run_id, arg_max(dataset_version_ids, event_at) as dataset_version_ids,
         arg_max(feature_names, event_at) as feature_names, min(code_version) as code_version,
         arg_max(metadata, event_at) as metadata, min(created_at) as created_at,
         arg_min(actor, event_at) as actor
  from {model_versions} group by model_id
  having not coalesce(arg_max(deleted, event_at), false)),
moved as (
  select model_id, arg_max(model_name, event_at) as model_name,
         arg_max(label, event_at) as label, max(event_at) as moved_at
  from {model_stages} where kind = 'stage' group by model_id),
staged as (
  select model_id,
         case when label = 'production'
                   and moved_at < max(moved_at) over (partition by model_name, label)
              then 'archived' else label end as stage
  from moved),
named as (
  select model_id, list(label order by label) as aliases
  from (select model_name, label, arg_max(model_id, event_at) as model_id
        from {model_stages} where kind = 'alias' group by model_name, label)
  where model_id <> '' group by model_id)
select known.*, coalesce(stage, 'none') as stage, coalesce(aliases, []) as aliases
from known left join staged using (model_id) left join named using (model_id)
"""

_MODELS: Final = """
select model_name, count(*) as versions,
       arg_max(version, (created_at, model_id)) as version,
       arg_max(model_id, (created_at, model_id)) as model_id,
       arg_max(stage, (created_at, model_id)) as stage,
       min(version) filter (stage = 'production') as production,
       arg_max(model_type, (created_at, model_id)) as model_type,
       arg_max(format, (created_at, model_id)) as format,
       arg_max(description, (created_at, model_id)) as description,
       arg_max(owner, (created_at, model_id)) as owner,
       min(created_at) as created_at, max(created_at) as updated_at
from model_versions group by model_name
"""

_MODEL_STAGES: Final = """
select model_name, model_id, version, kind, label, previous, reason, actor, event_at as moved_at
from {model_stages}
"""

_MODEL_EVALUATIONS: Final = """
select evaluation_id, model_id, model_name, version, name, dataset_version_id, task, num_rows,
       events, metrics, digest, created_at, actor
from {model_evaluations}
"""

_MODEL_REPORTS: Final = """
select report_id, model_id, model_name, version, every, action, reasons, alerts, predictions,
       outcomes, since, until, digest, created_at, actor
from {model_reports}
"""

# An outcome belongs to the last prediction of its entity at or before it, so each prediction lasts
# until the next one, and the last outcome in that time counts. What was logged again for the same
# time takes the place of what was logged first. Aggregates per column take half the time that one
# of a struct of them takes, and a join of predictions to outcomes less than the other way round.
_JUDGED: Final = """
with made as (
  select {version_key}entity, predicted_at, max(logged_at) as logged_at, count(*) as times_logged,
         {each_version}arg_max_null(prediction, logged_at) as prediction,
         arg_max_null(label, logged_at) as label,
         arg_max_null(probabilities, logged_at) as probabilities{last_features}
  from predictions where {chosen} group by {version_key}entity, predicted_at),
lasting as (
  select *, lead(predicted_at, 1, 'infinity'::timestamp)
              over (partition by {version_key}entity order by predicted_at) as next_at
  from made),
observed as (
  select model_name, entity, observed_at, arg_max_null(outcome, logged_at) as outcome,
         arg_max_null(label, logged_at) as outcome_label
  from outcomes where {of_model} group by model_name, entity, observed_at),
matched as (
  select {said_version}, lasting.entity, predicted_at, prediction, label, probabilities{features},
         logged_at, times_logged, observed_at, outcome, outcome_label,
         observed_at >= predicted_at as seen
  from lasting asof left join observed
    on {same_model}lasting.entity = observed.entity and next_at > observed_at)
select * exclude (seen) replace (
  case when seen then observed_at end as observed_at, case when seen then outcome end as outcome,
  case when seen then outcome_label end as outcome_label)
from matched
"""
_JUDGED_ALL: Final = _JUDGED.format(
    version_key="model_id, ",
    each_version="min(model_name) as model_name, min(version) as version, ",
    said_version="model_id, lasting.model_name, version",
    same_model="lasting.model_name = observed.model_name and ",
    chosen="true",
    of_model="true",
    last_features=", arg_max_null(features, logged_at) as features",
    features=", features",
)
_JUDGED_VERSION: Final = """
select * from ({judged})
where ($since is null or predicted_at >= make_timestamp($since))
  and ($until is null or predicted_at < make_timestamp($until))
order by predicted_at, entity
"""


def judged_of_version(*, features: bool) -> str:
    """Return the query for predictions of one version with their outcomes.

    Bound are model_id, model_name, version, and since and until in microseconds since 1970, or
    null.
    """
    judged = _JUDGED.format(
        version_key="",
        each_version="",
        said_version="$model_id as model_id, $model_name as model_name, $version as version",
        same_model="",
        chosen="model_name = $model_name and model_id = $model_id",
        of_model="model_name = $model_name",
        last_features=", arg_max_null(features, logged_at) as features" if features else "",
        features=", features" if features else "",
    )
    return _JUDGED_VERSION.format(judged=judged)


def model_views(events: Callable[[str], str]) -> dict[str, str]:
    """Return the queries of the views by name, in the order in which they need one another.

    `events` returns what a table's events are selected from.

    >>> list(model_views(str.upper))
    ['model_stages', 'model_versions', 'models', 'model_evaluations', 'model_reports']
    """
    stages = events("model_stages")
    return {
        "model_stages": _MODEL_STAGES.format(model_stages=stages),
        "model_versions": _MODEL_VERSIONS.format(
            model_versions=events("model_versions"), model_stages=stages
        ),
        "models": _MODELS,
        "model_evaluations": _MODEL_EVALUATIONS.format(
            model_evaluations=events("model_evaluations")
        ),
        "model_reports": _MODEL_REPORTS.format(model_reports=events("model_reports")),
    }


# asks the views of predictions and outcomes, which come after the others
JUDGED_VIEWS: Final = {"prediction_outcomes": _JUDGED_ALL}
