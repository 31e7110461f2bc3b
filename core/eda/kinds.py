"""Say what sort of thing a column holds, by its type and its values, never by its name.

number      integers, floats, decimals
category    texts that recur
boolean     true or false
time        dates, times, durations
id          texts that are all different, or whole numbers that count the rows
text        other texts
list        lists, maps, structs
empty       a column without a type, or without a value
other       bytes and what else Arrow knows
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import pyarrow.types as is_a

from core.profile.measured import is_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

Kind = Literal["number", "category", "boolean", "time", "id", "text", "list", "empty", "other"]

_FEW: Final = 50  # so many texts are categories in any table
_SHARE: Final = 0.05  # else those of which each is there twenty times
_IDS: Final = 20  # fewer rows than this are not enough to call all different an id
_ID_LENGTH: Final = 64  # characters; what is longer is written, not assigned


def kind_of(column_type: pa.DataType, statistics: Mapping[str, Any]) -> Kind:
    """Return the kind of a column with these statistics.

    >>> import pyarrow as pa
    >>> kind_of(pa.string(), {"count": 90, "distinct": 3, "longest": 6})
    'category'
    """
    kind: Kind = "other"
    if is_a.is_null(column_type) or not statistics["count"]:
        kind = "empty"
    elif is_a.is_boolean(column_type):
        kind = "boolean"
    elif is_number(column_type):
        kind = "id" if _counts_rows(column_type, statistics) else "number"
    elif is_a.is_temporal(column_type):
        kind = "time"
    elif is_a.is_nested(column_type):
        kind = "list"
    elif is_a.is_large_string(column_type) or is_a.is_string(column_type):
        kind = _kind_of_texts(statistics)
    return kind


def _counts_rows(column_type: pa.DataType, statistics: Mapping[str, Any]) -> bool:
    count = statistics["count"]
    if not is_a.is_integer(column_type) or count < _IDS or statistics["distinct"] < count:
        return False
    return bool(statistics["max"] - statistics["min"] == count - 1)


def _kind_of_texts(statistics: Mapping[str, Any]) -> Kind:
    count, distinct = statistics["count"], statistics["distinct"]
    if distinct == count >= _IDS and statistics["longest"] <= _ID_LENGTH:
        return "id"
    return "category" if distinct <= max(_FEW, _SHARE * count) and distinct < count else "text"
