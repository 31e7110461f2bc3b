"""What differences of groups say, in sentences made of the figures by rule.

A difference is found when it is beyond chance, with p adjusted for all that are compared (Benjamini
and Hochberg 1995), and as large as matters: 0.05 of a share or an area, a fourth of observed events
by expected ones. What is too uncertain to be excluded is said as well.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from core.models.interval import NORMAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.models.fairness import GroupDifference, GroupResult
    from core.models.interval import Estimate

ALPHA: Final = 0.05
LEAST: Final = 0.05
LEAST_RATIO: Final = 1.25
UNCERTAIN: Final = 0.1
_SAID: Final = 4  # of an attribute, the largest first
_SAID_OF_PAIRS: Final = 2
# the measures that are judged, what they are called, and the demand they belong to
JUDGED: Final = {
    "selection_rate": ("share of alerts", "demographic parity"),
    "true_positive_rate": ("true positive rate", "equal opportunity"),
    "false_positive_rate": ("false positive rate", "equalized odds"),
    "ppv": ("positive predictive value", "predictive parity"),
    "observed_expected": ("ratio of observed to expected events", "calibration by group"),
    "auroc": ("AUROC", "equal discrimination"),
    "accuracy": ("accuracy", "equal accuracy"),
}
_BY_RATIO: Final = "observed_expected"


def findings_of(
    groups: Sequence[GroupResult], differences: Sequence[GroupDifference], rule: str
) -> tuple[str, ...]:
    """Return a sentence for each difference that is found, and for each attribute without any."""
    judged = [found for found in differences if found.measure in JUDGED]
    adjusted = adjusted_p([_p_value(found) for found in judged])
    told = {id(f) for f, p in zip(judged, adjusted, strict=True) if p < ALPHA and _matters(f)}
    values = {(g.attribute, g.group): g.metrics for g in groups}
    said = []
    for attribute in dict.fromkeys(group.attribute for group in groups):
        mine = [found for found in judged if found.attribute == attribute]
        large = [found for found in mine if id(found) in told]
        large.sort(key=lambda found: -abs(found.difference.value))
        most = _SAID_OF_PAIRS if " & " in attribute else _SAID
        said += [_sentence(found, values) for found in large[:most]]
        if len(large) > most:
            word = "difference is" if len(large) == most + 1 else "differences are"
            said.append(f"{attribute}: {len(large) - most} smaller {word} found as well.")
        if mine and not large:
            said.append(_nothing(attribute, mine, len(judged)))
        said += _too_small([g for g in groups if g.attribute == attribute], rule)
    return tuple(said)


def adjusted_p(values: Sequence[float]) -> list[float]:
    """Return p values as Benjamini and Hochberg adjust them.

    >>> adjusted_p([0.01, 0.02, 0.5])
    [0.03, 0.03, 0.5]
    """
    if not values:
        return []
    order = np.argsort(values)
    ranked = np.asarray(values)[order] * len(values) / np.arange(1, len(values) + 1)
    least = np.minimum.accumulate(ranked[::-1])[::-1]
    found = np.empty(len(values))
    found[order] = np.minimum(1.0, least)
    return [float(p) for p in found]


def _p_value(found: GroupDifference) -> float:
    """Return the p value of no difference, from the end of the interval that is nearer to it."""
    estimate, off = found.difference, found.difference.value
    if found.measure == _BY_RATIO and found.ratio.known:
        estimate, off = found.ratio, math.log(found.ratio.value)
        reach = off - math.log(estimate.low) if estimate.low > 0 else math.inf
    else:
        reach = off - estimate.low if off > 0 else estimate.high - off
    if off == 0:
        return 1.0
    return math.erfc(abs(off) / reach * NORMAL / math.sqrt(2)) if reach > 0 else 0.0


def _matters(found: GroupDifference) -> bool:
    if found.measure == _BY_RATIO:
        return found.ratio.known and abs(math.log(found.ratio.value)) >= math.log(LEAST_RATIO)
    return abs(found.difference.value) >= LEAST


def _sentence(found: GroupDifference, values: dict[tuple[str, str], dict[str, Estimate]]) -> str:
    name, demand = JUDGED[found.measure]
    mine, theirs = (
        values[found.attribute, group][found.measure].value
        for group in (found.group, found.reference)
    )
    start = f"{found.attribute} ({demand}): the {name} of {found.group} is {mine:.3f}"
    if found.measure == _BY_RATIO:
        less = "too low" if found.ratio.value > 1 else "too high"
        return (
            f"{start}, {found.ratio.text(2)} times that of {found.reference} ({theirs:.3f}):"
            f" beside theirs, risks are {less}."
        )
    word = "higher" if found.difference.value > 0 else "lower"
    ends = sorted(abs(end) for end in (found.difference.low, found.difference.high))
    return (
        f"{start}, {abs(found.difference.value):.3f} {word} than that of {found.reference}"
        f" ({theirs:.3f}; 95 % interval of the difference {ends[0]:.3f} to {ends[1]:.3f})."
    )


def _nothing(attribute: str, differences: Sequence[GroupDifference], judged: int) -> str:
    text = (
        f"{attribute}: no difference is beyond chance, adjusted for {judged:,} comparisons, and as"
        " large as matters."
    )
    shares = [found for found in differences if found.measure != _BY_RATIO]
    if not shares:
        return text
    widest = max(shares, key=_furthest)
    if _furthest(widest) < UNCERTAIN:
        return text
    name = JUDGED[widest.measure][0]
    return (
        f"{text} There are too few rows to exclude one of {_furthest(widest):.2f}"
        f" ({name}, {widest.group} and {widest.reference})."
    )


def _furthest(found: GroupDifference) -> float:
    return max(abs(found.difference.low), abs(found.difference.high))


def _too_small(groups: Sequence[GroupResult], rule: str) -> Iterator[str]:
    small = [group.group for group in groups if group.suppressed]
    if small:
        few = ", ".join(small[:3]) + (", ..." if len(small) > 3 else "")
        yield (
            f"{groups[0].attribute}: {len(small)} of {len(groups)} groups are not judged ({few})."
            f" {rule}"
        )
