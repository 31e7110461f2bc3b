"""The thread beside a writing process: it makes rows permanent, and shows that the process lives.

                      a lake in a folder                 a lake in a bucket
rows become segments  when a journal is full, or its     1 second after a row was logged, so
                      first row is 5 minutes old:        that it is in the bucket within 2;
                      all read journals meanwhile        at once when a run ends
"I live"              the journal's lock, and its time   and an object, renewed every minute
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from lake.clock import now_us
from lake.errors import LakeError

if TYPE_CHECKING:
    from lake.lake import Lake

HEARTBEAT_SECONDS: Final = 10.0
RETRY_SECONDS: Final = 5.0
OLDEST_JOURNAL_SECONDS: Final = 300.0
_LOOK_SECONDS: Final = 1.0
_PUBLISHING_LOOK_SECONDS: Final = 0.25


class Keeper(threading.Thread):
    """Touches the open journal, and turns full or old ones into segments."""

    def __init__(self, lake: Lake) -> None:
        super().__init__(name="lake-keeper", daemon=True)
        self._lake = lake
        self._stopping = False
        self._called = threading.Event()
        self._hurried = False

    def stop(self) -> None:
        """End, after the present step."""
        self._stopping = True
        self._called.set()
        self.join()

    def hurry(self) -> None:
        """Make segments of what is there now; do not wait for it."""
        self._hurried = True
        self._called.set()

    def run(self) -> None:
        """Look now and then until the lake is closed; after a failure a little later."""
        touched_at = time.monotonic()
        usual = _PUBLISHING_LOOK_SECONDS if self._lake.publishes else _LOOK_SECONDS
        pause = usual
        while True:
            self._called.wait(pause)
            self._called.clear()
            if self._stopping:
                return
            pause = usual
            if time.monotonic() - touched_at >= HEARTBEAT_SECONDS:
                touched_at = time.monotonic()
                self._lake.journal.heartbeat()
            try:
                self._look(self._lake)
            except LakeError as error:  # the rows are safe in the journal: try again later
                import logging  # 5 ms of every program's start, and wanted once in a while

                pause = RETRY_SECONDS
                text = "journal not yet made into segments: %s"
                logging.getLogger(__name__).warning(text, error)

    def _look(self, lake: Lake) -> None:
        journal = lake.journal
        oldest = lake.publish_seconds if lake.publishes else OLDEST_JOURNAL_SECONDS
        late = now_us() - journal.waiting_since >= oldest * 1e6
        hurried, self._hurried = self._hurried, False
        journal.reopen()  # a process is seen to live by its open file
        if journal.size and (late or hurried):
            journal.rotate()
        lake.presence.renew()  # first: the other may take minutes on a slow line
        if journal.rotated():
            lake.seal_rotated()
