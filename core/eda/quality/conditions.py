"""Conditions in SQL, as text that a reader runs over a table named `data`.

They are shown, and run elsewhere, so values cannot be bound: they are written by the functions
below, which quote every name and every text. In DuckDB NaN is greater than any number, so what
compares floats leaves it out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_EXACT: Final = 2**53
_NAMED: Final = 5
UNDERFLOW: Final = 1e-60  # nothing that is measured is so near to zero and not zero


def quoted(name: str) -> str:
    """Quote the name of a column.

    >>> quoted('the "real" age')
    '"the ""real"" age"'
    """
    return '"' + name.replace('"', '""') + '"'


def number(value: float) -> str:
    """Write a number such that it is read as the same float64.

    >>> number(99.0), number(0.5), number(1e300)
    ('99', '0.5e0', '1e+300')
    """
    if math.isinf(value):
        return "'infinity'::double" if value > 0 else "'-infinity'::double"
    if value == int(value) and abs(value) < _EXACT:
        return str(int(value))
    plain = repr(float(value))
    return plain if "e" in plain else f"{plain}e0"


def text(value: str) -> str:
    """Write a text.

    >>> text("don't know")
    "'don''t know'"
    """
    return "'" + value.replace("'", "''") + "'"


def listed(names: Sequence[str]) -> str:
    """Name the first five of some columns.

    >>> listed(["a", "b"]), listed(list("abcdefg"))
    ('a, b', 'a, b, c, d, e and 2 more')
    """
    more = len(names) - _NAMED
    told = ", ".join(names[:_NAMED])
    return f"{told} and {more} more" if more > 0 else told


def rows_where(condition: str) -> str:
    """Return the query for the rows that meet a condition."""
    return f"select * from data where {condition}"  # noqa: S608 - a text for the reader, see above


def all_of(conditions: Iterable[str]) -> str:
    """Join conditions with `and`."""
    return " and ".join(conditions)


def any_of(conditions: Iterable[str]) -> str:
    """Join conditions with `or`."""
    return " or ".join(conditions)


def is_one_of(name: str, values: Iterable[str]) -> str:
    """Ask whether a column has one of some values, each written already."""
    return f"{name} in ({', '.join(values)})"


def rows_again(names: Sequence[str], condition: str = "true") -> str:
    """Return the query for rows that repeat an earlier one in these columns."""
    again = f"row_number() over (partition by {', '.join(names)}) > 1"
    return f"select * from data where {condition} qualify {again}"  # noqa: S608 - as above


def sql_names(names: Sequence[str]) -> list[str]:
    """Quote the columns as DuckDB calls them, to which "a" and "A" are one name.

    >>> sql_names(["a", "A", "b"])
    ['"a"', '"A_1"', '"b"']
    """
    taken: dict[str, int] = {}
    found = []
    for name in names:
        given = name
        while given.lower() in taken:
            number_of_it = taken[given.lower()]
            taken[given.lower()] += 1
            given = f"{given}_{number_of_it}"
        taken[given.lower()] = 1
        found.append(quoted(given))
    return found
