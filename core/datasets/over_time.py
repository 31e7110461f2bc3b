"""Compare the versions of a dataset, or other tables, with a reference, one after another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.errors import DataVersionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.datasets.comparison import Comparisons, Side
    from core.datasets.versions import Versions
    from core.drift.series import DriftSeries


def drift_over_time(
    comparisons: Comparisons,
    versions: Versions,
    reference: Any,
    series: Any,
    *,
    columns: Sequence[str] | None = None,
) -> DriftSeries:
    """Compare what a series names with the reference; see DataVersionControl.drift_over_time."""
    from core.drift import series as over_time  # with Arrow, which logging does not need

    before = comparisons.side(reference, "reference")
    unknown = [name for name in columns or () if name not in before.columns]
    if unknown:
        message = f"The reference has no columns {', '.join(unknown)}."
        hint = f"Columns: {', '.join(before.columns)}."
        raise DataVersionError(message, hint=hint, columns=unknown)
    if isinstance(series, over_time.Chunks | Mapping):
        tables: Any = series
    else:
        tables = _tables(comparisons, versions, before, series)
    name = before.version.name if before.version is not None else before.name
    return over_time.drift_over_time(before.table, tables, columns=columns, name=name)


def _tables(
    comparisons: Comparisons, versions: Versions, before: Side, series: Any
) -> Iterator[tuple[str, Any]]:
    """Yield each table with its name, read when it is its turn."""
    if isinstance(series, str):  # the oldest first; the reference is no part of its own series
        own = before.version.version_id if before.version is not None else None
        series = [v for v in reversed(versions.all(series)) if v.version_id != own]
    sides = [comparisons.side(each, f"table {n}") for n, each in enumerate(series, start=1)]
    for side in sides:
        yield side.version.name if side.version is not None else side.name, side.table
        vars(side).pop("table", None)  # lets go of its rows
