"""The schema of every system table: the single source, for writers, readers and documents.

Rows are immutable events. What changes (a run's status, a tag) is a newer row of the same id;
the views show the latest. The rows of a run are ordered so:

    tags, run_name, note, deleted      by event_at
    status, end_time, error, metrics   by end_time, else event_at

so a whole session of a run (start ... end) can stand in one row at the start's event_at, and an
edit somebody else made in between still wins over what the start said. `fold_runs` does that
before a journal becomes a segment: a finished run is then one row of plain Parquet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.cards import CARD_TABLES
from catalog.comments import COMMENTS
from catalog.job_rows import fold_jobs
from catalog.kept import KEPT_TABLES
from catalog.model_tables import MODEL_TABLES
from catalog.rollup import METRIC_SUMMARY
from lake.spec import TableSpec

if TYPE_CHECKING:
    from collections.abc import Iterable

# rows of these kinds belong to a session of a run and are folded; edits stay rows of their own
_SESSION_KINDS = frozenset({"start", "params", "environment", "end"})


def fold_runs(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Merge one writer's rows of each session of a run into one row.

    >>> start = {"run_id": "a", "kind": "start", "status": "RUNNING", "event_at": 1}
    >>> params = {"run_id": "a", "kind": "params", "params": {"depth": "4"}, "event_at": 2}
    >>> end = {"run_id": "a", "kind": "end", "status": "FINISHED", "end_time": 3, "event_at": 3}
    >>> fold_runs([start, params, end]) == [
    ...     {"run_id": "a", "kind": "start", "status": "FINISHED", "event_at": 1,
    ...      "params": {"depth": "4"}, "end_time": 3}]
    True
    """
    folded: list[dict[str, Any]] = []
    sessions: dict[str, dict[str, Any]] = {}
    for row in rows:
        kind, run_id = row.get("kind"), row["run_id"]
        session = sessions.get(run_id)
        if kind == "start" or kind not in _SESSION_KINDS or session is None:
            folded.append(row)
            if kind in _SESSION_KINDS:
                sessions[run_id] = row
            continue
        _merge(session, row)
        if kind == "end":
            del sessions[run_id]
    return folded


def _merge(session: dict[str, Any], row: dict[str, Any]) -> None:
    for name, value in row.items():
        if name in ("kind", "event_at"):
            continue
        if isinstance(value, dict):
            session[name] = {**session.get(name, {}), **value}
        else:
            session[name] = value


EXPERIMENTS = TableSpec(
    name="experiments",
    columns={
        "experiment_id": "string",
        "experiment_name": "string",
        "description": "string",
        "created_at": "timestamp",
        "event_at": "timestamp",
        "writer": "string",
    },
    sort_by=("experiment_id", "event_at"),
)

RUNS = TableSpec(
    name="runs",
    columns={
        "run_id": "string",
        "experiment_id": "string",
        "experiment_name": "string",
        "run_name": "string",
        "status": "string",
        "start_time": "timestamp",
        "end_time": "timestamp",
        "params": "map<string,string>",
        "param_types": "map<string,string>",
        "tags": "map<string,string>",
        "metrics": "map<string,double>",
        "git_commit": "string",
        "code_version": "string",
        "parent_run_id": "string",
        "environment": "string",
        "inputs": "string",
        "error": "string",
        "note": "string",
        "actor": "string",
        "deleted": "bool",
        "kind": "string",
        "event_at": "timestamp",
        "writer": "string",
    },
    sort_by=("event_at", "run_id"),
    fold=fold_runs,
)

METRICS = TableSpec(
    name="metrics",
    columns={
        "run_id": "string",
        "experiment_id": "string",
        "metric_name": "string",
        "value": "double",
        "step": "int64",
        "logged_at": "timestamp",
    },
    # A curve is asked for by its run alone. So files of several experiments have this order too:
    # one curve out of a million points takes 2.5 ms, and 5 ms sorted by experiment first.
    sort_by=("run_id", "metric_name", "step", "logged_at"),
    partition_by="experiment_id",
    rollup=METRIC_SUMMARY,
    flat=True,
)

ARTIFACTS = TableSpec(
    name="artifacts",
    columns={
        "artifact_id": "string",
        "run_id": "string",
        "artifact_type": "string",
        "path": "string",
        "uri": "string",
        "digest": "string",
        "size_bytes": "int64",
        "created_at": "timestamp",
        "metadata": "string",
        "deleted": "bool",
        "event_at": "timestamp",
        "writer": "string",
    },
    sort_by=("run_id", "path", "event_at"),
)

DATASET_VERSIONS = TableSpec(
    name="dataset_versions",
    columns={
        "version_id": "string",
        "dataset_name": "string",
        "version": "string",
        "source": "string",
        "num_rows": "int64",
        "num_columns": "int64",
        "schema": "string",
        "statistics": "string",
        "storage_uri": "string",
        "content_digest": "string",
        "size_bytes": "int64",
        "key": "string",
        "metadata": "string",
        "description": "string",
        "owner": "string",
        "licence": "string",
        "parent_version_id": "string",
        "created_at": "timestamp",
        "actor": "string",
        "deleted": "bool",
        "event_at": "timestamp",
        "writer": "string",
    },
    sort_by=("dataset_name", "created_at", "version_id"),
)

DATASET_TAGS = TableSpec(
    name="dataset_tags",
    columns={
        "dataset_name": "string",
        "tag": "string",
        "version_id": "string",
        "event_at": "timestamp",
        "writer": "string",
    },
    sort_by=("dataset_name", "tag", "event_at"),
)

DRIFT_REPORTS = TableSpec(
    name="drift_reports",
    columns={
        "report_id": "string",
        "dataset_name": "string",
        "version_id1": "string",
        "version_id2": "string",
        "version1": "string",
        "version2": "string",
        "kind": "string",
        "version_ids": "string",
        "drift_detected": "bool",
        "drift_score": "double",
        "feature_drifts": "map<string,double>",
        "drifted_columns": "string",
        "statistical_tests": "string",
        "recommendations": "string",
        "method": "string",
        "parameters": "string",
        "reference_rows": "int64",
        "current_rows": "int64",
        "result_key": "string",
        "digest": "string",
        "attachments": "map<string,string>",
        "created_at": "timestamp",
        "actor": "string",
        "deleted": "bool",
        "event_at": "timestamp",
        "writer": "string",
    },
    sort_by=("dataset_name", "created_at", "report_id"),
)

EDA_REPORTS = TableSpec(
    name="eda_reports",
    columns={
        "report_id": "string",
        "dataset_name": "string",
        "version_id": "string",
        "version": "string",
        "target": "string",
        "num_rows": "int64",
        "num_columns": "int64",
        "quality_issues": "int64",
        "recommendations": "string",
        "parameters": "string",
        "result_key": "string",
        "digest": "string",
        "created_at": "timestamp",
        "actor": "string",
        "event_at": "timestamp",
        "writer": "string",
    },
    sort_by=("dataset_name", "created_at", "report_id"),
)

DATA_LINEAGE = TableSpec(
    name="data_lineage",
    columns={
        "lineage_id": "string",
        "input_version_id": "string",
        "output_version_id": "string",
        "input_kind": "string",
        "output_kind": "string",
        "transformation_type": "string",
        "transformation_code": "string",
        "parameters": "string",
        "column_edges": "string",
        "created_at": "timestamp",
        "actor": "string",
        "event_at": "timestamp",
        "writer": "string",
    },
    sort_by=("created_at", "lineage_id"),
)

DATASET_CONTRACTS = TableSpec(
    name="dataset_contracts",
    columns={
        "dataset_name": "string",
        "digest": "string",
        "contract": "string",
        "on_violation": "string",
        "actor": "string",
        "event_at": "timestamp",
        "writer": "string",
    },
    sort_by=("dataset_name", "event_at"),
)

JOBS = TableSpec(
    name="jobs",
    columns={
        "job_id": "string",
        "kind": "string",
        "title": "string",
        "parameters": "string",
        "state": "string",
        "progress": "double",
        "message": "string",
        "result": "string",
        "error": "string",
        "log": "string",
        "host": "string",
        "pid": "int64",
        "process_mark": "string",
        "actor": "string",
        "created_at": "timestamp",
        "started_at": "timestamp",
        "ended_at": "timestamp",
        "cancel_requested_at": "timestamp",
        "event_at": "timestamp",
        "writer": "string",
    },
    sort_by=("event_at", "job_id"),
    fold=fold_jobs,
)

SPECS: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (
        EXPERIMENTS,
        RUNS,
        METRICS,
        ARTIFACTS,
        DATASET_VERSIONS,
        DATASET_TAGS,
        DRIFT_REPORTS,
        EDA_REPORTS,
        DATA_LINEAGE,
        DATASET_CONTRACTS,
        *MODEL_TABLES,
        JOBS,
        *CARD_TABLES,
        *KEPT_TABLES,
        COMMENTS,
    )
}
