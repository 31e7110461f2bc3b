"""What may be asked for beside the columns.

correlations=True          pairs of numeric columns; or "spearman", "pearson"
    multivariate=True          principal components, and a model that tells the tables apart
    target="phq9_total"        what is to be predicted: its tests, its mean or its shares
    prediction="score"         what was predicted; with a target also how well both agree
    by="sex"                   the same tests within each subgroup, and the mix of subgroups

    cluster="clinic"           no analysis: p values of columns and subgroups are corrected for rows
    strata="region"            that are alike (core/drift/clusters.py)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

import pyarrow.types as is_a

from core.drift.arguments import ANALYSES, faults_of_types, fits
from core.drift.correlation import METHODS, correlation_drifts
from core.drift.further_advice import (
    of_all_columns,
    of_correlations,
    of_outcome,
    of_subgroups,
)
from core.drift.multivariate import multivariate_drift
from core.drift.outcome import outcome_drift
from core.drift.subgroups import subgroup_drift
from core.errors import DataVersionError
from core.storable import stored_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from core.drift.clusters import Design


class OnRequest(TypedDict, total=False):
    """The keywords of the analyses."""

    correlations: bool | str
    multivariate: bool
    target: str | None
    prediction: str | None
    by: str | None
    cluster: str | Sequence[str] | None
    strata: str | Sequence[str] | None


def columns_of(named: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the columns that one or several names stand for."""
    return () if named is None else (named,) if isinstance(named, str) else tuple(named)


@dataclass(slots=True)
class Further:
    """What they found: fields of the report, and sentences of advice."""

    found: dict[str, Any] = field(default_factory=dict)
    drifted: bool = False
    advice: list[str] = field(default_factory=list)

    def add(self, name: str, result: Any, advice: Iterator[str]) -> None:
        """Take in one result."""
        self.found[name] = result
        self.drifted = self.drifted or result.drifted
        self.advice.extend(advice)


def analyse(
    reference: pa.Table,
    current: pa.Table,
    columns: Sequence[str],
    asked: OnRequest,
    design: Design | None = None,
) -> Further:
    """Make the analyses that were asked for, over columns that both tables have.

    Raises DataVersionError for an analysis, a method or a column there is not, all of them
    together. Values raise nothing.
    """
    further = Further()
    if method := asked.get("correlations"):
        method = "spearman" if method is True else method
        pairs = correlation_drifts(reference, current, columns, method=method)
        further.add("correlation_drifts", pairs, of_correlations(pairs))
    if asked.get("multivariate"):
        together = multivariate_drift(reference, current, columns)
        further.add("multivariate", together, of_all_columns(together))
    target, prediction = asked.get("target"), asked.get("prediction")
    outcomes = outcome_drift(reference, current, target=target, prediction=prediction)
    for role, outcome in outcomes.items():
        further.add(role, outcome, of_outcome(role, outcome))
    if (by := asked.get("by")) is not None:
        groups = subgroup_drift(reference, current, columns, by=by, design=design)
        further.add("subgroups", groups, of_subgroups(groups))
    return further


def check(reference: pa.Table, current: pa.Table, columns: Any, asked: Mapping[str, Any]) -> None:
    """Refuse an analysis, a method or a column there is not. Raises DataVersionError with all."""
    faults = [*faults_of_types(columns, asked)]
    asked = {name: value for name, value in asked.items() if name in ANALYSES and fits(name, value)}
    names = {role: asked.get(role) for role in ("target", "prediction", "by")}
    known = [*dict.fromkeys([*reference.column_names, *current.column_names])]
    faults += [
        f"{role}: neither table has the column {name!r}"
        for role, name in names.items()
        if name is not None and name not in known
    ]
    faults += _faults_of_design(reference, current, asked)
    method = asked.get("correlations", False)
    if not isinstance(method, bool) and method not in METHODS:
        faults.append(f"correlations: {method!r} is neither {' nor '.join(METHODS)}")
    if faults:
        hint = f"Columns: {', '.join(known)}. Analyses: {', '.join(ANALYSES)}."
        raise DataVersionError(f"{'; '.join(faults)}.", hint=hint, faults=faults)


def _faults_of_design(
    reference: pa.Table, current: pa.Table, asked: Mapping[str, Any]
) -> Iterator[str]:
    cluster, strata = columns_of(asked.get("cluster")), columns_of(asked.get("strata"))
    for role, named in (("cluster", cluster), ("strata", strata)):
        for name in named:
            if not all(name in table.column_names for table in (reference, current)):
                yield f"{role}: both tables need the column {name!r}"
            elif not all(_makes_groups(table[name].type) for table in (reference, current)):
                yield f"{role}: values of {name!r} are of a type that makes no groups"
    if strata and not cluster:
        yield "strata: name the clusters as well"
    independent = [
        name
        for name in ("correlations", "multivariate", "target", "prediction")
        if asked.get(name) not in {None, False}
    ]
    if cluster and independent:
        yield f"{', '.join(independent)}: rows are taken as independent, not in clusters"


def _makes_groups(kind: pa.DataType) -> bool:
    stored = stored_type(kind)
    return not (
        is_a.is_nested(stored) or is_a.is_large_binary(stored) or is_a.is_fixed_size_binary(stored)
    )
