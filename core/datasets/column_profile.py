"""A column of a version in one line, from what was counted when it was registered.

    kind       number, text, flag (true or false), time, other
    counts     of numbers, rows in at most 24 ranges of equal width, between `edges`; of whole
               numbers with as many in each, and of up to 30 one for each. Of text and flags, rows
               of the most frequent values
    flags      what to look at first, see FLAGS

Ranges hold what lies within three times the distance of the 0.5 and 99.5 % quantiles; what is
farther out is counted as `beyond`. Counts between the points of a sketch are interpolated
(core/profile/distribution.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from core.datasets.version import DatasetVersion
    from core.profile.distribution import Sketch
    from core.profile.sketch import ColumnSketch

    Numbers = npt.NDArray[np.float64]

Kind = Literal["number", "text", "flag", "time", "other"]
RANGES: Final = 24
NAMES: Final = 12
_REACH: Final = 3.0
_MANY_MISSING: Final = 0.05
_SKEWED: Final = 2.0
_FEWEST: Final = 20  # rows: of fewer, all are often distinct
_MOST_ALONE: Final = 30  # whole numbers that have a range each
_LARGEST_WHOLE: Final = 2.0**52
_CODED: Final = 2  # values: of yes and no, coded 1 and 0, either may be the usual one
_LARGEST: Final = 1e150  # squares of larger numbers may be infinite
FLAGS: Final[Mapping[str, str]] = {
    "empty": "no value at all",
    "constant": "the same value everywhere",
    "missing": "at least 5 % are missing",
    "all distinct": "every value occurs once: an identifier",
    "skewed": "skewness beyond 2: a few values are far from the others",
    "mostly zero": "more than half of the values are 0",
    "infinite": "some values are infinite",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """What is known of a column; `edges` are of numbers, `names` of text and flags.

    `label` is what it is called in words, where that is known.
    """

    name: str
    type: str
    kind: Kind
    rows: int
    missing: int
    distinct: int | None
    counts: tuple[int, ...]
    edges: tuple[float, ...]
    names: tuple[str, ...]
    beyond: int
    flags: tuple[str, ...]
    statistics: Mapping[str, Any]
    label: str = ""

    @property
    def missing_share(self) -> float:
        """The part of the rows without a value."""
        return self.missing / self.rows if self.rows else 0.0


def column_profiles(
    version: DatasetVersion, sketches: Mapping[str, ColumnSketch]
) -> tuple[ColumnProfile, ...]:
    """Return the columns of a version, in their order."""
    labels, rows = version.labels, version.num_rows
    profiles = (
        _profile(name, kind, rows, version.statistics.get(name, {}), sketches.get(name))
        for name, kind in version.schema.items()
    )
    return tuple(replace(each, label=labels.get(each.name, "")) for each in profiles)


def _profile(
    name: str, given: str, rows: int, statistics: Mapping[str, Any], sketch: ColumnSketch | None
) -> ColumnProfile:
    kind = _kind(given, sketch)
    counts: tuple[int, ...] = ()
    edges: tuple[float, ...] = ()
    names: tuple[str, ...] = ()
    beyond = 0
    if sketch is not None and kind == "number":
        counts, edges, beyond = _ranges(sketch.numbers.finite, whole="int" in given)
    elif sketch is not None and kind in {"text", "flag"}:
        found = [*sketch.categories.items()][:NAMES]
        names, counts = tuple(n for n, _ in found), tuple(count for _, count in found)
        beyond = rows - sketch.missing - sum(counts)
    missing = statistics.get("missing", 0)
    return ColumnProfile(
        name=name,
        type=given,
        kind=kind,
        rows=rows,
        missing=missing,
        distinct=statistics.get("distinct", len(names) if kind == "flag" else None),
        counts=counts,
        edges=edges,
        names=names,
        beyond=beyond,
        flags=tuple(_flags(kind, rows, missing, statistics)),
        statistics=statistics,
    )


def _kind(given: str, sketch: ColumnSketch | None) -> Kind:
    family = sketch.family if sketch is not None else "other"
    if family in {"number", "text", "flag", "time"}:
        return family
    return "number" if given.startswith(("int", "uint", "float", "double")) else "other"


def _flags(kind: Kind, rows: int, missing: int, statistics: Mapping[str, Any]) -> list[str]:
    present, distinct = rows - missing, statistics.get("distinct")
    if rows and not present:
        return ["empty"]
    skewness = statistics.get("skewness")
    found = {
        "constant": distinct == 1 or (kind == "flag" and statistics.get("true") in {0, present}),
        "missing": missing >= _MANY_MISSING * rows > 0,
        "all distinct": distinct == present >= _FEWEST and not _has_fractions(statistics),
        "skewed": isinstance(skewness, float) and abs(skewness) > _SKEWED,
        "mostly zero": 2 * (statistics.get("zeros") or 0) > present > 0
        and (distinct or 0) > _CODED,
        "infinite": bool(statistics.get("infinite")),
    }
    return [flag for flag, so in found.items() if so and rows]


def _has_fractions(statistics: Mapping[str, Any]) -> bool:
    """Tell whether numbers are measured, not counted: distinct ones are no identifiers then."""
    known = (statistics.get(name) for name in ("min", "max"))
    return any(isinstance(n, float) and math.isfinite(n) and n != round(n) for n in known)


def _ranges(numbers: Sketch, *, whole: bool) -> tuple[tuple[int, ...], tuple[float, ...], int]:
    points = numbers.points
    if not numbers.rows or max(-points[0], points[-1]) > _LARGEST:
        return (), (), 0
    low, high = _bounds(numbers)
    whole = whole or bool(numbers.is_complete and (points == np.round(points)).all())
    if whole and high - low < _LARGEST_WHOLE:
        # as many whole numbers in each: else every other bar would be taller for no reason
        width = math.ceil((high - low + 1) / (_MOST_ALONE if high - low < _MOST_ALONE else RANGES))
        starts = np.arange(math.floor(low), math.floor(high) + width + 1, width)
        edges = starts.astype(np.float64) - 0.5
    elif low == high:
        half = max(abs(low), 1.0) / 2
        edges = np.array([low - half, low + half])
    else:
        edges = np.linspace(low, high, RANGES + 1)
    below = numbers.below(edges)
    below[-1] = numbers.up_to(edges[-1:])[0]  # the last edge is inside
    counts = np.diff(np.round(below)).astype(np.int64)
    beyond = numbers.rows - int(counts.sum())
    return tuple(counts.tolist()), tuple(edges.tolist()), beyond


def _bounds(numbers: Sketch) -> tuple[float, float]:
    first, last = float(numbers.points[0]), float(numbers.points[-1])
    low, high = numbers.quantiles([0.005, 0.995]).tolist()
    reach = _REACH * (high - low)
    return (first, last) if not reach else (max(first, low - reach), min(last, high + reach))
