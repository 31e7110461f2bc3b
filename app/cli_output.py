"""What commands print: tables for people, tab-separated lines for pipes, JSON for programs.

Text that users logged may hold anything. At a terminal and in lines it is escaped, so that it can
neither move the cursor nor break a line; in JSON every character but ASCII is an escape.
"""

from __future__ import annotations

import json
import math
import sys
import time as timing
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from app.wording import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from rich.console import Console

    Progress = Callable[[str, float], None]

_NEVER_WRAPPED: Final = 16  # characters: what is no longer than an id or a moment stays whole
_NOT_FINITE: Final = {math.inf: "Infinity", -math.inf: "-Infinity"}


def printable(text: object) -> str:
    r"""Escape what is not printable: control characters, half characters, changes of direction.

    >>> printable("risk\x1b[31m\n\u202e")
    'risk\\x1b[31m\\n\\u202e'
    """
    whole = str(text)
    if whole.isprintable():
        return whole
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in whole)


def plain(value: Any) -> Any:
    """Turn a value into what JSON has.

    Times are ISO 8601 in UTC with a Z, spans seconds, bytes hexadecimal. NaN and the infinities,
    which JSON does not have, are the strings "NaN", "Infinity" and "-Infinity".

    >>> plain({"at": datetime(2026, 3, 1, 5), "auc": [0.5, math.nan]})
    {'at': '2026-03-01T05:00:00Z', 'auc': [0.5, 'NaN']}
    """
    result: Any
    match value:
        case None | bool() | int() | str():
            result = value
        case float():
            result = value if math.isfinite(value) else _NOT_FINITE.get(value, "NaN")
        case Decimal():
            result = int(value) if value == value.to_integral_value() else plain(float(value))
        case datetime():
            aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
            result = aware.isoformat().replace("+00:00", "Z")
        case date() | time():
            result = value.isoformat()
        case timedelta():
            result = value.total_seconds()
        case bytes():
            result = value.hex()
        case dict():
            result = {str(name): plain(item) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            result = [plain(item) for item in value]
        case _:
            result = str(value)
    return result


def say(text: str = "") -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")


def remark(text: str) -> None:
    """Print a line beside the output, for people."""
    sys.stderr.write(text + "\n")


def at_terminal() -> bool:
    """Tell whether a person reads the output."""
    return sys.stdout.isatty()


def say_json(document: Any) -> None:
    """Print one JSON document, see `plain`."""
    indent = 2 if at_terminal() else None
    say(json.dumps(plain(document), indent=indent))


def say_table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows: aligned at a terminal, separated by tabs elsewhere. Numbers go to the right."""
    terminal = at_terminal()
    cells = [[_shown(value, rounded=terminal) for value in row] for row in rows]
    if not terminal:
        for line in ([printable(header) for header in headers], *cells):
            say("\t".join(line))
        return
    from rich.table import Table  # with rich, 100 ms that nothing else needs
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    least = 0
    for place, header in enumerate(map(printable, headers)):
        column = [line[place] for line in cells]
        width = min(max(map(len, (header, *column))), _NEVER_WRAPPED)
        table.add_column(
            Text(header),
            justify="right" if column and all(map(_is_number, column)) else "left",
            overflow="fold",
            min_width=width,
        )
        least += width + 2
    for line in cells:
        # as Text: square brackets in a name are no markup
        table.add_row(*(Text(cell) for cell in line))
    console = _console()
    console.width = max(console.width, least)
    console.print(table)


def say_wide_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows with many columns: at a terminal in several tables that each fit its width.

    Every one of them begins with the first column. Elsewhere it is one table, as it always is.
    """
    if not at_terminal():
        say_table(headers, rows)
        return
    width = _console().width
    widths = [
        max(len(_shown(row[place], rounded=True)) for row in ([*headers], *rows)) + 2
        for place in range(len(headers))
    ]
    pages: list[list[int]] = [[0]]
    for place in range(1, len(headers)):
        if len(pages[-1]) > 1 and sum(widths[n] for n in (*pages[-1], place)) > width + 2:
            pages.append([0])
        pages[-1].append(place)
    for page, places in enumerate(pages):
        if page:
            say()
            sys.stdout.flush()
        say_table([headers[n] for n in places], [[row[n] for n in places] for row in rows])


def _shown(value: object, *, rounded: bool = False) -> str:
    if value is None:
        return ""
    if rounded and isinstance(value, float):
        return number(value)
    value = plain(value)
    return printable(json.dumps(value, ensure_ascii=False) if _is_nested(value) else value)


def _is_nested(value: object) -> bool:
    return isinstance(value, list | dict)


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "") or "0")
    except ValueError:
        return False
    return True


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console  # as above

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def say_facts(facts: Mapping[str, object]) -> None:
    """Print names and values, one a line; what is empty is left out. Lines of a text stay lines."""
    filled = {name: value for name, value in facts.items() if value not in (None, "", [], {})}
    width = max(map(len, filled), default=0)
    for name, value in filled.items():
        first, *more = [_shown(line) for line in _lines(value)]
        say(f"{name.ljust(width)}  {first}")
        for line in more:
            say(f"{' ' * width}  {line}")


def _lines(value: object) -> Sequence[object]:
    return (value.splitlines() or [""]) if isinstance(value, str) else [value]


@contextmanager
def progress() -> Iterator[Progress]:
    """Show a bar at a terminal; what is called with a text and a share from 0 to 1 moves it."""
    if not sys.stderr.isatty():
        yield lambda _text, _share: None
        return
    from rich.progress import BarColumn, Progress as Bars, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Bars(*columns, console=_console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=1.0)
        yield lambda text, share: bars.update(task, description=printable(text), completed=share)


@contextmanager
def row_counter() -> Iterator[Callable[[int], None]]:
    """Show at a terminal how many rows there are so far, and how many come in a second."""
    if not sys.stderr.isatty():
        yield lambda _rows: None
        return
    from rich.progress import Progress as Bars, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Bars(*columns, console=_console(stderr=True), transient=True) as bars:
        task = bars.add_task("opening", total=None)
        started = timing.monotonic()

        def tell(rows: int) -> None:
            pace = rows / max(timing.monotonic() - started, 1e-9)
            bars.update(task, description=f"{rows:,} rows, {pace:,.0f} a second")

        yield tell
