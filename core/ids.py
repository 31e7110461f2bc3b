"""Ids that sort by time: UUID version 7 (RFC 9562, section 5.7)."""

from __future__ import annotations

import os
import time


def new_id() -> str:
    """Make a new id: 48 bits of milliseconds, then 74 bits of chance.

    >>> first, second = new_id(), new_id()
    >>> len(first), first[14], first != second
    (36, '7', True)
    """
    return new_ids(1)[0]


def new_ids(count: int) -> list[str]:
    """Make many ids of this millisecond at once; they sort in the order they are given.

    >>> ids = new_ids(1000)
    >>> ids == sorted(ids) and len(set(ids)) == 1000
    True
    """
    head = f"{time.time_ns() // 1_000_000:012x}"
    head = f"{head[:8]}-{head[8:]}-7"
    digits = os.urandom(10 * count).hex()
    parts = (digits[i : i + 20] for i in range(0, 20 * count, 20))
    ids = [f"{head}{p[:3]}-{'89ab'[int(p[3], 16) & 3]}{p[4:7]}-{p[7:19]}" for p in parts]
    ids.sort()
    return ids
