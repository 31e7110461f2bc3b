"""Comments: the table that keeps them, its view, and what can be asked of it.

A comment is its first row, and newer rows of the same id: another text, that it is settled or open
again, that it is deleted, which stays so. What it is about is told by kind and id:

    run              run_id        model          model_name
    dataset          dataset_name  model_version  model_id
    dataset_version  version_id    card           model_id, of the version whose card it is
    drift_report     report_id
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from catalog.records import records
from lake.spec import TableSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from catalog.catalog import Catalog

COMMENTS: Final = TableSpec(
    name="comments",
    columns={
        "comment_id": "string",
        "subject_kind": "string",
        "subject_id": "string",
        "anchor_kind": "string",
        "anchor_name": "string",
        "anchor_step": "int64",
        "parent_id": "string",
        "text": "string",
        "resolved": "bool",
        "actor": "string",
        "created_at": "timestamp",
        "deleted": "bool",
        "event_at": "timestamp",
        "writer": "string",
    },
    sort_by=("subject_kind", "subject_id", "event_at"),
)
_COMMENTS: Final = """
select * replace (case when resolved then resolved_by end as resolved_by,
                  case when resolved then resolved_at end as resolved_at)
from (
  select comment_id, min(subject_kind) as subject_kind, min(subject_id) as subject_id,
         min(anchor_kind) as anchor_kind, min(anchor_name) as anchor_name,
         min(anchor_step) as anchor_step, min(parent_id) as parent_id,
         arg_max(text, event_at) as text, arg_min(actor, event_at) as actor,
         min(created_at) as created_at,
         max(event_at) filter (text is not null and created_at is null) as edited_at,
         coalesce(arg_max(resolved, event_at), false) as resolved,
         arg_max(actor, event_at) filter (resolved is not null) as resolved_by,
         max(event_at) filter (resolved is not null) as resolved_at
  from {comments} group by comment_id
  having min(created_at) is not null and not coalesce(bool_or(deleted), false))
"""
COMMENT_VIEWS: Final = {
    "comments": "One row per comment on a run, a dataset, a model, a card or a report of drift.",
}
COMMENT_COLUMNS: Final[dict[str, dict[str, str]]] = {
    "comments": {
        "comment_id": "UUIDv7; sorts by time of creation",
        "subject_kind": "run, dataset, dataset_version, model, model_version, card, drift_report",
        "subject_id": "an id; of a dataset or a model its name, of a card that of its model's"
        " version",
        "anchor_kind": "metric or column when it is about a part of the thing only",
        "anchor_name": "of the metric or the column",
        "anchor_step": "of the metric",
        "parent_id": "the comment it answers; that one may have been deleted",
        "text": "Markdown",
        "actor": "who wrote it",
        "created_at": "UTC",
        "edited_at": "UTC; null when it is as it was written",
        "resolved": "whether it is settled; of answers always false",
        "resolved_by": "who said so",
        "resolved_at": "UTC",
    },
}

# everything that can be commented on, and what it is called; what was deleted is not there
_SUBJECTS: Final = """
  select 'run' as kind, run_id as id, run_name as name from runs
  union all
  select distinct 'dataset', dataset_name, dataset_name from dataset_versions
  union all
  select 'dataset_version', version_id, dataset_name || '@' || version from dataset_versions
  union all
  select 'model', model_name, model_name from models
  union all
  select unnest(['model_version', 'card']), model_id, model_name || '@' || version
  from model_versions
  union all
  select 'drift_report', report_id, version1 || ' to ' || version2 from drift_reports"""
NAMED_COMMENTS: Final = f"""
select comments.*, subjects.name as subject_name
from comments join ({_SUBJECTS}) subjects
  on subjects.kind = subject_kind and subjects.id = subject_id"""
_FOUND: Final = f"""
select * from ({NAMED_COMMENTS})
where ($comment_id is null or comment_id = $comment_id)
  and ($kind is null or subject_kind = $kind)
  and (len($ids) = 0 or subject_id in (select unnest($ids::varchar[])))
  and ($resolved is null or resolved = $resolved)
order by created_at desc, comment_id desc limit $limit
"""
_OF_SUBJECT: Final = """
select count(*) from comments
where subject_kind = $kind and subject_id in (select unnest($ids::varchar[]))
"""
# the name of a run is no name of one: many runs may have it
_SUBJECT: Final = f"""
select id, name from ({_SUBJECTS})
where kind = $kind and (id = $subject or (kind <> 'run' and name = $subject))
order by id <> $subject, id limit 1
"""
_METRICS: Final = "select unnest(map_keys(metrics)) from runs where run_id = $id"
_COLUMN_LISTS: Final = """
select schema from dataset_versions
where ($kind = 'dataset' and dataset_name = $id) or ($kind = 'dataset_version' and version_id = $id)
"""


def comment_views(events: Callable[[str], str]) -> dict[str, str]:
    """Return the queries of the views by name; `events` returns what a table is selected from.

    >>> list(comment_views(str.upper))
    ['comments']
    """
    return {"comments": _COMMENTS.format(comments=events("comments"))}


class CommentRows:
    """Asks the catalog for comments, and for what they can be about."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def comments(
        self,
        *,
        comment_id: str | None = None,
        kind: str | None = None,
        ids: Sequence[str] = (),
        resolved: bool | None = None,
        limit: int,
    ) -> list[dict[str, Any]]:
        """Return the rows that fit all that is given, the newest first."""
        asked = {"comment_id": comment_id, "kind": kind, "ids": [*ids]}
        return records(self._catalog, _FOUND, asked | {"resolved": resolved, "limit": limit})

    def count(self, kind: str, ids: Sequence[str]) -> int:
        """Count the comments on some things of a kind."""
        with self._catalog.cursor() as cursor:
            answer = cursor.execute(_OF_SUBJECT, {"kind": kind, "ids": [*ids]})
            return int(answer.fetchall()[0][0])

    def subject(self, kind: str, subject: str) -> tuple[str, str] | None:
        """Return the id and the name of what is meant by either; None when there is no such."""
        with self._catalog.cursor() as cursor:
            found = cursor.execute(_SUBJECT, {"kind": kind, "subject": subject}).fetchone()
        return None if found is None else (found[0], found[1])

    def metrics(self, run_id: str) -> set[str]:
        """Return the metrics a run has logged."""
        with self._catalog.cursor() as cursor:
            return {name for (name,) in cursor.execute(_METRICS, {"id": run_id}).fetchall()}

    def schemas(self, kind: str, subject_id: str) -> list[str]:
        """Return the schemas of a version, or of all versions of a dataset, as JSON texts."""
        with self._catalog.cursor() as cursor:
            rows = cursor.execute(_COLUMN_LISTS, {"kind": kind, "id": subject_id}).fetchall()
        return [schema for (schema,) in rows]
