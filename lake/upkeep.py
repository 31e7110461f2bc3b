"""Compaction by whoever notices that it is due: in the background, and in nobody's way.

    a process that writes or asks ----> every minute or so, a look at the tails
                                           many segments, or many bytes?   merge some of them
                                           replaced long enough ago?       delete
                                        one table is compacted a look, and bounded work it is

A look costs two listings a table. Its time is left to chance, so that of many processes one begins
first; the others see that nothing is left to do, or find the lock taken (lake/compact.py).

The work is done in steps of some tenths of a second. Who closes the lake, ends the interpreter or
forks waits for the present step only: what the compaction has written so far is then deleted, or
by somebody else a day later. Nothing of it counts before its last step.
"""

from __future__ import annotations

import atexit
import os
import random
import threading
import weakref
from typing import TYPE_CHECKING, Final

from lake.clock import now_us
from lake.errors import LakeError

if TYPE_CHECKING:
    from lake.lake import Lake
    from lake.table import Table

LOOK_SECONDS: Final = 60.0
BUCKET_LOOK_SECONDS: Final = 240.0  # there each listing is paid for
_LONGEST_SECONDS: Final = 3600.0
_BREATH_SECONDS: Final = 0.001  # lets those begin who wait for a step to end
_NICENESS: Final = 10


class _Ended(Exception):  # noqa: N818 - nothing is wrong: somebody wants to go
    """The lake is being closed."""


class Upkeep(threading.Thread):
    """Compacts the tables of one lake while it is open. Ends by itself when nobody has the lake."""

    def __init__(self, lake: Lake, *, every: float | None = None) -> None:
        super().__init__(name="lake-upkeep", daemon=True)
        usual = BUCKET_LOOK_SECONDS if lake.publishes else LOOK_SECONDS
        self._every = usual if every is None else every
        self._stopping = threading.Event()
        self._collected: dict[str, int] = {}
        self._lake = weakref.ref(lake)
        weakref.finalize(lake, self._stopping.set).atexit = False
        _UPKEEPS.add(self)

    def stop(self) -> None:
        """End after the present step."""
        self._stopping.set()
        if self.is_alive():
            self.join()

    def run(self) -> None:
        """Look now and then until the lake is closed; after a failure much later."""
        _step_back()
        pause = self._every
        chance = random.Random()  # noqa: S311 - when to look
        while not self._stopping.wait(pause * chance.uniform(0.5, 1.5)):
            lake = self._lake()
            if lake is None:
                return
            try:
                self.look(lake)
                pause = self._every
            except _Ended:
                return
            except LakeError as error:  # nothing is lost: it is only not tidied up
                import logging  # 5 ms of every program's start, and wanted once in a while

                pause = min(10 * pause, _LONGEST_SECONDS)
                text = "compaction is left to others, or to later: %s"
                logging.getLogger(__name__).warning(text, error)
            del lake

    def look(self, lake: Lake) -> None:
        """Compact the first table that needs it, and delete what was replaced long ago.

        A copy stays as it is: nobody could bring it up to date any more.
        """
        with _working:
            from lake.compact import compact  # with all that reads tables
            from lake.copy_place import is_copy

            if is_copy(lake.store):
                return
            names = sorted(lake.specs)
        for name in names:
            table = lake.table(name)
            with _working:
                result = compact(table, settle=lake.settle, pause=self._pause)
                self._collect(table)
            if result is not None:
                return

    def _collect(self, table: Table) -> None:
        """Delete what the present manifest replaced, once, when its grace is over."""
        from lake.compact import GRACE, collect  # as above

        self._pause(0)
        manifest = table.log.head().manifest
        replaced = [*manifest.consumed.values(), *manifest.retired.values()]
        over = replaced and max(replaced) < now_us() - GRACE * 1e6
        if over and self._collected.get(table.spec.name) != manifest.version:
            collect(table)
            self._collected[table.spec.name] = manifest.version

    def _pause(self, seconds: float) -> None:
        """Let others go on between two steps. Raises _Ended when this is to end."""
        _working.release()
        try:
            ended = self._stopping.wait(max(seconds, _BREATH_SECONDS))
        finally:
            _working.acquire()
        if ended:
            raise _Ended


def _step_back() -> None:
    """Take the processor only when others leave it, where the system has that for one thread."""
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
    except (AttributeError, OSError):
        return  # then as an equal: most of the time it leaves Python's lock to others anyway


_UPKEEPS: weakref.WeakSet[Upkeep] = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    for upkeep in list(_UPKEEPS):
        upkeep.stop()


# Held during each step. A fork waits for it: the child would inherit the locks of what the step is
# about to import or to allocate.
_working = threading.Lock()
os.register_at_fork(
    before=_working.acquire,
    after_in_parent=_working.release,
    after_in_child=_working.release,
)
