"""Child processes that work, talk and are killed."""

from __future__ import annotations

import functools
import multiprocessing
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


class Child:
    """A function in a process of its own, and a pipe to it. Killed at the end of the block.

    Forked unless `method` says otherwise: that takes milliseconds, and what this process has
    imported is there.
    """

    def __init__(
        self, work: Callable[..., object], *given: object, method: str = "fork", **named: object
    ) -> None:
        context: Any = multiprocessing.get_context(method)
        self._pipe: Connection[Any, Any]
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=functools.partial(work, theirs, *given, **named), daemon=True
        )
        with warnings.catch_warnings():
            # Python 3.12 warns of threads that hold locks; those of our libraries start anew.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """Its number."""
        return int(self._process.pid)

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return bool(self._process.is_alive())

    def tell(self, message: object) -> None:
        """Send it a message."""
        self._pipe.send(message)

    def hear(self) -> Any:
        """Wait for its next message."""
        assert self._pipe.poll(PATIENCE), "the process is silent"
        try:
            return self._pipe.recv()
        except (EOFError, ConnectionError):
            raise AssertionError(f"ended with {self.exit_code()} instead") from None

    def kill(self) -> None:
        """End it at once with SIGKILL, as `kill -9` does."""
        self._process.kill()
        self.exit_code()

    def end(self) -> None:
        """Wait until it has ended by itself, without an error."""
        assert self.exit_code() == 0

    def exit_code(self) -> int:
        """Wait until it has ended by itself: its status, minus the signal that killed it."""
        # not join(), which also waits for what the process has forked
        wait_until(lambda: not self.alive)
        return int(self._process.exitcode)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        self._pipe.close()
        self._process.close()


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE) -> float:
    """Wait for a condition; how many seconds it took."""
    start = time.perf_counter()
    while not condition():
        assert time.perf_counter() - start < seconds, f"waited {seconds} s in vain"
        time.sleep(0.001)
    return time.perf_counter() - start


def run_script(text: str, *arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program of its own in a folder, as a user would."""
    preface = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
    command = [sys.executable, "-c", preface + text, *map(str, arguments)]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
