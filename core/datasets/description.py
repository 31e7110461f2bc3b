"""What is counted of a version's columns when it is registered: statistics and sketches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from core.datasets.columns import read_columns
from core.profile.column import profile_column
from core.profile.measured import MeasuredColumn
from core.profile.sketch import sketch_column

if TYPE_CHECKING:
    from core.datasets.layout import Layout
    from core.profile.sketch import ColumnSketch
    from lake.objects import Objects


class Description(NamedTuple):
    """By column: JSON values for people, and what compares it without its values."""

    statistics: dict[str, dict[str, Any]]
    sketches: dict[str, ColumnSketch]


def describe(objects: Objects, layout: Layout) -> Description:
    """Count the values of a version's columns, each of which is sorted once."""
    found = Description({}, {})
    for name, column in read_columns(objects, layout):
        measured = MeasuredColumn(column)
        found.statistics[name] = profile_column(measured)
        found.sketches[name] = sketch_column(measured)
    return found
