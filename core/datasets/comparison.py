"""Compare versions of datasets, or any tables, with each other.

    "phq9@v3", a version's id     found in the lake
    a DatasetVersion              as it is
    any frame, query or Path      read as it would be to register it (core/datasets/sources.py)

A text that names no version may be the path of a file.

    method="exact"     all values are compared; of versions a few columns are in memory at a time
    method="sketch"    what was kept of versions when they were registered is compared, in a moment
                       whatever their size, and labelled so; tables without sketches get them first
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.datasets.version import DatasetVersion
from core.drift.arguments import check_types, was_asked
from core.errors import DatasetNotFoundError, DataVersionError, DriftReportError
from core.memory import given_back

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from core.datasets.drift_reports import DriftReports
    from core.datasets.versions import Versions
    from core.drift.detect import Outline
    from core.drift.report import DriftReport, Method
    from core.drift.second_opinion import SecondOpinion
    from core.profile.sketch import ColumnSketch


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

    @property
    def labels(self) -> dict[str, str]:
        """What its columns are called in words, where that is known."""
        from core.datasets.variable_labels import labels_of

        return labels_of(self.table.schema) if self.version is None else self.version.labels

    @property
    def outline(self) -> Outline:
        """What is compared beside the columns."""
        from core.drift.detect import Outline  # with Arrow, as above

        rows = self.table.num_rows if self.version is None else self.version.num_rows
        return Outline(self.name, self.columns, rows)

    def stored(self, columns: Sequence[str]) -> Iterator[pa.Array]:
        """Yield columns as they are stored, a few of them in memory at a time."""
        from core.datasets.columns import read_columns  # with Arrow, as above
        from core.drift.comparable import comparable
        from core.storable import to_stored

        if self.version is None or self.versions is None:
            table = comparable(self.table, columns)
            yield from (to_stored(table[name]) for name in columns)
        else:
            objects, layout = self.versions.stored(self.version)
            yield from (column for _, column in read_columns(objects, layout, columns))

    def sketches(self) -> Mapping[str, ColumnSketch]:
        """Return what is kept of the columns."""
        from core.datasets.sketches import read_sketches  # with Arrow, as above
        from core.profile.measured import MeasuredColumn
        from core.profile.sketch import sketch_column

        if self.version is None or self.versions is None:
            columns = zip(self.columns, self.stored(self.columns), strict=True)
            return {name: sketch_column(MeasuredColumn(column)) for name, column in columns}
        return read_sketches(*self.versions.stored(self.version))


class Comparisons:
    """Compares what a lake's versions hold."""

    def __init__(self, versions: Versions, reports: DriftReports) -> None:
        self._versions = versions
        self._reports = reports

    def side(self, data: Any, name: str) -> Side:
        """Find out what is meant; `name` is what a table without one is called.

        Raises DatasetNotFoundError.
        """
        return self.sides([(data, name)])[0]

    def sides(self, given: Iterable[tuple[Any, str]]) -> list[Side]:
        """Find out what several of them mean in one state of the lake. Raises as `side` does."""
        found = []
        with self._versions.together() as versions:
            for data, name in given:
                meant = _find(versions, data) if isinstance(data, str) else data
                found.append(Side(meant, _name_of(meant, name), self._versions))
        return found

    def detect_drift(
        self,
        reference: Any,
        current: Any,
        *,
        columns: Sequence[str] | None = None,
        method: Method = "exact",
        store: bool = True,
        **options: Any,
    ) -> DriftReport:
        """Compare a table with the one it is measured by, which comes first.

        A report of two versions is kept, unless `store` is false, and found again by whoever asks
        the same. `options` are those of core.drift.detect.detect_drift. Raises
        DatasetNotFoundError, FrameError, and DataVersionError for columns neither of them has,
        and for a method that there is not, or that cannot do what was asked for.
        """
        before, after = self.sides([(reference, "reference"), (current, "current")])
        _check(columns, method, options, before, after)
        if not store or before.version is None or after.version is None:
            return _compared(before, after, columns, method, options)
        return self._reports.once(
            (before.version, after.version),
            _parameters(columns, method, options),
            lambda: _compared(before, after, columns, method, options),
        )

    def second_opinion(
        self, report: DriftReport | str, tables: tuple[Any, Any] | None = None
    ) -> tuple[SecondOpinion, bytes]:
        """Ask Evidently about a report, given whole or by its id: its opinion, and its page.

        The tables it is of need not be given when they are versions. Raises MissingExtraError,
        DriftReportNotFoundError, and DriftReportError when they are not known.
        """
        found = self._reports.get(report) if isinstance(report, str) else report
        given = tables or (found.version_id1, found.version_id2)
        try:
            first, second = self.sides((each, "") for each in given)
        except DatasetNotFoundError as error:
            message = f"The tables of this report are not here: {error.message}"
            hint = "Give them: second_opinion(report, (reference, current))."
            raise DriftReportError(message, hint=hint) from error
        return self._reports.second_opinion(found, lambda: (first.table, second.table))


def compare_tables(
    reference: Any,
    current: Any,
    *,
    columns: Sequence[str] | None = None,
    method: Method = "exact",
    **options: Any,
) -> DriftReport:
    """Compare two frames, queries or files without a lake; otherwise as Comparisons does.

    >>> compare_tables({"age": [30, 41]}, {"age": [30, 41]}).drift_detected
    False
    """
    before, after = (
        Side(data, _name_of(data, name))
        for data, name in ((reference, "reference"), (current, "current"))
    )
    _check(columns, method, options, before, after)
    return _compared(before, after, columns, method, options)


@given_back()
def _compared(
    before: Side,
    after: Side,
    columns: Sequence[str] | None,
    method: Method,
    options: Mapping[str, Any],
) -> DriftReport:
    from core.drift.detect import detect_drift, light, report_on  # with Arrow, as in sources
    from core.drift.pairs import Pair, Side as Column

    parameters = _parameters(columns, method, options)
    if _asked(options):  # of several columns together
        names = (before.name, after.name)
        found = detect_drift(before.table, after.table, columns=columns, names=names, **options)
        return replace(found, parameters=parameters, labels=before.labels | after.labels)
    outlines = before.outline, after.outline
    chosen = outlines[0].shares(outlines[1], columns)
    only = outlines[1].lacks(outlines[0]), outlines[0].lacks(outlines[1])
    unmatched: list[dict[str, Column | ColumnSketch]]
    if method == "sketch":
        kept = before.sketches(), after.sketches()
        pairs = (Pair(name, kept[0][name], kept[1][name]) for name in chosen)
        unmatched = [
            {name: sketches[name] for name in names}
            for sketches, names in zip(kept, only, strict=True)
        ]
    else:
        read = zip(chosen, before.stored(chosen), after.stored(chosen), strict=True)
        pairs = (Pair(name, Column(first), Column(second)) for name, first, second in read)
        unmatched = [
            {n: light(Column(column)) for n, column in zip(names, side.stored(names), strict=True)}
            for side, names in zip((before, after), only, strict=True)
        ]
    found = report_on(*outlines, pairs, method=method, unmatched=(unmatched[0], unmatched[1]))
    return replace(found, parameters=parameters, labels=before.labels | after.labels)


def _check(
    columns: Any, method: Any, options: Mapping[str, Any], before: Side, after: Side
) -> None:
    check_types(columns, options)
    _check_columns(columns, before, after)
    _check_method(method, options)


def _asked(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if was_asked(value)}


def _parameters(
    columns: Sequence[str] | None, method: Method, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what was asked for beside the default."""
    found = _asked(options)
    if columns is not None:
        found["columns"] = sorted(set(columns))
    return found if method == "exact" else {**found, "method": method}


def _check_method(method: Any, options: Mapping[str, Any]) -> None:
    if method not in ("exact", "sketch"):
        message = f"There is no method {method!r}."
        raise DataVersionError(message, hint="Use 'exact' or 'sketch'.", method=method)
    asked = _asked(options)
    if method == "sketch" and asked:
        message = f"Sketches say nothing of {', '.join(sorted(asked))}: those need the rows."
        raise DataVersionError(message, hint="Leave method out, or them.", asked=sorted(asked))


def _name_of(data: Any, other: str) -> str:
    if isinstance(data, DatasetVersion):
        return data.version_id
    return data.name if isinstance(data, Path) else other


def _find(versions: Versions, reference: str) -> DatasetVersion | Path:
    try:
        return versions.by_reference(reference)
    except DatasetNotFoundError as error:
        path = _file_at(reference)
        if path is not None:
            return path
        hint = f"{error.hint} There is no file of this name either."
        raise DatasetNotFoundError(error.message, hint=hint, **error.facts) from None


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
