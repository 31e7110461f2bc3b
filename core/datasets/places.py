"""Where the pieces of dataset versions are: in the lake, or in a place of their own.

lake://objects/<SHA-256>                      in the lake
<folder or s3://...>/objects/<aa>/<SHA-256>   where DATA_VERSION_STORAGE_PATH said
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import DataVersionError
from core.tracking.storage import SCHEME
from lake.address import folder_of, is_folder, open_store
from lake.objects import Objects, object_key

if TYPE_CHECKING:
    from lake.cache import ObjectCache
    from lake.lake import Lake


class VersionPlaces:
    """The place that new versions go to, and the lake, where versions may be as well."""

    def __init__(
        self, lake: Lake, place: str | None = None, *, cache: ObjectCache | None = None
    ) -> None:
        self._inside = lake.objects
        self._prefix = ""
        self.objects = lake.objects
        if place is not None:
            self._prefix = str(folder_of(place)) if is_folder(place) else place.rstrip("/")
            self.objects = Objects(open_store(place, cache=cache))

    def uri(self, digest: str) -> str:
        """Return what names an object of the place new versions go to."""
        return f"{self._prefix}/{object_key(digest)}" if self._prefix else f"{SCHEME}{digest}"

    def find(self, uri: str) -> tuple[Objects, str]:
        """Return the objects among which one is, and its digest. Raises DataVersionError."""
        if uri.startswith(SCHEME):
            return self._inside, uri.removeprefix(SCHEME)
        digest = uri.rpartition("/")[2]
        if self._prefix and uri == self.uri(digest):
            return self.objects, digest
        message = f"The version is at {uri}, where nobody looks."
        hint = "Set DATA_VERSION_STORAGE_PATH to what comes before /objects."
        raise DataVersionError(message, hint=hint, uri=uri)
