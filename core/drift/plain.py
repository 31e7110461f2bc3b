"""Dataclasses as plain JSON values, and back, exactly.

    float NaN, Infinity      "NaN", "Infinity", "-Infinity": JSON has no such numbers
    tuple                    a list
    datetime                 ISO 8601
    a dataclass              an object with its fields

What a value was is told by the annotation of its field, so that a column named "NaN" stays a text.
"""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

Made = TypeVar("Made")
_NOT_FINITE: Final = {math.inf: "Infinity", -math.inf: "-Infinity"}


def to_plain(value: Any) -> Any:
    """Return a dataclass, or what may be in one, as JSON values.

    >>> to_plain({"p": math.nan, "names": ("a", "b")})
    {'p': 'NaN', 'names': ['a', 'b']}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: to_plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, Mapping):
        return {str(name): to_plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return _NOT_FINITE.get(value, "NaN")
    return value


def from_plain(kind: type[Made], value: Mapping[str, Any]) -> Made:
    """Make a dataclass of what `to_plain` made of it; fields of a newer version are left out.

    Raises ValueError, TypeError or KeyError for what it never makes.
    """
    hints = get_type_hints(kind)
    names = [f.name for f in dataclasses.fields(kind) if f.name in value]  # type: ignore[arg-type]
    return kind(**{name: _rebuilt(hints[name], value[name]) for name in names})


def _rebuilt(kind: Any, value: Any) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    made = value
    if origin in {Union, types.UnionType}:
        made = _of_union(inner, value)
    elif kind is float:
        made = float(value)
    elif kind is datetime:
        made = datetime.fromisoformat(value)
    elif dataclasses.is_dataclass(kind) and isinstance(kind, type):
        made = from_plain(kind, value)
    elif origin is tuple and inner[-1] is Ellipsis:
        made = tuple(_rebuilt(inner[0], each) for each in value)
    elif origin is tuple:
        made = tuple(_rebuilt(one, each) for one, each in zip(inner, value, strict=True))
    elif origin in {Mapping, dict}:
        made = {name: _rebuilt(inner[1], each) for name, each in value.items()}
    return made


def _of_union(kinds: tuple[Any, ...], value: Any) -> Any:
    """Rebuild a value that may be nothing, or true or false, or of one other kind."""
    if value is None or (isinstance(value, bool) and bool in kinds):
        return value
    (kind, *others) = [each for each in kinds if each not in {bool, types.NoneType}]
    if others:
        raise TypeError(f"{kinds} cannot be told apart")
    return _rebuilt(kind, value)
