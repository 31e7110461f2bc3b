"""Processes of this machine that do long work: how they start, and whether one still lives.

A worker is nobody's child for long: it has a session of its own, so that neither Ctrl-C nor the
end of the server ends it. At most two work on one lake at a time on one machine. Each holds the
lock of one of two folders while it works, and the system lets go of it when the worker dies.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from core.settings import KEYS, default_of
from lake.locks import locked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.settings import Settings
    from lake.lake import Lake

MODULE: Final = "core.worker"
_PROC: Final = Path("/proc")
_START_TIME: Final = 19  # of what stands after the name in /proc/<pid>/stat: ticks since boot


def host_name() -> str:
    """Return the name of this machine."""
    return socket.gethostname()


def process_mark(pid: int) -> str | None:
    """Return what tells a process from later ones of its number; None when it does not run.

    >>> process_mark(os.getpid()) == process_mark(os.getpid()) != None
    True
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass  # it runs, and is somebody else's
    if not _PROC.is_dir():
        return "running"  # no /proc on this system: the number must do
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="utf8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, *fields = stat.rpartition(")")[2].split()
    if state in {"Z", "X"}:
        return None  # it has ended, and its parent has not asked how
    boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="utf8").strip()
    return f"{boot[:8]}-{fields[_START_TIME - 1]}"


def is_working(host: str, pid: int, mark: str) -> bool | None:
    """Tell whether this very process still runs; None for one of another machine."""
    if host != host_name():
        return None
    return pid > 0 and process_mark(pid) == mark


def kill(pid: int, mark: str) -> None:
    """End a worker at once, if it is still the process that was meant."""
    if process_mark(pid) == mark:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def start_worker(settings: Settings) -> None:
    """Start a process that does what waits in a lake, and ends when nothing does."""
    given = {
        name: str(value) if isinstance(value, Path) else value
        for name in KEYS
        if (value := getattr(settings, name)) != default_of(name)
    }
    command = [sys.executable, "-m", MODULE, json.dumps(given)]
    process = subprocess.Popen(  # noqa: S603 - our own module, no shell
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    )
    # somebody has to ask how it ended, or its number is never free again
    threading.Thread(target=process.wait, name=f"worker-{process.pid}", daemon=True).start()


@contextlib.contextmanager
def free_slot(lake: Lake) -> Iterator[bool]:
    """Take one of this machine's two places to work on a lake; tell whether one was free."""
    folder = lake.journal.folder
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        for place in (folder, folder.parent):
            lock = locked(os.open(place, os.O_RDONLY))
            if held.enter_context(lock):
                yield True
                return
        yield False
