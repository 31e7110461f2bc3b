"""Memory that goes back to the system as soon as it is not needed.

The pool that Arrow uses by itself keeps what is freed for later: a fifth more of a table of a
million rows. Buffers know their pool, so that it may change while there are some.
"""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

_lock = threading.Lock()
_outer: list[pa.MemoryPool] = []  # the pool before, once for each analysis that is under way


@contextmanager
def given_back() -> Iterator[None]:
    """Take Arrow's memory from the system, and return it at the end.

    The last one to leave restores the pool of before."""
    import pyarrow as pa  # not needed to log

    with _lock:
        _outer.append(_outer[0] if _outer else pa.default_memory_pool())
        pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        with _lock:
            before = _outer.pop()
            if not _outer:
                pa.set_memory_pool(before)
        give_back()


def give_back() -> None:
    """Return what was freed to the system: glibc keeps it, in an arena for each thread.

    It takes a millisecond, and reading a million rows of 30 columns leaves 60 MB to return.
    """
    if sys.platform == "linux":
        import ctypes  # 10 ms, as in catalog/catalog.py

        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # which other libraries have not
        if trim is not None:
            trim(0)
