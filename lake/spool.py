"""What a lake in a bucket keeps on this machine: its journals, and copies of what was read.

    $XDG_STATE_HOME/mhras/<lake id>-<place>/journal/    rows on their way to the bucket: never
    or ~/.local/state/mhras/...                         delete them
    $XDG_CACHE_HOME/mhras/objects/                      copies, which may go at any time
    or ~/.cache/mhras/objects/                                                     (lake/cache.py)

A bucket knows no appends, so a row goes to the local disk first. That it is there is what a commit
means: a killed process's rows are found by the next one on this machine. <place> is a digest of
the lake's URL, for a restored copy of a lake has the same id.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lake.digest import digest_bytes

if TYPE_CHECKING:
    from lake.address import Place
    from lake.cache import ObjectCache

PUBLISH_SECONDS: Final = 1.0
CACHE_BYTES: Final = 10 * 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketOptions:
    """How a lake in a bucket uses this machine; a lake in a folder has no use for any of it.

    ``state_folder`` holds its journals and ``cache_folder`` its copies, up to ``cache_bytes``.
    ``publish_seconds`` is how long a row waits for others to go to the bucket with.
    """

    state_folder: Path | None = None
    cache_folder: Path | None = None
    cache_bytes: int = CACHE_BYTES
    publish_seconds: float = PUBLISH_SECONDS

    def cache(self) -> ObjectCache | None:
        """Return where copies go; None for the usual place, which need not be made up."""
        if self.cache_folder is None and self.cache_bytes == CACHE_BYTES:
            return None
        from lake.cache import ObjectCache, default_folder  # only lakes in a bucket need it

        folder = self.cache_folder or default_folder()
        return ObjectCache(folder.expanduser(), self.cache_bytes)


def state_folder() -> Path:
    """Return where this user's programs keep what must outlive them, for this program."""
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "mhras"


def journal_folder(place: Place, lake_id: str, options: BucketOptions) -> Path:
    """Return where the journals of a lake are: in its folder, or in one of this machine."""
    if place.folder is not None:
        return place.folder / "journal"
    home = (options.state_folder or state_folder()).expanduser().absolute()
    return home / f"{lake_id}-{digest_bytes(place.url.encode())[:8]}" / "journal"
