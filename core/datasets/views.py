"""Versions as views in SQL, made when a query names one: datasets."phq9@v3"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from catalog.dataset_views import ExportedVersions
from lake.objects import object_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.datasets.layout import Layout
    from core.datasets.versions import Versions

NEWEST: Final = (
    20  # of each dataset: so many versions are in an exported catalog, and all with tags
)
_MOVED: Final = """\
select * from ({query})
where coalesce((
  {points}) = '{version_id}', false)
  or error('{name} points to another version by now: run mhras export catalog again')::boolean"""
_TAG: Final = """\
select version_id from dataset_tags where dataset_name = '{dataset}' and tag = '{tag}'"""
_LATEST: Final = """\
select arg_max(version_id, (created_at, version_id)) from dataset_versions
  where dataset_name = '{dataset}'"""


class DatasetViews:
    """Says what the views of versions are."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions

    def query(self, name: str) -> str:
        """Return the query of ``phq9@v3``, over files of this machine that are checked.

        Raises DatasetNotFoundError, and DataVersionError for what cannot be a view.
        """
        from core.datasets.version_sql import version_sql  # with Arrow, which logging does not need

        objects, layout = self._versions.stored(self._versions.find(name))
        return version_sql(layout, lambda digest: str(objects.local_path(digest)))

    def exported(self, root: str) -> ExportedVersions:
        """Return what an exported catalog has of versions; paths begin with a root.

        They are the newest versions of each dataset, and those with a tag, under it too. A view of
        a tag that has moved since is an error, not another version's rows. Left out is what cannot
        be a view, or is in a place of its own.
        """
        from core.datasets.empty_files import EmptyFiles  # as above
        from core.datasets.version_sql import version_sql
        from core.errors import DataVersionError

        found: dict[str, str] = {}
        files = EmptyFiles()

        def locate(digest: str) -> str:
            return f"{root}/{object_key(digest)}" if root else object_key(digest)

        for version_id, names, layout in self._chosen():
            try:
                query = version_sql(layout, locate)
            except DataVersionError:
                continue  # it cannot be a view, as told above: whoever names it is told why
            files.add(layout)
            for name, points in names.items():
                moves = _MOVED.format(query=query, points=points, version_id=version_id, name=name)
                found[name] = moves if points else query
        return ExportedVersions(found, files.by_key())

    def _chosen(self) -> Iterator[tuple[str, dict[str, str], Layout]]:
        """Yield versions with their names; each with what tells where it points, if it moves."""
        for dataset in self._versions.names():
            for place, version in enumerate(self._versions.all(dataset)):
                if (place >= NEWEST and not version.tags) or not version.is_inside:
                    continue
                names = {version.name: ""}
                for tag in version.tags:
                    names[f"{dataset}@{tag}"] = _TAG.format(dataset=dataset, tag=tag)
                if place == 0:
                    names[f"{dataset}@latest"] = _LATEST.format(dataset=dataset)
                yield version.version_id, names, self._versions.layout(version.storage_uri)
