"""Drift of what a model is to predict, of what it predicts, and of how the two belong together.

    two values      share of the later one (of 0 and 1: 1; of no and yes: yes), with its interval
    more values     share of each of the ten most frequent ones
    numbers         mean, with its interval

When both are named, their relation is compared as well (core/drift/relation.py).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from core.drift import intervals
from core.drift.columns import adjust, as_results, compare, pair_of
from core.drift.findings import PART, OutcomeDrift, Summary
from core.drift.matrix import numeric_columns
from core.drift.relation import Known, changes, later_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from core.drift.columns import Comparison
    from core.drift.pairs import Pair

_MOST_SHARES: Final = 10


def outcome_drift(
    reference: pa.Table, current: pa.Table, *, target: str | None, prediction: str | None
) -> dict[str, OutcomeDrift]:
    """Compare a target, a prediction, or both and how they belong together.

    A column that one table has not is said in the notes: labels often come later.
    """
    asked = {"target": target, "prediction": prediction}
    named = {role: name for role, name in asked.items() if name is not None}
    here = {r: n for r, n in named.items() if _in_both(reference, current, n)}
    found = {role: compare(pair_of(reference, current, name)) for role, name in here.items()}
    adjust(found.values(), part=PART)
    outcomes = {
        role: _described(found[role], reference, current)
        if role in found
        else _absent(reference, name)
        for role, name in named.items()
    }
    if len(found) == 2:
        sides = [Known.of(table, *here.values()) for table in (reference, current)]
        pairs = [found[role].pair for role in here]
        relation = changes(pairs[0], pairs[1], (sides[0], sides[1]))
        notes = () if relation else ("Too few rows know both, or they are of different kinds.",)
        outcomes["target"] = replace(
            outcomes["target"],
            relation=relation,
            drifted=outcomes["target"].drifted or any(change.drifted for change in relation),
            notes=(*outcomes["target"].notes, *notes),
        )
    return outcomes


def _in_both(reference: pa.Table, current: pa.Table, name: str) -> bool:
    return name in reference.column_names and name in current.column_names


def _absent(reference: pa.Table, name: str) -> OutcomeDrift:
    lacking = "current" if name in reference.column_names else "reference"
    note = f"The {lacking} table has no {name}: there is nothing to compare."
    return OutcomeDrift(
        column=name, kind="absent", drifted=False, effect=0.0, tests={}, summaries=(), notes=(note,)
    )


def _described(found: Comparison, reference: pa.Table, current: pa.Table) -> OutcomeDrift:
    pair = found.pair
    if pair.kind == "number":
        summaries = tuple(_means(reference, current, pair.name))
    else:
        summaries = tuple(_shares(pair)) if pair.kind == "category" else ()
    return OutcomeDrift(
        column=pair.name,
        kind=pair.kind,
        drifted=bool(found.drifted),
        effect=found.effect,
        tests=as_results(found),
        summaries=summaries,
        notes=() if summaries else ("It is empty, or of a kind that has neither mean nor shares.",),
    )


def _means(reference: pa.Table, current: pa.Table, name: str) -> Iterator[Summary]:
    for sides in numeric_columns(reference, current, [name]).values():
        before, after = (values[~np.isnan(values)] for values in sides)
        if len(before) and len(after):
            with np.errstate(all="ignore"):  # of values whose squares are infinite
                means = intervals.mean(before), intervals.mean(after)
            yield Summary(name="mean", reference=means[0], current=means[1])


def _shares(pair: Pair) -> Iterator[Summary]:
    counts = pair.counts()
    rows = [int(count.sum()) for count in counts]
    both = counts[0] + counts[1]
    order = np.argsort(-both, kind="stable")[:_MOST_SHARES].tolist()
    if (later := later_value(pair)) is not None:
        order = [pair.category_names.index(later)]
    for place in order if min(rows) else ():
        before, after = (
            intervals.share(int(count[place]), total)
            for count, total in zip(counts, rows, strict=True)
        )
        name = f"share of {pair.category_names[place]!r}"
        yield Summary(name=name, reference=before, current=after)
