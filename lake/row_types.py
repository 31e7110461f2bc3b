"""What may be written into a column, asked before it is: one wrong row would hold up a journal.

A journal becomes segments as a whole. A row that does not fit its table would keep all the others,
which fit, from being made permanent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lake.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lake.spec import TableSpec

_SHOWN: Final = 80  # characters of a value that is wrong


def check_rows(spec: TableSpec, rows: Sequence[Mapping[str, Any]]) -> None:
    """Raise SchemaError, with all that is wrong, when rows do not fit a table.

    Absent columns and None are missing values, which fit everywhere.

    >>> from lake.spec import TableSpec
    >>> spec = TableSpec(name="notes", columns={"text": "string", "stars": "int64"})
    >>> check_rows(spec, [{"text": "good", "stars": 5}, {"text": "better"}])
    >>> check_rows(spec, [{"text": 7, "start": 5}])
    Traceback (most recent call last):
    ...
    lake.errors.SchemaError: Rows do not fit the table notes: text is 7, not of the type string; ...
    """
    faults = [fault for row in rows for fault in _faults(spec, row)]
    if faults:
        message = f"Rows do not fit the table {spec.name}: {'; '.join(faults)}."
        raise SchemaError(message, table=spec.name, faults=tuple(faults))


def _faults(spec: TableSpec, row: Mapping[str, Any]) -> Iterator[str]:
    columns = spec.columns
    for name, value in row.items():
        if name not in columns:
            yield f"there is no column {name}"
        elif value is not None and not _FITS[columns[name]](value):
            shown = repr(value)
            shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
            yield f"{name} is {shown}, not of the type {columns[name]}"


def _is_flag(value: Any) -> bool:
    return value is True or value is False


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not _is_flag(value) and -(2**63) <= value < 2**63


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or _is_whole(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_map_of(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        return isinstance(value, dict) and all(
            isinstance(key, str) and (each is None or fits(each)) for key, each in value.items()
        )

    return check


_FITS: Final[dict[str, Callable[[Any], bool]]] = {
    "bool": _is_flag,
    "double": _is_number,
    "int64": _is_whole,
    "map<string,double>": _is_map_of(_is_number),
    "map<string,string>": _is_map_of(_is_text),
    "string": _is_text,
    "timestamp": _is_whole,
}
