"""A report as plain JSON values, and back: exactly what it was.

JSON has no infinite numbers: they are written as the texts "Infinity", "-Infinity" and "NaN", as
the statistics of a column are (core/profile/column.py).
"""

from __future__ import annotations

import math
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from core.eda.associations import Association, Associations
from core.eda.histogram import Histogram
from core.eda.importance import Importance
from core.eda.issue import DataQualityIssue
from core.eda.scores import MissingByTarget
from core.eda.summary import Summary
from core.eda.target import Feature, TargetAnalysis

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAME: Final = (
    *("dataset_name", "num_rows", "num_columns", "summary_statistics", "missing_values"),
    *("data_types", "correlations", "missing_together", "report_id"),
)


def plain(value: Any) -> Any:
    """Return a value as JSON has it.

    >>> plain({1: (0.5, float("-inf"))})
    {'1': [0.5, '-Infinity']}
    """
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def parts_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a report is made of. Raises KeyError and TypeError for what is none."""
    return {
        **{name: given[name] for name in _SAME},
        "outliers": {name: tuple(rows) for name, rows in given["outliers"].items()},
        "quality_issues": [_issue(issue) for issue in given["quality_issues"]],
        "visualizations": tuple(given["visualizations"]),
        "recommendations": tuple(given["recommendations"]),
        "generated_at": datetime.fromisoformat(given["generated_at"]),
        "columns": [_summary(summary) for summary in given["columns"]],
        "associations": _associations(given["associations"]),
        "target": None if given["target"] is None else _target(given["target"]),
        "approximations": list(given["approximations"]),
        "labels": dict(given.get("labels", {})),  # which older ones have not
    }


def _float(value: float | str) -> float:
    return float(value)


def _floats(values: list[float | str]) -> tuple[float, ...]:
    return tuple(map(float, values))


def _issue(given: dict[str, Any]) -> DataQualityIssue:
    return DataQualityIssue(**given | {"columns": tuple(given["columns"])})


def _summary(given: dict[str, Any]) -> Summary:
    histogram = given["histogram"]
    if histogram is not None:
        shapes = {name: _floats(histogram[name]) for name in ("edges", "density")}
        histogram = Histogram(**histogram | shapes | {"counts": tuple(histogram["counts"])})
    return Summary(
        **given
        | {
            "histogram": histogram,
            "outlier_rows": tuple(given["outlier_rows"]),
            "missing_by_block": _floats(given["missing_by_block"]),
        }
    )


def _associations(given: dict[str, Any]) -> Associations:
    return Associations(
        columns=tuple(given["columns"]),
        pairs=tuple(Association(**pair) for pair in given["pairs"]),
        rows=given["rows"],
        left_out=tuple(given["left_out"]),
    )


def _target(given: dict[str, Any]) -> TargetAnalysis:
    importance = given["importance"]
    if importance is not None:
        losses = {name: _floats(pair) for name, pair in importance["losses"].items()}
        importance = Importance(
            **importance | {"losses": losses, "score": _float(importance["score"])}
        )
    features = tuple(_feature(feature) for feature in given["features"])
    return TargetAnalysis(**given | {"features": features, "importance": importance})


def _feature(given: dict[str, Any]) -> Feature:
    missing = given["missing"]
    if missing is not None:
        means = {name: _float(missing[name]) for name in ("where_missing", "where_present")}
        missing = MissingByTarget(**missing | means)
    return Feature(**given | {"interval": _floats(given["interval"]), "missing": missing})
