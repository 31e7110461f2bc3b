"""Conditions on rows, as SQL that `where` takes: of a bar that somebody points at."""

from __future__ import annotations

import math


def between(
    column: str, low: float, high: float, *, closed: bool = False, whole: bool = False
) -> str:
    """Return the condition of a range; its upper end is left out unless it is closed.

    The ends for `whole` numbers are the next whole ones, which include the same rows.

    >>> between("age", 18.0, 20.5), between("age", 17.5, 20.5, whole=True)
    ('"age" >= 18 and "age" < 20.5', '"age" >= 18 and "age" < 21')
    """
    name = _name(column)
    if whole:
        low, high = math.ceil(low), math.floor(high) if closed else math.ceil(high)
    return f"{name} >= {_number(low)} and {name} {'<=' if closed else '<'} {_number(high)}"


def equal_to(column: str, text: str) -> str:
    """Return the condition of one value, by its text: numbers and booleans are compared as such.

    >>> print(equal_to("site", "St. John's"))
    "site"::varchar = 'St. John''s'
    """
    doubled = text.replace("'", "''")
    return f"{_name(column)}::varchar = '{doubled}'"


def missing(column: str) -> str:
    """Return the condition of rows without a value.

    >>> missing("age")
    '"age" is null'
    """
    return f"{_name(column)} is null"


def both(first: str, second: str) -> str:
    """Join two conditions; an empty one says nothing.

    >>> both("a > 1 or b", "c"), both("", "c")
    ('(a > 1 or b) and (c)', 'c')
    """
    said = [part for part in (first, second) if part.strip()]
    return " and ".join(f"({part})" for part in said) if len(said) > 1 else "".join(said)


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _number(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() and abs(value) < 1e15 else repr(value)
