"""Time as the lake keeps it: whole microseconds since 1970 in UTC."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class _Ticker:
    """Hand out the wall clock's time, and one more than the last when that stands or goes back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def tick(self) -> int:
        with self._lock:
            self._last = max(time.time_ns() // 1000, self._last + 1)
            return self._last

    def forget_lock(self) -> None:
        """Replace the lock: after a fork, the thread that held it may not exist any more."""
        self._lock = threading.Lock()


_ticker = _Ticker()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_ticker.forget_lock)


def now_us() -> int:
    """Return the time in microseconds, strictly greater than any this process has been given.

    >>> now_us() < now_us()
    True
    """
    return _ticker.tick()


def to_datetime(us: int) -> datetime:
    """Turn microseconds since 1970 into an aware datetime in UTC.

    >>> to_datetime(1_500_000).isoformat()
    '1970-01-01T00:00:01.500000+00:00'
    """
    return _EPOCH + timedelta(microseconds=us)


def to_us(moment: datetime) -> int:
    """Turn a datetime into microseconds since 1970; one without a zone is taken as UTC.

    >>> to_us(datetime(1970, 1, 1, 0, 0, 2, 5))
    2000005
    """
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MICROSECOND
