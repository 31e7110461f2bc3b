"""What to do first: findings in the order of how much they would change.

    weight      of the severity: 1,000 critical, 100 high, 10 medium, 1 low
    reach       the share of rows or of columns that are affected, or, where that is more, how far
                an estimate would move (the impact of an issue)

Recommendations are ranked by weight times reach. What is the same of several columns is one of
them, and its reaches are added.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.eda.quality.conditions import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.eda.associations import Associations
    from core.eda.issue import DataQualityIssue, Severity
    from core.eda.summary import Summary
    from core.eda.target import TargetAnalysis

MOST: Final = 12
RANKING: Final = (
    "Ranked by severity (each step weighs ten times the one below) times what it reaches: the share"
    " of rows or columns, or how far an estimate would move. The same of several columns is said"
    " once."
)
_WEIGHTS: Final[dict[Severity, float]] = {"critical": 1000, "high": 100, "medium": 10, "low": 1}
_SEVERE: Final = ("critical", "high")
_MOSTLY: Final = 0.5
_SAME: Final = 0.95
_SKEWED: Final = 3.0


@dataclass(frozen=True)
class Advice:
    """A finding and what to do: those with the same `action` about other things are folded."""

    severity: Severity
    reach: float
    about: str
    found: str
    action: str

    @property
    def rank(self) -> float:
        """How much it would change."""
        return _WEIGHTS[self.severity] * min(1.0, self.reach)


def advise(
    rows: int,
    summaries: Sequence[Summary],
    associations: Associations,
    issues: Sequence[DataQualityIssue],
    target: TargetAnalysis | None = None,
) -> tuple[str, ...]:
    """Return at most 12 recommendations, the most important first."""
    if not rows:
        return ("The table has no rows: check how it was read.",)
    severe = [issue for issue in issues if issue.severity in _SEVERE]
    # what an issue says already is not said again
    said = {(issue.issue_type, name) for issue in severe for name in issue.columns}
    not_asked = {n for issue in issues if issue.issue_type == "skip_pattern" for n in issue.columns}
    found = [
        *_about_leakage(target, issues),
        *(_of_issue(issue, rows) for issue in severe),
        *_about_gaps([s for s in summaries if s.name not in not_asked], said),
        *_about_pairs(associations, said, "" if target is None else target.column),
        *_about_skew(summaries),
    ]
    return tuple(dict.fromkeys(_folded(found)))[:MOST]


def _folded(found: Sequence[Advice]) -> list[str]:
    """Say once what is to be done several times, and order by what it changes."""
    groups: dict[tuple[str, str], list[Advice]] = {}
    for advice in found:
        groups.setdefault((advice.severity, advice.action), []).append(advice)

    def key(group: list[Advice]) -> float:
        reach = sum(advice.reach for advice in group)
        return -_WEIGHTS[group[0].severity] * min(1.0, reach)

    return [_said(group) for group in sorted(groups.values(), key=key)]


def _said(group: list[Advice]) -> str:
    first, *others = sorted(group, key=lambda advice: -advice.rank)
    also = f" Likewise {listed([advice.about for advice in others])}." if others else ""
    return f"{first.found}{also} {first.action}"


def _of_issue(issue: DataQualityIssue, rows: int) -> Advice:
    reach = max(issue.affected_rows / (issue.sampled or rows), issue.impact)
    about = listed(issue.columns)
    # what is said of several columns names them
    named = issue.column is None or issue.description.startswith(f"{issue.column} ")
    found = issue.description if named else f"{issue.column}: {issue.description}"
    return Advice(issue.severity, reach, about, found, issue.recommendation)


def _about_leakage(
    target: TargetAnalysis | None, issues: Sequence[DataQualityIssue]
) -> Iterator[Advice]:
    if target is None:
        return
    said = {name for issue in issues if issue.issue_type == "leakage" for name in issue.columns}
    for feature in target.features:
        if feature.leakage and feature.name not in said:
            action = (
                "Find out whether it is known before the target is; if not, leave it out of every"
                " model."
            )
            found = f"{feature.name} may give {target.column} away. {feature.leakage}"
            yield Advice("critical", 1.0, feature.name, found, action)


def _about_gaps(summaries: Sequence[Summary], said: set[tuple[str, str]]) -> Iterator[Advice]:
    for summary in summaries:
        share = summary.statistics["missing_share"]
        if _MOSTLY <= share < 1 and ("missing", summary.name) not in said:
            action = (
                "Find out whether it was not asked or not answered, before it is filled in or left"
                " out."
            )
            found = f"{summary.name}: {share:.0%} of the values are missing."
            yield Advice("medium", share, summary.name, found, action)


def _about_pairs(
    associations: Associations, said: set[tuple[str, str]], target: str
) -> Iterator[Advice]:
    for pair in associations.pairs:
        if (
            pair.strength is None
            or abs(pair.strength) < _SAME
            or target in (pair.first, pair.second)
        ):
            continue
        if not any(name in {pair.first, pair.second} for kind, name in said if "corr" in kind):
            names = f"{pair.first} and {pair.second}"
            found = f"{names} say nearly the same (strength {pair.strength:.2f})."
            reach = 2 / len(associations.columns)
            yield Advice("low", reach, names, found, "One of the two is enough for a model.")


def _about_skew(summaries: Sequence[Summary]) -> Iterator[Advice]:
    for summary in summaries:
        skewness = summary.statistics.get("skewness")
        if summary.kind != "number" or summary.statistics["distinct"] <= 2:
            continue  # a rare yes is no long tail
        if isinstance(skewness, float) and abs(skewness) >= _SKEWED:
            action = (
                "Describe it by its median, and consider its logarithm before it enters a linear"
                " model."
            )
            found = f"{summary.name} is skewed ({skewness:.1f})."
            yield Advice("low", 1 / len(summaries), summary.name, found, action)
