"""What to do first: findings in the order of how much they would change.

1   critical and high quality issues, by their impact
2   columns of which most is missing
3   pairs of columns that say the same
4   columns that are skewed so far that their mean misleads
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.eda.associations import Associations
    from core.eda.issue import DataQualityIssue
    from core.eda.summary import Summary
    from core.eda.target import TargetAnalysis

MOST: Final = 12
_SEVERE: Final = ("critical", "high")
_MOSTLY: Final = 0.5
_SAME: Final = 0.95
_SKEWED: Final = 3.0


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
    found = [
        *_about_leakage(target, issues),
        *(_said(issue) for issue in severe),
        *_about_gaps(summaries, said),
        *_about_pairs(associations, said, "" if target is None else target.column),
        *_about_skew(summaries),
    ]
    return tuple(dict.fromkeys(found))[:MOST]


def _said(issue: DataQualityIssue) -> str:
    about = f"{', '.join(issue.columns)}: " if issue.columns else ""
    return f"{about}{issue.description} {issue.recommendation}"


def _about_leakage(
    target: TargetAnalysis | None, issues: Sequence[DataQualityIssue]
) -> Iterator[str]:
    if target is None:
        return
    said = {name for issue in issues if issue.issue_type == "leakage" for name in issue.columns}
    for feature in target.features:
        if feature.leakage and feature.name not in said:
            yield (
                f"{feature.name} may give {target.column} away: {feature.leakage} Find out whether"
                " it is known before the target is; if not, leave it out of every model."
            )


def _about_gaps(summaries: Sequence[Summary], said: set[tuple[str, str]]) -> Iterator[str]:
    for summary in sorted(summaries, key=lambda s: -s.statistics["missing_share"]):
        share = summary.statistics["missing_share"]
        if share >= _MOSTLY and ("missing", summary.name) not in said:
            yield (
                f"{summary.name} is missing in {share:.0%} of the rows: find out whether it was not"
                " asked or not answered, before it is filled in or left out."
            )


def _about_pairs(
    associations: Associations, said: set[tuple[str, str]], target: str
) -> Iterator[str]:
    for pair in associations.pairs:
        if (
            pair.strength is None
            or abs(pair.strength) < _SAME
            or target in (pair.first, pair.second)
        ):
            continue
        if not any(name in {pair.first, pair.second} for kind, name in said if "corr" in kind):
            yield (
                f"{pair.first} and {pair.second} say nearly the same (strength"
                f" {pair.strength:.2f}): one of them is enough for a model."
            )


def _about_skew(summaries: Sequence[Summary]) -> Iterator[str]:
    for summary in summaries:
        skewness = summary.statistics.get("skewness")
        if summary.kind == "number" and skewness is not None and abs(skewness) >= _SKEWED:
            yield (
                f"{summary.name} is skewed ({skewness:.1f}): describe it by its median, and"
                " consider its logarithm before it enters a linear model."
            )
