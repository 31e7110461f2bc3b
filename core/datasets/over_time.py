"""Compare the versions of a dataset, or other tables, with a reference, one after another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import DataVersionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.datasets.comparison import Comparisons, Side
    from core.datasets.drift_reports import DriftReports
    from core.datasets.versions import Versions
    from core.drift.series import Chunks, DriftSeries


class OverTime:
    """Asks for series of comparisons; see DataVersionControl.drift_over_time."""

    def __init__(self, comparisons: Comparisons, versions: Versions, reports: DriftReports) -> None:
        self._comparisons = comparisons
        self._versions = versions
        self._reports = reports

    def compare(
        self,
        reference: Any,
        series: Any,
        *,
        columns: Sequence[str] | None,
        time: str | None,
        every: str,
        store: bool,
    ) -> DriftSeries:
        """Compare what a series names with the reference; found again where all are versions."""
        from core.drift.series import Chunks  # with Arrow, which logging does not need

        before = self._comparisons.side(reference, "reference")
        _check_columns(columns, before)
        asked: dict[str, Any] = {}
        if columns is not None:
            asked["columns"] = sorted(set(columns))
        if time is not None:
            asked |= {"time": time, "every": every}
            if series is None:
                asked["reference"] = "first part"
            sides = [before if series is None else self._comparisons.side(series, "table")]
        elif series is None:
            message = "There is nothing to compare with the reference."
            hint = "Name versions, or a column of times by which one table is cut."
            raise DataVersionError(message, hint=hint)
        elif isinstance(series, Chunks | Mapping):
            return _compared(before, series, columns=columns)
        else:
            sides = self._sides(before, series)
        versions = [side.version for side in (before, *sides) if side.version is not None]

        def compute() -> DriftSeries:
            found = _in_parts if time is not None else _one_by_one
            made = found(before, sides, columns, asked)
            return replace(made, parameters=asked, version_ids=_ids(sides))

        if not store or len(versions) <= len(sides):
            return compute()
        return self._reports.series_once(versions, asked, compute)

    def _sides(self, before: Side, series: Any) -> list[Side]:
        if isinstance(series, str):  # the oldest first; the reference is no part of its own series
            own = before.version.version_id if before.version is not None else None
            series = [v for v in reversed(self._versions.all(series)) if v.version_id != own]
            if not series:
                message = f"There is no other version than the reference, {before.name}."
                raise DataVersionError(message, hint="Register another one, or name other tables.")
        return [self._comparisons.side(each, f"table {n}") for n, each in enumerate(series, 1)]


def compare_over_time(
    reference: Any, *series: Any, columns: Sequence[str] | None, time: str | None, every: str
) -> DriftSeries:
    """Compare frames, queries or files without a lake; otherwise as OverTime does.

    >>> days = {"on": ["2024-01-01"] * 2, "x": [1, 2]}
    >>> compare_over_time(days, days, columns=["x"], time=None, every="1mo").drift_detected
    False
    """
    from core.datasets.comparison import Side  # with reports, which logging does not need

    before, *sides = (
        Side(data, data.name if isinstance(data, Path) else f"table {place}")
        for place, data in enumerate((reference, *series))
    )
    _check_columns(columns, before)
    if time is None:
        return _one_by_one(before, sides, columns, {})
    asked = {"time": time, "every": every}
    made = _in_parts(before, sides or [before], columns, asked)
    return replace(made, parameters=asked)


def _one_by_one(
    before: Side, sides: Sequence[Side], columns: Sequence[str] | None, _: Mapping[str, Any]
) -> DriftSeries:
    def tables() -> Iterator[tuple[str, Any]]:
        for side in sides:
            yield _name(side), side.table
            vars(side).pop("table", None)  # lets go of its rows

    return _compared(before, tables(), columns=columns)


def _in_parts(
    before: Side, sides: Sequence[Side], columns: Sequence[str] | None, asked: Mapping[str, Any]
) -> DriftSeries:
    from core.drift.series import Chunks, chunks_of, drift_over_time  # as above

    (whole,) = sides
    chunks: Chunks = chunks_of(whole.table, asked["time"], every=asked["every"])
    if whole is not before:
        return _compared(before, chunks, columns=columns)
    if len(chunks.parts) < 2:
        message = f"{_name(whole)} has {len(chunks.parts)} parts by {asked['time']}, not two."
        raise DataVersionError(message, hint="Cut it more finely, or name a reference.")
    (first, reference), *others = chunks.parts.items()
    rest = Chunks(parts=dict(others), undated=chunks.undated)
    return drift_over_time(reference, rest, columns=columns, name=f"{_name(whole)}, {first}")


def _compared(before: Side, tables: Any, *, columns: Sequence[str] | None) -> DriftSeries:
    from core.drift.series import drift_over_time  # as above

    return drift_over_time(before.table, tables, columns=columns, name=_name(before))


def _name(side: Side) -> str:
    return side.version.name if side.version is not None else side.name


def _ids(sides: Sequence[Side]) -> tuple[str, ...]:
    return tuple(side.version.version_id for side in sides if side.version is not None)


def _check_columns(columns: Sequence[str] | None, before: Side) -> None:
    unknown = [name for name in columns or () if name not in before.columns]
    if unknown:
        message = f"The reference has no columns {', '.join(unknown)}."
        hint = f"Columns: {', '.join(before.columns)}."
        raise DataVersionError(message, hint=hint, columns=unknown)
