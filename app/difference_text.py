"""A difference of two dataset versions, for people: + came, - went, ~ changed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from app.cli_output import at_terminal, plain, printable, say, say_table
from app.wording import counted, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.datasets.difference import ChangedRow, DatasetDifference

_COLOURS: Final = {"+": "32", "-": "31", "~": "33"}
_ORDER: Final = "the rows are the same; their order or the categories of a column differ"
_MEASURES: Final = {"missing": "missing", "distinct": "distinct", "mean": "mean", "std": "sd"}


def say_difference(found: DatasetDifference) -> None:
    """Print what is different, columns first."""
    say(f"{printable(found.before)} -> {printable(found.after)}")
    rows = counted(found.rows_after, "row")
    before = "" if found.rows_before == found.rows_after else f", {found.rows_before:,} before"
    say(f"{rows}{before}; {found.chunks_read} of {counted(found.chunks, 'chunk')} read")
    for line in _columns(found):
        _say_marked(line)
    for line in _rows(found):
        _say_marked(line)
    if not found.schema_changed and not found.rows_differ:
        say("nothing differs" if found.same_content else _ORDER)
    _say_statistics(found)
    sys.stdout.flush()


def _columns(found: DatasetDifference) -> Iterator[str]:
    for name, kind in found.added_columns.items():
        yield f"+ column {printable(name)} {kind}"
    for name, kind in found.removed_columns.items():
        yield f"- column {printable(name)} {kind}"
    for name, (old, new) in found.retyped_columns.items():
        left_out = "" if name in found.compared_columns else ", not compared"
        yield f"~ column {printable(name)} {old} -> {new}{left_out}"
    for name in found.moved_columns:
        yield f"~ column {printable(name)} stands in another place"


def _rows(found: DatasetDifference) -> Iterator[str]:
    if not found.key and found.rows_differ:
        yield "  no key: a changed row is a removed and an added one"
    if found.rows_added:
        yield f"+ {counted(found.rows_added, 'row')} added"
    for row in found.examples_added:
        yield f"+   {_said(row)}"
    if found.rows_removed:
        yield f"- {counted(found.rows_removed, 'row')} removed"
    for row in found.examples_removed:
        yield f"-   {_said(row)}"
    if found.rows_changed:
        columns = (f"{printable(n)} {k:,}" for n, k in found.changed_values.items())
        yield f"~ {counted(found.rows_changed, 'row')} changed: {', '.join(columns)}"
    for changed in found.examples_changed:
        yield f"~   {_changed(changed)}"


def _changed(row: ChangedRow) -> str:
    changes = (f"{printable(n)} {_value(a)} -> {_value(b)}" for n, (a, b) in row.values.items())
    return f"{_said(row.key)}: {', '.join(changes)}"


def _said(row: Any) -> str:
    return ", ".join(f"{printable(name)}={_value(value)}" for name, value in row.items())


def _value(value: object) -> str:
    return "null" if value is None else printable(plain(value))


def _say_statistics(found: DatasetDifference) -> None:
    if not found.moved_statistics:
        return
    say()
    rows = [
        (name, _MEASURES[measure], *(_measure(measure, value) for value in values))
        for name, measures in found.moved_statistics.items()
        for measure, values in measures.items()
    ]
    say_table(("column", "statistic", "before", "after"), rows)


def _measure(measure: str, value: Any) -> str:
    if measure == "missing" and value is not None:
        return f"{value:.2%}"
    return number(value) if isinstance(value, float) or value is None else str(value)


def _say_marked(line: str) -> None:
    """Print a line, at a terminal in the colour of its mark."""
    colour = _COLOURS.get(line[:1])
    say(f"\x1b[{colour}m{line}\x1b[0m" if colour and at_terminal() else line)
