"""Drift that no column shows alone.

    reconstruction   principal components of the standardised reference that explain 65 % of its
                     variance; how far rows are from the plane they span. The errors of the
                     reference are of rows that were left out of the components, ten parts in
                     turn, so that both tables are new to them.
    classifier       gradient boosted trees learn to tell the tables apart; their AUROC on rows left
                     out, five parts in turn. Copies of a row are in the same part, or the model
                     would recognise them.

Drift is what a 99.8 % interval shows and what is large: errors that differ by 0.2 of their standard
deviation, an AUROC of 0.55. Both look at no more than 10,000 rows of each table, drawn by lot.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from core.drift import intervals
from core.drift.classifier import tell_apart
from core.drift.features import comparable_features
from core.drift.findings import LEVEL, Estimate, MultivariateDrift, ReconstructionError
from core.drift.matrix import SEED, numeric_columns, sampled

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from core.drift.matrix import Numbers

MOST_ROWS: Final = 10_000
LEAST_ROWS: Final = 50
_EXPLAINED: Final = 0.65
_PARTS: Final = 10
_ROWS_A_COLUMN: Final = 10  # of fewer the components are too uncertain
_THRESHOLD: Final = 0.2
_TRIM: Final = (0.005, 0.995)


def multivariate_drift(
    reference: pa.Table, current: pa.Table, columns: Sequence[str]
) -> MultivariateDrift:
    """Compare all columns of two tables together; `notes` say what was left out and why."""
    notes = [
        f"{name}: {table.num_rows:,} rows, of which {MOST_ROWS:,} were drawn."
        for name, table in (("reference", reference), ("current", current))
        if table.num_rows > MOST_ROWS
    ]
    first, second = sampled(reference, MOST_ROWS), sampled(current, MOST_ROWS)
    least = min(first.num_rows, second.num_rows)
    if least < LEAST_ROWS:
        notes.append(f"{least} rows are too few to look at all columns together.")
        return MultivariateDrift(reconstruction=None, classifier=None, notes=tuple(notes))
    reconstruction = _reconstruction(first, second, columns, notes)
    features = comparable_features(first, second, columns)
    notes.extend(features.notes)
    classifier = tell_apart(features) if features.names else None
    if classifier is None:
        notes.append("No columns, or too few different rows, for a classifier.")
    return MultivariateDrift(
        reconstruction=reconstruction, classifier=classifier, notes=tuple(notes)
    )


def _reconstruction(
    first: pa.Table, second: pa.Table, columns: Sequence[str], notes: list[str]
) -> ReconstructionError | None:
    prepared = {
        name: standardised
        for name, sides in numeric_columns(first, second, columns).items()
        if (standardised := _standardised(*sides)) is not None
    }
    if len(prepared) < 2:
        notes.append("Fewer than two columns of numbers vary: there are no principal components.")
        return None
    if first.num_rows < _ROWS_A_COLUMN * len(prepared):
        notes.append(
            f"{first.num_rows} rows are too few for components of {len(prepared)} columns."
        )
        return None
    before, after = (
        np.column_stack([sides[place] for sides in prepared.values()]) for place in (0, 1)
    )
    imputed = tuple(float(np.isnan(values).mean()) for values in (before, after))
    before, after = np.nan_to_num(before), np.nan_to_num(after)  # 0 is the mean
    components, explained = _components(before)
    known = _errors_left_out(before, len(components))
    found = _errors(after - before.mean(axis=0), components)
    spread = float(known.std(ddof=1)) or 1.0
    difference = _difference(known / spread, found / spread)
    apart = difference.low > 0 or difference.high < 0
    return ReconstructionError(
        columns=tuple(prepared),
        components=len(components),
        explained=explained,
        imputed=(imputed[0], imputed[1]),
        reference=float(known.mean()),
        current=float(found.mean()),
        difference=difference,
        threshold=_THRESHOLD,
        drifted=apart and abs(difference.value) >= _THRESHOLD,
        reference_rows=len(before),
        current_rows=len(after),
    )


def _standardised(before: Numbers, after: Numbers) -> tuple[Numbers, Numbers] | None:
    """Return both by the reference's mean and spread, far values moved in; None of a constant."""
    present = before[~np.isnan(before)]
    if not len(present):
        return None
    with np.errstate(over="ignore", invalid="ignore"):  # of values too large to subtract
        low, high = np.quantile(present, _TRIM)
        reach = high - low
        near = [np.clip(values, low - reach, high + reach) for values in (before, after)]
        middle, spread = np.nanmean(near[0]), np.nanstd(near[0])
    if not np.isfinite(reach) or not np.isfinite(spread) or spread <= 1e-12 * abs(middle):
        return None
    return (near[0] - middle) / spread, (near[1] - middle) / spread


def _components(rows: Numbers) -> tuple[Numbers, float]:
    """Return the fewest components that explain enough, but not all of them, and their share."""
    _, sizes, components = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    shares = np.cumsum(sizes**2) / (sizes**2).sum()
    number = int(min(np.searchsorted(shares, _EXPLAINED - 1e-12) + 1, rows.shape[1] - 1))
    return components[:number], float(shares[number - 1])


def _errors(centred: Numbers, components: Numbers) -> Numbers:
    errors: Numbers = np.linalg.norm(centred - centred @ components.T @ components, axis=1)
    return errors


def _errors_left_out(rows: Numbers, number: int) -> Numbers:
    """Return the error of each row, by components of rows that are not in its part."""
    order = np.random.default_rng(SEED).permutation(len(rows))
    errors = np.empty(len(rows))
    for start, end in pairwise(np.linspace(0, len(rows), _PARTS + 1).astype(int)):
        part = order[start:end]
        others = np.delete(rows, part, axis=0)
        middle = others.mean(axis=0)
        _, _, components = np.linalg.svd(others - middle, full_matrices=False)
        errors[part] = _errors(rows[part] - middle, components[:number])
    return errors


def _difference(before: Numbers, after: Numbers) -> Estimate:
    """Return the difference of means and its interval, by the variance of both together.

    Of 50 skewed errors the mean and their own variance go up and down together: an interval of
    their own, or of rows drawn anew, is without 0 three times as often as it should be.
    """
    value = float(after.mean() - before.mean())
    rows = len(before), len(after)
    squares = sum(float(side.var()) * len(side) for side in (before, after))
    variance = squares / max(1, sum(rows) - 2) * (1 / rows[0] + 1 / rows[1])
    return intervals.around(value, variance, level=LEVEL)
