"""Runs side by side: what differs, how they did, and how far apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from core.tracking.reader import RunReader

_SUMMARIES: Final = """
select run_id, metric_name, last, last_step, min, min_step, max, max_step from metric_summary
where run_id in (select unnest($run_ids))
"""


def differing(values: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names whose values are not the same in all of these; one that is absent differs.

    >>> differing([{"depth": 4, "model": "rf"}, {"depth": 6, "model": "rf", "seed": 1}])
    ['depth', 'seed']
    """
    absent = object()
    return sorted(
        name
        for name in {name for each in values for name in each}
        if any(each.get(name, absent) != values[0].get(name, absent) for each in values)
    )


def compare_runs(
    reader: RunReader,
    run_ids: Sequence[str],
    metric_names: Sequence[str] | None = None,
    *,
    with_tags: bool = False,
) -> pa.Table:
    """One row per run, in the order given. Columns:

    run_id, run_name, experiment_name, status, duration (seconds);
    ``params.<name>`` for the params that differ (text), and ``tags.<name>`` alike when asked for;
    for each metric ``metrics.<name>`` (last value), ``.min``, ``.max``, ``.best``, ``.best_step``
    and ``.delta`` (last value less the first run's). The best is the least for losses and errors
    and the greatest for the rest (`catalog.direction`).

    Raises RunNotFoundError naming all ids that are not there.
    """
    import pyarrow as pa  # with the catalog's answer

    from core.tracking.run import encode_param

    runs = reader.get_runs(run_ids)
    columns: dict[str, pa.Array] = {
        "run_id": pa.array([run.run_id for run in runs], pa.string()),
        "run_name": pa.array([run.run_name for run in runs], pa.string()),
        "experiment_name": pa.array([run.experiment_name for run in runs], pa.string()),
        "status": pa.array([run.status for run in runs], pa.string()),
        "duration": pa.array([run.duration for run in runs], pa.float64()),
    }
    for name in differing([run.params for run in runs]):
        texts = [encode_param(r.params[name])[0] if name in r.params else None for r in runs]
        columns[f"params.{name}"] = pa.array(texts, pa.string())
    for name in differing([run.tags for run in runs]) if with_tags else []:
        columns[f"tags.{name}"] = pa.array([run.tags.get(name) for run in runs], pa.string())
    summaries = _summaries(reader, [run.run_id for run in runs])
    found = sorted({name for by_name in summaries.values() for name in by_name})
    for name in metric_names if metric_names is not None else found:
        columns |= _metric_columns(name, [summaries.get(r.run_id, {}).get(name) for r in runs])
    return pa.table(columns)


def _summaries(reader: RunReader, run_ids: list[str]) -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in reader.catalog.sql(_SUMMARIES, {"run_ids": run_ids}).to_pylist():
        found.setdefault(row["run_id"], {})[row["metric_name"]] = row
    return found


def _metric_columns(name: str, rows: Sequence[dict[str, Any] | None]) -> dict[str, pa.Array]:
    import pyarrow as pa  # as above

    from catalog.direction import lower_is_better

    best = "min" if lower_is_better(name) else "max"
    first = rows[0]["last"] if rows and rows[0] else None
    last = [row and row["last"] for row in rows]
    delta = [None if v is None or first is None else v - first for v in last]
    label = f"metrics.{name}"
    return {
        label: pa.array(last, pa.float64()),
        f"{label}.min": pa.array([row and row["min"] for row in rows], pa.float64()),
        f"{label}.max": pa.array([row and row["max"] for row in rows], pa.float64()),
        f"{label}.best": pa.array([row and row[best] for row in rows], pa.float64()),
        f"{label}.best_step": pa.array([row and row[f"{best}_step"] for row in rows], pa.int64()),
        f"{label}.delta": pa.array(delta, pa.float64()),
    }
