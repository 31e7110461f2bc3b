"""A server that is measured from outside: its address, and what its process takes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from types import TracebackType

_SERVE: Final = """
import sys
from app.serve import serve
from core import Settings
serve(Settings(lake=sys.argv[1]), port=0, ready=lambda address: print(address, flush=True))
"""
_PROC: Final = Path("/proc")
_TICK: Final = 1 / os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid: int) -> float:
    """Seconds of a processor that a process has taken since it began, all its threads together."""
    fields = (_PROC / str(pid) / "stat").read_text(encoding="utf8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK


def memory(pid: int) -> int:
    """Bytes of a process that are in memory."""
    return int((_PROC / str(pid) / "statm").read_text(encoding="utf8").split()[1]) * _PAGE


class Server:
    """The workbench on a lake, in a process of its own, as `mhras serve` starts it."""

    def __init__(self, lake: Path) -> None:
        command = [sys.executable, "-c", _SERVE, str(lake)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        if not self.address:
            message = "The server did not start."
            raise RuntimeError(message)

    @property
    def cpu_seconds(self) -> float:
        """Seconds of a processor it has taken so far."""
        return cpu_seconds(self._process.pid)

    @property
    def memory(self) -> int:
        """Bytes it has in memory."""
        return memory(self._process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.communicate(timeout=60)
