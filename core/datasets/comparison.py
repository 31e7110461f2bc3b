"""Compare versions of datasets, or any tables, with each other.

    "phq9@v3", a version's id     found in the lake
    a DatasetVersion              as it is
    any frame, query or Path      read as it would be to register it (core/datasets/sources.py)

A text that names no version may be the path of a file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.datasets.version import DatasetVersion
from core.errors import DatasetNotFoundError, DataVersionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from core.datasets.drift_reports import DriftReports
    from core.datasets.versions import Versions
    from core.drift.report import DriftReport


@dataclass(frozen=True)
class Side:
    """One of the two tables: its rows are read when they are first asked for."""

    data: Any
    name: str
    versions: Versions | None = None

    @property
    def version(self) -> DatasetVersion | None:
        """The version, unless it is another table."""
        return self.data if isinstance(self.data, DatasetVersion) else None

    @cached_property
    def table(self) -> pa.Table:
        """All rows. Raises FrameError."""
        if self.version is not None and self.versions is not None:
            return self.versions.read(self.version)
        from core.datasets.sources import read_all  # with Arrow, which logging does not need

        return read_all(self.data)

    @property
    def columns(self) -> Sequence[str]:
        """The names of its columns, in their order."""
        names = self.table.column_names if self.version is None else self.version.schema
        return [*names]


class Comparisons:
    """Compares what a lake's versions hold."""

    def __init__(self, versions: Versions, reports: DriftReports) -> None:
        self._versions = versions
        self._reports = reports

    def side(self, data: Any, name: str) -> Side:
        """Find out what is meant; `name` is what a table without one is called.

        Raises DatasetNotFoundError.
        """
        found = self._find(data) if isinstance(data, str) else data
        if isinstance(found, DatasetVersion):
            name = found.version_id
        elif isinstance(found, Path):
            name = found.name
        return Side(found, name, self._versions)

    def _find(self, reference: str) -> DatasetVersion | Path:
        try:
            return self._versions.by_reference(reference)
        except DatasetNotFoundError as error:
            path = _file_at(reference)
            if path is not None:
                return path
            hint = f"{error.hint} There is no file of this name either."
            raise DatasetNotFoundError(error.message, hint=hint, **error.facts) from None

    def detect_drift(
        self,
        reference: Any,
        current: Any,
        *,
        columns: Sequence[str] | None = None,
        store: bool = True,
        **options: Any,
    ) -> DriftReport:
        """Compare a table with the one it is measured by, which comes first.

        A report of two versions is kept, unless `store` is false, and found again by whoever asks
        the same. `options` are those of core.drift.detect.detect_drift. Raises
        DatasetNotFoundError, FrameError, and DataVersionError for columns neither of them has.
        """
        before, after = self.side(reference, "reference"), self.side(current, "current")
        _check_columns(columns, before, after)
        if not store or before.version is None or after.version is None:
            return _compared(before, after, columns, options)
        return self._reports.once(
            before.version,
            after.version,
            _parameters(columns, options),
            lambda: _compared(before, after, columns, options),
        )


def compare_tables(
    reference: Any, current: Any, *, columns: Sequence[str] | None = None, **options: Any
) -> DriftReport:
    """Compare two frames, queries or files without a lake; otherwise as Comparisons does.

    >>> compare_tables({"age": [30, 41]}, {"age": [30, 41]}).drift_detected
    False
    """
    before, after = (
        Side(data, data.name if isinstance(data, Path) else name)
        for data, name in ((reference, "reference"), (current, "current"))
    )
    _check_columns(columns, before, after)
    return _compared(before, after, columns, options)


def _compared(
    before: Side, after: Side, columns: Sequence[str] | None, options: Mapping[str, Any]
) -> DriftReport:
    from core.drift.detect import detect_drift  # with Arrow, which logging does not need

    names = (before.name, after.name)
    found = detect_drift(before.table, after.table, columns=columns, names=names, **options)
    return replace(found, parameters=_parameters(columns, options))


def _parameters(columns: Sequence[str] | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was asked for beside the default."""
    found = {name: value for name, value in options.items() if value not in (None, False)}
    return found if columns is None else {**found, "columns": sorted(set(columns))}


def _file_at(text: str) -> Path | None:
    try:
        path = Path(text).expanduser()
        return path if path.is_file() else None
    except (OSError, RuntimeError):  # too long for a name, or the home of nobody
        return None


def _check_columns(wanted: Sequence[str] | None, before: Side, after: Side) -> None:
    known = dict.fromkeys([*before.columns, *after.columns])
    unknown = [name for name in wanted or () if name not in known]
    if unknown:
        message = f"Neither table has the columns {', '.join(unknown)}."
        raise DataVersionError(message, hint=f"Columns: {', '.join(known)}.", columns=unknown)
