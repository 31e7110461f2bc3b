"""What tells of a target: each feature by itself, and all of them in a model.

A target of two values is an outcome, of more than 20 numbers a measurement, of anything else a set
of classes.

    score       of an outcome, AUROC; of classes, AUROC of each against the rest, weighted by their
                rows; of a measurement, R². An outcome is compared with numbers as they are, so that
                below 0.5 tells as much as above. Otherwise a feature stands for the mean target of
                its category, or its sixteenth of the numbers, in other rows (scores.fold_means)
    information mutual information in nats, with the 2.5 and 97.5 % of 200 tables drawn from the
                one that was counted (bootstrap)
    missing     the mean target where the feature is missing, and where it is not
    leakage     said of a feature from which nearly all of the target follows

At most 100,000 rows are looked at, evenly spaced, of those that have a target. All that is random
has a seed: the same table gives the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from core.eda.associations import SAMPLE
from core.eda.dependence import Coded, in_ranges, joint_counts, most_frequent, mutual_information
from core.eda.importance import Importance, permutation_importance
from core.eda.scores import MissingByTarget, auroc, fold_means, missing_by_target, r_squared
from core.errors import EDAError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from core.eda.summary import Summary
    from core.eda.table import Data

    Numbers = npt.NDArray[np.float64]
    Places = npt.NDArray[np.int64]

Sort = Literal["outcome", "classes", "measurement"]
MOST_CLASSES: Final = 20  # numbers of more values are a measurement
_KINDS: Final = frozenset({"number", "category", "boolean"})
_BOOTSTRAPS: Final = 200
_SEED: Final = 20_240
_TOO_GOOD: Final = 0.98
_TOO_INFORMED: Final = 0.9  # of what there is to know of the target
_FEWEST: Final = 50  # rows: less follows from one feature by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """What one column tells of the target. `leakage` says why it may give it away, or is empty."""

    name: str
    kind: str
    score: float | None
    information: float
    interval: tuple[float, float]
    missing: MissingByTarget | None = None
    leakage: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetAnalysis:
    """What tells of a target, the most telling feature first.

    `measure` names the score, `classes` maps the values of the target to their rows, `positive` is
    the value that the AUROC of an outcome is of. `importance` leaves out what may leak.
    """

    column: str
    sort: Sort
    measure: str
    rows: int
    classes: dict[str, int]
    positive: str
    features: tuple[Feature, ...]
    importance: Importance | None


@dataclass(frozen=True)
class Target:
    """The target in the rows that are looked at; `values` of classes are their codes."""

    sort: Sort
    coded: Coded
    values: Numbers
    labels: tuple[str, ...]
    rows: Places


def analyze_target(data: Data, summaries: Sequence[Summary], column: str) -> TargetAnalysis:
    """Look at what tells of a column. Raises EDAError for one that cannot be a target."""
    # one thread a fit: on a busy machine two wait for each other, busily
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    # infinite and huge values make what is no number
    with threadpool_limits(limits=1), np.errstate(all="ignore"):
        target = _target(data, next(s for s in summaries if s.name == column))
        taking = [s for s in summaries if s.name != column and s.kind in _KINDS]
        features = [_feature(data, summary, target) for summary in taking]
        usable = {f.name: _as_numbers(data, f, target.rows) for f in features if not f.leakage}
        importance = permutation_importance(usable, target.values, target.sort)
    counts = np.bincount(target.coded.codes, minlength=target.coded.number).tolist()
    return TargetAnalysis(
        column=column,
        sort=target.sort,
        measure="R²" if target.sort == "measurement" else "AUROC",
        rows=len(target.rows),
        classes=dict(zip(target.labels, counts, strict=True)) if target.labels else {},
        positive=target.labels[1] if target.sort == "outcome" else "",
        features=tuple(sorted(features, key=lambda f: (-f.information, f.name))),
        importance=importance,
    )


def _target(data: Data, summary: Summary) -> Target:
    """Return the target in the rows that have one. Raises EDAError."""
    distinct = summary.statistics.get("distinct", 0)
    if summary.kind not in _KINDS or distinct < 2:
        message = f"{summary.name} cannot be a target: {summary.kind}, {distinct} distinct values."
        hint = "Name a column of numbers, categories or booleans with two values or more."
        raise EDAError(message, hint=hint, column=summary.name)
    rows = np.arange(0, data.rows, max(1, -(-data.rows // SAMPLE)))
    column = data.column(summary.name)
    if summary.kind == "number":
        values = column.numbers(rows)
        rows, values = rows[np.isfinite(values)], values[np.isfinite(values)]
        if distinct > MOST_CLASSES:
            return Target("measurement", in_ranges(values), values, (), rows)
        found, codes = np.unique(values, return_inverse=True)
        labels = tuple(f"{value:g}" for value in found.tolist())
        return _classes(codes.astype(np.int32), labels, rows)
    coded, labels = column.labelled(rows)
    order = np.argsort(np.array(labels))
    places = np.empty(len(labels) + 1, np.int32)
    places[order], places[-1] = np.arange(len(labels)), -1  # missing values have the code -1
    ordered = places[coded]
    there = ordered >= 0
    return _classes(ordered[there], tuple(labels[n] for n in order), rows[there])


def _classes(codes: npt.NDArray[np.int32], labels: tuple[str, ...], rows: Places) -> Target:
    sort: Sort = "outcome" if len(labels) == 2 else "classes"
    return Target(sort, Coded(codes, len(labels)), codes.astype(np.float64), labels, rows)


def _feature(data: Data, summary: Summary, target: Target) -> Feature:
    column = data.column(summary.name)
    values = None
    if summary.kind == "number":
        values = _finite(column.numbers(target.rows))
        coded = in_ranges(values)
    else:
        coded = most_frequent(*column.codes(target.rows))
    counts = joint_counts(coded, target.coded)
    present = coded.codes >= 0
    score = _score(coded, values, target)
    comparable = target.sort != "classes" and not present.all()
    return Feature(
        name=summary.name,
        kind=summary.kind,
        score=score,
        information=mutual_information(counts),
        interval=_interval(counts),
        missing=missing_by_target(present, target.values) if comparable else None,
        leakage=_leakage(score, counts, target.sort),
    )


def _score(coded: Coded, values: Numbers | None, target: Target) -> float | None:
    if target.sort == "measurement":
        return r_squared(fold_means(coded, target.values), target.values)
    if target.sort == "outcome":
        foretold = fold_means(coded, target.values) if values is None else values
        return auroc(foretold, target.values == 1)
    total, weight = 0.0, 0
    for place in range(len(target.labels)):
        positive = target.coded.codes == place
        found = auroc(fold_means(coded, positive.astype(np.float64)), positive)
        if found is not None:
            total, weight = total + found * int(positive.sum()), weight + int(positive.sum())
    return total / weight if weight else None


def _interval(counts: Numbers) -> tuple[float, float]:
    total = int(counts.sum())
    if not total:
        return (0.0, 0.0)
    random = np.random.default_rng(_SEED)
    drawn = random.multinomial(total, counts.ravel() / total, size=_BOOTSTRAPS)
    # a drawn table has the bias of its own size and that of the table it is drawn from
    bias = mutual_information(counts, corrected=False) - mutual_information(counts)
    tables = drawn.reshape(_BOOTSTRAPS, *counts.shape).astype(np.float64)
    found = np.array([mutual_information(table) for table in tables]) - bias
    low, high = np.quantile(np.maximum(found, 0.0), [0.025, 0.975])
    return float(low), float(high)


def _leakage(score: float | None, counts: Numbers, sort: Sort) -> str:
    rows = int(counts.sum())
    if rows < _FEWEST or score is None:
        return ""
    telling = max(score, 1 - score) if sort == "outcome" else score
    if telling >= _TOO_GOOD:
        measure = "R²" if sort == "measurement" else "AUROC"
        return f"alone it has {measure} {score:.3f}."
    shares = counts.sum(axis=0) / rows
    entropy = -float((shares[shares > 0] * np.log(shares[shares > 0])).sum())
    informed = mutual_information(counts) / entropy if entropy else 0.0
    return f"{informed:.0%} of the target follows from it." if informed >= _TOO_INFORMED else ""


def _finite(values: Numbers) -> Numbers:
    return np.where(np.isinf(values), np.nan, values)


def _as_numbers(data: Data, feature: Feature, rows: Places) -> Numbers:
    column = data.column(feature.name)
    if feature.kind == "number":
        return _finite(column.numbers(rows))
    coded = most_frequent(*column.codes(rows)).codes
    return np.where(coded >= 0, coded.astype(np.float64), np.nan)
