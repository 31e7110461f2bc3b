"""What the figures of a card say, in sentences made of them by rule.

    discrimination   the interval of the AUROC is above 0.5, or is not
    calibration      the interval of the slope has 1 in it, or of observed / expected
    change           the last evaluation less the reference, and less the first of other data: the
                     interval of the difference has 0 in it, or not
    worth            at how many thresholds the model is better than acting on all and on none

A difference between evaluations on other people is normal with the variances of both added up; the
standard error of each is taken from its interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.models.interval import ANY, NORMAL, Estimate, around
from core.models.sentences import title_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.models.card import ModelCard
    from core.models.origins import CardEvaluation
    from core.render.blocks import Level

_CHANCE: Final = 0.5
_FOLLOWED: Final = ("auroc", "calibration_slope", "observed_expected", "accuracy", "rmse", "r2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One sentence, the word it begins with, and how it is meant."""

    title: str
    text: str
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A figure in an earlier and a later evaluation, and the later less the earlier."""

    metric: str
    first: Estimate
    last: Estimate
    difference: Estimate

    @property
    def is_certain(self) -> bool:
        """Whether 0 is outside of the interval of the difference."""
        return self.difference.known and not self.difference.low <= 0 <= self.difference.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The figures of a later evaluation beside those of an earlier one.

    `chosen_on` says that the model was made or chosen on the earlier data: what is worse since may
    in part be that it looked better there than it was.
    """

    first: CardEvaluation
    last: CardEvaluation
    chosen_on: bool

    @property
    def changes(self) -> tuple[Change, ...]:
        """The figures that both have."""
        before, after = self.first.evaluation.metrics, self.last.evaluation.metrics
        return tuple(
            Change(
                metric=name,
                first=before[name],
                last=after[name],
                difference=difference_of(before[name], after[name]),
            )
            for name in _FOLLOWED
            if name in before and name in after and before[name].known and after[name].known
        )


def comparisons(card: ModelCard) -> tuple[Comparison, ...]:
    """Compare the last evaluation with the reference, then with the first on other data.

    The reference is the last one that is not external, else the first one. There is nothing to
    compare when there are fewer than two.
    """
    if len(card.evaluations) < 2:
        return ()
    *earlier, last = card.evaluations
    internal = [each for each in earlier if not each.external]
    reference = internal[-1] if internal else earlier[0]
    external = [each for each in earlier if each.external and last.external]
    found = [Comparison(first=reference, last=last, chosen_on=bool(internal))]
    if external and external[0] is not reference:
        found.append(Comparison(first=external[0], last=last, chosen_on=False))
    return tuple(each for each in found if each.changes)


def difference_of(before: Estimate, after: Estimate) -> Estimate:
    """Return `after` less `before`, of rows that have nothing to do with each other.

    >>> before, after = Estimate(0.7, 0.68, 0.72, "DeLong"), Estimate(0.6, 0.58, 0.62, "DeLong")
    >>> difference_of(before, after).text()
    '-0.100 (-0.128 to -0.072)'
    """
    variance = sum(((one.high - one.low) / (2 * NORMAL)) ** 2 for one in (before, after))
    method = "normal, of independent rows"
    return around(after.value - before.value, variance, method=method, within=ANY)


def findings(card: ModelCard) -> tuple[Finding, ...]:
    """Return what the figures say, in the order in which it matters."""
    found: list[Finding] = []
    if card.evaluations:
        last = card.evaluations[-1]
        found += [*_discrimination(last), *_calibration(last), *_change(card), *_worth(last)]
    return tuple(found)


def _discrimination(each: CardEvaluation) -> Iterator[Finding]:
    auroc = each.evaluation.metrics.get("auroc")
    if auroc is None or not auroc.known:
        return
    if auroc.low <= _CHANCE <= auroc.high:
        text = f"In {each.name} it is not shown to be better than chance: AUROC {auroc.text()}."
        yield Finding(title="Discrimination", text=text, level="bad")
        return
    text = (
        f"In {each.name}, of one person with the outcome and one without, the one with it has the"
        f" higher risk in {auroc.value:.1%} of pairs: AUROC {auroc.text()}."
    )
    yield Finding(title="Discrimination", text=text, level="info")


def _calibration(each: CardEvaluation) -> Iterator[Finding]:
    slope = each.evaluation.metrics.get("calibration_slope")
    ratio = each.evaluation.metrics.get("observed_expected")
    said: list[str] = []
    good = True
    if slope is not None and slope.known:
        good = slope.low <= 1 <= slope.high
        kind = "too far apart" if slope.value < 1 else "too close together"
        verdict = "neither too far apart nor too close" if good else kind
        said.append(f"predictions are {verdict} (slope {slope.text(2)})")
    if ratio is not None and ratio.known:
        fits = ratio.low <= 1 <= ratio.high
        more = "fewer" if ratio.value < 1 else "more"
        verdict = "as many" if fits else more
        link = "as" if fits else "than"
        said.append(f"{verdict} had the outcome {link} was predicted (O/E {ratio.text(2)})")
        good = good and fits
    if said:
        text = f"In {each.name}, {'; '.join(said)}."
        yield Finding(title="Calibration", text=text, level="good" if good else "warning")


def _change(card: ModelCard) -> Iterator[Finding]:
    for compared in comparisons(card):
        parts = [
            f"{title_of(one.metric)} {one.first.value:.3f} to {one.last.value:.3f},"
            f" difference {one.difference.text()}"
            for one in compared.changes
        ]
        certain = [title_of(one.metric) for one in compared.changes if one.is_certain]
        verdict = f"More than chance: {', '.join(certain)}." if certain else "All may be chance."
        link = f"From {compared.first.name} to {compared.last.name}"
        yield Finding(
            title="Change",
            text=f"{link}: {'; '.join(parts)}. {verdict}",
            level="warning" if certain else "info",
        )


def _worth(each: CardEvaluation) -> Iterator[Finding]:
    curve = each.evaluation.decision_curve
    if not curve:
        return
    better = [
        point.threshold for point in curve if point.advantage.known and point.advantage.low > 0
    ]
    if not better:
        text = (
            f"In {each.name} it is at no threshold shown to be better than acting on all or none."
        )
        yield Finding(title="Worth", text=text, level="warning")
        return
    text = (
        f"In {each.name} acting on it is better than acting on all or on none at"
        f" {len(better)} of {len(curve)} thresholds, {min(better):.0%} to {max(better):.0%}."
    )
    yield Finding(title="Worth", text=text, level="good")
