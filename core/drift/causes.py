"""What may lie behind one drifted column, in a sentence or two that say what was seen.

Each sentence names figures that a reader can look up, then what may be the cause, and what to do.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Final

import numpy as np

from core.drift import measures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.drift.measures import Numbers
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
_RARE: Final = 0.2  # a share of rows below which it is said how many have the column
_RUNNING: Final = 8  # so many codes in a row are hardly the answers to a question
_FAR: Final = 3.0  # robust scales between a code for "unknown" and the next number
_OFTEN: Final = 3  # rows with the same far value
_SELDOM: Final = 500  # one row in so many
_CODE: Final = re.compile(r"-?\d+(\.\d+)?")
_STEPS: Final = 200  # distinct values beyond which nobody reads a resolution


def changed_type(pair: Pair) -> str:
    """Explain that values are of another type."""
    return (
        f"held {pair.reference.family}s and now holds {pair.current.family}s. A reader of the file"
        " may have guessed another type: read it with the old one, and look at what does not fit."
    )


def missing(pair: Pair) -> str:
    """Explain that more or fewer values are missing."""
    before = pair.reference.missing / pair.reference.rows
    after = pair.current.missing / pair.current.rows
    cause = (
        "a question that was skipped or an export that failed"
        if after > before
        else "missing values that are now filled in, perhaps by a code or a zero"
    )
    return (
        f"{before:.0%} were missing and now {after:.0%} are. Look for {cause}; compare models on"
        " the rows where it is known."
    )


def new_categories(pair: Pair) -> str:
    """Explain values that the reference has not."""
    before, after = pair.reference.categories, pair.current.categories
    fresh = sorted(set(after) - set(before), key=lambda name: (-after[name], name))
    gone = sorted(set(before) - set(after), key=lambda name: (-before[name], name))
    if len(before) == 1 == len(after):
        return (
            f"is {listed(fresh)} in every row and was {listed(gone)}: a label of the whole table,"
            " such as a wave, a site or a version. It tells the tables apart and nothing about the"
            " rows: leave it out of models."
        )
    if not set(before) & set(after) and (runs := _running(before, after)):
        return (
            f"the codes {runs[0]} go on as {runs[1]}: a running number, such as of strata, sites or"
            " batches. It tells the tables apart and nothing about the rows: use it within one of"
            " them only."
        )
    if gone:
        return (
            f"{listed(gone)} gave way to {listed(fresh)}{_among(pair)}. It may be coded in a new"
            " way: map the codes to the old ones before a model sees them."
        )
    return (
        f"has the new values {listed(fresh)}{_among(pair)}. Find out what they mean; no model has"
        " seen them."
    )


def in_words(category: str) -> str:
    """Say a value in a sentence: a number as it is, and a text in quotes.

    >>> in_words("0"), in_words("-2.5"), in_words("white"), in_words("")
    ('0', '-2.5', "'white'", "''")
    """
    return category if _CODE.fullmatch(category) else repr(category)


def _running(before: dict[str, int], after: dict[str, int]) -> tuple[str, str] | None:
    """Return both ranges of codes when one goes on where the other ends."""
    try:
        sides = [sorted(int(name) for name in names) for names in (before, after)]
    except ValueError:
        return None
    if any(len(side) < _RUNNING or side[-1] - side[0] >= 2 * len(side) for side in sides):
        return None
    if sides[0][0] <= sides[1][-1] and sides[1][0] <= sides[0][-1]:
        return None
    first, second = (f"{side[0]} to {side[-1]}" for side in sides)
    return first, second


def lost_categories(pair: Pair) -> str:
    """Explain values that no longer occur; another one may stand for them."""
    gone = sorted(set(pair.reference.categories) - set(pair.current.categories))
    left = pair.current.categories
    occur = f"{listed(gone)} no longer {'occurs' if len(gone) == 1 else 'occur'}"
    if (end := _cut_off(gone, left)) is not None:
        return (
            f"{occur}, beyond {end!r}{_among(pair)}. Answers may now be cut off there, so that"
            f" {end!r} stands for more than it did: cut the older ones off as well."
        )
    before, after = pair.counts()
    shares = np.array([before / max(1, before.sum()), after / max(1, after.sum())])
    lost = shares[0][after == 0].sum()
    place = int(np.argmax(shares[1] - shares[0]))
    if shares[1][place] - shares[0][place] > lost / 2:
        name = pair.category_names[place]
        return (
            f"{occur}, and {name!r} went from {shares[0][place]:.0%} to {shares[1][place]:.0%}"
            f"{_among(pair)}. They may now be coded together as {name!r}: find the keys to both"
            " codings, and map one to the other."
        )
    return f"{occur}{_among(pair)}. A group may no longer be asked, or be coded with another."


def _cut_off(gone: Sequence[str], left: Mapping[str, int]) -> str | None:
    """Return the value at which numbers now end, when only those beyond it are gone."""
    try:
        lost, kept = [float(name) for name in gone], {float(name): name for name in left}
    except ValueError:
        return None
    if len(kept) < 3:
        return None
    least, greatest = min(kept), max(kept)
    return kept[greatest] if min(lost) > greatest else kept[least] if max(lost) < least else None


def other_shares(pair: Pair) -> str:
    """Explain values that are more or less frequent."""
    before, after = pair.counts()
    shares = after / after.sum() - before / before.sum()
    place = int(np.argmax(np.abs(shares)))
    return (
        f"{before[place] / before.sum():.0%} were {in_words(pair.category_names[place])} and now"
        f" {after[place] / after.sum():.0%} are{_among(pair)}. Check whom the data are of before"
        " you retrain."
    )


def shifted(pair: Pair) -> str:
    """Explain numbers that are distributed in another way."""
    before, after = (
        values[np.isfinite(values)] for values in (pair.reference.values, pair.current.values)
    )
    if not len(before) or not len(after):
        return "one table has infinite values only. Look for a division by zero where it is made."
    old, fresh = float(np.median(before)), float(np.median(after))
    unit = _unit(before, after)
    if unit:
        return (
            f"the median went from {old:g} to {fresh:g} and the shape is the same: another unit"
            f" ({unit}). Convert it before a model sees it."
        )
    moved = f"the median went from {old:g} to {fresh:g}"
    if abs(fresh - old) < _NEAR * measures.robust_scale(before):
        moved = _most_changed(before, after)
    return (
        f"{moved}{_among(pair)}.{steps(before, after)}{_codes(before, after)} Look for another"
        " instrument, another way of asking or another group of people; check the calibration of"
        " models that use it."
    )


def _most_changed(before: Numbers, after: Numbers) -> str:
    """Say where the two distributions are farthest apart."""
    values = np.sort(np.concatenate([before, after]), kind="stable")
    shares = [np.searchsorted(side, values, "right") / len(side) for side in (before, after)]
    place = int(np.argmax(np.abs(shares[0] - shares[1])))
    old, fresh = (float(share[place]) for share in shares)
    return f"{old:.0%} of the values were at most {values[place]:g} and now {fresh:.0%} are"


def steps(before: Numbers, after: Numbers) -> str:
    """Say that values are read off a finer or a coarser scale; nothing when they are not."""
    old, fresh = resolution(before), resolution(after)
    if not old or not fresh or 0.75 < fresh / old < 1.5:
        return ""
    return f" It comes in steps of {fresh:g} and no longer of {old:g}."


def resolution(values: Numbers) -> float:
    """Return the least difference of values that are read off a scale; 0 for any others.

    Values of fewer than one row in 500 do not count: somebody read more exactly than the rest.

    >>> resolution(np.array([6.0, 6.5, 7.0, 8.0]))
    0.5
    """
    distinct, counts = _counted(values)
    distinct = distinct[counts * _SELDOM >= len(values)]
    if not 2 < len(distinct) <= _STEPS:
        return 0.0
    least = float(np.diff(distinct).min())
    multiples = (distinct - distinct[0]) / least
    even = np.isfinite(multiples).all() and np.allclose(multiples, np.round(multiples), atol=0.01)
    return least if even else 0.0


def _codes(before: Numbers, after: Numbers) -> str:
    """Name values that look like codes for "unknown", and are on one side only."""
    old, fresh = far_codes(before), far_codes(after)
    gone = [f"{value:g} ({rows} rows)" for value, rows in old.items() if value not in after]
    new = [f"{value:g} ({rows} rows)" for value, rows in fresh.items() if value not in before]
    texts = [f" The code {', '.join(gone)} no longer occurs."] if gone else []
    if new:
        texts.append(f" The code {', '.join(new)} is new: make it missing.")
    return "".join(texts)


def far_codes(values: Numbers) -> dict[float, int]:
    """Return values far above all others that several rows share, and how many do.

    >>> far_codes(np.array([*range(20), 999, 999, 999]))
    {999.0: 3}
    """
    distinct, counts = _counted(values)
    scale = measures.robust_scale(values)
    found: dict[float, int] = {}
    for place in range(len(distinct) - 1, 0, -1):
        if distinct[place] - distinct[place - 1] < _FAR * scale:
            continue
        if counts[place] < _OFTEN or len(distinct) - place > _NAMED:
            break
        found = {float(v): int(n) for v, n in zip(distinct[place:], counts[place:], strict=True)}
    return found


def _counted(values: Numbers) -> tuple[Numbers, Numbers]:
    """Return the distinct ones of ascending values, and how often each occurs."""
    starts = np.flatnonzero(np.append(True, values[1:] != values[:-1])[: len(values)])
    return values[starts], np.diff(starts, append=len(values))


def _unit(before: Numbers, after: Numbers) -> str:
    """Name the units between which the values look converted."""
    old, fresh = float(np.median(before)), float(np.median(after))
    if not old or not fresh:
        return ""
    for factor, units in _UNITS.items():
        if abs(fresh / old / factor - 1) <= _NEAR:
            distance = measures.ks(np.sort(before * factor), after).statistic
            return units if distance < _ALIKE else ""
    return ""


def _among(pair: Pair) -> str:
    """Say how many rows this is about, where most have no value."""
    rows = pair.current.rows - pair.current.missing
    share = rows / pair.current.rows
    return f", among the {rows:,} rows ({share:.1%}) that have it" if share < _RARE else ""


def listed(names: Sequence[str]) -> str:
    """Name the first few.

    >>> listed(["a", "b"])
    "'a', 'b'"
    """
    more = len(names) - _NAMED
    text = ", ".join(map(repr, names[:_NAMED]))
    return f"{text} and {more} more" if more > 0 else text


def grouped(names: Sequence[str]) -> str:
    """Name columns, those together whose names begin with the same letters.

    >>> grouped(["SLQ300", "SMQ890", "SLQ310"])
    "'SLQ300', 'SLQ310'; 'SMQ890'"
    """
    ordered = sorted(names, key=lambda name: (leading_letters(name), name))
    return "; ".join(listed([*group]) for _, group in itertools.groupby(ordered, leading_letters))


def leading_letters(name: str) -> str:
    """Return what the columns of one questionnaire or examination often have in common.

    >>> leading_letters("dmdhragz")
    'DMD'
    """
    return "".join(itertools.takewhile(str.isalpha, name)).upper()[:3]
