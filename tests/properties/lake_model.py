"""What a lake must hold, as plain dictionaries, and how its readers are asked the same.

Every row has a number of its own, counted up: it is the row's time, so the order of events is
known, and a row that is there twice is two equal numbers.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from catalog.tables import SPECS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    import duckdb

    from lake.lake import Lake

Row = dict[str, Any]
Answer = dict[str, list[tuple[Any, ...]]]

# One text for the catalog and for a stock DuckDB on the exported views.
QUERIES = {
    "metrics": """select run_id, experiment_id, metric_name, value, step, epoch_us(logged_at)
                  from metrics""",
    "metric_summary": """select run_id, metric_name, last, last_step, min + 0.0, max + 0.0, points
                         from metric_summary""",  # either zero may be the smaller one
    "runs": """select run_id, run_name, status, coalesce(map_entries(params), []),
                      coalesce(map_entries(tags), []), epoch_us(start_time),
                      epoch_us(end_time) from runs""",
    "experiments": "select experiment_id, experiment_name, description from experiments",
    "artifacts": "select artifact_id, run_id, digest, path from artifacts",
}
POINT = ("run_id", "experiment_id", "metric_name", "value", "step", "logged_at")
# The column that holds a row's number, where each row of the table is stored as it was given:
# those of runs are merged on their way.
NUMBERS = {"metrics": "logged_at", "experiments": "event_at", "artifacts": "event_at"}


@dataclass(slots=True, kw_only=True)
class Event:
    """One acknowledged row, and the journal it was written to, if any."""

    number: int
    row: Row
    journal: Path | None

    @property
    def waits(self) -> bool:
        """Whether it still is in that journal: a reader of segments does not see it yet."""
        return self.journal is not None and self.journal.exists()


@dataclass(slots=True)
class Model:
    """All rows that were acknowledged, by table."""

    events: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    numbers: int = 0

    def next_number(self) -> int:
        """Count one up."""
        self.numbers += 1
        return self.numbers

    def erase(self, table: str, doomed: Callable[[Row], bool]) -> None:
        """Forget rows of segments."""
        kept = [e for e in self.events[table] if e.waits or not doomed(e.row)]
        self.events[table] = kept

    def stored(self, table: str) -> list[int]:
        """Return the numbers of the rows that must be in segments and data files, each once."""
        return sorted(e.number for e in self.events[table] if not e.waits)

    def answer(self, *, stored: bool = False) -> Answer:
        """Say what the queries must find; with `stored` without the rows in journals."""
        rows = {
            name: [e.row for e in self.events[name] if not (stored and e.waits)] for name in SPECS
        }
        return {
            "metrics": _exact(tuple(r[column] for column in POINT) for r in rows["metrics"]),
            "metric_summary": _summaries(rows["metrics"]),
            "runs": _runs(rows["runs"]),
            "experiments": _exact(
                (r["experiment_id"], r["experiment_name"], r["description"])
                for r in rows["experiments"]
            ),
            "artifacts": _artifacts(rows["artifacts"]),
        }


def _summaries(points: list[Row]) -> list[tuple[Any, ...]]:
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for point in points:
        groups[point["run_id"], point["metric_name"]].append(point)
    found = []
    for (run_id, name), group in groups.items():
        # the greatest step, a point without one like the greatest there is, then the latest time
        last = max(group, key=lambda p: (_place(p["step"]), p["logged_at"]))
        values = [p["value"] + 0.0 for p in group if not math.isnan(p["value"])]
        least, most = (min(values), max(values)) if values else (None, None)
        found.append((run_id, name, last["value"], last["step"], least, most, len(group)))
    return _exact(found)


def _place(step: int | None) -> int:
    return 2**63 - 1 if step is None else step


def _runs(events: list[Row]) -> list[tuple[Any, ...]]:
    runs: dict[str, Row] = {}
    for event in sorted(events, key=lambda row: row["event_at"]):
        run = runs.setdefault(event["run_id"], {"params": {}, "tags": {}})
        for name in ("params", "tags"):
            run[name] = {**run[name], **event.get(name, {})}
        run |= {name: event[name] for name in ("run_name", "status", "end_time") if name in event}
        run.setdefault("start_time", event.get("start_time"))
    return _exact(
        (
            run_id,
            run.get("run_name"),  # of a run that somebody else edits, a start may still wait
            run.get("status"),
            sorted(run["params"].items()),
            sorted(run["tags"].items()),
            run["start_time"],
            run.get("end_time"),
        )
        for run_id, run in runs.items()
    )


def _artifacts(events: list[Row]) -> list[tuple[Any, ...]]:
    latest = {row["artifact_id"]: row for row in sorted(events, key=lambda row: row["event_at"])}
    return _exact(
        (row["artifact_id"], row["run_id"], row["digest"], row["path"])
        for row in latest.values()
        if not row.get("deleted")
    )


def _exact(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Make rows comparable: floats by every bit but a NaN's, maps and rows in order."""
    return sorted((tuple(map(_exact_value, row)) for row in rows), key=repr)


def _exact_value(value: Any) -> Any:
    match value:
        case float():
            return value.hex()
        case dict():  # an entry of a map, as DuckDB gives it
            return (value["key"], value["value"])
        case list():
            return sorted(map(_exact_value, value))
    return value


def ask(connection: duckdb.DuckDBPyConnection) -> Answer:
    """Ask all the queries."""
    return {name: _exact(connection.execute(query).fetchall()) for name, query in QUERIES.items()}


def numbers_in(lake: Lake, table: str) -> list[int]:
    """Read the numbers of a table's rows, doubles as such, around the catalog."""
    import pyarrow as pa

    column = NUMBERS[table]
    return sorted(lake.table(table).read([column])[column].cast(pa.int64()).to_pylist())


def same(found: Mapping[str, list[Any]], expected: Mapping[str, list[Any]], who: str) -> None:
    """Complain about each row that is missing, or there and should not be."""
    for name, rows in expected.items():
        missing = list((Counter(map(repr, rows)) - Counter(map(repr, found[name]))).elements())
        strange = list((Counter(map(repr, found[name])) - Counter(map(repr, rows))).elements())
        assert not missing + strange, f"{name}: {who} lacks {missing} and has {strange} too many"
