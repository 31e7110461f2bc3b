"""A table as the checks see it: its columns, and what is asked of them together."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from core.eda.quality.conditions import sql_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.eda.quality.examined import ExaminedColumn

SAMPLE: Final = 100_000  # rows that relations between columns are looked for in


@dataclass
class ExaminedTable:
    """All columns, and what is asked of them together."""

    columns: list[ExaminedColumn]
    rows: int
    target: str | None = None
    step: int = 1  # every so many rows are looked at where relations are looked for
    sql: Mapping[str, str] = field(default_factory=dict)  # what DuckDB calls each column
    today: dt.date = field(default_factory=lambda: dt.datetime.now(dt.UTC).date())

    @property
    def sampled(self) -> int | None:
        """How many rows that are, when these are not all."""
        return len(range(0, self.rows, self.step)) if self.step > 1 else None

    @cached_property
    def places(self) -> dict[str, int]:
        """At which place each column stands."""
        return {column.name: place for place, column in enumerate(self.columns)}

    def column(self, name: str) -> ExaminedColumn:
        """Return a column by its name."""
        return self.columns[self.places[name]]

    @property
    def tests(self) -> int:
        """By how much a level of significance is divided: there is one test for each column."""
        return max(1, len(self.sql))


def examine(names: Sequence[str], rows: int, target: str | None) -> ExaminedTable:
    """Prepare a table whose names are all different; its columns are added one by one."""
    step = max(1, -(-rows // SAMPLE))
    return ExaminedTable(
        [], rows, target, step=step, sql=dict(zip(names, sql_names(names), strict=True))
    )
