"""Order keys of a search, compiled to what follows ORDER BY."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from catalog.errors import FilterError
from catalog.filter_grammar import parse_order_key
from catalog.filter_names import ATTRIBUTES, Name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Runs of equal keys stand newest first, and always in the same order.
_TIES: Final = ((Name("attribute", "start_time"), True), (Name("attribute", "run_id"), False))


def names_of_order(order_by: Sequence[str]) -> frozenset[Name]:
    """Collect what order keys need: their own names, and those that break ties.

    >>> sorted(name.key for name in names_of_order(["metrics.auc desc"]))
    ['auc', 'run_id', 'start_time']
    """
    return frozenset(name for name, _ in (*_keys(order_by), *_TIES))


def compile_order(order_by: Sequence[str], column: Callable[[Name], str]) -> str:
    """Compile order keys to what follows ORDER BY; `column` as in `compile_filter`.

    A key is a name of the filter language, then asc (when nothing is said) or desc. Runs without
    it come last in both directions, just before them those where it is NaN. Params and tags that
    hold numbers order as numbers, before those that hold text. Ties, and no key at all: the
    newest run first. Raises FilterError.

    >>> compile_order(["status desc"], lambda name: name.key)
    'status desc nulls last, start_time desc nulls last, run_id asc nulls last'
    """
    parts: list[str] = []
    for name, descending in (*_keys(order_by), *_TIES):
        direction = "desc nulls last" if descending else "asc nulls last"
        parts.extend(
            f"{key} {direction}" if key else more for key, more in _sql(name, column(name))
        )
    return ", ".join(parts)


def _keys(order_by: Sequence[str]) -> list[tuple[Name, bool]]:
    texts = [order_by] if isinstance(order_by, str) else order_by
    keys = []
    for text in texts:
        operand, descending = parse_order_key(text)
        if ATTRIBUTES.get(operand.name.key) == "texts" and operand.name.kind == "attribute":
            raise FilterError.at(
                operand.position,
                text,
                "a run may have several datasets, which give no order",
                example="metrics.auc desc",
            )
        keys.append((operand.name, descending))
    return keys


def _sql(name: Name, column: str) -> list[tuple[str, str]]:
    """The keys in the direction asked for, and beside them those of a fixed one."""
    if name.kind == "attribute":
        return [(column, "")]
    if name.kind == "metric":
        # false before true before null: numbers, NaN, runs without the metric
        return [("", f"isnan({column}) nulls last"), (column, "")]
    number = f"try_cast({column} as double)"
    return [
        ("", f"{column} is null"),
        ("", f"isnan({number}) nulls last"),
        (number, ""),
        (f"case when {number} is null then {column} end", ""),
    ]
