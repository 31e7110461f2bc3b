"""How values are written, in every format alike."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from core.render.blocks import Badge, Bars, Link, Number, Share, Table

if TYPE_CHECKING:
    from core.render.blocks import Cell

_DIGITS: Final = 4
_PLAIN: Final = (1e-4, 1e9)  # outside of these, powers of ten are easier to read
_FEW: Final = 0.001


def named(column: str) -> str:
    """Return what a column is called where people read it: a name of nothing cannot be seen.

    >>> named("age"), named(""), named("  ")
    ('age', '(no name)', '(2 blanks)')
    """
    if column.strip():
        return column
    return f"({len(column)} blanks)" if column else "(no name)"


def text_of(cell: Cell) -> str:
    """Write a cell as text.

    >>> [text_of(cell) for cell in (None, True, 1234567, 0.123456, Share(0.25))]
    ['-', 'yes', '1,234,567', '0.1235', '25.0%']
    """
    match cell:
        case None:
            text = "-"
        case bool():
            text = "yes" if cell else "no"
        case int():
            text = f"{cell:,}"
        case float():
            text = number(cell)
        case Number() | Badge():
            text = cell.text
        case Link():
            text = named(cell.text)
        case Share():
            text = share(cell.value)
        case Bars():
            text = cell.description
        case _:
            text = cell
    return text


def number(value: float) -> str:
    """Write a number with four significant digits, and all of those before the point.

    >>> [number(value) for value in (-0.0, 2.0, 1234.5678, 0.00001234, float("-inf"))]
    ['0', '2', '1,235', '1.234e-05', '-∞']
    """
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value and not _PLAIN[0] <= abs(value) < _PLAIN[1]:
        return f"{value:.{_DIGITS}g}"
    before = math.floor(math.log10(abs(value))) + 1 if value else 1
    text = f"{value + 0.0:,.{max(0, _DIGITS - before)}f}"  # which makes 0 of -0
    return text.rstrip("0").rstrip(".") if "." in text else text


def share(value: float) -> str:
    """Write a part of a whole in per cent, so that a few are never none and most never all.

    >>> [share(value) for value in (0, 0.0001, 0.123, 0.9999, 1)]
    ['0.0%', '<0.1%', '12.3%', '>99.9%', '100.0%']
    """
    if 0 < value < _FEW:
        return "<0.1%"
    if 1 - _FEW < value < 1:
        return ">99.9%"
    return f"{value:.1%}"


def p_value(value: float | None) -> Number | None:
    """Write a probability as journals do; None for a distance, which has none.

    >>> [found.text for found in map(p_value, (0.04321, 0.0001)) if found]
    ['0.043', '<0.001']
    """
    if value is None:
        return None
    return Number(value, "<0.001" if value < _FEW else f"{value:.3f}")


def value_of(cell: Cell) -> float | None:
    """Return what a cell is sorted by; None when that is its text.

    >>> value_of(Share(0.5)), value_of("a")
    (0.5, None)
    """
    if isinstance(cell, Number | Share):
        return float(cell.value)
    if isinstance(cell, int | float) and not math.isnan(cell):
        return float(cell)
    return None


def numeric_columns(table: Table) -> tuple[bool, ...]:
    """Tell which columns hold numbers, and so are aligned at their right.

    >>> numeric_columns(Table(("name", "n"), rows=[("a", 1), ("b", None)]))
    (False, True)
    """
    found = []
    for place in range(len(table.columns)):
        cells = [row[place] for row in table.rows if row[place] is not None]
        numbers = (isinstance(cell, int | float | Number) for cell in cells)
        found.append(bool(cells) and all(numbers))
    return tuple(found)
