"""A table of twelve columns, and what people do to it between two versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable

    Edit = Callable[[pa.Table], pa.Table]

_CHANGED: Final = 0.001
_SITES: Final = 40


def cohort(rows: int) -> pa.Table:
    """Draw a table: a key, times, codes, names, whole and broken numbers, some of them missing."""
    random = np.random.default_rng(rows)
    sites = pa.array([f"site {number:02}" for number in range(_SITES)])
    answers = pa.array(["never", "several days", "more than half the days", "nearly every day"])
    seen = 1_600_000_000 + np.sort(random.integers(0, 10**8, rows))
    return pa.table(
        {
            "id": np.arange(rows, dtype=np.int64) * 7 + 1000,
            "seen_at": pa.array(seen * 1_000_000, pa.timestamp("us")),
            "age": random.integers(18, 90, rows).astype(np.int16),
            "sex": pa.array(["f", "m"]).take(pa.array(random.integers(0, 2, rows))),
            "site": sites.take(pa.array(random.integers(0, _SITES, rows))),
            "answer": answers.take(pa.array(random.integers(0, 4, rows))),
            "score": random.integers(0, 28, rows).astype(np.int8),
            "weight": random.normal(75, 14, rows).round(1),
            "glucose": pa.array(random.lognormal(1.7, 0.3, rows), mask=random.random(rows) < 0.1),
            "income": random.gamma(2, 20_000, rows).round(),
            "risk": random.random(rows),
            "treated": pa.array(random.random(rows) < 0.2),
        }
    )


def _some(table: pa.Table) -> np.ndarray:
    random = np.random.default_rng(7)
    number = max(1, int(table.num_rows * _CHANGED))
    return np.sort(random.choice(table.num_rows, number, replace=False))


def _with_risk(table: pa.Table, rows: np.ndarray) -> pa.Table:
    values = table["risk"].to_numpy().copy()
    values[rows] = np.random.default_rng(8).random(len(rows))
    return table.set_column(table.column_names.index("risk"), "risk", pa.array(values))


def scattered(table: pa.Table) -> pa.Table:
    """Correct a value of one column in one row of a thousand."""
    return _with_risk(table, _some(table))


def contiguous(table: pa.Table) -> pa.Table:
    """Correct the same number of values in rows that stand together."""
    number = max(1, int(table.num_rows * _CHANGED))
    start = table.num_rows // 3
    return _with_risk(table, np.arange(start, start + number))


def appended(table: pa.Table) -> pa.Table:
    """Append a hundredth."""
    return pa.concat_tables([table, _new(table, max(1, table.num_rows // 100))])


def inserted(table: pa.Table) -> pa.Table:
    """Insert a thousandth in the middle."""
    middle = table.num_rows // 2
    new = _new(table, max(1, int(table.num_rows * _CHANGED)))
    return pa.concat_tables([table.slice(0, middle), new, table.slice(middle)])


def _new(table: pa.Table, rows: int) -> pa.Table:
    new = cohort(rows).drop_columns(["id"])
    ids = pa.array(np.arange(rows, dtype=np.int64) * 7 + 1003 + 7 * table.num_rows)
    return new.add_column(0, "id", ids)


def narrower(table: pa.Table) -> pa.Table:
    """Drop a column."""
    return table.drop_columns(["income"])


def wider(table: pa.Table) -> pa.Table:
    """Add a column: a score that a model gave, to two digits."""
    given = np.random.default_rng(9).beta(2, 5, table.num_rows).round(2).astype(np.float32)
    return table.append_column("model_score", pa.array(given))


def thinned(table: pa.Table) -> pa.Table:
    """Delete one row of a thousand."""
    kept = np.ones(table.num_rows, dtype=bool)
    kept[_some(table)] = False
    return table.filter(pa.array(kept))


EDITS: Final[dict[str, Edit]] = {
    "edit 0.1 % of rows, one column, scattered": scattered,
    "edit 0.1 % of rows, one column, together": contiguous,
    "append 1 %": appended,
    "insert 0.1 % in the middle": inserted,
    "drop a column": narrower,
    "add a column": wider,
    "delete 0.1 % of rows, scattered": thinned,
}
PATCHED: Final = frozenset({scattered, inserted, thinned})
