"""What the exported views and their columns mean, for whoever meets them in another tool."""

from __future__ import annotations

from typing import Final

VIEWS: Final[dict[str, str]] = {
    "experiments": "One row per experiment: a name under which runs are kept together.",
    "runs": "One row per run that is not deleted. Times are UTC without a zone.",
    "metrics": "Every point of every metric, also of deleted runs.",
    "metric_summary": "One row per run and metric: last, least and greatest value.",
    "artifacts": "One row per file kept with a run and not deleted.",
    "dataset_versions": "One row per version of a dataset that is not deleted.",
    "dataset_tags": "Names that point to a version and may move: one row per dataset and tag.",
}

COLUMNS: Final[dict[str, dict[str, str]]] = {
    "experiments": {
        "experiment_id": "UUIDv7; sorts by time of creation",
        "created_at": "UTC",
    },
    "runs": {
        "run_id": "UUIDv7; sorts by time of creation",
        "status": "RUNNING, FINISHED or FAILED; RUNNING also when its process died unseen",
        "start_time": "UTC",
        "end_time": "UTC; null while it runs",
        "duration": "seconds; null while it runs",
        "params": "name to text, as logged; params['depth']::int",
        "tags": "name to text; a tag that was removed has the value null",
        "metrics": "name to last value, written when the run ends; metric_summary has all others",
        "code_version": "commit, with +digest for uncommitted changes; else the script's digest",
        "parent_run_id": "the run this one is nested in",
        "environment": "SHA-256 of objects/<first two digits>/<SHA-256>: a JSON document",
        "inputs": "ids of the dataset versions it read",
        "error": "why it failed",
        "note": "Markdown",
        "actor": "who started it",
    },
    "metrics": {
        "value": "may be NaN or infinite",
        "step": "null for a point without one, which comes after all steps",
        "logged_at": "UTC",
    },
    "metric_summary": {
        "last": "the value at the greatest step, the latest of several",
        "last_step": "null when the last point has no step",
        "min": "NaN left out",
        "max": "NaN left out",
        "points": "how often it was logged",
        "first_logged_at": "UTC",
        "last_logged_at": "UTC",
    },
    "artifacts": {
        "path": "name within the run",
        "uri": "lake://objects/<SHA-256>#... is the file objects/<first two digits>/<SHA-256>",
        "digest": "SHA-256 of the content",
        "size_bytes": "bytes",
        "created_at": "UTC",
        "metadata": "a JSON object",
    },
    "dataset_versions": {
        "version": "v1, v2 ... or the label it was given; unique within the dataset",
        "schema": "a JSON array of name and Arrow type",
        "statistics": "a JSON object: per column what was counted when it was registered",
        "storage_uri": "lake://objects/<SHA-256>: a JSON document that names its pieces",
        "content_digest": "SHA-256 of names, types and values",
        "size_bytes": "bytes of Parquet it is made of, some shared with other versions",
        "key": "the columns that tell its rows apart: a JSON array",
        "metadata": "a JSON object",
        "parent_version_id": "the version before it",
        "created_at": "UTC",
        "actor": "who registered it",
    },
    "dataset_tags": {"moved_at": "UTC"},
}
