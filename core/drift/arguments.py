"""The types of what a comparison is asked for: faults of callers, all of them said together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from core.errors import DataVersionError

_NAME: Final = ("the name of a column", (str,))
_NAMES: Final = ("the name of a column, or a list of them", (str, Sequence))
_TYPES: Final[Mapping[str, tuple[str, tuple[type, ...]]]] = {
    "correlations": ("True, False or the name of a method", (bool, str)),
    "multivariate": ("True or False", (bool,)),
    "target": _NAME,
    "prediction": _NAME,
    "by": _NAME,
    "cluster": _NAMES,
    "strata": _NAMES,
}
ANALYSES: Final = tuple(_TYPES)


def check_types(columns: Any, asked: Mapping[str, Any]) -> None:
    """Refuse columns and analyses that are of no type they can be of. Raises DataVersionError."""
    faults = [*faults_of_types(columns, asked)]
    if faults:
        hint = f"Columns are a list of names. Analyses: {', '.join(ANALYSES)}."
        raise DataVersionError(f"{'; '.join(faults)}.", hint=hint, faults=faults)


def faults_of_types(columns: Any, asked: Mapping[str, Any]) -> Iterator[str]:
    """Say what is of no type it can be of.

    >>> [*faults_of_types("age", {"by": 5})]
    ["columns: 'age' is no list of names", 'by: 5 is not the name of a column']
    """
    if columns is not None and (isinstance(columns, str) or not _are_names(columns)):
        yield f"columns: {columns!r} is no list of names"
    for name, value in asked.items():
        if name not in _TYPES:
            yield f"there is no analysis {name!r}"
        elif not fits(name, value):
            yield f"{name}: {value!r} is not {_TYPES[name][0]}"


def fits(name: str, value: Any) -> bool:
    """Tell whether a value can be asked of an analysis."""
    types = _TYPES[name][1]
    if value is None or value is False:
        return True
    return isinstance(value, types) and (Sequence not in types or _are_names(value))


def was_asked(value: Any) -> bool:
    """Tell whether something was asked for; any value may be given by mistake."""
    return value is not None and value is not False


def _are_names(value: Any) -> bool:
    """Tell whether it is a name, or several of them."""
    if isinstance(value, str):
        return True
    several = isinstance(value, Sequence | Mapping | set | frozenset)
    return several and all(isinstance(name, str) for name in value)
