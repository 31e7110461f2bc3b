"""Times and durations as people write them in a filter."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

_UNITS: Final = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 0.001),
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
    **dict.fromkeys(("w", "week", "weeks"), 604_800.0),
}
_PIECE: Final = re.compile(r"(\d+\.?\d*|\.\d+)\s*([a-z]+)\s*")
_CLOCK: Final = re.compile(r"(\d+):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?")


def read_time(text: str) -> tuple[datetime, bool]:
    """Read an ISO 8601 time as naive UTC; True beside it when it is a whole day.

    Raises ValueError. A time without a zone is UTC already.

    >>> read_time("2026-01-01")
    (datetime.datetime(2026, 1, 1, 0, 0), True)
    >>> read_time("2026-01-01T10:30+02:00")
    (datetime.datetime(2026, 1, 1, 8, 30), False)
    """
    text = text.strip()
    try:
        return datetime.combine(date.fromisoformat(text), datetime.min.time()), True
    except ValueError:
        moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        try:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        except OverflowError as error:
            raise ValueError(str(error)) from None
    return moment, False


def read_duration(text: str) -> float:
    """Read a duration in seconds. Raises ValueError.

    >>> read_duration("2h"), read_duration("1h 30m"), read_duration("1:30:00")
    (7200.0, 5400.0, 5400.0)
    """
    text = text.strip().lower()
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = clock.groups(default="0")
        return int(hours) * 3600.0 + int(minutes) * 60.0 + float(seconds)
    total, end = 0.0, 0
    while piece := _PIECE.match(text, end):
        unit = _UNITS.get(piece[2])
        if unit is None:
            raise ValueError(piece[2])
        total, end = total + float(piece[1]) * unit, piece.end()
    if not end or end != len(text):
        raise ValueError(text)
    return total
