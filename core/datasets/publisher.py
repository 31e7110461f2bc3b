"""Publish a dataset version: store what is new, give it a label, write its row.

A version is there when its row is. Whatever the order of a crash, what was written before is found
again by whoever registers the same data:

    chunks, sketches, layout       objects, named by their content
    claim of the content           one version id for equal data, whoever registers it
    claim of the label             v1, v2 ...: each is given once
    steps in data_lineage          how it was made, where that is known
    row in dataset_versions        now it is there
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from core.errors import DataVersionError
from core.ids import new_id
from lake.clock import now_us

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from core.datasets.encodings import Compression
    from core.datasets.layout import Layout
    from core.datasets.places import VersionPlaces
    from core.datasets.version import DatasetVersion
    from core.datasets.versions import Versions
    from lake.lake import Durability, Lake

    Announce = Callable[[str], None]
    Progress = Callable[[int], None]

_SHARED_WITH: Final = 8  # earlier versions whose chunks are looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What is said of a version beside its data; `metadata` is JSON text."""

    source: str
    metadata: str = "{}"
    description: str = ""
    owner: str = ""
    licence: str = ""
    added: Mapping[str, Any] = field(default_factory=dict)

    def adding(self, metadata: Mapping[str, Any]) -> Details:
        """Return them with more metadata, which were found out here: they are `added`."""
        merged = {**json.loads(self.metadata), **metadata}
        return replace(self, metadata=json.dumps(merged, sort_keys=True), added=metadata)


class Publisher:
    """Stores tables as versions in the place that is meant for them."""

    def __init__(
        self,
        lake: Lake,
        versions: Versions,
        places: VersionPlaces,
        *,
        actor: str | None = None,
        compression: Compression = "zstd",
        deduplicate: bool = True,
        durability: Durability = "commit",
    ) -> None:
        self._lake = lake
        self._versions = versions
        self._places = places
        self._objects = places.objects
        self._actor = actor
        self._compression: Compression = compression
        self._deduplicate = deduplicate
        self._durability: Durability = durability

    def store(
        self,
        dataset: Any,
        dataset_name: str,
        key: str | Sequence[str] | None,
        progress: Progress | None,
    ) -> Layout:
        """Store what is new of a table, and return what it is made of."""
        from core.datasets.intake import take_in  # with Arrow, which logging does not need

        return take_in(
            self._objects,
            dataset,
            self._shared_with(dataset_name) if self._deduplicate else [],
            key=key,
            compression=self._compression,
            progress=progress,
        )

    def _shared_with(self, dataset_name: str) -> list[Layout]:
        """Return the layouts of versions whose pieces are where new ones go."""
        uris = [row["storage_uri"] for row in self._versions.newest(dataset_name, _SHARED_WITH)]
        reached = [uri for uri in uris if self._places.find(uri)[0] is self._objects]
        return [self._versions.layout(uri) for uri in reached]

    def publish(
        self,
        name: str,
        label: str | None,
        layout: Layout,
        details: Details,
        *,
        announce: Announce | None = None,
    ) -> DatasetVersion:
        """Make a stored table a version; equal data of the same name stays one version.

        `announce` is called with the version's id before anybody can see the version.
        """
        from core.datasets.description import describe  # with Arrow, as above
        from core.datasets.sketches import store_sketches

        described = describe(self._objects, layout)
        sketches = store_sketches(self._objects, described.sketches, self._compression)
        layout = replace(layout, sketches=sketches)
        document = self._objects.put(layout.to_json())
        held, _ = self._lake.claim(
            "dataset-contents", f"{name}\n{layout.content_digest}", {"version_id": new_id()}
        )
        version_id = held["version_id"]
        if announce is not None:
            announce(version_id)
        others = self._versions.newest(name)
        if version_id in {row["version_id"] for row in others}:
            return self._versions.find(name, version_id)  # another process was faster
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
            "statistics": json.dumps(described.statistics),
            "storage_uri": self._places.uri(document),
            "content_digest": layout.content_digest,
            "size_bytes": sum(self._objects.size(digest) for digest in layout.objects()),
            "key": json.dumps(layout.key),
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
        return self._versions.find(name, version_id)

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
