"""Tests of a column, corrected for clusters of rows that are alike (core/drift/clusters.py).

No p value becomes smaller by it, and each tells its design effect: by how much clusters raise the
variance above that of as many independent rows.

    chi2              Rao and Scott's second order, with F (1984; Thomas and Rao 1987), as svychisq
                      of R's survey does
    missing_share     the difference by its variance between clusters, with Student's t
    range             the same, of the share beyond the bounds
    mann_whitney      placements summed up by clusters (Obuchowski 1997), with Student's t
    ks                by the effective number of rows (Kish 1965) where the functions vary most,
                      which gives the right tail: sup |F - G| exceeds x as 2 exp(-x^2 / 2 V)
    new_categories,   a category is in its clusters, and those are in one of the tables by chance:
    lost_categories   measures.one_sided, with clusters in the place of rows
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.drift import measures
from core.drift.clusters import Design, texts_of
from core.drift.columns import MARGIN
from core.drift.matrix import by_row
from core.profile.measured import MeasuredColumn, is_number

if TYPE_CHECKING:
    import numpy.typing as npt

    from core.drift.clusters import Codes
    from core.drift.columns import Comparison, Finding
    from core.drift.pairs import Pair

    Numbers = npt.NDArray[np.float64]
    Columns = tuple[pa.Array, pa.Array]
    Corrected = tuple[float, float | None]  # p, and the design effect where there is one

_POINTS: Final = 99  # at which the distribution functions are looked at


def correct(comparison: Comparison, design: Design) -> None:
    """Correct the p values of a column's findings, and note their design effects."""
    pair = comparison.pair
    sides = pair.reference, pair.current
    if not isinstance(sides[0], MeasuredColumn) or not isinstance(sides[1], MeasuredColumn):
        return
    columns = sides[0].column, sides[1].column
    for finding in comparison.findings:
        if finding.name == "type":
            continue  # of which chance is no part
        p_value, finding.design_effect = _corrected(finding, pair, columns, design)
        finding.p_value = max(finding.p_value, p_value)


def _corrected(finding: Finding, pair: Pair, columns: Columns, design: Design) -> Corrected:
    if finding.name == "missing_share":
        flags = [_is_missing(column) for column in columns]
        return _of_share(design, (flags[0], flags[1]))
    if pair.kind == "category":
        return _of_categories(finding, pair, columns, design)
    values = [by_row(column) for column in columns]
    known = [np.flatnonzero(~np.isnan(side)) for side in values]
    if not all(len(side) for side in known):
        return 1.0, None
    first, second = (side[rows] for side, rows in zip(values, known, strict=True))
    present = design.take(known[0], known[1])
    if finding.name == "range":
        margin = MARGIN * measures.scale_of(pair.reference.numbers.finite)
        low, high = first.min() - margin, first.max() + margin
        return _of_share(present, (first > high, (second < low) | (second > high)))
    if finding.name == "mann_whitney":
        return _of_placements(present, first, second)
    return _of_functions(present, first, second, finding.statistic)


def _is_missing(column: pa.Array) -> npt.NDArray[np.bool_]:
    if is_number(column.type):
        nan = pc.is_nan(column.cast(pa.float64(), safe=False))
        return np.asarray(pc.fill_null(nan, True), dtype=bool)
    return np.asarray(column.is_null(), dtype=bool)


def shares_by_cluster(
    design: Design, codes: tuple[Codes, Codes], number: int
) -> tuple[Numbers, Numbers, npt.NDArray[np.bool_]]:
    """Return the difference of the shares of categories, what each cluster adds to it, and which
    clusters have any rows.
    """
    clusters = len(design.stratum)
    difference, parts = np.zeros(number), np.zeros((clusters, number))
    there = np.zeros(clusters, dtype=bool)
    for sign, rows, code in zip((-1, 1), design.rows, codes, strict=True):
        counts = np.bincount(rows * number + code, minlength=clusters * number)
        counts = counts.reshape(clusters, number)
        of_cluster = counts.sum(axis=1)
        shares = counts.sum(axis=0) / len(rows)
        difference += sign * shares
        parts += sign * (counts - of_cluster[:, np.newaxis] * shares) / len(rows)
        there |= of_cluster > 0
    return difference, parts, there


def _of_share(
    design: Design, flags: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]
) -> Corrected:
    codes = flags[0].astype(np.intp), flags[1].astype(np.intp)
    difference, parts, there = shares_by_cluster(design, codes, 2)
    scaled, freedom = design.scaled(parts[:, 1:], there)
    rows = [len(side) for side in codes]
    share = sum(int(side.sum()) for side in codes) / sum(rows)
    return _by_student(
        float(difference[1]),
        float((scaled**2).sum()),
        freedom,
        share * (1 - share) * (1 / rows[0] + 1 / rows[1]),
    )


def _by_student(difference: float, variance: float, freedom: int, usual: float) -> Corrected:
    """Test a difference by its variance; `usual` is that of independent rows."""
    from scipy import stats  # 0.6 s that only drift needs

    if freedom < 1:
        return 1.0, None
    effect = variance / usual if usual > 0 else None
    if variance <= 0:  # every cluster says the same
        return (0.0 if difference else 1.0), effect
    return float(2 * stats.t.sf(abs(difference) / math.sqrt(variance), freedom)), effect


def _of_placements(design: Design, first: Numbers, second: Numbers) -> Corrected:
    below, above = np.sort(first), np.sort(second)

    def under(values: Numbers, ordered: Numbers) -> Numbers:
        """Return the share that is less than each value, ties half."""
        sides = np.searchsorted(ordered, values, "left"), np.searchsorted(ordered, values, "right")
        found: Numbers = (sides[0] + sides[1]) / 2 / len(ordered)
        return found

    placed = 1 - under(first, above), under(second, below)
    area = float(placed[1].mean())
    clusters = len(design.stratum)
    parts, there = np.zeros(clusters), np.zeros(clusters, dtype=bool)
    for rows, values in zip(design.rows, placed, strict=True):
        parts += np.bincount(rows, values - area, minlength=clusters) / len(rows)
        there[rows] = True
    scaled, freedom = design.scaled(parts[:, np.newaxis], there)
    usual = (len(first) + len(second) + 1) / (12 * len(first) * len(second))
    return _by_student(area - 0.5, float((scaled**2).sum()), freedom, usual)


def _of_functions(design: Design, first: Numbers, second: Numbers, distance: float) -> Corrected:
    from scipy import stats  # as above

    points = np.unique(np.quantile(np.concatenate([first, second]), np.arange(1, 100) / 100))
    codes = np.searchsorted(points, first, "left"), np.searchsorted(points, second, "left")
    _, parts, there = shares_by_cluster(design, codes, len(points) + 1)
    scaled, freedom = design.scaled(np.cumsum(parts, axis=1)[:, :-1], there)
    if freedom < 1:
        return 1.0, None
    variance = float((scaled**2).sum(axis=0).max())
    usual = (1 / len(first) + 1 / len(second)) / 4
    if variance <= 0:
        return (0.0 if distance else 1.0), 0.0
    # what Student's t makes of few clusters, as a distance that the usual tail belongs to
    score = stats.norm.isf(stats.t.sf(distance / math.sqrt(variance), freedom))
    effective = max(1, round(1 / (4 * variance)))
    p_value = float(stats.kstwo.sf(min(1.0, score * math.sqrt(variance)), effective))
    return p_value, variance / usual


def _of_categories(finding: Finding, pair: Pair, columns: Columns, design: Design) -> Corrected:
    names = pa.array(pair.category_names, pa.large_string())
    codes, known = [], []
    for column in columns:
        places = pc.fill_null(pc.index_in(texts_of(column), value_set=names), -1)
        code = np.asarray(places, dtype=np.intp)
        known.append(np.flatnonzero(code >= 0))
        codes.append(code[known[-1]])
    if not all(len(code) for code in codes):
        return 1.0, None
    present = design.take(known[0], known[1])
    if finding.name == "chi2":
        return _of_shares(finding, pair, (codes[0], codes[1]), present)
    order = (0, 1) if finding.name == "new_categories" else (1, 0)
    found = _one_sided(present, (codes[order[0]], codes[order[1]]), order, len(names))
    finding.effect = found.share - found.by_chance
    return found.p_value, None


def _of_shares(
    finding: Finding, pair: Pair, codes: tuple[Codes, Codes], design: Design
) -> Corrected:
    """Return Rao and Scott's test of the categories that chi-squared looks at."""
    from scipy import stats  # as above

    groups = measures.judged_together(*pair.counts())
    number = int(groups.max()) + 1
    judged = [groups[code] for code in codes]
    known = [np.flatnonzero(group >= 0) for group in judged]  # but for what is too rare to judge
    first, second = (group[rows] for group, rows in zip(judged, known, strict=True))
    part = design.take(known[0], known[1])
    _, parts, there = shares_by_cluster(part, (first, second), number)
    scaled, freedom = part.scaled(parts, there)
    if freedom < 1:
        return 1.0, None
    counts = np.bincount(np.concatenate([first, second]), minlength=number)
    effective = len(first) * len(second) / counts.sum()
    weighted = scaled * np.sqrt(effective * counts.sum() / counts)
    # the generalised design effects are the eigenvalues of both products
    product = weighted.T @ weighted if weighted.shape[1] < len(weighted) else weighted @ weighted.T
    total, squares = float(np.trace(product)), float((product**2).sum())
    if total <= 0:
        return (0.0 if finding.statistic else 1.0), 0.0
    degrees = total**2 / squares
    p_value = stats.f.sf(finding.statistic / total, degrees, degrees * freedom)
    return float(p_value), total / max(1, number - 1)


def _one_sided(
    design: Design, codes: tuple[Codes, Codes], order: tuple[int, int], number: int
) -> measures.OneSided:
    """Return what part of the second table's rows is in categories the first has not."""
    rows = design.rows[order[0]], design.rows[order[1]]
    units = [len(np.unique(side)) for side in rows]
    clusters = len(design.stratum)
    counts, occurs = [], []
    for side, code in zip(rows, codes, strict=True):
        pairs = np.unique(code * clusters + side)
        occurs.append(np.bincount(pairs // clusters, minlength=number))
        counts.append(np.bincount(code, minlength=number))
    chances = measures.all_in_one(occurs[0] + occurs[1], units[1], units[0])
    return measures.one_sided_by(
        counts[0] + counts[1], counts[1][counts[0] == 0], chances, len(codes[1])
    )
