"""Versions of datasets: register, find, read, compare.

names        what they may be called         publisher    how one comes to be
versions     finds them                      retrieval    reads their rows
drift_questions  how they differ, what is kept of that
derivation   how they come from one another
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from catalog.dataset_search import VersionRows
from catalog.drift_search import DriftRows
from core.datasets.annotations import as_json
from core.datasets.derivation import Derivations
from core.datasets.drift_questions import DriftQuestions
from core.datasets.drift_reports import DriftReports
from core.datasets.names import check_names
from core.datasets.places import VersionPlaces
from core.datasets.publisher import Details, Publisher
from core.datasets.tags import Tags
from core.datasets.variable_labels import labels_to_keep
from core.lineage.registry import Lineage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from catalog.catalog import Catalog
    from core.datasets.encodings import Compression
    from core.datasets.expectations import Contract, OnViolation
    from core.datasets.layout import Layout
    from core.datasets.publisher import Announce, Progress
    from core.datasets.transformation import Transformation
    from core.datasets.version import DatasetSummary, DatasetVersion
    from core.frames import FrameType
    from core.lineage.graph import LineageEdge, Way
    from core.tracking.storage import StorageBackend
    from lake.cache import ObjectCache
    from lake.lake import Durability


class DataVersionControl(DriftQuestions):
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
        lineage: Lineage | None = None,
        active_run: Callable[[], Any] = lambda: None,
    ) -> None:
        self._storage = storage_backend
        lake, rows = db_connection.lake, VersionRows(db_connection)
        places = VersionPlaces(lake, storage_path, cache=cache)
        reports = DriftReports(lake, DriftRows(db_connection), actor=actor, durability=durability)
        super().__init__(lake, rows, places, reports, actor=actor, durability=durability)
        db_connection.show_datasets(self.views.query)
        self._publisher = Publisher(
            db_connection.lake,
            self._versions,
            places,
            actor=actor,
            compression=compression,
            deduplicate=deduplicate,
            durability=durability,
        )
        self._tags = Tags(db_connection.lake, self._versions, durability=durability)
        if lineage is None:
            lineage = Lineage(db_connection, actor=actor, durability=durability)
        self._derivations = Derivations(lineage, self._versions, active_run)

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
        produced_by: Any = None,
        contract: Contract | Mapping[str, Any] | str | Path | None = None,
        on_violation: OnViolation | None = None,
    ) -> DatasetVersion:
        """Store a table as a new version, or return the one that holds just the same.

        `dataset` is any frame, query or file (core/datasets/sources.py), taken a piece at a time;
        a list of files is one dataset of their rows, one file after the other.
        `version` is its label, else v1, v2 ...; data that is there already gets the label as a tag.
        `key` are the columns that tell rows apart; else they are guessed once for the dataset.
        `progress` is called with the number of rows so far. `produced_by` is the run it comes from.
        `contract` is what it must be like (core/datasets/expectations.py), else what `expect` said;
        with `on_violation="warn"` what is broken is kept in the metadata, under "contract".

        Raises DataVersionError, with all that is wrong, ContractError and FrameError.
        """
        check_names(dataset_name, version)
        details = Details(
            source=source,
            metadata=as_json(metadata or {}),
            description=description,
            owner=owner,
            licence=licence,
        )
        terms = self._contracts.terms(dataset_name, contract, on_violation)
        announce = self._derivations.announcing(dataset_name, (), None, produced_by)
        layout = self._publisher.store(dataset, dataset_name, key, progress)
        found_out = labels_to_keep(layout.schema, metadata or {})
        found_out |= self._contracts.judge(dataset_name, layout, terms)
        details = details.adding(found_out)
        return self._publish(dataset_name, version, layout, details, announce)

    def _publish(
        self,
        dataset_name: str,
        version: str | None,
        layout: Layout,
        details: Details,
        announce: Announce,
    ) -> DatasetVersion:
        found = self._versions.by_content(dataset_name, layout.content_digest)
        if found is None:
            return self._publisher.publish(
                dataset_name, version, layout, details, announce=announce
            )
        announce(found.version_id)
        if any(found.metadata.get(name) != said for name, said in details.added.items()):
            self._annotations.describe(found, metadata=details.added)
        if version is not None and version not in {found.version, *found.tags}:
            self.tag(dataset_name, version, found.version)
        return self._versions.by_reference(found.version_id)

    def get_version(self, dataset_name: str, version: str | None = None) -> DatasetVersion:
        """Find a version by label, tag, content digest (12 digits or more) or id; else the newest.

        ``phq9@v3`` as the name alone says both. Raises DatasetNotFoundError with what there is.
        """
        return self._versions.find(dataset_name, version)

    def list_versions(self, dataset_name: str) -> list[DatasetVersion]:
        """Return the versions of a dataset, the newest first. Raises DatasetNotFoundError."""
        return self._versions.all(dataset_name)

    def list_datasets(self) -> list[str]:
        """Return the names of all datasets, sorted."""
        return self._versions.names()

    def summaries(self) -> list[DatasetSummary]:
        """Return every dataset in one line, by name: how many versions, the newest, the tags."""
        return self._versions.summaries()

    def transform(
        self,
        *,
        inputs: Sequence[Any] | Mapping[str, Any],
        code: str | Callable[..., Any],
        name: str,
        parameters: Mapping[str, Any] | None = None,
        source: str = "",
        version: str | None = None,
        key: str | Sequence[str] | None = None,
        description: str = "",
        as_frame: FrameType = "pandas",
        produced_by: Any = None,
    ) -> Transformation:
        """Begin a block that makes a version of others, and records how.

        `inputs` are versions, by id or as ``phq9@v1``; a mapping gives them names. `code` is the
        function that the block calls, kept as its source, or SQL, which is run when the block ends:
        it selects from the inputs under their names, those of their datasets unless given, and
        has the `parameters` as ``$name``.
        `produced_by` is the run the output comes from; else the one that is active.

        The output is registered as `name` when the block ends well. Raises DatasetNotFoundError,
        DataVersionError, LineageError for code without source, LineageCycleError.
        """
        check_names(name, version)

        def register(frame: Any, announcing: Callable[[str], Announce]) -> DatasetVersion:
            details = Details(source=source, description=description)
            terms = self._contracts.terms(name, None, None)
            layout = self._publisher.store(frame, name, key, None)
            details = details.adding(self._contracts.judge(name, layout, terms))
            return self._publish(name, version, layout, details, announcing(name))

        return self._derivations.begin(
            inputs,
            code,
            parameters=parameters,
            as_frame=as_frame,
            register=register,
            run=produced_by,
        )

    def track_transformation(
        self,
        input_version_id: Any,
        output_version_id: Any,
        transformation_code: str | Callable[..., Any],
        transformation_type: str,
        *,
        parameters: Mapping[str, Any] | None = None,
    ) -> LineageEdge:
        """Record that one thing was made of another; the same step again is the same one.

        Both are versions, by id or as ``phq9@v1``, or ids of whatever else there is, such as runs.
        The code is kept by its content. Of the type "sql", it is read for where columns come from:
        the input has the name of its dataset there.

        Raises DatasetNotFoundError, LineageCycleError with the circle, LineageError.
        """
        step = (transformation_code, transformation_type, parameters)
        return self._derivations.track(input_version_id, output_version_id, *step)

    def get_lineage(
        self, dataset_version_id: Any, direction: Way = "upstream"
    ) -> list[DatasetVersion]:
        """Return the versions that one was made of, or with "downstream" those made of it.

        The nearest come first, however many steps away, also through runs. LineageWarning says it
        when steps go round in a circle. Raises DatasetNotFoundError, LineageError.
        """
        return self._derivations.follow(dataset_version_id, direction)

    def tag(self, dataset_name: str, tag: str, version: str) -> None:
        """Let a tag point to a version; it may point to another one later.

        Raises DataVersionError for a tag that is a version's label, DatasetNotFoundError.
        """
        self._tags.put(dataset_name, tag, version)

    def untag(self, dataset_name: str, tag: str) -> None:
        """Take a tag away; one that is not there is fine."""
        self._tags.remove(dataset_name, tag)

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
        table = self._versions.read(found, columns=columns, where=where)
        return from_arrow(table, as_frame), found

    def open_dataset(
        self, dataset_name: str, version: str | None = None
    ) -> tuple[pa.RecordBatchReader, DatasetVersion]:
        """Read a version as `get_dataset` does, a part at a time: never is all of it in memory.

        Raises DatasetNotFoundError.
        """
        found = self.get_version(dataset_name, version)
        return self._versions.open(found), found
