"""Two tables side by side as a document: what differs most, on shared axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from core.charts.comparison import paired_names, paired_ranges
from core.charts.export import with_data
from core.eda.comparison import LITTLE
from core.render.document import (
    Badge,
    Callout,
    Chart,
    Document,
    Facts,
    Link,
    Points,
    Section,
    Share,
    Table,
    Text,
)

if TYPE_CHECKING:
    from core.charts.theme import Spec
    from core.eda.comparison import ColumnComparison, EDAComparison
    from core.render.document import Block, Cell

_DRAWN: Final = 60  # columns with a section of their own
_LONGEST: Final = 30  # characters of a name in a legend
_FACTS: Final = {
    "count": "Values",
    "missing": "Missing",
    "distinct": "Distinct",
    "mean": "Mean",
    "std": "Standard deviation",
    "p25": "25 %",
    "p50": "Median",
    "p75": "75 %",
    "min": "Least",
    "max": "Greatest",
    "share_true": "Share true",
}
_DEFINITIONS: Final = """\
Difference of numbers: the greatest distance between their cumulative shares (Kolmogorov-Smirnov). \
Of categories: the share of rows that would have to change (total variation). Both are 0 for the \
same and 1 for nothing in common.
Standardised difference: that of the means, by the root of the mean of both variances (Austin 2009).
Ranges and categories are those of both tables together.""".splitlines()


def comparison_document(found: EDAComparison) -> Document:
    """Return the comparison as a document."""
    first, second = found.names
    differing = [column for column in found.columns if column.differs]
    return Document(
        f"{first} and {second}",
        subtitle="Two tables side by side",
        facts=[
            (f"Rows of {first}", found.rows[0]),
            (f"Rows of {second}", found.rows[1]),
            ("Columns compared", len(found.columns)),
            ("Columns that differ", len(differing)),
        ],
        summary=_summary(found),
        sections=[
            Section("Columns", blocks=[_table(found), *_sections(found)]),
            Section("Definitions", blocks=[Points([*_DEFINITIONS, _looked_at(found)])]),
        ],
    )


def _looked_at(found: EDAComparison) -> str:
    if found.looked_at == found.rows:
        return "Every number is of all rows."
    sides = zip(found.names, found.looked_at, found.rows, strict=True)
    told = [f"{few:,} of {all_rows:,} rows of {name}" for name, few, all_rows in sides]
    return f"Looked at: {' and '.join(told)}, evenly spaced: there are too many for all."


def _summary(found: EDAComparison) -> list[Block]:
    if not found.recommendations:
        text = f"No column differs by {LITTLE:g} or more, and both have the same columns."
        return [Callout("They look alike", text=text)]
    return [
        Text("What to look at first", style="lead"),
        Points(found.recommendations, numbered=True),
    ]


def _table(found: EDAComparison) -> Table:
    headers = ("Column", "Kind", "Difference", "Standardised", *_sides("Missing", found))
    rows: list[tuple[Cell, ...]] = [
        (
            Link(column.name, target=f"column {column.name}"),
            Badge(column.kind),
            column.difference,
            column.standardised,
            *(Share(statistics["missing_share"]) for statistics in column.statistics),
        )
        for column in found.columns
    ]
    return Table(headers, rows=rows)


def _sides(what: str, found: EDAComparison) -> list[str]:
    return [f"{what}, {_short(name)}" for name in found.names]


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"


def _sections(found: EDAComparison) -> list[Section]:
    return [_section(column, found) for column in found.columns[:_DRAWN]]


def _section(column: ColumnComparison, found: EDAComparison) -> Section:
    spec = comparison_chart(column, found.names)
    first, second = column.statistics
    known = [name for name in _FACTS if name in first or name in second]
    rows = [(_FACTS[name], _cell(first.get(name)), _cell(second.get(name))) for name in known]
    facts: list[tuple[str, Cell]] = [("Difference", column.difference)]
    if column.standardised is not None:
        facts.append(("Standardised difference", column.standardised))
    return Section(
        column.name or "(no name)",
        id=f"column {column.name}",
        blocks=[
            *([] if spec is None else [Chart(spec)]),
            Facts(facts),
            Table(("", *map(_short, found.names)), rows=rows),
        ],
    )


def _cell(value: Any) -> Cell:
    return value if isinstance(value, int | float | bool) else None if value is None else str(value)


def comparison_chart(column: ColumnComparison, names: tuple[str, str]) -> Spec | None:
    """Return both tables' shares on one axis; None where there are none to draw."""
    first, second = _short(names[0]), _short(names[1])
    names = (first, second) if first != second else (f"1: {first}", f"2: {second}")
    sides = zip(*column.shares, strict=True)
    if column.ranges:
        rows: list[dict[str, Any]] = [
            {"low": low, "high": high, "reference": before, "current": after}
            for low, high, (before, after) in zip(
                column.ranges[:-1], column.ranges[1:], sides, strict=True
            )
        ]
        return with_data(paired_ranges(column.name, value=column.name, names=names), rows)
    if column.names:
        rows = [
            {"name": _short(name), "reference": before, "current": after}
            for name, (before, after) in zip(column.names, sides, strict=True)
        ]
        spec = paired_names(column.name, value=column.name, names=names, count=len(rows))
        return with_data(spec, rows)
    return None
