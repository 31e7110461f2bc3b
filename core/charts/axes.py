"""What kind of axis values want: numbers, numbers of many sizes, or words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDE: Final = 100  # times the least: from here on a linear axis crowds the small ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A named axis and a value on it for each thing; None where there is none."""

    label: str
    kind: Literal["linear", "log", "category"]
    values: tuple[float | str | None, ...]

    @property
    def words(self) -> list[str]:
        """The words of a category axis, each once, in the order of the alphabet."""
        return sorted({str(value) for value in self.values if value is not None})


def axis_of(label: str, values: Sequence[Any]) -> Axis:
    """Judge by the values; texts that all read as numbers are numbers.

    >>> axis_of("depth", ["2", "10", None]).values
    (2.0, 10.0, None)
    >>> axis_of("rate", ["1e-4", "0.1"]).kind, axis_of("model", ["rf", "2"]).kind
    ('log', 'category')
    """
    numbers = tuple(_number(value) for value in values)
    if any(
        value is not None and number is None for value, number in zip(values, numbers, strict=True)
    ):
        words = tuple(None if value is None else str(value) for value in values)
        return Axis(label=label, kind="category", values=words)
    finite = tuple(n if n is not None and math.isfinite(n) else None for n in numbers)
    found = [n for n in finite if n is not None]
    wide = bool(found) and min(found) > 0 and max(found) / min(found) > _WIDE
    return Axis(label=label, kind="log" if wide else "linear", values=finite)


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None
