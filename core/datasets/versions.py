"""Find dataset versions by what people call them, and read their rows."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from core.datasets.names import LATEST
from core.datasets.version import DatasetSummary, DatasetVersion
from core.errors import DatasetNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from catalog.dataset_search import VersionRows
    from core.datasets.layout import Layout
    from core.datasets.places import VersionPlaces
    from core.datasets.row_changes import Side
    from lake.objects import Objects


class Versions:
    """The versions that a lake knows."""

    def __init__(self, rows: VersionRows, places: VersionPlaces) -> None:
        self._rows = rows
        self._places = places

    @contextmanager
    def together(self) -> Iterator[Versions]:
        """Find several versions in the same state of the lake, which is looked at once."""
        with self._rows.together() as rows:
            yield Versions(rows, self._places)

    def find(self, dataset_name: str, version: str | None = None) -> DatasetVersion:
        """Find a version by label, tag, content digest (12 digits or more) or id; else the newest.

        ``phq9@v3`` as the name alone says both. Raises DatasetNotFoundError with what there is.
        """
        if version is None and "@" in dataset_name:
            dataset_name, _, version = dataset_name.rpartition("@")
        row = self._rows.find(dataset_name, None if version == LATEST else version)
        if row is None:
            raise self._not_found(dataset_name, version)
        return DatasetVersion.from_row(row)

    def by_reference(self, reference: str) -> DatasetVersion:
        """Find a version by its id, or by ``name@version``. Raises DatasetNotFoundError."""
        row = None if "@" in reference else self._rows.by_id(reference)
        return DatasetVersion.from_row(row) if row else self.find(reference)

    def by_ids(self, ids: Sequence[str]) -> list[DatasetVersion]:
        """Return the versions with these ids, in this order; those that are gone are left out."""
        rows = self._rows.by_ids(ids)
        return [DatasetVersion.from_row(rows[i]) for i in ids if i in rows]

    def by_content(self, dataset_name: str, digest: str) -> DatasetVersion | None:
        """Find the version that holds just this, if there is one."""
        row = self._rows.by_content(dataset_name, digest)
        return DatasetVersion.from_row(row) if row else None

    def all(self, dataset_name: str) -> list[DatasetVersion]:
        """Return the versions of a dataset, the newest first. Raises DatasetNotFoundError."""
        found = [DatasetVersion.from_row(row) for row in self._rows.newest(dataset_name, None)]
        if not found:
            raise self._not_found(dataset_name, None)
        return found

    def newest(self, dataset_name: str, number: int | None = None) -> list[Mapping[str, Any]]:
        """Return rows of a dataset's versions, the newest first; none for an unknown dataset."""
        return [*self._rows.newest(dataset_name, number)]

    def names(self) -> list[str]:
        """Return the names of all datasets, sorted."""
        return self._rows.names()

    def labels(self) -> list[str]:
        """Return every version as ``name@version``, by dataset, the newest of each first."""
        return self._rows.labels()

    def summaries(self) -> list[DatasetSummary]:
        """Return every dataset in one line, by name."""
        return [DatasetSummary.from_row(row) for row in self._rows.summaries()]

    def layout(self, storage_uri: str) -> Layout:
        """Return what a version is made of."""
        from core.datasets.layout import Layout  # with Arrow, which logging does not need

        objects, digest = self._places.find(storage_uri)
        return Layout.from_json(objects.get(digest), path=digest)

    def side(self, version: DatasetVersion) -> Side:
        """Return a version as one of two that are compared (core/datasets/row_changes.py)."""
        from core.datasets.row_changes import Side  # with Arrow, as above

        return Side(*self.stored(version))

    def stored(self, version: DatasetVersion) -> tuple[Objects, Layout]:
        """Return where the pieces of a version are, and how it is made of them."""
        objects, _ = self._places.find(version.storage_uri)
        return objects, self.layout(version.storage_uri)

    def read(
        self,
        version: DatasetVersion,
        *,
        columns: Sequence[str] | None = None,
        where: str | None = None,
    ) -> pa.Table:
        """Read rows of a version as they were registered. Raises DataVersionError."""
        from core.datasets.retrieval import read_version  # with Arrow, as above

        objects, layout = self.stored(version)
        return read_version(objects, layout, columns=columns, where=where)

    def open(self, version: DatasetVersion) -> pa.RecordBatchReader:
        """Return the rows of a version as they were registered, a part at a time."""
        import pyarrow as pa  # as above

        from core.datasets.reader import VersionReader

        reader = VersionReader(*self.stored(version))
        batches = (batch for part in reader.parts(ahead=1) for batch in part.to_batches())
        return pa.RecordBatchReader.from_batches(reader.schema, batches)

    def _not_found(self, name: str, version: str | None) -> DatasetNotFoundError:
        labels = [row["version"] for row in self._rows.newest(name, None)]
        if labels:
            message = f"The dataset {name} has no version {version!r}."
            hint = f"Versions: {', '.join(labels[:20])}."
        else:
            message = f"There is no dataset {name!r}."
            names = self.names()
            hint = f"Datasets: {', '.join(names[:20])}." if names else "None is registered yet."
        return DatasetNotFoundError(message, hint=hint, dataset=name, version=version)
