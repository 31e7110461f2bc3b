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

# An outcome belongs to the last prediction of its entity at or before it. What was logged again
# for the same time takes the place of what was logged first.
JUDGED: Final = """
with made as materialized (
  select model_id, entity, predicted_at, max(logged_at) as logged_at, count(*) as times_logged,
         arg_max((model_name, version, prediction, label, probabilities{features}),
                 logged_at) as said
  from predictions where {chosen} group by model_id, entity, predicted_at),
observed as (
  select model_name, entity, observed_at, max(logged_at) as logged_at,
         arg_max((outcome, label), logged_at) as seen
  from outcomes where {of_model} group by model_name, entity, observed_at),
matched as (
  select made.model_id, made.entity, made.predicted_at,
         max(o.observed_at) as observed_at, arg_max(o.seen, o.observed_at) as seen
  from (select * from observed
        join (select distinct model_id, said[1] as model_name from made) using (model_name)) o
  asof join made on made.model_id = o.model_id and made.entity = o.entity
                and made.predicted_at <= o.observed_at
  group by made.model_id, made.entity, made.predicted_at)
select model_id, said[1] as model_name, said[2] as version, entity, predicted_at,
       said[3] as prediction, said[4] as label, said[5] as probabilities{said_features},
       made.logged_at, times_logged, observed_at, seen[1] as outcome, seen[2] as outcome_label
from made left join matched using (model_id, entity, predicted_at)
"""
_JUDGED_ALL: Final = JUDGED.format(
    features=", features", said_features=", said[6] as features", chosen="true", of_model="true"
)


_JUDGED_VERSION: Final = """
select * from ({judged})
where ($since is null or predicted_at >= make_timestamp($since))
  and ($until is null or predicted_at < make_timestamp($until))
order by predicted_at, entity
"""


def judged_of_version(*, features: bool) -> str:
    """Return the query for predictions of one version with their outcomes.

    Bound are model_id, model_name, and since and until in microseconds since 1970, or null.
    """
    judged = JUDGED.format(
        features=", features" if features else "",
        said_features=", said[6] as features" if features else "",
        chosen="model_id = $model_id",
        of_model="model_name = $model_name",
    )
    return _JUDGED_VERSION.format(judged=judged)


def model_views(events: Callable[[str], str]) -> dict[str, str]:
    """Return the queries of the views by name, in the order in which they need one another.

    `events` returns what a table's events are selected from.

    >>> list(model_views(str.upper))
    ['model_stages', 'model_versions', 'models', 'model_evaluations']
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
    }


# asks the views of predictions and outcomes, which come after the others
JUDGED_VIEWS: Final = {"prediction_outcomes": _JUDGED_ALL}
