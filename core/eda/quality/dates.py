"""Dates that stand for none, and a few in the future among past ones."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.eda.issue import DataQualityIssue
from core.eda.quality.conditions import rows_where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.eda.quality.examined import ExaminedColumn, ExaminedTable

_PLACEHOLDERS: Final = ("0001-01-01", "1900-01-01", "1970-01-01", "2099-12-31", "9999-12-31")
_FEW: Final = 0.05  # of the dates: more of them in the future are plans


def impossible_dates(column: ExaminedColumn, table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield an issue for dates that stand for none, and for some in the future among past ones."""
    if column.family != "time" or not len(column.values):
        return
    days = pc.cast(column.array, pa.timestamp("s"), safe=False).cast(pa.date32(), safe=False)
    found = days.drop_null()
    placeholders = [dt.date.fromisoformat(text) for text in _PLACEHOLDERS]
    rest = found.filter(pc.invert(pc.is_in(found, pa.array(placeholders, pa.date32()))))
    tomorrow = pa.scalar(table.today + dt.timedelta(days=1), pa.date32())
    for day in placeholders:
        rows = pc.sum(pc.equal(found, pa.scalar(day, pa.date32()))).as_py() or 0
        if rows and len(rest) and _is_apart(day, rest):
            yield _dates(column, rows, f"= date '{day.isoformat()}'", f"are {day}: a date for none")
    ahead = pc.greater(rest, tomorrow)
    rows = pc.sum(ahead).as_py() or 0
    if 0 < rows < _FEW * len(rest):
        condition = f"> date '{tomorrow.as_py().isoformat()}'"
        listed = ", ".join(f"date '{day.isoformat()}'" for day in placeholders)
        extra = f" and {column.sql}::date not in ({listed})"
        yield _dates(column, rows, condition + extra, "are in the future, all others are not")


def _is_apart(day: dt.date, rest: pa.Array) -> bool:
    """Tell whether a day is at least 10 years and the width of all others away from them."""
    numbers = np.sort(rest.cast(pa.int32()).to_numpy(zero_copy_only=False))
    low, high = np.quantile(numbers, [0.01, 0.99])
    place = (day - dt.date(1970, 1, 1)).days
    away = max(low - place, place - high)
    return bool(away >= max(3650, 0.5 * (high - low)))


def _dates(column: ExaminedColumn, rows: int, condition: str, what: str) -> DataQualityIssue:
    return DataQualityIssue(
        issue_type="impossible_values",
        severity="high",
        column=column.name,
        description=f"{rows:,} of {column.rows - column.missing:,} values {what}.",
        affected_rows=rows,
        recommendation="Make them missing, or find the true date: ages and spans are wrong.",
        evidence={"rows": rows},
        sql=rows_where(f"{column.sql}::date {condition}"),
        impact=rows / column.rows,
    )
