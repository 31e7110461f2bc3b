"""The names of the catalog's views, and how they look with a prefix of one's own."""

from __future__ import annotations

import re
from typing import Final

from lake.errors import InvalidNameError

VIEWS: Final = (
    *("runs", "all_runs", "experiments", "metrics", "metric_summary", "artifacts"),
    *("dataset_versions", "dataset_tags", "dataset_contracts", "data_lineage", "drift_reports"),
    "eda_reports",
    *("models", "model_versions", "model_stages", "model_evaluations", "model_reports"),
    *("predictions", "outcomes", "prediction_outcomes"),
    *("jobs", "queries", "saved_views", "comments"),
    *("model_cards", "card_sign_offs"),
)
# what else a catalog's DuckDB holds, as a test makes sure: no view may take its place
INTERNAL: Final = frozenset(
    {
        "events_artifacts",
        "events_card_sign_offs",
        "events_comments",
        "events_data_lineage",
        "events_dataset_contracts",
        "events_dataset_tags",
        "events_dataset_versions",
        "events_drift_reports",
        "events_eda_reports",
        "events_experiments",
        "events_model_cards",
        "events_model_evaluations",
        "events_model_reports",
        "events_model_stages",
        "events_model_versions",
        "events_jobs",
        "events_queries",
        "events_runs",
        "events_saved_views",
        "live_metrics",
        "live_outcomes",
        "live_predictions",
        "run_rows",
        "summary_parts",
    }
)
_PREFIX: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}", re.ASCII)


def prefixed_views(prefix: str) -> dict[str, str]:
    """Map the names with the prefix to the usual ones; to none when it is empty.

    Raises InvalidNameError for a prefix that makes no name, or one that is taken.

    >>> prefixed_views("exp_")["exp_runs"]
    'runs'
    >>> prefixed_views("all_")
    Traceback (most recent call last):
    ...
    lake.errors.InvalidNameError: The prefix 'all_' makes all_runs, a name that is taken. ...
    """
    if not prefix:
        return {}
    hint = 'Use letters, digits and _, 40 at most, such as "exp_".'
    if not _PREFIX.fullmatch(prefix):
        raise InvalidNameError(f"{prefix!r} is no prefix of names.", hint=hint, prefix=prefix)
    names = {prefix + view: view for view in VIEWS}
    taken = [name for name in names if name.lower() in INTERNAL.union(VIEWS)]
    if taken:
        message = f"The prefix {prefix!r} makes {taken[0]}, a name that is taken."
        raise InvalidNameError(message, hint=hint, prefix=prefix)
    return names
