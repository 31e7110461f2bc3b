"""Say times, spans, sizes and numbers as people read them."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Final

_SPANS: Final = (
    (60, 1, "second"),
    (3_600, 60, "minute"),
    (86_400, 3_600, "hour"),
    (86_400 * 14, 86_400, "day"),
    (86_400 * 60, 86_400 * 7, "week"),
    (86_400 * 730, 86_400 * 30, "month"),
    (math.inf, 86_400 * 365, "year"),
)
_SIZES: Final = ("bytes", "kB", "MB", "GB", "TB")
NOTHING: Final = "-"
_COUNT: Final = re.compile(r"-?[1-9][0-9]{4,14}")
# whole numbers that name something and count nothing
_CODE: Final = re.compile(
    r"(^|[._/ -])(seed|random_?(state|seed)|id|date|day|time|version|code|port|commit|hash|key)s?$",
    re.IGNORECASE,
)


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """Say how long ago a moment was.

    >>> ago(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, 5, tzinfo=UTC))
    '5 hours ago'
    """
    if moment is None:
        return "never"
    seconds = ((now or datetime.now(UTC)) - utc(moment)).total_seconds()
    if abs(seconds) < 5:
        return "just now"
    _, unit, name = next(row for row in _SPANS if abs(seconds) < row[0])
    count = int(abs(seconds) // unit)
    text = f"{count} {name}{'s' if count != 1 else ''}"
    return f"{text} ago" if seconds > 0 else f"in {text}"


def clock(moment: datetime | None) -> str:
    """Say the moment itself, in UTC.

    >>> clock(datetime(2026, 3, 1, 5, 4, 3, tzinfo=UTC))
    '2026-03-01 05:04:03 UTC'
    """
    return NOTHING if moment is None else f"{utc(moment):%Y-%m-%d %H:%M:%S} UTC"


def when(moment: datetime | None) -> str:
    """Say both: how long ago, and when."""
    return NOTHING if moment is None else f"{ago(moment)} ({clock(moment)})"


def span(seconds: float | None) -> str:
    """Say how long something took.

    >>> span(0.0421), span(75), span(7384), span(200000)
    ('42 ms', '1 min 15 s', '2 h 3 min', '2 d 7 h')
    """
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for unit, name, smaller, small in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min")):
        if whole >= unit:
            return f"{whole // unit} {name} {whole % unit // smaller} {small}"
    return f"{whole // 60} min {whole % 60} s"


def size(count: float) -> str:
    """Say a number of bytes.

    >>> size(0), size(1_530), size(2_400_000)
    ('0 bytes', '1.5 kB', '2.4 MB')
    """
    power = 0
    while count >= 1000 and power < len(_SIZES) - 1:
        count, power = count / 1000, power + 1
    return f"{count:.1f} {_SIZES[power]}" if power else f"{count:.0f} bytes"


def number(value: float | None) -> str:
    """Say a measured value with at most five digits that matter.

    >>> number(0.731294), number(12345.6), number(1e-7), number(3.0), number(None)
    ('0.73129', '12,346', '1e-07', '3', '-')
    """
    if value is None:
        return NOTHING
    if not math.isfinite(value):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.5g}"


def param_text(name: str, text: str) -> str:
    """Say the value of a param; long whole numbers that count something get their commas.

    >>> param_text("rows", "12114"), param_text("seed", "20240229"), param_text("rate", "1e-05")
    ('12,114', '20240229', '1e-05')
    >>> param_text("train.until_date", "20240229"), param_text("year", "2024")
    ('20240229', '2024')
    """
    if not _COUNT.fullmatch(text) or _CODE.search(name):
        return text
    return f"{int(text):,}"


def counted(count: int, one: str, many: str = "") -> str:
    """Say how many.

    >>> counted(1, "run"), counted(10_000, "run")
    ('1 run', '10,000 runs')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def utc(moment: datetime) -> datetime:
    """Give a moment without a zone the one all our times have."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
