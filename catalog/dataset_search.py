"""Finds the rows of dataset versions and their tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catalog.catalog import Catalog

_ALL: Final = """
select * from dataset_versions where dataset_name = $name
order by created_at desc, version_id desc
"""
_BY_CONTENT: Final = """
select * from dataset_versions where dataset_name = $name and content_digest = $digest
order by created_at limit 1
"""
# a label comes before a tag, a tag before the beginning of a digest
_FIND: Final = """
select v.* from dataset_versions v
left join dataset_tags t
       on t.dataset_name = v.dataset_name and t.version_id = v.version_id and t.tag = $wanted
where v.dataset_name = $name
  and (v.version = $wanted or t.tag = $wanted or v.version_id = $wanted
       or (length($wanted) >= 12 and starts_with(v.content_digest, $wanted)))
order by v.version <> $wanted, t.tag is null, v.version_id <> $wanted, v.created_at desc
limit 1
"""
_NEWEST: Final = _ALL + "limit 1"
_BY_ID: Final = "select * from dataset_versions where version_id = $version_id"
_BY_IDS: Final = """
select v.*, t.tags from dataset_versions v
left join (select version_id, list(tag order by tag) as tags
           from dataset_tags group by version_id) t using (version_id)
where version_id in (select unnest($ids))
"""
_TAGS: Final = "select tag from dataset_tags where version_id = $version_id order by tag"
_SUMMARIES: Final = """
with ranked as (
  select *, count(*) over (partition by dataset_name) as versions,
         row_number() over (partition by dataset_name
                            order by created_at desc, version_id desc) as place,
         list(num_rows) over (partition by dataset_name order by created_at, version_id
                              rows between unbounded preceding and unbounded following)
           as rows_by_version
  from dataset_versions),
named as (
  select t.dataset_name, map_from_entries(list((t.tag, v.version) order by t.tag)) as tags
  from dataset_tags t join dataset_versions v using (version_id) group by t.dataset_name)
select dataset_name, versions, version, num_rows, num_columns, size_bytes, created_at, schema,
       description, owner, source, actor, rows_by_version, coalesce(tags, map {}) as tags
from ranked left join named using (dataset_name) where place = 1 order by dataset_name
"""
_CONTRACT: Final = """
select contract, on_violation from dataset_contracts where dataset_name = $name
"""
_NAMES: Final = "select distinct dataset_name from dataset_versions order by all"


class VersionRows:
    """Asks the catalog for dataset versions, as mappings from column to value."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def newest(self, name: str, number: int | None) -> list[dict[str, Any]]:
        """Return versions of a dataset, the newest first; all of them without a number."""
        return self._ask(_ALL, name=name)[:number]

    def by_content(self, name: str, digest: str) -> dict[str, Any] | None:
        """Return the version that holds just this."""
        return next(iter(self._ask(_BY_CONTENT, name=name, digest=digest)), None)

    def find(self, name: str, wanted: str | None) -> dict[str, Any] | None:
        """Return a version by label, tag, id or the beginning of its digest; else the newest."""
        if wanted is None:
            return next(iter(self._ask(_NEWEST, name=name)), None)
        return next(iter(self._ask(_FIND, name=name, wanted=wanted)), None)

    def by_id(self, version_id: str) -> dict[str, Any] | None:
        """Return a version of any dataset."""
        return next(iter(self._ask(_BY_ID, version_id=version_id)), None)

    def by_ids(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return versions of any datasets by their ids, with their tags."""
        return {row["version_id"]: row for row in self._ask(_BY_IDS, ids=list(ids))}

    def tags(self, version_id: str) -> list[str]:
        """Return the tags that point to a version, sorted."""
        return [row["tag"] for row in self._ask(_TAGS, version_id=version_id)]

    def names(self) -> list[str]:
        """Return the names of all datasets, sorted."""
        return [row["dataset_name"] for row in self._ask(_NAMES)]

    def contract(self, name: str) -> dict[str, Any] | None:
        """Return what new versions of a dataset are checked against."""
        return next(iter(self._ask(_CONTRACT, name=name)), None)

    def summaries(self) -> list[dict[str, Any]]:
        """Return one row for each dataset, by name: how many versions, the newest, the tags."""
        return self._ask(_SUMMARIES)

    def _ask(self, query: str, **values: object) -> list[dict[str, Any]]:
        with self._catalog.cursor() as cursor:
            answer = cursor.execute(query, values)
            names = [column[0] for column in answer.description]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
