"""Every column against every other one, over all kinds of columns.

                 number                       category or boolean
    number       pearson spearman kendall     correlation_ratio
    category     correlation_ratio            cramers_v
    any two      mutual_information

`strength` is what the pairs are ranked and drawn by: Spearman's correlation with its sign, the
correlation ratio, or Cramer's V. Ids, texts, times, lists and columns without values are left out.

Pearson's correlation and Cramer's V are of all rows. The others are of all rows up to 100,000, else
of every n-th row, so that some 100,000 are looked at: an estimate is then off by less than 0.007
(95 %), which no reader would act on. Kendall's tau looks at 1,000 rows in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.eda.correlations import (
    Centre,
    centre_of,
    centred,
    kendall,
    pearson_by_pieces,
    ranked,
    spearman_of_ranked,
)
from core.eda.dependence import (
    Coded,
    correlation_ratios,
    cramers_v,
    in_ranges,
    joint_counts,
    most_frequent,
    mutual_information,
)
from core.eda.table import PieceByPiece
from core.memory import give_back

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from core.eda.summary import Summary
    from core.eda.table import Data

    Numbers = npt.NDArray[np.float64]

SAMPLE: Final = 100_000
KENDALL_SAMPLE: Final = 1_000
MOST_COLUMNS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """What two columns tell of each other, by the name of each measure; None where it is none."""

    first: str
    second: str
    strength: float | None
    measures: dict[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Associations:
    """All pairs of the columns that take part, the strongest first.

    `rows` says how many rows each measure looked at, `left_out` which columns took no part only
    because there are too many.
    """

    columns: tuple[str, ...] = ()
    pairs: tuple[Association, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    def matrix(self, measure: str = "strength") -> dict[str, dict[str, float | None]]:
        """Return a measure as a table of columns by columns, 1 on its diagonal."""
        found: dict[str, dict[str, float | None]] = {name: {name: 1.0} for name in self.columns}
        for pair in self.pairs:
            value = pair.strength if measure == "strength" else pair.measures.get(measure)
            found[pair.first][pair.second] = found[pair.second][pair.first] = value
        return {name: {other: found[name].get(other) for other in found} for name in found}


def associate(data: Data, summaries: Sequence[Summary]) -> Associations:
    """Compare all pairs of columns."""
    # two threads gain nothing on matrices this narrow
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    # infinite and huge values make what is no number, which is kept as None
    with threadpool_limits(limits=1), np.errstate(all="ignore"):
        return _associate(data, summaries)


def _associate(data: Data, summaries: Sequence[Summary]) -> Associations:
    taking = [s for s in summaries if _takes_part(s)]
    chosen, left_out = taking[:MOST_COLUMNS], taking[MOST_COLUMNS:]
    numbers = [s.name for s in chosen if s.kind == "number"]
    categories = [s.name for s in chosen if s.kind != "number"]
    evenly = slice(None, None, -(-data.rows // SAMPLE) if data.rows > SAMPLE else 1)
    found = _Found([s.name for s in chosen])
    found.keep_matrix("pearson", numbers, _pearson(data, [s for s in chosen if s.name in numbers]))
    values = {name: data.column(name).numbers(evenly).copy() for name in numbers}
    known = {name: ranked(column) for name, column in values.items()}
    found.keep_matrix("spearman", numbers, spearman_of_ranked([*known.values()]))
    sampled = len(range(data.rows)[evenly])
    few = slice(None, None, max(1, -(-sampled // KENDALL_SAMPLE)))
    found.keep_matrix("kendall", numbers, kendall([column[few] for column in values.values()]))
    coded = {name: most_frequent(*data.column(name).codes()) for name in categories}
    give_back()
    _compare_categories(found, coded)
    here = {name: Coded(c.codes[evenly].copy(), c.number) for name, c in coded.items()}
    del coded
    for other, column in values.items():
        ratios = correlation_ratios([*here.values()], column)
        for name, ratio in zip(here, ratios, strict=True):
            found.keep("correlation_ratio", name, other, ratio)
    _inform(found, here | {name: in_ranges(column) for name, column in known.items()})
    looked_at = {"pearson": data.rows, "cramers_v": data.rows, "kendall": len(range(sampled)[few])}
    for measure in ("spearman", "correlation_ratio", "mutual_information"):
        looked_at[measure] = sampled
    return Associations(
        columns=tuple(s.name for s in chosen),
        pairs=found.pairs(),
        rows=looked_at,
        left_out=tuple(s.name for s in left_out),
    )


def _pearson(data: Data, summaries: Sequence[Summary]) -> Numbers:
    """Return Pearson's correlations of all rows, some of them in memory at a time."""
    columns = [PieceByPiece(data.column(summary.name).stored) for summary in summaries]
    known = [_centre(s) or centre_of(c[:]) for s, c in zip(summaries, columns, strict=True)]
    return pearson_by_pieces(columns, known)


def _centre(summary: Summary) -> Centre | None:
    """Return what was counted already; None where that is too large to be written."""
    found = summary.statistics
    low, mean, high = (found[name] for name in ("min", "mean", "max"))
    if found["infinite"] or not all(isinstance(value, int | float) for value in (low, mean, high)):
        return None
    gaps = bool(found["missing"])
    return centred(float(low), mean, float(high), is_gapped=gaps, is_infinite=False)


def _takes_part(summary: Summary) -> bool:
    return summary.kind in {"number", "category", "boolean"} and summary.statistics["count"] > 0


def _compare_categories(found: _Found, coded: dict[str, Coded]) -> None:
    names = [*coded]
    for place, name in enumerate(names):
        for other in names[:place]:
            found.keep("cramers_v", other, name, cramers_v(joint_counts(coded[other], coded[name])))


def _inform(found: _Found, coded: dict[str, Coded]) -> None:
    names = [*coded]
    for place, name in enumerate(names):
        for other in names[:place]:
            counts = joint_counts(coded[other], coded[name])
            found.keep("mutual_information", other, name, mutual_information(counts))


class _Found:
    """Measures of pairs, as they come."""

    def __init__(self, names: Sequence[str]) -> None:
        self._order = {name: place for place, name in enumerate(names)}
        self._measures: dict[tuple[str, str], dict[str, float | None]] = {}

    def keep(self, measure: str, first: str, second: str, value: float) -> None:
        pair = (first, second) if self._order[first] < self._order[second] else (second, first)
        self._measures.setdefault(pair, {})[measure] = float(value) if np.isfinite(value) else None

    def keep_matrix(self, measure: str, names: Sequence[str], matrix: Numbers) -> None:
        for i, first in enumerate(names):
            for j in range(i):
                self.keep(measure, first, names[j], matrix[i, j])

    def pairs(self) -> tuple[Association, ...]:
        found = [
            Association(first=a, second=b, strength=_strength(measures), measures=measures)
            for (a, b), measures in self._measures.items()
        ]
        return tuple(sorted(found, key=self._rank))

    def _rank(self, pair: Association) -> tuple[Any, ...]:
        order = (self._order[pair.first], self._order[pair.second])
        return (-abs(pair.strength) if pair.strength is not None else 1.0, *order)


def _strength(measures: dict[str, float | None]) -> float | None:
    for measure in ("spearman", "correlation_ratio", "cramers_v"):
        if measure in measures:
            return measures[measure]
    return None
