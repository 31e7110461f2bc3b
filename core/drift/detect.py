"""Compare two tables, column by column (core/drift/columns.py), and further on request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self, Unpack

import numpy as np

from core.drift.advice import advise
from core.drift.analyses import Further, OnRequest, analyse, check, columns_of
from core.drift.cluster_tests import correct
from core.drift.clusters import Design
from core.drift.columns import adjust, as_results, compare, pair_of, sides_of
from core.drift.comparable import comparable
from core.drift.counting import count_values
from core.drift.findings import COLUMNS
from core.drift.pairs import Pair
from core.drift.report import DriftReport
from core.frames import to_arrow
from core.profile.measured import MeasuredColumn
from core.profile.sketch import sketch_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa

    from core.drift.advice import AnySide, Columns
    from core.drift.report import Method

# More rows than these are let go of once they are compared.
_KEPT_ROWS: Final = 65_536


@dataclass(frozen=True, slots=True)
class Outline:
    """A table without its rows: what it is called, its columns, and how many rows it has."""

    name: str
    columns: Sequence[str]
    rows: int

    @classmethod
    def of(cls, name: str, table: pa.Table) -> Self:
        """Return the outline of a table."""
        return cls(name, table.column_names, table.num_rows)

    def shares(self, other: Outline, columns: Sequence[str] | None = None) -> list[str]:
        """Return the columns that another table has as well, or those of them that are wanted."""
        shared = [name for name in self.columns if name in other.columns]
        return shared if columns is None else [name for name in shared if name in columns]

    def lacks(self, other: Outline) -> tuple[str, ...]:
        """Return the columns that only the other table has."""
        return tuple(name for name in other.columns if name not in self.columns)


def detect_drift(
    reference: Any,
    current: Any,
    *,
    columns: Sequence[str] | None = None,
    names: tuple[str, str] = ("reference", "current"),
    **on_request: Unpack[OnRequest],
) -> DriftReport:
    """Compare two tables of any kind (core/frames.py) over the columns they share.

    Null and NaN are missing. No values, however strange, raise an error. `on_request` are the
    analyses of core/drift/analyses.py, which says what they may raise.

    >>> before = {"score": list(range(300)), "site": ["a"] * 300}
    >>> after = {"score": [value + 90 for value in range(300)], "site": ["a"] * 300}
    >>> detect_drift(before, after).drifted_columns
    ('score',)
    """
    first, second = comparable(to_arrow(reference)), comparable(to_arrow(current))
    check(first, second, columns, on_request)
    before, after = Outline.of(names[0], first), Outline.of(names[1], second)
    cluster = columns_of(on_request.get("cluster"))
    strata = columns_of(on_request.get("strata"))
    design = Design.of(first, second, cluster, strata) if cluster else None
    drawn_by = {*cluster, *strata}  # how rows were drawn is not what they say
    chosen = [name for name in before.shares(after, columns) if name not in drawn_by]
    pairs = (pair_of(first, second, name) for name in chosen)
    unmatched = sides_of(first, after.lacks(before)), sides_of(second, before.lacks(after))
    further = analyse(first, second, chosen, on_request, design)
    if design is not None:
        further.found["clusters"] = design.summary(cluster, strata)
    return report_on(before, after, pairs, further=further, unmatched=unmatched, design=design)


def report_on(
    before: Outline,
    after: Outline,
    pairs: Iterable[Pair],
    *,
    further: Further | None = None,
    unmatched: tuple[Columns, Columns] = ({}, {}),
    method: Method = "exact",
    design: Design | None = None,
) -> DriftReport:
    """Compare pairs of columns, each when its turn comes, and say what was found of the tables.

    Only a sketch of a large column is kept of it: what has drifted is known after the last one.
    `unmatched` are columns of the one and of the other table alone, to see which of them are alike.
    """
    comparisons, distributions = [], {}
    for pair in pairs:
        comparison = compare(pair)
        if design is not None:
            correct(comparison, design)
        distributions[pair.name] = count_values(pair)
        comparison.pair = _lightened(pair)
        comparisons.append(comparison)
    adjust(comparisons, part=COLUMNS)
    drifted = sorted((c for c in comparisons if c.drifted), key=lambda c: -c.effect)
    lost, new = after.lacks(before), before.lacks(after)
    score = sum(comparison.effect for comparison in drifted) / max(1, len(comparisons))
    further = further or Further()
    with np.errstate(all="ignore"):  # of values too large to subtract or divide them
        advice = [*advise(drifted, lost, new, unmatched), *further.advice]
    return DriftReport(
        version_id1=before.name,
        version_id2=after.name,
        drift_detected=bool(drifted or lost or new or further.drifted),
        drift_score=score,
        feature_drifts={c.pair.name: c.effect for c in comparisons},
        drifted_columns=tuple(c.pair.name for c in drifted),
        statistical_tests={c.pair.name: as_results(c) for c in comparisons},
        recommendations=tuple(advice),
        reference_rows=before.rows,
        current_rows=after.rows,
        only_in_reference=lost,
        only_in_current=new,
        method=method,
        distributions=distributions,
        **further.found,
    )


def _lightened(pair: Pair) -> Pair:
    return Pair(pair.name, light(pair.reference), light(pair.current))


def light(side: AnySide) -> AnySide:
    """Return a sketch of a large column, and a small one as it is."""
    if isinstance(side, MeasuredColumn) and side.rows > _KEPT_ROWS:
        return sketch_column(side)
    return side
