"""Finds the rows of dataset versions and their tags."""

from __future__ import annotations

from collections import defaultdict
from contextlib import ExitStack, contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from catalog.records import records, records_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from duckdb import DuckDBPyConnection

    from catalog.records import CursorSource

_ALL: Final = """
select * from dataset_versions where dataset_name = $name
order by created_at desc, version_id desc
"""
_BY_CONTENT: Final = """
select * from dataset_versions where dataset_name = $name and content_digest = $digest
order by created_at limit 1
"""
# a label comes before a tag, a tag before the beginning of a digest; labels are asked for most, and
# found in half the time of the others
_LABELLED: Final = """
select * from dataset_versions where dataset_name = $name and version = $wanted
"""
_FIND: Final = """
select v.* from dataset_versions v
left join dataset_tags t
       on t.dataset_name = v.dataset_name and t.version_id = v.version_id and t.tag = $wanted
where v.dataset_name = $name
  and (t.tag = $wanted or v.version_id = $wanted
       or (length($wanted) >= 12 and starts_with(v.content_digest, $wanted)))
order by t.tag is null, v.version_id <> $wanted, v.created_at desc
limit 1
"""
_NEWEST: Final = _ALL + "limit 1"
_BY_ID: Final = "select * from dataset_versions where version_id = $version_id"
_BY_IDS: Final = "select * from dataset_versions where version_id in (select unnest($ids))"
# asked beside, which costs less than a join of the views
_TAGS: Final = """
select version_id, tag from dataset_tags where version_id in (select unnest($ids)) order by tag
"""
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
_LABELS: Final = """
select dataset_name || '@' || version as name from dataset_versions
order by dataset_name, created_at desc, version_id desc
"""
_NAMES: Final = "select distinct dataset_name from dataset_versions order by all"


class VersionRows:
    """Asks the catalog for dataset versions, as mappings from column to value.

    Rows of versions have their tags, sorted, under `tags`.
    """

    def __init__(self, catalog: CursorSource) -> None:
        self._catalog = catalog

    @contextmanager
    def together(self) -> Iterator[VersionRows]:
        """Answer several questions of one thread from the same state of the lake.

        That is looked at once, when the first of them is asked.
        """
        with ExitStack() as stack:
            yield VersionRows(_OneLook(self._catalog, stack))

    def newest(self, name: str, number: int | None) -> list[dict[str, Any]]:
        """Return versions of a dataset, the newest first; all of them without a number."""
        return self._versions(_ALL, name=name)[:number]

    def by_content(self, name: str, digest: str) -> dict[str, Any] | None:
        """Return the version that holds just this."""
        return self._version(_BY_CONTENT, name=name, digest=digest)

    def find(self, name: str, wanted: str | None) -> dict[str, Any] | None:
        """Return a version by label, tag, id or the beginning of its digest; else the newest."""
        if wanted is None:
            return self._version(_NEWEST, name=name)
        labelled = self._version(_LABELLED, name=name, wanted=wanted)
        return labelled or self._version(_FIND, name=name, wanted=wanted)

    def by_id(self, version_id: str) -> dict[str, Any] | None:
        """Return a version of any dataset."""
        return self._version(_BY_ID, version_id=version_id)

    def by_ids(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return versions of any datasets by their ids."""
        return {row["version_id"]: row for row in self._versions(_BY_IDS, ids=list(ids))}

    def names(self) -> list[str]:
        """Return the names of all datasets, sorted."""
        return [row["dataset_name"] for row in self._ask(_NAMES)]

    def labels(self) -> list[str]:
        """Return every version as ``name@version``, by dataset, the newest of each first."""
        return [row["name"] for row in self._ask(_LABELS)]

    def contract(self, name: str) -> dict[str, Any] | None:
        """Return what new versions of a dataset are checked against."""
        return next(iter(self._ask(_CONTRACT, name=name)), None)

    def summaries(self) -> list[dict[str, Any]]:
        """Return one row for each dataset, by name: how many versions, the newest, the tags."""
        return self._ask(_SUMMARIES)

    def _version(self, query: str, **values: object) -> dict[str, Any] | None:
        return next(iter(self._versions(query, **values)), None)

    def _versions(self, query: str, **values: object) -> list[dict[str, Any]]:
        with self._catalog.cursor() as cursor:
            found = records_of(cursor, query, values)
            tags: defaultdict[str, list[str]] = defaultdict(list)
            ids = [row["version_id"] for row in found]
            for row in records_of(cursor, _TAGS, {"ids": ids}) if ids else ():
                tags[row["version_id"]].append(row["tag"])
        return [{**row, "tags": tags[row["version_id"]]} for row in found]

    def _ask(self, query: str, **values: object) -> list[dict[str, Any]]:
        return records(self._catalog, query, values)


class _OneLook:
    """The same cursor for every question, opened when the first one is asked."""

    def __init__(self, catalog: CursorSource, until: ExitStack) -> None:
        self._open = cache(lambda: until.enter_context(catalog.cursor()))

    def cursor(self) -> AbstractContextManager[DuckDBPyConnection]:
        return nullcontext(self._open())
