"""Columns of pandas whose values have several types: they are read as texts, and it is said.

A column of objects may hold 1, "two" and 2.5 side by side. No table has such a type, so that it
could not be looked at otherwise; what was what stands in an issue.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from core.eda.issue import DataQualityIssue

if TYPE_CHECKING:
    from collections.abc import Mapping


def one_type_each(data: Any) -> tuple[Any, dict[str, dict[str, int]]]:
    """Return a frame whose columns Arrow takes, and the types of the values of those it would not.

    >>> import pandas as pd
    >>> one_type_each(pd.DataFrame({"a": [1, "two", None]}))[1]
    {'a': {'int': 1, 'str': 1}}
    """
    if not hasattr(data, "select_dtypes"):  # no pandas
        return data, {}
    found: dict[str, dict[str, int]] = {}
    for name, column in data.select_dtypes("object").items():
        try:
            pa.array(column, from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            present = column[column.notna()]
            types = Counter(type(value).__name__ for value in present)
            if len(types) > 1:
                found[str(name)] = dict(sorted(types.items(), key=lambda pair: (-pair[1], pair[0])))
                data = data.assign(**{str(name): column.map(str, na_action="ignore")})
    return data, found


def mixed_issues(mixed: Mapping[str, Mapping[str, int]], rows: int) -> list[DataQualityIssue]:
    """Return an issue for each column of several types."""
    issues = []
    for name, types in mixed.items():
        fewer = sum(types.values()) - max(types.values())
        told = ", ".join(f"{count:,} {kind}" for kind, count in types.items())
        issues.append(
            DataQualityIssue(
                issue_type="mixed_types",
                severity="medium",
                column=name,
                description=f"Its values are of several types ({told}). They were read as texts.",
                affected_rows=fewer,
                recommendation="Find out how they came in, and give every column one type.",
                evidence={"types": dict(types)},
                impact=fewer / rows,
            )
        )
    return issues
