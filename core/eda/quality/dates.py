"""Dates that stand for none, and a few in the future among past ones."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.types as is_a

from core.eda.issue import DataQualityIssue
from core.eda.quality.conditions import rows_where
from core.profile import vectors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.eda.quality.examined import Counts, ExaminedColumn
    from core.eda.quality.examined_table import ExaminedTable

_PLACEHOLDERS: Final = ("0001-01-01", "1900-01-01", "1970-01-01", "2099-12-31", "9999-12-31")
_EPOCH: Final = dt.date(1970, 1, 1)
_PER_SECOND: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_FEW: Final = 0.05  # of the dates: more of them in the future are plans


def impossible_dates(column: ExaminedColumn, table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield an issue for dates that stand for none, and for some in the future among past ones."""
    if column.family != "time" or not len(column.values):
        return
    found = _days(column)
    placeholders = {day: (day - _EPOCH).days for day in map(dt.date.fromisoformat, _PLACEHOLDERS)}
    rest = np.sort(found[~np.isin(found, [*placeholders.values()])])
    for day, place in placeholders.items():
        rows = int((found == place).sum())
        if rows and len(rest) and _is_apart(place, rest):
            yield _dates(column, rows, f"= date '{day.isoformat()}'", f"are {day}: a date for none")
    tomorrow = table.today + dt.timedelta(days=1)
    rows = int((rest > (tomorrow - _EPOCH).days).sum())
    if 0 < rows < _FEW * len(rest):
        listed = ", ".join(f"date '{day.isoformat()}'" for day in placeholders)
        condition = f"> date '{tomorrow.isoformat()}' and {_day_sql(column)} not in ({listed})"
        yield _dates(column, rows, condition, "are in the future, all others are not")


def _days(column: ExaminedColumn) -> Counts:
    """Return the days since 1970, in UTC, of what is not missing."""
    present = column.array.drop_null()
    if is_a.is_date(present.type):
        return vectors.whole(present.cast(pa.date32()), 0).astype(np.int64)
    per_day = 86_400 * _PER_SECOND[present.type.unit]
    days: Counts = vectors.whole(present, 0) // per_day
    return days


def _day_sql(column: ExaminedColumn) -> str:
    """Return the day in SQL; without the session's zone, which DuckDB would take."""
    if is_a.is_timestamp(column.type) and column.type.tz is not None:
        return f"(date '1970-01-01' + floor(epoch_us({column.sql}) / 86400000000)::int)"
    return f"{column.sql}::date"


def _is_apart(place: int, rest: Counts) -> bool:
    """Tell whether a day is at least 10 years and half the width of all others away from them."""
    low, high = np.quantile(rest, [0.01, 0.99])
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
        sql=rows_where(f"{_day_sql(column)} {condition}"),
        impact=rows / column.rows,
    )
