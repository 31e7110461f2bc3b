"""Compare two tables, column by column (core/drift/columns.py), and further on request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from core.drift.advice import advise
from core.drift.analyses import OnRequest, analyse
from core.drift.columns import adjust, as_results, compare, pair_of
from core.drift.counting import count_values
from core.drift.report import DriftReport
from core.frames import to_arrow

if TYPE_CHECKING:
    from collections.abc import Sequence


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
    first, second = to_arrow(reference), to_arrow(current)
    shared = [name for name in first.column_names if name in second.column_names]
    chosen = shared if columns is None else [name for name in shared if name in columns]
    comparisons = [compare(pair_of(first, second, name)) for name in chosen]
    adjust(comparisons)
    drifted = sorted((c for c in comparisons if c.drifted), key=lambda c: -c.effect)
    lost = tuple(name for name in first.column_names if name not in second.column_names)
    new = tuple(name for name in second.column_names if name not in first.column_names)
    score = sum(comparison.effect for comparison in drifted) / max(1, len(comparisons))
    further = analyse(first, second, chosen, on_request)
    return DriftReport(
        version_id1=names[0],
        version_id2=names[1],
        drift_detected=bool(drifted or lost or new or further.drifted),
        drift_score=score,
        feature_drifts={c.pair.name: c.effect for c in comparisons},
        drifted_columns=tuple(c.pair.name for c in drifted),
        statistical_tests={c.pair.name: as_results(c) for c in comparisons},
        recommendations=(*advise(drifted, lost, new), *further.advice),
        reference_rows=first.num_rows,
        current_rows=second.num_rows,
        only_in_reference=lost,
        only_in_current=new,
        distributions={c.pair.name: count_values(c.pair) for c in comparisons},
        **further.found,
    )
