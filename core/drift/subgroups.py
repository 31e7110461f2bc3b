"""Drift within subgroups, which a table as a whole may hide, and of how large they are.

Each subgroup of at least 20 rows in both tables is compared column by column, as two tables are.
All p values of all subgroups are adjusted together, with those of the mix. Missing values are a
subgroup of their own, called missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.drift.cluster_tests import correct
from core.drift.columns import adjust, as_results, compare, pair_of
from core.drift.findings import PART, Subgroup, SubgroupDrift
from core.profile.measured import is_number, number_texts
from core.storable import to_stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from core.drift.clusters import Design
    from core.drift.columns import Comparison

    Places = npt.NDArray[np.intp]

LEAST_ROWS: Final = 20
MOST_GROUPS: Final = 50
MISSING: Final = "missing"


def subgroup_drift(
    reference: pa.Table,
    current: pa.Table,
    columns: Sequence[str],
    *,
    by: str,
    design: Design | None = None,
) -> SubgroupDrift:
    """Compare the subgroups that a column of both tables makes; its values must be few."""
    if not all(by in table.column_names for table in (reference, current)):
        note = f"{by} is in one of the tables only: there are no subgroups to compare."
        return SubgroupDrift(by=by, groups=(), mix={}, mix_drifted=False, notes=(note,))
    whole = pair_of(reference, current, by)
    if whole.kind != "category":
        note = f"{by} makes no subgroups: its values are not the same few in both tables."
        return SubgroupDrift(by=by, groups=(), mix={}, mix_drifted=False, notes=(note,))
    places = [_groups(to_stored(table[by])) for table in (reference, current)]
    sizes = {
        name: tuple(len(side.get(name, ())) for side in places)
        for name in dict.fromkeys([*places[0], *places[1]])
    }
    order = sorted(sizes, key=lambda name: (-sum(sizes[name]), name))
    large = [name for name in order if min(sizes[name]) >= LEAST_ROWS][:MOST_GROUPS]
    others = [name for name in columns if name != by]
    found = {
        name: _compared((reference, current), [side[name] for side in places], others, design)
        for name in large
    }
    mix = compare(whole)
    if design is not None:
        correct(mix, design)
    adjust([mix, *(c for comparisons in found.values() for c in comparisons)], part=PART)
    return SubgroupDrift(
        by=by,
        groups=tuple(_described(name, sizes[name], found.get(name)) for name in order),
        mix=as_results(mix),
        mix_drifted=bool(mix.drifted),
        notes=tuple(_notes(by, order, large, sizes)),
    )


def _groups(column: pa.Array) -> Mapping[str, Places]:
    """Return the rows of each value, by its text."""
    if not len(column):
        return {}
    if is_number(column.type):
        numbers = np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
        values, codes = np.unique(numbers, return_inverse=True)
        names = number_texts(values).to_pylist()
        names = [MISSING if np.isnan(v) else name for v, name in zip(values, names, strict=True)]
    else:
        encoded = column.dictionary_encode()
        names = [*encoded.dictionary.cast(pa.large_string()).to_pylist(), MISSING]
        codes = np.asarray(pc.fill_null(encoded.indices, len(names) - 1))
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(names)))
    parts = np.split(order, ends[:-1])
    return {name: part for name, part in zip(names, parts, strict=True) if len(part)}


def _compared(
    tables: tuple[pa.Table, pa.Table],
    places: Sequence[Places],
    columns: Sequence[str],
    design: Design | None,
) -> list[Comparison]:
    before, after = (table.take(rows) for table, rows in zip(tables, places, strict=True))
    found = [compare(pair_of(before, after, name)) for name in columns]
    if design is not None:
        part = design.take(places[0], places[1])
        for comparison in found:
            correct(comparison, part)
    return found


def _described(
    name: str, sizes: tuple[int, ...], comparisons: Sequence[Comparison] | None
) -> Subgroup:
    if comparisons is None:
        return Subgroup(name=name, reference_rows=sizes[0], current_rows=sizes[1], tested=False)
    drifted = sorted((c for c in comparisons if c.drifted), key=lambda c: -c.effect)
    return Subgroup(
        name=name,
        reference_rows=sizes[0],
        current_rows=sizes[1],
        tested=True,
        drifted_columns=tuple(c.pair.name for c in drifted),
        feature_drifts={c.pair.name: c.effect for c in comparisons},
        tests={c.pair.name: as_results(c) for c in drifted},
    )


def _notes(
    by: str, order: Sequence[str], large: Sequence[str], sizes: Mapping[str, tuple[int, ...]]
) -> Iterator[str]:
    small = sum(min(sizes[name]) < LEAST_ROWS for name in order)
    if small:
        yield f"{small} of {len(order)} subgroups have fewer than {LEAST_ROWS} rows in a table."
    left = len(order) - small - len(large)
    if left:
        yield f"{left} subgroups come after the {MOST_GROUPS} largest and were not tested."
    if not large:
        yield f"No subgroup of {by} is large enough to be tested."
