"""The tables of models: versions, moves, predictions, outcomes, evaluations, reports in service.

model_versions     one row registers a version; later rows of its id edit or delete it
model_stages       one row per move of a version to a stage, or of an alias to a version
predictions        what a version said of an entity at a time; many rows, left in their files
outcomes           what was observed later; belongs to the last prediction before it
model_evaluations  figures of a version on a dataset; all of them are in the object `digest`
model_reports      what following a version in service found; the whole is in the object `digest`
"""

from __future__ import annotations

from lake.spec import TableSpec

MODEL_VERSIONS = TableSpec(
    name="model_versions",
    columns={
        "model_id": "string",
        "model_name": "string",
        "version": "string",
        "model_type": "string",
        "format": "string",
        "artifact_id": "string",
        "artifact_path": "string",
        "digest": "string",
        "size_bytes": "int64",
        "signature": "string",
        "description": "string",
        "owner": "string",
        "run_id": "string",
        "dataset_version_ids": "string",
        "feature_names": "string",
        "code_version": "string",
        "metadata": "string",
        "created_at": "timestamp",
        "actor": "string",
        "deleted": "bool",
        "event_at": "timestamp",
        "writer": "string",
    },
    sort_by=("model_name", "created_at", "model_id"),
)

MODEL_STAGES = TableSpec(
    name="model_stages",
    columns={
        "model_name": "string",
        "model_id": "string",
        "version": "string",
        "kind": "string",
        "label": "string",
        "previous": "string",
        "reason": "string",
        "actor": "string",
        "event_at": "timestamp",
        "writer": "string",
    },
    sort_by=("model_name", "event_at"),
)

PREDICTIONS = TableSpec(
    name="predictions",
    columns={
        "model_id": "string",
        "model_name": "string",
        "version": "string",
        "entity": "string",
        "predicted_at": "timestamp",
        "prediction": "double",
        "label": "string",
        "probabilities": "string",
        "features": "string",
        "batch_id": "string",
        "logged_at": "timestamp",
    },
    sort_by=("model_id", "predicted_at", "entity"),
    partition_by="model_name",
    flat=True,
)

OUTCOMES = TableSpec(
    name="outcomes",
    columns={
        "model_name": "string",
        "entity": "string",
        "observed_at": "timestamp",
        "outcome": "double",
        "label": "string",
        "batch_id": "string",
        "logged_at": "timestamp",
    },
    sort_by=("observed_at", "entity"),
    partition_by="model_name",
    flat=True,
)

MODEL_EVALUATIONS = TableSpec(
    name="model_evaluations",
    columns={
        "evaluation_id": "string",
        "model_id": "string",
        "model_name": "string",
        "version": "string",
        "name": "string",
        "dataset_version_id": "string",
        "task": "string",
        "num_rows": "int64",
        "events": "int64",
        "metrics": "map<string,double>",
        "digest": "string",
        "created_at": "timestamp",
        "actor": "string",
        "event_at": "timestamp",
        "writer": "string",
    },
    sort_by=("model_name", "created_at", "evaluation_id"),
)

MODEL_REPORTS = TableSpec(
    name="model_reports",
    columns={
        "report_id": "string",
        "model_id": "string",
        "model_name": "string",
        "version": "string",
        "every": "string",
        "action": "string",
        "reasons": "string",
        "alerts": "int64",
        "predictions": "int64",
        "outcomes": "int64",
        "since": "string",
        "until": "string",
        "digest": "string",
        "created_at": "timestamp",
        "actor": "string",
        "event_at": "timestamp",
        "writer": "string",
    },
    sort_by=("model_name", "created_at", "report_id"),
)

MODEL_TABLES = (
    *(MODEL_VERSIONS, MODEL_STAGES, PREDICTIONS, OUTCOMES),
    *(MODEL_EVALUATIONS, MODEL_REPORTS),
)
