"""Beside the work, a thread: it tells the lake how far the work is, and whether it shall end.

    asked to end     the work is told where it next says how far it is
    3 s later        the process is sent SIGTERM, which ends Python code anywhere
    8 s later        it is recorded, and the process kills itself: something does not listen

What the process prints goes through a pipe to here, also what C libraries print.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from time import monotonic
from typing import TYPE_CHECKING, Final, Self

from core.errors import JobCancelledError
from core.jobs.records import JobRecords

if TYPE_CHECKING:
    from types import TracebackType

    from core.workbench import Workbench

LOG_LETTERS: Final = 200_000  # of one job; what comes after is counted
_LOOK_SECONDS: Final = 1.0
_SIGN_SECONDS: Final = 15.0
_TERMINATE_SECONDS: Final = 3.0
_KILL_SECONDS: Final = 8.0
_STREAMS: Final = (1, 2)


class Watch:
    """What goes on beside one job, until the block ends."""

    def __init__(self, workbench: Workbench, job_id: str) -> None:
        self._workbench = workbench
        self._records = JobRecords(workbench.lake)
        self._job_id = job_id
        self._lock = threading.Lock()
        self._fresh: dict[str, object] = {}
        self._printed: list[str] = []
        self._letters = 0
        self._done = threading.Event()
        self._asked_at: float | None = None
        self._terminated = False
        self._signed_at = monotonic()
        self._thread = threading.Thread(target=self._look_on, name="watch", daemon=True)

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the job to end."""
        return self._asked_at is not None

    def progress(self, text: str, share: float) -> None:
        """Say what is done next, and the share that is done. Raises JobCancelledError."""
        with self._lock:
            self._fresh = {"message": text, "progress": min(max(share, 0.0), 1.0)}
        if self.cancelled:
            message = "Somebody asked this job to end."
            raise JobCancelledError(message, job_id=self._job_id)

    def __enter__(self) -> Self:
        self._streams = [os.dup(stream) for stream in _STREAMS]
        self._pipe, inlet = os.pipe()
        for stream in _STREAMS:
            os.dup2(inlet, stream)
        os.close(inlet)
        self._reader = threading.Thread(target=self._read, name="printed", daemon=True)
        self._reader.start()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()
        sys.stdout.flush()
        sys.stderr.flush()
        for stream, kept in zip(_STREAMS, self._streams, strict=True):
            os.dup2(kept, stream)
            os.close(kept)
        # a process that the work has started may hold the pipe's other end for ever
        self._reader.join(_LOOK_SECONDS)
        self._tell()

    def _read(self) -> None:
        with os.fdopen(self._pipe, encoding="utf8", errors="replace") as lines:
            for line in lines:
                with self._lock:
                    if self._letters < LOG_LETTERS:
                        self._printed.append(line[: LOG_LETTERS - self._letters])
                    elif self._letters < LOG_LETTERS + len(line):
                        self._printed.append("... more was printed, and is not kept\n")
                    self._letters += len(line)

    def _look_on(self) -> None:
        while not self._done.wait(_LOOK_SECONDS):
            self._tell()
            if self._asked_at is None:
                if self._workbench.jobs.get(self._job_id).cancel_requested_at is not None:
                    self._asked_at = monotonic()
                continue
            waited = monotonic() - self._asked_at
            if waited > _KILL_SECONDS:
                self._records.end(self._job_id, "CANCELLED", message="ended by force")
                os.kill(os.getpid(), signal.SIGKILL)
            elif waited > _TERMINATE_SECONDS and not self._terminated:
                self._terminated = True
                os.kill(os.getpid(), signal.SIGTERM)

    def _tell(self) -> None:
        with self._lock:
            said, self._fresh = self._fresh, {}
            printed, self._printed = "".join(self._printed), []
        if said or printed or monotonic() - self._signed_at > _SIGN_SECONDS:
            self._signed_at = monotonic()
            self._records.record(self._job_id, **said, log=printed or None)
