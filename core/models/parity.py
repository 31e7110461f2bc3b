"""The figures of groups, and how they differ from the largest group of the same attribute.

selection_rate          demographic parity: as many alerts in each group
true_positive_rate      equal opportunity: as many of the events found
false_positive_rate     with the one above, equalized odds
ppv                     predictive parity: an alert means the same
observed_expected, calibration_intercept      calibration by group
auroc, brier            whether it works as well

Differences of two groups of simple rows are made of both intervals (Newcombe 1998, Zou and Donner
2008); with clusters, of which two groups may share some, of the influences of all rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from core.models.columns import Grouping
from core.models.fairness import FairnessReport, GroupDifference, GroupResult
from core.models.fairness_findings import findings_of
from core.models.interval import ANY, SHARE, Estimate, around_ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy.typing as npt

    from core.models.influence import Figure
    from core.models.sampling import Sampling

    Numbers = npt.NDArray[np.float64]
    Places = npt.NDArray[np.intp]
    Figures = Callable[[Places, Sampling], Mapping[str, "Measured"]]

LEAST_ROWS: Final = 20
LEAST_EVENTS: Final = 5
MOST_GROUPS: Final = 30
_BONFERRONI: Final = 2.241402727604947 / 1.959963984540054  # 97.5 % by 95 %, in standard errors
ODDS: Final = "equalized_odds"
_ODDS: Final = ("true_positive_rate", "false_positive_rate")


@dataclass(frozen=True)
class Measured:
    """A figure of a group, with its interval and the influences of the group's rows.

    What is on a scale whose 0 is no end has no ratio.
    """

    estimate: Estimate
    figure: Figure
    has_ratio: bool = True


@dataclass(frozen=True)
class _Group:
    result: GroupResult
    rows: Places
    measured: Mapping[str, Measured]


def fairness(
    groups: Mapping[str, Grouping],
    events: npt.NDArray[np.bool_] | None,
    sampling: Sampling,
    figures: Figures,
    *,
    threshold: float | None = None,
) -> FairnessReport:
    """Return the report of groups and of the intersections of any two of them.

    `figures` returns those of some rows. Without `events`, as of a measurement, a group is large
    enough by its rows alone.
    """
    made: list[_Group] = []
    differences: list[GroupDifference] = []
    notes = []
    for attribute, grouping in {**groups, **_intersections(groups)}.items():
        found = list(_groups(attribute, grouping, events, sampling, figures))
        made += found
        if len(grouping.names) > MOST_GROUPS:
            left = len(grouping.names) - MOST_GROUPS
            notes.append(f"{attribute}: {left:,} groups beyond the {MOST_GROUPS} largest are left.")
        large = [group for group in found if not group.result.suppressed]
        if len(large) > 1:
            reference = max(large, key=lambda group: group.result.rows)
            for group in large:
                if group is not reference:
                    differences += _differences(group, reference, sampling)
    results = tuple(group.result for group in made)
    rule = _rule(events is not None)
    findings = findings_of(results, tuple(differences), rule)
    return FairnessReport(
        groups=results,
        differences=tuple(differences),
        findings=(*findings, *notes),
        threshold=threshold,
        rule=rule,
    )


def _rule(events: bool) -> str:
    few = f"fewer than {LEAST_ROWS} rows"
    if not events:
        return f"Groups of {few} are too small to be judged."
    return f"Groups of {few}, {LEAST_EVENTS} events or {LEAST_EVENTS} others are too small."


def _intersections(groups: Mapping[str, Grouping]) -> dict[str, Grouping]:
    found = {}
    for (first, one), (second, other) in combinations(groups.items(), 2):
        both = one.codes * len(other.names) + other.codes
        used, codes = np.unique(both, return_inverse=True)
        names = tuple(
            f"{one.names[code // len(other.names)]} & {other.names[code % len(other.names)]}"
            for code in used.tolist()
        )
        found[f"{first} & {second}"] = Grouping(codes=codes, names=names)
    return found


def _groups(
    attribute: str,
    grouping: Grouping,
    events: npt.NDArray[np.bool_] | None,
    sampling: Sampling,
    figures: Figures,
) -> Iterator[_Group]:
    sizes = np.bincount(grouping.codes, minlength=len(grouping.names))
    largest = np.sort(np.argsort(-sizes, kind="stable")[:MOST_GROUPS])
    for code in largest.tolist():
        rows = np.flatnonzero(grouping.codes == code)
        hits = 0 if events is None else int(events[rows].sum())
        rarer = LEAST_EVENTS if events is None else min(hits, len(rows) - hits)
        small = len(rows) < LEAST_ROWS or rarer < LEAST_EVENTS
        measured = {} if small else figures(rows, sampling.only(rows))
        result = GroupResult(
            attribute=attribute,
            group=grouping.names[code],
            rows=len(rows),
            events=hits,
            suppressed=small,
            metrics={name: found.estimate for name, found in measured.items()},
        )
        yield _Group(result, rows, measured)


def _differences(group: _Group, reference: _Group, sampling: Sampling) -> Iterator[GroupDifference]:
    found = {}
    for name, mine in group.measured.items():
        theirs = reference.measured[name]
        if mine.estimate.known and theirs.estimate.known:
            pair = [(mine, group.rows), (theirs, reference.rows)]
            found[name] = (_difference(pair, sampling), _ratio(pair, sampling))
    if all(name in found for name in _ODDS):
        why = Estimate.missing("it is the larger of two differences")
        found[ODDS] = (_larger([found[name][0] for name in _ODDS]), why)
    for name, (difference, ratio) in found.items():
        yield GroupDifference(
            attribute=group.result.attribute,
            measure=name,
            group=group.result.group,
            reference=reference.result.group,
            difference=difference,
            ratio=ratio,
        )


def _difference(pair: list[tuple[Measured, Places]], sampling: Sampling) -> Estimate:
    (mine, _), (theirs, _) = pair
    one, other = mine.estimate, theirs.estimate
    value = one.value - other.value
    bounds = (-1.0, 1.0) if mine.figure.within == SHARE else ANY
    if sampling.cluster is not None:
        scale = [part.figure.value if part.figure.ratio else 1.0 for part, _ in pair]
        return sampling.around(value, _moved(pair, scale, sampling), within=bounds)
    low = value - math.hypot(one.value - one.low, other.high - other.value)
    high = value + math.hypot(one.high - one.value, other.value - other.low)
    method = f"of both intervals, {one.method}"
    return Estimate(value, max(bounds[0], low), min(bounds[1], high), method)


def _ratio(pair: list[tuple[Measured, Places]], sampling: Sampling) -> Estimate:
    (mine, _), (theirs, _) = pair
    if not mine.has_ratio:
        return Estimate.missing("0 is no natural end of its scale")
    values = [mine.estimate.value, theirs.estimate.value]
    if min(values) <= 0:
        return Estimate.missing("a part of the ratio is 0")
    scale = [1.0 if part.figure.ratio else 1 / part.figure.value for part, _ in pair]
    value = values[0] / values[1]
    if sampling.cluster is not None:
        return sampling.around_ratio(value, _moved(pair, scale, sampling))
    variance = sum(
        part.figure.variance(sampling.only(rows)) * by**2
        for (part, rows), by in zip(pair, scale, strict=True)
    )
    return around_ratio(value, variance, method="delta" + sampling.said)


def _moved(pair: list[tuple[Measured, Places]], scale: list[float], sampling: Sampling) -> Numbers:
    """Return by how much each row of all moves the difference of two groups."""
    found = np.zeros(len(sampling.weights))
    for (part, rows), by, sign in zip(pair, scale, (1, -1), strict=True):
        found[rows] = sign * by * part.figure.influence
    return found


def _larger(differences: list[Estimate]) -> Estimate:
    """Return the larger one without its sign; both intervals hold together (Bonferroni)."""
    ends = []
    for found in differences:
        low = found.value - _BONFERRONI * (found.value - found.low)
        high = found.value + _BONFERRONI * (found.high - found.value)
        nearest = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
        ends.append((nearest, max(abs(low), abs(high))))
    return Estimate(
        max(abs(found.value) for found in differences),
        max(low for low, _ in ends),
        min(1.0, max(high for _, high in ends)),
        "Bonferroni of both intervals",
    )
