"""Child processes for the tests of this folder: forked, because that takes milliseconds."""

from __future__ import annotations

import os
import traceback
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def forked(work: Callable[[], object]) -> int:
    """Run the work in a child process and return its id."""
    with warnings.catch_warnings():
        # Python 3.12 warns of threads that hold locks; Arrow's start anew in a child.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        status = 1
        try:
            work()
            status = 0
        except BaseException:  # noqa: BLE001 - a child must not go on as a second test run
            traceback.print_exc()
        finally:
            os._exit(status)
    return child


def ended(child: int) -> int | None:
    """Return the exit code of a child process, None while it runs."""
    found, status = os.waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def exit_code(child: int) -> int:
    """Wait for a child process to end."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
