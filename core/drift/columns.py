"""Compare a column of one table with the same one of another.

A column has drifted when a difference is both

    significant     p, adjusted for all columns (Benjamini and Hochberg), below 0.05
    and large       its effect reaches the threshold of its kind

Significance alone flags every large table, and effect alone flags every small one: a reference of
5,000 rows and 100 new ones without any drift have a Wasserstein distance above 0.1 standard
deviations two times out of three. Four fifths of the 0.05 are spent on the distributions (ks,
mann_whitney and chi2), one fifth on all the rest, so that no more than one report in twenty is a
false alarm.

    test             effect it is judged by                                       threshold
    ks               wasserstein on a robust scale, far values moved in           0.1
    mann_whitney     the same                                                     0.1
    chi2             total variation distance of the categories                   0.1
    missing_share    difference of the shares of missing values                   0.05
    new_categories   share of rows in categories the reference has not, beyond
                     what chance brings where many are rare (measures.one_sided)  0.01
    lost_categories  share of reference rows in categories that are gone, too     0.05
    range            share of values clearly beyond the reference's bounds        0.05
    type             numbers became text, or the like                             always

wasserstein, psi and js are shown beside them, with the thresholds that are usual for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from core.drift import measures
from core.drift.curves import curves_of
from core.drift.findings import ALPHA
from core.drift.pairs import Pair, Side
from core.storable import to_stored

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from core.drift.curves import Curves
    from core.drift.measures import Test
    from core.profile.sketch import ColumnSketch

# those that say most about the cause first
_THRESHOLDS: Final = {
    "type": 0.0,
    "missing_share": 0.05,
    "new_categories": 0.01,
    "lost_categories": 0.05,
    "chi2": 0.1,
    "ks": 0.1,
    "mann_whitney": 0.1,
    "range": 0.05,
}
_THRESHOLD_NAMES: Final = list(_THRESHOLDS)
_DISTRIBUTIONS: Final = frozenset({"chi2", "ks", "mann_whitney"})
_DISTRIBUTION_SHARE: Final = 0.8
_USUAL: Final = {"wasserstein": 0.1, "psi": 0.2, "js": 0.1}
# Farther values are moved here before distances are taken: one typing error is no drift.
MARGIN: Final = 0.1  # of the robust scale: so far beyond a bound is clearly beyond
_TRIM: Final = (0.005, 0.995)


@dataclass(slots=True)
class Finding:
    """One test of one column. `effect` is what it is judged by, `share` the part of the rows.

    `design_effect` is by how much clusters raise the variance, where they are named.
    """

    name: str
    statistic: float
    p_value: float
    effect: float
    share: float
    p_adjusted: float = 1.0
    design_effect: float | None = None

    @property
    def drifted(self) -> bool:
        """Whether the difference is significant and large."""
        return self.p_adjusted < ALPHA and self.effect >= _THRESHOLDS[self.name]


@dataclass(slots=True)
class Comparison:
    """All that was found of one column; `distances` have no p value."""

    pair: Pair
    findings: list[Finding] = field(default_factory=list)
    distances: dict[str, float] = field(default_factory=dict)

    @property
    def drifted(self) -> list[Finding]:
        """The differences that count, the largest first."""
        found = [finding for finding in self.findings if finding.drifted]
        return sorted(found, key=lambda f: (-f.share, _THRESHOLD_NAMES.index(f.name)))

    @property
    def effect(self) -> float:
        """The largest difference, as a part of the rows."""
        return max((finding.share for finding in self.findings), default=0.0)


def pair_of(reference: pa.Table, current: pa.Table, name: str) -> Pair:
    """Return the same column of two tables."""
    return Pair(name, Side(to_stored(reference[name])), Side(to_stored(current[name])))


def sides_of(table: pa.Table, names: Iterable[str]) -> dict[str, Side | ColumnSketch]:
    """Take columns that the other table has not."""
    return {name: Side(to_stored(table[name])) for name in names}


def adjust(comparisons: Iterable[Comparison], *, part: float = 1.0) -> None:
    """Adjust the p values of a report for how many there are; they may spend a part of ALPHA."""
    findings = [finding for comparison in comparisons for finding in comparison.findings]
    for of_distributions in (True, False):
        family = [f for f in findings if (f.name in _DISTRIBUTIONS) is of_distributions]
        adjusted = measures.benjamini_hochberg([finding.p_value for finding in family])
        for finding, p_value in zip(family, adjusted, strict=True):
            share = _DISTRIBUTION_SHARE if of_distributions else 1 - _DISTRIBUTION_SHARE
            finding.p_adjusted = min(1.0, p_value / share / part)


def compare(pair: Pair) -> Comparison:
    """Make every test that fits a column."""
    found = Comparison(pair)
    before, after = pair.reference, pair.current
    if not before.rows or not after.rows:
        return found
    missing = measures.proportion((before.missing, before.rows), (after.missing, after.rows))
    found.findings.append(_finding("missing_share", missing, abs(missing.statistic)))
    if pair.changed_type:
        found.findings.append(Finding("type", 1.0, 0.0, 1.0, 1.0))
    elif before.missing < before.rows and after.missing < after.rows:
        if pair.kind == "number":
            with np.errstate(all="ignore"):  # of infinite and of huge values
                _compare_numbers(found)
        elif pair.kind == "category":
            _compare_categories(found)
    return found


def _finding(name: str, test: Test, effect: float, share: float | None = None) -> Finding:
    return Finding(name, test.statistic, test.p_value, effect, effect if share is None else share)


def _compare_numbers(found: Comparison) -> None:
    before, after = found.pair.reference.numbers, found.pair.current.numbers
    curves = curves_of(before, after)
    test, shift = measures.ks_test(curves), measures.shift_test(curves)
    effect = test.statistic
    if before.finite.rows and after.finite.rows:
        if before.finite is not before or after.finite is not after:
            curves = curves_of(before.finite, after.finite)
        effect = _compare_finite(found, curves)
    if not np.isfinite(effect):  # values too far apart to subtract them
        effect = test.statistic
    found.findings.append(_finding("ks", test, effect, test.statistic))
    found.findings.append(_finding("mann_whitney", shift, effect, test.statistic))
    counts = measures.counts_by_decile(before, after)
    found.distances["psi"] = measures.psi(*counts)
    found.distances["js"] = measures.jensen_shannon(*counts)


def _compare_finite(found: Comparison, curves: Curves) -> float:
    """Return the effect by which numbers are judged."""
    before, after = found.pair.reference.numbers.finite, found.pair.current.numbers.finite
    scale = measures.scale_of(before)
    low, high = before.quantiles(_TRIM)
    reach = high - low
    raw, spread = curves.area(), before.spread
    found.distances["wasserstein"] = raw / spread if spread else (np.inf if raw else 0.0)
    bounds = measures.beyond(before, after, MARGIN * scale)
    found.findings.append(_finding("range", bounds, bounds.statistic))
    return curves.area(low - reach, high + reach) / scale


def _compare_categories(found: Comparison) -> None:
    before, after = found.pair.counts()
    test = measures.chi_squared(before, after)
    moved = measures.total_variation(before, after)
    if test is not None:
        found.findings.append(_finding("chi2", test, moved))
    new, lost = measures.one_sided(before, after), measures.one_sided(after, before)
    for name, one in (("new_categories", new), ("lost_categories", lost)):
        found.findings.append(
            Finding(name, one.share, one.p_value, one.share - one.by_chance, one.share)
        )
    found.distances["psi"] = measures.psi(before, after)
    found.distances["js"] = measures.jensen_shannon(before, after)


def as_results(comparison: Comparison) -> dict[str, dict[str, float | bool | None]]:
    """Return what a report says of each test, by its name."""
    results: dict[str, dict[str, float | bool | None]] = {
        finding.name: {
            "statistic": finding.statistic,
            "p_value": finding.p_value,
            "p_adjusted": finding.p_adjusted,
            "effect": finding.effect,
            "threshold": _THRESHOLDS[finding.name],
            "drifted": finding.drifted,
        }
        for finding in comparison.findings
    }
    for finding in comparison.findings:
        if finding.design_effect is not None:
            results[finding.name]["design_effect"] = finding.design_effect
    for name, distance in comparison.distances.items():
        results[name] = {
            "statistic": float(distance),
            "p_value": None,
            "p_adjusted": None,
            "effect": float(distance),
            "threshold": _USUAL[name],
            "drifted": bool(distance >= _USUAL[name]) and bool(comparison.drifted),
        }
    return results
