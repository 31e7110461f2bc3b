"""What may be said of datasets: contracts they must keep, descriptions, how two versions differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.datasets.annotations import Annotations
from core.datasets.browser import DatasetBrowser
from core.datasets.contracts import Contracts
from core.datasets.names import check_names
from core.datasets.versions import Versions
from core.datasets.views import DatasetViews

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from catalog.dataset_search import VersionRows
    from core.datasets.difference import DatasetDifference
    from core.datasets.expectations import Contract, OnViolation, Violation
    from core.datasets.places import VersionPlaces
    from core.datasets.version import DatasetVersion
    from lake.lake import Durability, Lake


class Statements:
    """The part of `DataVersionControl` that needs no rows to be registered or read."""

    def __init__(
        self,
        lake: Lake,
        rows: VersionRows,
        places: VersionPlaces,
        *,
        actor: str | None,
        durability: Durability,
    ) -> None:
        self._url = lake.url
        self._versions = Versions(rows, places)
        self.views = DatasetViews(self._versions)
        self.browser = DatasetBrowser(self._versions)
        self._annotations = Annotations(lake, durability=durability)
        self._contracts = Contracts(
            lake, rows, self._versions, places, actor=actor, durability=durability
        )

    def expect(
        self,
        dataset_name: str,
        contract: Contract | Mapping[str, Any] | str | Path | None,
        *,
        on_violation: OnViolation = "refuse",
    ) -> None:
        """Check the versions registered from now on against a contract; None: no more.

        A path is that of a TOML or JSON file. Raises DataVersionError with all that is wrong.
        """
        check_names(dataset_name)
        self._contracts.declare(dataset_name, contract, on_violation)

    def check(
        self,
        version: str,
        contract: Contract | Mapping[str, Any] | str | Path | None = None,
        *,
        examples: int = 5,
    ) -> tuple[Violation, ...]:
        """Return how a version breaks a contract, or that of its dataset; nothing is changed.

        Raises DatasetNotFoundError, and DataVersionError where there is no contract.
        """
        found = self._versions.by_reference(version)
        return self._contracts.check(found, contract, examples=examples)

    def describe(
        self,
        dataset_name: str,
        version: str | None = None,
        *,
        description: str | None = None,
        owner: str | None = None,
        source: str | None = None,
        licence: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> DatasetVersion:
        """Say more of a version, or something else; its data, label and id never change.

        What is None stays as it is. `metadata` is added to what there is; a value None removes.
        Raises DatasetNotFoundError, and DataVersionError for metadata that JSON cannot hold.
        """
        found = self._versions.find(dataset_name, version)
        texts = {
            "description": description,
            "owner": owner,
            "source": source,
            "licence": licence,
        }
        self._annotations.describe(found, texts, metadata=metadata)
        return self._versions.by_reference(found.version_id)

    def croissant(self, version: str) -> dict[str, Any]:
        """Return a version as Croissant 1.0 (ML Commons) says it, in JSON-LD.

        It is given by id or as ``name@version``. Raises DatasetNotFoundError.
        """
        from core.datasets.croissant import as_croissant  # with Arrow, as in versions

        found = self._versions.by_reference(version)
        outside = found.storage_uri.rpartition("/objects/")[0]
        layout = self._versions.layout(found.storage_uri)
        return as_croissant(found, layout, self._url if found.is_inside else outside)

    def diff(
        self,
        v1: str,
        v2: str,
        *,
        key: str | Sequence[str] | None = None,
        examples: int = 10,
    ) -> DatasetDifference:
        """Say what is different in the second version: columns, rows, statistics.

        Versions are given by id or as ``name@version``, also of two datasets. Rows are found again
        by `key`, else by the key of the second version, or of the first one. Chunks that both
        share are not read; memory stays bounded. `examples` is the most of each kind.

        Raises DatasetNotFoundError, and DataVersionError for a key that they do not both have.
        """
        from core.datasets.difference import find_difference  # with Arrow, as in versions

        before, after = (self._versions.by_reference(each) for each in (v1, v2))
        sides = self._versions.side(before), self._versions.side(after)
        return find_difference(before, after, sides, key=key, examples=max(0, examples))
