"""Count the system calls of a process that change a folder, and let one of them fail.

All that the lake makes durable goes through the functions of `os` (lake/store.py, lake/journal.py;
tests/test_layout.py holds that nothing else writes). So they are the points at which it can crash:
here they are replaced, in a process of their own, and the product needs no names for its points
and no code. tests/crash/test_from_outside.py proves that strace sees no call that was not counted.

kill             SIGKILL before the call
torn             a write writes half of its bytes, then SIGKILL
EIO              the call fails once, and the next ones do not
EIO for ever     the call fails, and so do all after it: the disk is dying
ENOSPC           the call writes half of its bytes; from then on nothing that needs space works
"""

from __future__ import annotations

import errno
import os
import signal
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Fault = Literal["kill", "torn", "EIO", "EIO for ever", "ENOSPC"]
FAULTS: Final[tuple[Fault, ...]] = ("kill", "torn", "EIO", "EIO for ever", "ENOSPC")
# the place of the argument that says what is changed: a path or a descriptor
_CHANGING: Final = {
    "open": 0,
    "write": 0,
    "fsync": 0,
    "fdatasync": 0,
    "ftruncate": 0,
    "truncate": 0,
    "link": 1,
    "rename": 1,
    "replace": 1,
    "symlink": 1,
    "unlink": 0,
    "remove": 0,
    "mkdir": 0,
    "rmdir": 0,
}
_NEEDS_SPACE: Final = {"open", "write", "link", "symlink", "mkdir"}


class DiskCalls:
    """The calls that change what is below a folder, as "fsync lake/tmp" in order.

    With `point` the call of that number, from 1 on, meets a fault. `at_point` is called then, and
    before anything else, in the middle of the call: to cut the power, for example.
    """

    def __init__(
        self,
        folder: Path,
        *,
        point: int = 0,
        fault: Fault = "kill",
        at_point: Callable[[], object] = lambda: None,
    ) -> None:
        self.calls: list[str] = []
        self._folder = f"{folder.resolve()}/"
        self._point = point
        self._fault = fault
        self._at_point = at_point
        self._real = {name: getattr(os, name) for name in _CHANGING}
        self._lock = threading.Lock()

    def install(self) -> None:
        """Watch from now on, until this process ends."""
        for name in _CHANGING:
            setattr(os, name, partial(self._call, name))

    def _call(self, name: str, *arguments: Any, **named: Any) -> Any:
        what = self._what(name, arguments)
        if what is not None:
            with self._lock:
                self.calls.append(f"{name} {what}")
                fault = self._fault if self._point and len(self.calls) >= self._point else None
                if fault is not None:
                    return self._fail(fault, name, arguments, named)
        return self._real[name](*arguments, **named)

    def _what(self, name: str, arguments: tuple[Any, ...]) -> str | None:
        """Name the file below the folder that a call changes; None when it changes none."""
        if name == "open" and not arguments[1] & (os.O_CREAT | os.O_TRUNC):
            return None
        place = arguments[_CHANGING[name]]
        open_file = isinstance(place, int)
        path = str(Path(f"/proc/self/fd/{place}").readlink() if open_file else place)
        if not path.startswith(self._folder):
            return None
        # a file that was deleted has no name any more, but the kernel says which it had
        return path.removeprefix(self._folder).removesuffix(" (deleted)")

    def _fail(
        self, fault: Fault, name: str, arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> Any:
        first = len(self.calls) == self._point
        go_on = partial(self._real[name], *arguments, **named)
        if first:
            self._at_point()
        if fault in {"kill", "torn"}:
            if fault == "torn" and name == "write":
                self._write_half(arguments)
            os.kill(os.getpid(), signal.SIGKILL)
        if fault == "EIO" and not first:
            return go_on()
        if fault == "ENOSPC":
            if name not in _NEEDS_SPACE:
                return go_on()
            if first and name == "write" and len(arguments[1]) > 1:
                return self._write_half(arguments)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(arguments[0]))
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(arguments[0]))

    def _write_half(self, arguments: tuple[Any, ...]) -> int:
        descriptor, data = arguments
        return int(self._real["write"](descriptor, data[: len(data) // 2]))


def meets(fault: Fault, call: str) -> bool:
    """Tell whether a fault at this call differs from the others: torn needs a write."""
    name = call.partition(" ")[0]
    return {"torn": name == "write", "ENOSPC": name in _NEEDS_SPACE}.get(fault, True)
