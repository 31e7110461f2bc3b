"""What to do about drift that was found on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.drift.causes import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.drift.findings import (
        CorrelationDrifts,
        MultivariateDrift,
        OutcomeDrift,
        SubgroupDrift,
        Summary,
    )


def of_correlations(found: CorrelationDrifts) -> Iterator[str]:
    """Yield a sentence or two for each of the five that changed most."""
    for pair in found.pairs[:5]:
        if pair.drifted:
            yield (
                f"{pair.columns[0]} and {pair.columns[1]}: the correlation went from"
                f" {pair.reference:.2f} to {pair.current:.2f}. Look for a group that is new or"
                " gone, and for another way to measure one of them; refit models that use both."
            )


def of_all_columns(found: MultivariateDrift) -> Iterator[str]:
    """Say where to look."""
    if found.classifier is not None and found.classifier.drifted:
        names = ", ".join(column.name for column in found.classifier.telling[:5])
        yield (
            f"All columns together: a model tells the tables apart with an AUROC of"
            f" {found.classifier.auroc.value:.2f}, by {names or 'no single column'}. Look at"
            " these columns first, each and in pairs."
        )
    if found.reconstruction is not None and found.reconstruction.drifted:
        yield (
            "All columns together: rows are"
            f" {'farther from' if found.reconstruction.difference.value > 0 else 'closer to'} the"
            " principal components of the reference. Columns move together in another way, or"
            " values are missing that were not."
        )


def of_outcome(role: str, found: OutcomeDrift) -> Iterator[str]:
    """Say how a target or a prediction changed, and whether a model still holds."""
    if any(test["drifted"] for test in found.tests.values()):
        moved = [_moved(summary) for summary in found.summaries[:1]]
        yield (
            f"{found.column}: the {role} changed{': ' if moved else ''}{''.join(moved)}. Check whom"
            " the data are of, and look at thresholds that were chosen for the old share."
        )
    for change in found.relation:
        if change.drifted:
            yield (
                f"{found.column}: {change.name} of the prediction went from"
                f" {change.reference.value:.3g} to {change.current.value:.3g}. The relation the"
                " model learned may no longer hold: recalibrate or refit it on newer data."
            )


def _moved(found: Summary) -> str:
    before, after = found.reference.value, found.current.value
    value = found.name.removeprefix("share of ")
    if value == found.name:
        return f"the {found.name} went from {before:.3g} to {after:.3g}"
    return f"{before:.1%} were {in_words(value[1:-1])} and now {after:.1%} are"


def of_subgroups(found: SubgroupDrift) -> Iterator[str]:
    """Name the subgroups that drifted."""
    for group in [group for group in found.groups if group.drifted_columns][:5]:
        names = ", ".join(group.drifted_columns[:5])
        yield (
            f"{found.by} {group.name!r}: {names} drifted within this subgroup. Look at the model's"
            " performance there before you trust the one of all."
        )
    if found.mix_drifted:
        yield (
            f"{found.by}: the mix of subgroups changed. What changed in the whole table may be"
            " that alone: compare within subgroups, or weight them."
        )
