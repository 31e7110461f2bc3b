"""What may have caused a drift, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from core.drift import measures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.drift.columns import Comparison
    from core.drift.pairs import Pair

# factors between units that are mixed up in practice: what they turn into what
_UNITS: Final = {
    2.2046: "kilograms and pounds",
    0.4536: "kilograms and pounds",
    2.54: "inches and centimetres",
    0.3937: "inches and centimetres",
    100.0: "metres and centimetres, or shares and per cent",
    0.01: "metres and centimetres, or shares and per cent",
    1000.0: "thousands",
    0.001: "thousands",
    60.0: "hours and minutes",
    1 / 60: "hours and minutes",
    12.0: "months and years",
    1 / 12: "months and years",
    18.016: "mg/dL and mmol/L of glucose",
    1 / 18.016: "mg/dL and mmol/L of glucose",
}
_NEAR: Final = 0.05  # medians of a few hundred rows are not closer
_ALIKE: Final = 0.1  # a Kolmogorov-Smirnov distance after scaling: the same shape
_NAMED: Final = 5


def advise(drifted: Sequence[Comparison], lost: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """Yield a sentence or two for each drifted column, the largest effect first."""
    for comparison in drifted:
        for finding in comparison.drifted:
            yield f"{comparison.pair.name}: {_explain(comparison, finding.name)}"
            break
    if lost:
        yield f"Columns are gone: {_listed(lost)}. Models that need them cannot be scored."
    if new:
        yield f"Columns are new: {_listed(new)}. Check that none of them replaces another one."


def _explain(comparison: Comparison, name: str) -> str:
    pair = comparison.pair
    explanations = {
        "type": _changed_type,
        "missing_share": _missing,
        "new_categories": _new_categories,
        "lost_categories": _lost_categories,
        "chi2": _other_shares,
        "range": _shifted,
        "ks": _shifted,
        "mann_whitney": _shifted,
    }
    return explanations[name](pair)


def _changed_type(pair: Pair) -> str:
    return (
        f"held {pair.reference.family}s and now holds {pair.current.family}s. A reader of the file"
        " may have guessed another type: read it with the old one, and look at what does not fit."
    )


def _missing(pair: Pair) -> str:
    before = pair.reference.missing / pair.reference.rows
    after = pair.current.missing / pair.current.rows
    cause = (
        "a question that was skipped or an export that failed"
        if after > before
        else ("missing values that are now filled in, perhaps by a code or a zero")
    )
    return (
        f"{before:.0%} were missing and now {after:.0%} are. Look for {cause}; compare models on"
        " the rows where it is known."
    )


def _new_categories(pair: Pair) -> str:
    before, after = pair.reference.categories, pair.current.categories
    fresh = sorted(set(after) - set(before), key=lambda name: (-after[name], name))
    gone = sorted(set(before) - set(after), key=lambda name: (-before[name], name))
    if gone:
        return (
            f"{_listed(gone)} gave way to {_listed(fresh)}. It may be coded in a new way: map the"
            " codes to the old ones before a model sees them."
        )
    return f"has the new values {_listed(fresh)}. Find out what they mean; no model has seen them."


def _lost_categories(pair: Pair) -> str:
    gone = sorted(set(pair.reference.categories) - set(pair.current.categories))
    return (
        f"{_listed(gone)} no longer occur. A group may no longer be asked, or be coded together"
        " with another."
    )


def _other_shares(pair: Pair) -> str:
    before, after = pair.counts()
    shares = after / after.sum() - before / before.sum()
    names = pair.category_names
    place = int(np.argmax(np.abs(shares)))
    return (
        f"the share of {names[place]!r} went from {before[place] / before.sum():.0%} to"
        f" {after[place] / after.sum():.0%}. Check whom the data are of before you retrain."
    )


def _shifted(pair: Pair) -> str:
    before, after = (
        values[np.isfinite(values)] for values in (pair.reference.values, pair.current.values)
    )
    if not len(before) or not len(after):
        return "is infinite in one of the tables. Look for a division by zero where it is computed."
    old, fresh = float(np.median(before)), float(np.median(after))
    unit = _unit(before, after)
    if unit:
        return (
            f"the median went from {old:g} to {fresh:g} and the shape is the same: another unit"
            f" ({unit}). Convert it before a model sees it."
        )
    return (
        f"the median went from {old:g} to {fresh:g}. Look for another instrument, another way of"
        " asking or another group of people; check the calibration of models that use it."
    )


def _unit(before: np.ndarray, after: np.ndarray) -> str:
    """Name the units between which the values look converted."""
    old, fresh = float(np.median(before)), float(np.median(after))
    if not old or not fresh:
        return ""
    for factor, units in _UNITS.items():
        if abs(fresh / old / factor - 1) <= _NEAR:
            distance = measures.ks(np.sort(before * factor), after).statistic
            return units if distance < _ALIKE else ""
    return ""


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    text = ", ".join(map(repr, names[:_NAMED]))
    return f"{text} and {more} more" if more > 0 else text
