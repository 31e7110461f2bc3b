"""Versions of datasets: register, find, read.

A version is there when its row is. Whatever the order of a crash, what was written before is found
again by whoever registers the same data:

    chunks, layout, statistics     objects, named by their content
    claim of the content           one version id for equal data, whoever registers it
    claim of the label             v1, v2 ...: each is given once
    row in dataset_versions        now it is there
"""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, overload

from catalog.dataset_search import VersionRows
from core.datasets.places import VersionPlaces
from core.datasets.version import DatasetVersion
from core.errors import DatasetNotFoundError, DataVersionError
from core.ids import new_id
from lake.clock import now_us

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from catalog.catalog import Catalog
    from core.datasets.encodings import Compression
    from core.datasets.layout import Layout
    from core.drift.report import DriftReport
    from core.frames import FrameType
    from core.tracking.storage import StorageBackend
    from lake.cache import ObjectCache
    from lake.lake import Durability

    Progress = Callable[[int], None]

LATEST: Final = "latest"
_NAME: Final = re.compile(r"[^\W_][\w .+-]{0,98}[\w.+-]|[^\W_]")
_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
_NUMBERED: Final = re.compile(r"v([1-9][0-9]*)")
_SHARED_WITH: Final = 8  # earlier versions whose chunks are looked for


class DataVersionControl:
    """Registers datasets in a lake and finds them again. Threads may share one.

    >>> import tempfile
    >>> from core import Workbench
    >>> with tempfile.TemporaryDirectory() as folder, Workbench(folder + "/lake") as wb:
    ...     people = {"id": [1, 2], "age": [30, 41]}
    ...     version = wb.datasets.register_dataset(people, "people", "form")
    ...     frame, again = wb.datasets.get_dataset("people")
    ...     version.name, frame["age"].tolist(), again == version
    ('people@v1', [30, 41], True)
    """

    def __init__(
        self,
        storage_backend: StorageBackend,
        db_connection: Catalog,
        *,
        actor: str | None = None,
        storage_path: str | None = None,
        cache: ObjectCache | None = None,
        compression: Compression = "zstd",
        deduplicate: bool = True,
        durability: Durability = "commit",
    ) -> None:
        self._storage = storage_backend
        self._lake = db_connection.lake
        self._places = VersionPlaces(db_connection.lake, storage_path, cache=cache)
        self._objects = self._places.objects
        self._rows = VersionRows(db_connection)
        self._actor = actor
        self._compression: Compression = compression
        self._deduplicate = deduplicate
        self._durability: Durability = durability

    def register_dataset(
        self,
        dataset: Any,
        dataset_name: str,
        source: str,
        metadata: Mapping[str, Any] | None = None,
        *,
        version: str | None = None,
        key: str | Sequence[str] | None = None,
        description: str = "",
        owner: str = "",
        licence: str = "",
        progress: Progress | None = None,
    ) -> DatasetVersion:
        """Store a table as a new version, or return the one that holds just the same.

        `dataset` is any frame, query or file (core/datasets/sources.py), taken a piece at a time.
        `version` is its label, else v1, v2 ...; data that is there already gets the label as a tag.
        `key` are the columns that tell rows apart; else they are guessed once for the dataset.
        `progress` is called with the number of rows so far.

        Raises DataVersionError, with all that is wrong, and FrameError.
        """
        check_names(dataset_name, version)
        details = _Details(
            source=source,
            metadata=json.dumps(dict(metadata or {}), sort_keys=True),
            description=description,
            owner=owner,
            licence=licence,
        )
        layout, size = self._store(dataset, dataset_name, key, progress)
        known = self._rows.by_content(dataset_name, layout.content_digest)
        if known is None:
            return self._publish(dataset_name, version, layout, size, details)
        found = self._version(known)
        if version is not None and version not in {found.version, *found.tags}:
            self.tag(dataset_name, version, found.version)
            return self.get_version(dataset_name, found.version)
        return found

    def _store(
        self,
        dataset: Any,
        dataset_name: str,
        key: str | Sequence[str] | None,
        progress: Progress | None,
    ) -> tuple[Layout, int]:
        from core.datasets.intake import take_in  # with Arrow, which logging does not need

        layout = take_in(
            self._objects,
            dataset,
            self._shared_with(dataset_name) if self._deduplicate else [],
            key=key,
            compression=self._compression,
            progress=progress,
        )
        return layout, sum(self._objects.size(digest) for digest in layout.objects())

    def _shared_with(self, dataset_name: str) -> list[Layout]:
        """Return the layouts of versions whose pieces are where new ones go."""
        uris = [row["storage_uri"] for row in self._rows.newest(dataset_name, _SHARED_WITH)]
        return [self._layout(uri) for uri in uris if self._places.find(uri)[0] is self._objects]

    def _layout(self, storage_uri: str) -> Layout:
        from core.datasets.layout import Layout

        objects, digest = self._places.find(storage_uri)
        return Layout.from_json(objects.get(digest), path=digest)

    def _publish(
        self, name: str, label: str | None, layout: Layout, size: int, details: _Details
    ) -> DatasetVersion:
        from core.datasets.intake import column_statistics  # with Arrow, as above

        document = self._objects.put(layout.to_json())
        held, _ = self._lake.claim(
            "dataset-contents", f"{name}\n{layout.content_digest}", {"version_id": new_id()}
        )
        version_id = held["version_id"]
        others = self._rows.newest(name, None)
        if version_id in {row["version_id"] for row in others}:
            return self.get_version(name, version_id)  # another process was faster
        given = self._take_label(name, label, version_id, {row["version"] for row in others})
        at = now_us()
        row = {
            "version_id": version_id,
            "dataset_name": name,
            "version": given,
            "source": details.source,
            "num_rows": layout.rows,
            "num_columns": len(layout.schema),
            "schema": json.dumps([[field.name, str(field.type)] for field in layout.schema]),
            "statistics": json.dumps(column_statistics(self._objects, layout)),
            "storage_uri": self._places.uri(document),
            "content_digest": layout.content_digest,
            "size_bytes": size,
            "key": json.dumps(layout.anchor if len(layout.anchor) < len(layout.schema) else []),
            "metadata": details.metadata,
            "description": details.description,
            "owner": details.owner,
            "licence": details.licence,
            "parent_version_id": others[0]["version_id"] if others else None,
            "created_at": at,
            "actor": self._actor,
            "event_at": at,
            "writer": self._lake.writer,
        }
        self._lake.append("dataset_versions", [row], durability=self._durability)
        return self.get_version(name, version_id)

    def _take_label(self, name: str, label: str | None, version_id: str, given: set[str]) -> str:
        """Take a label for a version: the one asked for, or the next number that is free."""
        if label is not None:
            if not self._is_ours(name, label, version_id):
                message = f"{name} has another version {label} already."
                hint = "Give another label, or none for the next number."
                raise DataVersionError(message, hint=hint, dataset=name, version=label)
            return label
        # From the first one that no row has: whoever else registers this version, now or before a
        # crash, began there too, so that all of them find the same.
        numbers = (f"v{number}" for number in itertools.count(1))
        free = (number for number in numbers if number not in given)
        return next(number for number in free if self._is_ours(name, number, version_id))

    def _is_ours(self, name: str, label: str, version_id: str) -> bool:
        payload = {"version_id": version_id}
        held, _ = self._lake.claim("dataset-labels", f"{name}\n{label}", payload)
        return bool(held["version_id"] == version_id)

    def get_version(self, dataset_name: str, version: str | None = None) -> DatasetVersion:
        """Find a version by label, tag, content digest (12 digits or more) or id; else the newest.

        ``phq9@v3`` as the name alone says both. Raises DatasetNotFoundError with what there is.
        """
        if version is None and "@" in dataset_name:
            dataset_name, _, version = dataset_name.rpartition("@")
        row = self._rows.find(dataset_name, None if version == LATEST else version)
        if row is None:
            raise self._not_found(dataset_name, version)
        return self._version(row)

    def _not_found(self, name: str, version: str | None) -> DatasetNotFoundError:
        labels = [row["version"] for row in self._rows.newest(name, None)]
        if labels:
            message = f"The dataset {name} has no version {version!r}."
            hint = f"Versions: {', '.join(labels[:20])}."
        else:
            message = f"There is no dataset {name!r}."
            names = self.list_datasets()
            hint = f"Datasets: {', '.join(names[:20])}." if names else "None is registered yet."
        return DatasetNotFoundError(message, hint=hint, dataset=name, version=version)

    def _version(self, row: Mapping[str, Any]) -> DatasetVersion:
        return DatasetVersion.from_row(row, self._rows.tags(row["version_id"]))

    def list_versions(self, dataset_name: str) -> list[DatasetVersion]:
        """Return the versions of a dataset, the newest first. Raises DatasetNotFoundError."""
        found = [self._version(row) for row in self._rows.newest(dataset_name, None)]
        if not found:
            raise self._not_found(dataset_name, None)
        return found

    def list_datasets(self) -> list[str]:
        """Return the names of all datasets, sorted."""
        return self._rows.names()

    def detect_drift(
        self,
        dataset_version_id1: str,
        dataset_version_id2: str,
        *,
        columns: Sequence[str] | None = None,
    ) -> DriftReport:
        """Compare a version with the one it is measured by, which comes first.

        Versions are given by id or as ``name@version``. core/drift/detect.py says what drift is.
        Raises DatasetNotFoundError, and DataVersionError for columns neither of them has.
        """
        from core.drift.detect import detect_drift  # with Arrow and NumPy, as above

        versions = [self._by_reference(v) for v in (dataset_version_id1, dataset_version_id2)]
        schemas = [version.schema for version in versions]
        unknown = [n for n in columns or () if not any(n in schema for schema in schemas)]
        if unknown:
            message = f"Neither version has the columns {', '.join(unknown)}."
            hint = f"Columns: {', '.join(dict.fromkeys([*schemas[0], *schemas[1]]))}."
            raise DataVersionError(message, hint=hint, columns=unknown)
        tables = [self._read(version) for version in versions]
        names = (versions[0].version_id, versions[1].version_id)
        return detect_drift(tables[0], tables[1], columns=columns, names=names)

    def _by_reference(self, reference: str) -> DatasetVersion:
        """Find a version by its id, or by ``name@version``."""
        row = self._rows.by_id(reference)
        return self._version(row) if row else self.get_version(reference)

    def tag(self, dataset_name: str, tag: str, version: str) -> None:
        """Let a tag point to a version; it may point to another one later.

        Raises DataVersionError for a tag that is a version's label, DatasetNotFoundError.
        """
        check_names(dataset_name, tag)
        found = self.get_version(dataset_name, version)
        labels = [row["version"] for row in self._rows.newest(dataset_name, None)]
        if tag in labels or _NUMBERED.fullmatch(tag):
            message = f"{tag} is, or may become, the label of a version of {dataset_name}."
            raise DataVersionError(message, hint="Versions do not move: use another name.")
        self._tag(dataset_name, tag, found.version_id)

    def untag(self, dataset_name: str, tag: str) -> None:
        """Take a tag away; one that is not there is fine."""
        self._tag(dataset_name, tag, "")

    def _tag(self, dataset_name: str, tag: str, version_id: str) -> None:
        row = {
            "dataset_name": dataset_name,
            "tag": tag,
            "version_id": version_id,
            "event_at": now_us(),
            "writer": self._lake.writer,
        }
        self._lake.append("dataset_tags", [row], durability=self._durability)

    @overload
    def get_dataset(
        self,
        dataset_name: str,
        version: str | None = ...,
        *,
        columns: Sequence[str] | None = ...,
        where: str | None = ...,
        as_frame: Literal["pandas"] = ...,
    ) -> tuple[pd.DataFrame, DatasetVersion]: ...
    @overload
    def get_dataset(
        self,
        dataset_name: str,
        version: str | None = ...,
        *,
        columns: Sequence[str] | None = ...,
        where: str | None = ...,
        as_frame: Literal["polars"],
    ) -> tuple[pl.DataFrame, DatasetVersion]: ...
    @overload
    def get_dataset(
        self,
        dataset_name: str,
        version: str | None = ...,
        *,
        columns: Sequence[str] | None = ...,
        where: str | None = ...,
        as_frame: Literal["arrow"],
    ) -> tuple[pa.Table, DatasetVersion]: ...
    def get_dataset(
        self,
        dataset_name: str,
        version: str | None = None,
        *,
        columns: Sequence[str] | None = None,
        where: str | None = None,
        as_frame: FrameType = "pandas",
    ) -> tuple[pd.DataFrame | pl.DataFrame | pa.Table, DatasetVersion]:
        """Read a version: the same values, types and order that were registered.

        `columns` are those wanted, in that order. `where` is a condition in SQL over any of the
        columns: ``"age >= 65 and sex = 'f'"``; only pieces with such rows are read whole.

        Raises DatasetNotFoundError, and DataVersionError for unknown columns or a bad condition.
        """
        from core.frames import from_arrow

        found = self.get_version(dataset_name, version)
        return from_arrow(self._read(found, columns, where), as_frame), found

    def _read(
        self,
        version: DatasetVersion,
        columns: Sequence[str] | None = None,
        where: str | None = None,
    ) -> pa.Table:
        from core.datasets.retrieval import read_version  # with Arrow, as above

        objects, _ = self._places.find(version.storage_uri)
        layout = self._layout(version.storage_uri)
        return read_version(objects, layout, columns=columns, where=where)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Details:
    source: str
    metadata: str
    description: str
    owner: str
    licence: str


def check_names(dataset_name: str, label: str | None = None) -> None:
    """Refuse names that cannot be written in a command or a view. Raises DataVersionError.

    >>> check_names("phq9", "2024.1")
    """
    faults = []
    if not _NAME.fullmatch(dataset_name):
        faults.append(f"{dataset_name!r} is not a name for a dataset")
    if label is not None and (not _LABEL.fullmatch(label) or label == LATEST):
        faults.append(f"{label!r} is not a label for a version")
    if faults:
        hint = "Use letters, digits, '.', '-', '_' and '+'; a dataset's name may have spaces."
        raise DataVersionError(f"{'; '.join(faults)}.", hint=hint, faults=tuple(faults))
