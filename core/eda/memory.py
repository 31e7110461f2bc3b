"""Memory that goes back to the system as soon as it is not needed.

The pool that Arrow uses by itself keeps what is freed for later: a fifth more of a table of a
million rows. Buffers know their pool, so that it may change while there are some.
"""

from __future__ import annotations

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
    """Take Arrow's memory from the system; the last one to leave restores the pool of before."""
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
