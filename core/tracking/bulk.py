"""Importing finished runs in bulk, column by column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from core.errors import ExperimentError
from core.frames import to_arrow
from core.ids import new_ids
from core.tracking.run import STATUSES
from lake.clock import now_us

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from lake.lake import Lake

_FIELDS: Final = {
    "experiment_name": "string",
    "run_name": "string",
    "status": "string",
    "start_time": "timestamp",
    "end_time": "timestamp",
    "git_commit": "string",
    "code_version": "string",
    "note": "string",
    "error": "string",
}
_MAPS: Final = ("params", "tags", "metrics")


def import_runs(
    lake: Lake,
    table: Any,
    *,
    experiment_id: Callable[[str], str],
    actor: str | None,
) -> int:
    """Import finished runs from any table; how many. Durable when it returns.

    Columns: ``experiment_name`` (needed), ``run_name``, ``status`` (FINISHED when absent),
    ``start_time`` and ``end_time`` (UTC), ``git_commit``, ``code_version``, ``note``, ``error``;
    ``params``, ``tags``, ``metrics`` as maps, or one column each named ``params.<name>``,
    ``tags.<name>``, ``metrics.<name>``. Metrics become one point without a step.

    Raises ExperimentError naming every column that is not one of these, and every status that is
    none, and imports nothing.
    """
    import pyarrow as pa  # with the table

    source = to_arrow(table)
    _check(source)
    count: int = source.num_rows
    if not count:
        return 0
    at = now_us()
    names = source["experiment_name"].combine_chunks().dictionary_encode()
    ids = pa.array([experiment_id(name) for name in names.dictionary.to_pylist()], pa.string())
    entries = {prefix: _entries(source, prefix) for prefix in _MAPS}
    columns: dict[str, pa.Array] = {
        "run_id": pa.array(new_ids(count), pa.string()),
        "experiment_id": ids.take(names.indices),
        **{name: source[name] for name in _FIELDS if name in source.column_names},
        **{prefix: found.maps(count) for prefix, found in entries.items()},
    }
    moment = pa.scalar(at, pa.timestamp("us"))
    columns.setdefault("status", pa.repeat("FINISHED", count))
    columns.setdefault("start_time", pa.repeat(moment, count))
    columns.setdefault("end_time", columns["start_time"])
    columns.setdefault("run_name", columns["run_id"])
    for name, text in (("kind", "import"), ("writer", lake.writer), ("actor", actor)):
        columns[name] = pa.repeat(pa.scalar(text, pa.string()), count)
    columns["event_at"] = pa.repeat(moment, count)
    runs = pa.table(columns)
    # points first: a run is never seen without its metrics
    points = runs.select(["run_id", "experiment_id", "end_time"]).take(entries["metrics"].rows)
    points = points.rename_columns(["run_id", "experiment_id", "logged_at"])
    points = points.append_column("metric_name", entries["metrics"].keys)
    lake.append_segment("metrics", points.append_column("value", entries["metrics"].values))
    lake.append_segment("runs", runs)
    return count


def _check(source: pa.Table) -> None:
    import pyarrow.compute as pc  # as above

    prefixes = tuple(f"{name}." for name in _MAPS)
    unknown = [
        name
        for name in source.column_names
        if name not in _FIELDS and name not in _MAPS and not name.startswith(prefixes)
    ]
    faults = [f"column {name!r} is not known" for name in unknown]
    if "experiment_name" not in source.column_names:
        faults.append("column 'experiment_name' is missing")
    elif source["experiment_name"].null_count:
        faults.append("some rows have no experiment_name")
    if "status" in source.column_names:
        found = set(pc.unique(source["status"]).to_pylist())
        faults += [f"{s!r} is not a status" for s in sorted(found - {*STATUSES}, key=str)]
    if faults:
        message = f"Nothing imported: {'; '.join(faults)}."
        known = [*_FIELDS, *(f"{name}.<name>" for name in _MAPS)]
        raise ExperimentError(message, hint=f"Columns: {', '.join(known)}.", faults=faults)


@dataclass(frozen=True, slots=True)
class _Entries:
    """Names and values of all rows, one after the other; ``rows`` says whose each is."""

    rows: pa.Array
    keys: pa.Array
    values: pa.Array

    def maps(self, count: int) -> pa.Array:
        """The entries as one map per row."""
        import numpy as np
        import pyarrow as pa  # both come with the table

        per_row = np.bincount(np.asarray(self.rows), minlength=count)
        offsets = np.concatenate([[0], np.cumsum(per_row)]).astype("int32")
        return pa.MapArray.from_arrays(pa.array(offsets), self.keys, self.values)


def _entries(source: pa.Table, prefix: str) -> _Entries:
    """What the map column of a name holds, or the single columns given in its place."""
    import numpy as np
    import pyarrow as pa

    kind = pa.float64() if prefix == "metrics" else pa.string()
    count = source.num_rows
    if prefix in source.column_names:
        maps = source[prefix].cast(pa.map_(pa.string(), kind)).combine_chunks()
        offsets, keys, values = maps.offsets, maps.keys, maps.items
        per_row = np.diff(np.asarray(offsets))
        first, last = offsets[0].as_py(), offsets[len(offsets) - 1].as_py()
        keys, values = keys.slice(first, last - first), values.slice(first, last - first)
        rows = np.repeat(np.arange(count), per_row)
    else:
        columns = [name for name in source.column_names if name.startswith(f"{prefix}.")]
        rows = np.repeat(np.arange(count), len(columns))
        position = np.tile(np.arange(len(columns)), count)
        names = pa.array([name.removeprefix(f"{prefix}.") for name in columns], pa.string())
        keys = names.take(pa.array(position))
        stacked = [source[name].cast(kind).combine_chunks() for name in columns]
        values = pa.concat_arrays(stacked or [pa.nulls(0, kind)])
        values = values.take(pa.array(position * count + rows))  # row after row
    present = values.is_valid()
    return _Entries(pa.array(rows).filter(present), keys.filter(present), values.filter(present))
