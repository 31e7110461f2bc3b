"""Finds runs, experiments, datasets, models and kept queries by name, tag or id, comments by text.

rank 0   its name or id is the text      1   begins with it
     2   its name holds the text         3   a tag, an owner or a description does
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from catalog.comments import NAMED_COMMENTS

if TYPE_CHECKING:
    from datetime import datetime

    from catalog.catalog import Catalog

LONGEST: Final = 200  # letters that are looked for
_FOUND: Final = f"""
with things(kind, id, label, about, words, made_at) as (
  select 'run', run_id, run_name, experiment_name || ', ' || lower(status), tags::varchar,
         start_time
  from runs
  union all
  select 'experiment', e.experiment_id, e.experiment_name, count(r.run_id) || ' runs',
         e.description, e.created_at
  from experiments e left join runs r using (experiment_id) group by all
  union all
  select 'dataset', arg_max(v.version_id, v.created_at), v.dataset_name,
         count(distinct v.version_id) || ' versions',
         concat_ws(' ', arg_max(v.owner, v.created_at), arg_max(v.description, v.created_at),
                   string_agg(distinct t.tag, ' ' order by t.tag)), max(v.created_at)
  from dataset_versions v left join dataset_tags t using (dataset_name) group by v.dataset_name
  union all
  select 'version', version_id, dataset_name || '@' || version, num_rows || ' rows', '', created_at
  from dataset_versions
  union all
  select 'model', model_id, model_name || '@' || version, concat_ws(', ', format, stage),
         concat_ws(' ', description, owner, aliases::varchar), created_at
  from model_versions
  union all
  select 'query', query_id, name, left(sql, 80), sql, created_at from queries where name <> ''
  union all
  select 'comment', comment_id, left(text, 80), concat_ws(', ', actor, subject_name), text,
         created_at
  from ({NAMED_COMMENTS})),
ranked as (
  select kind, id, label, about, made_at,
         case when lower(label) = $text or lower(id) = $text then 0
              when starts_with(lower(label), $text) or starts_with(lower(id), $text) then 1
              when contains(lower(label), $text) then 2
              when contains(lower(words), $text) then 3 end as rank
  from things)
select kind, id, label, about, made_at, count(*) over (partition by kind) as total
from ranked where rank is not null
qualify row_number() over (partition by kind order by rank, made_at desc, id) <= $limit
order by kind, rank, made_at desc, id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A thing that fits; `total` is how many of its kind do."""

    kind: str
    id: str
    label: str
    about: str
    made_at: datetime
    total: int


def find_things(catalog: Catalog, text: str, *, limit: int = 6) -> list[Found]:
    """Return what fits a text, a few of each kind, the best first; nothing for an empty one."""
    wanted = " ".join(text.split()).lower()[:LONGEST]
    if not wanted:
        return []
    with catalog.cursor() as cursor:
        rows = cursor.execute(_FOUND, {"text": wanted, "limit": limit}).fetchall()
    names = ("kind", "id", "label", "about", "made_at", "total")
    return [Found(**dict(zip(names, row, strict=True))) for row in rows]
