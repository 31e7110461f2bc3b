"""What happened lately in a lake: runs, versions, moves, cards, reports, comments, in one list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Final

from catalog.comments import NAMED_COMMENTS
from catalog.records import records

if TYPE_CHECKING:
    from datetime import datetime

    from catalog.catalog import Catalog

# a deleted model or dataset is in no view, and what happened to it in no line
_LATELY: Final = f"""
from (
  select 'run' as kind, run_id as id, run_name as label, '' as subject,
         lower(status) || ' in ' || experiment_name as about, actor,
         coalesce(end_time, start_time) as happened_at
  from runs order by happened_at desc limit $limit)
union all by name
select 'version' as kind, version_id as id, dataset_name || '@' || version as label,
       '' as subject, 'registered with ' || num_rows || ' rows' as about, actor,
       created_at as happened_at
from dataset_versions
union all by name
select 'model_version' as kind, model_id as id, model_name || '@' || version as label,
       '' as subject, 'registered' as about, actor,
       created_at as happened_at
from model_versions
union all by name
select 'model_version' as kind, s.model_id as id, s.model_name || '@' || s.version as label,
       '' as subject,
       case s.kind when 'stage' then 'moved to ' else 'called ' end || s.label
       || coalesce(': ' || nullif(s.reason, ''), '') as about, s.actor, s.moved_at as happened_at
from model_stages s join model_versions using (model_id)
union all by name
select 'card' as kind, model_id as id, model_name || '@' || version as label, '' as subject,
       'card ' || card_number || ' published' as about, published_by as actor,
       published_at as happened_at
from model_cards where published_at is not null
union all by name
select 'drift_report' as kind, report_id as id, version1 || ' to ' || version2 as label,
       '' as subject, case when drift_detected then 'drift found' else 'no drift' end as about,
       actor, created_at as happened_at
from drift_reports where kind = 'comparison'
union all by name
select 'comment' as kind, subject_id as id, subject_name as label, subject_kind as subject,
       left(text, 200) as about, actor,
       created_at as happened_at
from ({NAMED_COMMENTS})
order by happened_at desc, kind, id limit $limit
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One thing that happened: to what, what it was, who did it and when.

    `subject` is, of a comment, the kind of what `id` and `label` say it is on.
    """

    kind: str
    id: str
    label: str
    subject: str
    about: str
    actor: str
    happened_at: datetime


def recent_activity(catalog: Catalog, *, limit: int = 20) -> list[Happened]:
    """Return what happened last, the newest first."""
    rows = records(catalog, _LATELY, {"limit": limit})
    for row in rows:
        row["actor"] = row["actor"] or ""
        row["happened_at"] = row["happened_at"].replace(tzinfo=UTC)
    return [Happened(**row) for row in rows]
