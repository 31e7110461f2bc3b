"""What may have caused a drift, and what to do next: the largest effect first.

one column         its likely cause (core/drift/causes.py)
several together   numbered columns that changed alike; columns of which the same rows are gone
gone and new       columns, by the letters they begin with; one that may stand for another
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Final

import numpy as np

from core.drift import causes, measures
from core.drift.pairs import Pair

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from core.drift.columns import Comparison
    from core.drift.pairs import Side
    from core.profile.sketch import ColumnSketch

    AnySide = Side | ColumnSketch
    Columns = Mapping[str, AnySide]

_EXPLANATIONS: Final = {
    "type": causes.changed_type,
    "missing_share": causes.missing,
    "new_categories": causes.new_categories,
    "lost_categories": causes.lost_categories,
    "chi2": causes.other_shares,
    "range": causes.shifted,
    "ks": causes.shifted,
    "mann_whitney": causes.shifted,
}
_SAME_ROWS: Final = 0.01  # of the rows: so close are the missing shares of columns of one block
_ALIKE_NAMES: Final = 0.6
_ALIKE_MISSING: Final = 0.05
_ENOUGH: Final = 30  # values of each, to call their distributions alike
_ALIKE_SHARES: Final = 0.3  # of the rows, by which categories of the same question may differ


def advise(
    drifted: list[Comparison],
    lost: Sequence[str],
    new: Sequence[str],
    unmatched: tuple[Columns, Columns] = ({}, {}),
) -> Iterator[str]:
    """Yield a few sentences for each cause, first those that concern most rows; then the rest.

    `unmatched` are columns of those that are gone and of those that are new.
    """
    for group in sorted(_groups(drifted), key=lambda group: -_part_of_rows(group[0])):
        first = group[0].pair
        text = _EXPLANATIONS[group[0].drifted[0].name](first)
        if len(group) > 1:
            text = f"they changed together, so look for one cause. In {first.name}, {text}"
        yield f"{', '.join(comparison.pair.name for comparison in group)}: {text}"
    replaced = dict(_replaced(*unmatched))
    for before, after in replaced.items():
        pair = Pair(after, unmatched[0][before], unmatched[1][after])
        yield _replacement(pair, before, after)
    if lost:
        names = causes.grouped(lost)
        yield f"Columns are gone: {names}. Models that need them cannot be scored."
    if new:
        check = "" if replaced else " Check that none of them replaces another one."
        yield f"Columns are new: {causes.grouped(new)}.{check}"


def _part_of_rows(comparison: Comparison) -> float:
    """Return the part of all rows that differs; of some columns most rows have no value."""
    pair = comparison.pair
    if comparison.drifted[0].name == "missing_share":
        return comparison.effect
    known = (1 - side.missing / side.rows for side in (pair.reference, pair.current))
    return comparison.effect * max(known)


def _groups(drifted: list[Comparison]) -> list[list[Comparison]]:
    """Put together what changed together."""
    groups: dict[tuple[object, ...], list[Comparison]] = {}
    for comparison in drifted:
        groups.setdefault(_together(comparison), []).append(comparison)
    return [sorted(group, key=_part_of_rows, reverse=True) for group in groups.values()]


def _together(comparison: Comparison) -> tuple[object, ...]:
    """Return what columns have in common that one cause explains."""
    pair, finding = comparison.pair, comparison.drifted[0]
    if finding.name == "missing_share":
        shares = (side.missing / side.rows for side in (pair.reference, pair.current))
        return ("missing", *(round(share / _SAME_ROWS) for share in shares))
    stem = re.sub(r"[\W_]*\d+$", "", pair.name)
    if stem and stem != pair.name and pair.kind == "number":
        before, after = (s.values[len(s.values) // 2] for s in (pair.reference, pair.current))
        return ("number", stem, bool(after >= before))
    return (pair.name,)


def _replaced(lost: Columns, new: Columns) -> Iterator[tuple[str, str]]:
    """Find columns that are new and may hold what a gone one held, each of them once."""
    found = []
    for before, old in lost.items():
        for after, fresh in new.items():
            names = difflib.SequenceMatcher(None, before.lower(), after.lower()).ratio()
            same = causes.leading_letters(before) == causes.leading_letters(after)
            if same and names >= _ALIKE_NAMES and _alike(Pair(after, old, fresh)):
                found.append((-names, before, after))
    taken: set[str] = set()
    for _, before, after in sorted(found):
        if not {before, after} & taken:
            taken |= {before, after}
            yield before, after


def _alike(pair: Pair) -> bool:
    old, fresh = pair.reference, pair.current
    known = min(old.rows - old.missing, fresh.rows - fresh.missing)
    if known < _ENOUGH or old.family != fresh.family:
        return False
    if abs(old.missing / old.rows - fresh.missing / fresh.rows) > _ALIKE_MISSING:
        return False
    if pair.kind == "category":
        return measures.total_variation(*pair.counts()) < _ALIKE_SHARES
    before, after = (side.values[np.isfinite(side.values)] for side in (old, fresh))
    if pair.kind != "number" or not len(before) or not len(after):
        return False
    distance = abs(float(np.median(before)) - float(np.median(after)))
    return distance <= 1.5 * min(measures.robust_scale(before), measures.robust_scale(after))


def _replacement(pair: Pair, before: str, after: str) -> str:
    have = [1 - side.missing / side.rows for side in (pair.reference, pair.current)]
    text = f"{before} is gone and {after} is new"
    if pair.kind == "number":
        sides = [side.values[np.isfinite(side.values)] for side in (pair.reference, pair.current)]
        old, fresh = (float(np.median(values)) for values in sides)
        steps = causes.steps(*sides)
        text += f", with a median of {fresh:g} after {old:g} in {have[1]:.0%} of the rows.{steps}"
    else:
        text += f", with like values in {have[1]:.0%} of the rows."
    return (
        f"{text} It may be the same asked in another way: compare them before one stands for the"
        " other."
    )
