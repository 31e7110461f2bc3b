"""Who writes a lake now, and which journals may yet become segments.

A process that writes holds its journal's lock (lake/journal.py). Who shares the folder sees that.
In a bucket there are no locks, and journals are on other machines, so a writer has an object there:

    writers/<writer>.json    {"oldest": "<journal id>"}     renewed every minute, deleted at the end

    renewed less than 5 minutes ago, by the bucket's clock      its writer lives
    longer ago                                                  its machine is gone, or cut off
    absent                                                      it ended, or its journals have been
                                                                recovered by the next on its machine

`oldest` is the writer's first journal that is not done with: it is in the object before any of its
segments is in the bucket. A compaction must not forget segments of that journal, or later ones, for
who recovers it would make them again. So the object of a lost machine stays.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lake.clock import now_us
from lake.errors import DamagedError, NotFoundError
from lake.identity import read_document
from lake.journal import SUFFIX, writer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lake.address import Place
    from lake.journal import Journal
    from lake.store import Store

FOLDER: Final = "writers"
RENEW_SECONDS: Final = 60.0
LOST_SECONDS: Final = 300.0
_JOURNALS: Final = "journal"
_OBJECT: Final = ".json"


@dataclass(frozen=True, slots=True)
class Liveness:
    """The writers that live, and when each known one was last heard of, in seconds since 1970."""

    living: frozenset[str]
    heard_at: Mapping[str, float]


class Presence:
    """Shows that this process writes a lake, and sees who else does. Threads may share one."""

    def __init__(self, place: Place, journal: Journal) -> None:
        self._place = place
        self._journal = journal
        self.begin_anew()

    def begin_anew(self) -> None:
        """In a forked child, which is another writer."""
        self._lock = threading.Lock()
        self._renewed_at: float | None = None

    def announce(self) -> None:
        """Show that this process lives, before anything it wrote can be seen."""
        if self._renewed_at is None:
            self._write()

    def renew(self) -> None:
        """Show it once more when the last time is a minute ago."""
        renewed_at = self._renewed_at
        if renewed_at is not None and time.monotonic() - renewed_at >= RENEW_SECONDS:
            self._write()

    def withdraw(self) -> None:
        """Take it back: all that this process wrote is in segments."""
        with self._lock:
            if self._renewed_at is not None:
                self._place.delete(_key(self._journal.writer))
            self._renewed_at = None

    def _write(self) -> None:
        if self._place.folder is not None:
            return
        with self._lock:
            journal = self._journal
            # the open one first: it may be closed, and join the others, in this moment
            open_id = journal.journal_id or f"{now_us():016x}"
            oldest = min([open_id, *journal.rotated()])
            body = json.dumps({"oldest": oldest}).encode()
            self._place.put(_key(journal.writer), body)
            self._renewed_at = time.monotonic()

    def look(self) -> Liveness:
        """See who lives now."""
        from lake.recover import last_heartbeats, living_writers  # with Arrow's types

        folder = self._journal.folder
        living, heard_at = living_writers(folder), last_heartbeats(folder)
        if self._place.folder is None:
            now = self._place.now()
            for entry in self._place.list(FOLDER):
                writer = entry.name.removesuffix(_OBJECT)
                heard_at[writer] = max(entry.modified_at, heard_at.get(writer, 0.0))
                if now - entry.modified_at < LOST_SECONDS:
                    living.add(writer)
        return Liveness(frozenset(living), heard_at)


def forget(store: Store, writers: set[str]) -> None:
    """Remove what dead writers said of themselves, after their journals have been recovered."""
    if not writers:
        return
    known = {entry.name for entry in store.list(FOLDER)}
    gone = [_key(writer) for writer in sorted(writers) if f"{writer}{_OBJECT}" in known]
    if gone:
        store.delete(*gone)


def open_journals(store: Store) -> Callable[[str], bool]:
    """Return what tells of a journal whether somebody may yet make it into segments."""
    names = [entry.name for entry in store.list(_JOURNALS)]
    stored = {name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX)}
    oldest: dict[str, str] = {}
    for entry in store.list(FOLDER):
        writer = entry.name.removesuffix(_OBJECT)
        try:
            oldest[writer] = str(read_document(store, f"{FOLDER}/{entry.name}").get("oldest", ""))
        except NotFoundError:
            continue  # its writer has ended since the listing
        except DamagedError:
            oldest[writer] = ""  # any of its journals, as far as we know
    never = "~"  # after any id

    def is_open(journal_id: str) -> bool:
        return journal_id in stored or journal_id >= oldest.get(writer_of(journal_id), never)

    return is_open


def _key(writer: str) -> str:
    return f"{FOLDER}/{writer}{_OBJECT}"
