"""Drift over time: a reference, and one table after another.

Each table is compared with the reference as two tables are; p values are adjusted for all columns
and all times together, so that a long series is no more often a false alarm than a short one.
Change points say since when: of what core/drift/signals.py follows, those that core/drift/
change_points.py finds and that are large.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_a

from core.drift.columns import adjust, compare
from core.drift.comparable import comparable
from core.drift.pairs import Pair, Side
from core.drift.plain import from_plain, to_plain
from core.drift.signals import signals_of
from core.errors import DataVersionError, DriftReportError
from core.frames import to_arrow
from core.storable import to_stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.drift.columns import Comparison
    from core.drift.signals import Signal

_UNITS: Final = {"d": "day", "w": "week", "mo": "month", "q": "quarter", "y": "year"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePoint:
    """A change of a column, seen `at` a time, that began about `since` another.

    `signal` is mean, missing, new values or the share of a value; `before` and `after` are its
    levels, in the column's unit. `method` is page_hinkley or adwin.
    """

    column: str
    signal: str
    method: str
    at: str
    since: str
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftSeries:
    """How columns drifted from a reference, time by time.

    `effects`, `drifted` and `changes` have a value for each of the `times`: the part of the rows by
    which a column differs, NaN where a table has it not; whether that is drift; and the names of
    the tests that say so (core/drift/columns.py), the largest difference first. `change_points` say
    since when. `undated` rows have no time. `version_ids` are the versions that were compared;
    `report_id` is empty unless the series is stored, and `parameters` are what was asked for.
    """

    reference: str
    reference_rows: int
    times: tuple[str, ...]
    rows: tuple[int, ...]
    effects: Mapping[str, tuple[float, ...]]
    drifted: Mapping[str, tuple[bool, ...]]
    change_points: tuple[ChangePoint, ...]
    changes: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    undated: int = 0
    version_ids: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    report_id: str = ""
    generated_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def drift_detected(self) -> bool:
        """Whether any column drifted at any time."""
        return any(any(column) for column in self.drifted.values())

    @property
    def largest_effects(self) -> dict[str, float]:
        """The largest effect of each column at any time; 0 where no table has it."""
        return {
            name: max((effect for effect in effects if not math.isnan(effect)), default=0.0)
            for name, effects in self.effects.items()
        }

    @property
    def drifted_columns(self) -> tuple[str, ...]:
        """The columns that drifted at some time, the largest effect first."""
        largest = self.largest_effects
        found = [name for name, drifted in self.drifted.items() if any(drifted)]
        return tuple(sorted(found, key=lambda name: -largest[name]))

    @property
    def drift_score(self) -> float:
        """The greatest score of the times: effects of drifted columns, by the number of columns."""
        totals = [
            sum(self.effects[name][place] for name in self.effects if self.drifted[name][place])
            for place in range(len(self.times))
        ]
        return max(totals, default=0.0) / max(1, len(self.effects))

    def to_table(self) -> pa.Table:
        """Return a row for each column and time: what a heat map draws."""
        cells = [(name, place) for name in self.effects for place in range(len(self.times))]
        effects = [self.effects[name][place] for name, place in cells]
        return pa.table(
            {
                "column": pa.array([name for name, _ in cells], pa.string()),
                "time": pa.array([self.times[place] for _, place in cells], pa.string()),
                "rows": pa.array([self.rows[place] for _, place in cells], pa.int64()),
                "effect": pa.array([None if math.isnan(e) else e for e in effects], pa.float64()),
                "drifted": pa.array([self.drifted[n][p] for n, p in cells], pa.bool_()),
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the series as JSON values (core/drift/plain.py)."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Make the series again that `to_dict` was asked of. Raises DriftReportError.

        >>> found = drift_over_time({"x": [1, 2]}, {"may": {"x": [2, 1]}})
        >>> DriftSeries.from_dict(found.to_dict()) == found
        True
        """
        try:
            return from_plain(cls, plain)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            message = f"This is no series of comparisons: {error}."
            raise DriftReportError(message) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunks:
    """A table in parts, by the day on which each begins; `undated` rows are in none of them."""

    parts: Mapping[str, pa.Table]
    undated: int = 0


def chunks_of(frame: Any, column: str, *, every: str = "1mo") -> Chunks:
    """Cut a table by a column of dates or times: every 7d, 1w, 1mo, 1q or 1y.

    Weeks begin on Monday. Times with a zone are cut by its calendar. A part without rows is left
    out. Raises DataVersionError and FrameError.

    >>> import datetime as dt
    >>> days = [dt.date(2024, 1, 5), dt.date(2024, 2, 1), None]
    >>> cut = chunks_of({"on": days, "score": [1, 2, 3]}, "on")
    >>> [*cut.parts], cut.undated
    (['2024-01-01', '2024-02-01'], 1)
    """
    table = comparable(to_arrow(frame))
    matched = re.fullmatch(r"([1-9]\d{0,3})(d|w|mo|q|y)", every)
    if matched is None:
        message = f"{every!r} is no length of time."
        raise DataVersionError(message, hint="Write 7d, 1w, 1mo, 1q or 1y.")
    if column not in table.column_names:
        message = f"The table has no column {column!r}."
        raise DataVersionError(message, hint=f"Columns: {', '.join(table.column_names)}.")
    times = to_stored(table[column])
    if not is_a.is_date(times.type) and not is_a.is_timestamp(times.type):
        message = f"{column} is of type {times.type}, not a date or a time."
        raise DataVersionError(message, hint="Convert it, or name another column.")
    if is_a.is_timestamp(times.type) and times.type.tz is not None:
        times = pc.local_timestamp(times)
    number, unit = int(matched[1]), _UNITS[matched[2]]
    starts = pc.floor_temporal(times, number, unit).cast(pa.date32()).cast(pa.string())
    parts = {
        start: table.filter(pc.fill_null(pc.equal(starts, start), False))
        for start in sorted(starts.drop_null().unique().to_pylist())
    }
    return Chunks(parts=parts, undated=starts.null_count)


def drift_over_time(
    reference: Any,
    series: Chunks | Mapping[str, Any] | Iterable[tuple[str, Any]],
    *,
    columns: Sequence[str] | None = None,
    name: str = "reference",
) -> DriftSeries:
    """Compare one table after another, each with its time, with the same reference.

    Tables are any frames; of an iterator, one is held at a time.

    >>> weeks = {"week 1": {"x": [0.0, 1.0] * 99}, "week 2": {"x": [5.0, 6.0] * 99}}
    >>> found = drift_over_time({"x": [0.0, 1.0] * 99}, weeks)
    >>> found.drifted["x"]
    (False, True)
    """
    before = comparable(to_arrow(reference))
    chosen = [n for n in before.column_names if columns is None or n in columns]
    sides = {n: Side(to_stored(before[n])) for n in chosen}
    signals = {n: signals_of(n, side) for n, side in sides.items()}
    for column, followed in signals.items():
        for signal in followed:
            signal.add(sides[column], 0)
    undated = series.undated if isinstance(series, Chunks) else 0
    parts = series.parts if isinstance(series, Chunks) else series
    times, rows, found = [], [], []
    for time, frame in parts.items() if isinstance(parts, Mapping) else parts:
        table = comparable(to_arrow(frame))
        times.append(str(time))
        rows.append(table.num_rows)
        found.append(_compared(sides, table, signals, len(times)))
    adjust(comparison for chunk in found for comparison in chunk.values())
    return DriftSeries(
        reference=name,
        reference_rows=before.num_rows,
        times=tuple(times),
        rows=tuple(rows),
        effects={n: tuple(_effect(chunk.get(n)) for chunk in found) for n in chosen},
        drifted={
            n: tuple(n in chunk and bool(chunk[n].drifted) for chunk in found) for n in chosen
        },
        changes={n: tuple(_changes(chunk.get(n)) for chunk in found) for n in chosen},
        change_points=tuple(_change_points(signals, [name, *times])),
        undated=undated,
    )


def _compared(
    sides: Mapping[str, Side], table: pa.Table, signals: Mapping[str, list[Signal]], place: int
) -> dict[str, Comparison]:
    found = {}
    for name, side in sides.items():
        if name not in table.column_names:
            continue
        current = Side(to_stored(table[name]))
        found[name] = compare(Pair(name, side, current))
        for signal in signals[name]:
            signal.add(current, place)
        found[name].pair = Pair(name, side, side)  # lets go of the values
    return found


def _effect(comparison: Comparison | None) -> float:
    return math.nan if comparison is None else comparison.effect


def _changes(comparison: Comparison | None) -> tuple[str, ...]:
    return () if comparison is None else tuple(finding.name for finding in comparison.drifted)


def _change_points(
    signals: Mapping[str, list[Signal]], times: Sequence[str]
) -> Iterable[ChangePoint]:
    for column, followed in signals.items():
        for signal in followed:
            for method, cut, before, after in signal.cuts():
                yield ChangePoint(
                    column=column,
                    signal=signal.name,
                    method=method,
                    at=times[cut.at],
                    since=times[cut.since],
                    before=before,
                    after=after,
                )
