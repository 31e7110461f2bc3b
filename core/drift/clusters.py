"""Clustered samples: rows of one clinic, school or place of a survey are more alike than others.

Tests that take rows as independent call the luck of a few places drift: core/drift/cluster_tests.py
corrects them by what is computed here.

Variances are linearised: what a cluster adds to an estimate, squared and summed up within strata
(Wolter, Introduction to Variance Estimation, 2007, section 6). A cluster that both tables have is
one cluster: what it adds to both is subtracted first. Degrees of freedom are clusters less strata;
tables without strata are a stratum each, or one when they share clusters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.drift.findings import Clusters
from core.drift.matrix import by_row
from core.profile.measured import is_number, number_texts
from core.storable import to_stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.intp]
    Flags = npt.NDArray[np.bool_]
    Both = tuple[Codes, Codes]


@dataclass(frozen=True, slots=True)
class Design:
    """In which cluster each row of both tables is, and in which stratum each cluster."""

    rows: Both
    stratum: Codes

    @classmethod
    def of(
        cls,
        reference: pa.Table,
        current: pa.Table,
        cluster: Sequence[str],
        strata: Sequence[str] = (),
    ) -> Self:
        """Number the clusters: equal values of all named columns are one of them.

        Rows without a value are a cluster together.
        """
        sizes = reference.num_rows, current.num_rows
        layer = _numbered(reference, current, strata)
        numbers, clusters = np.unique(
            layer * (1 + sum(sizes)) + _numbered(reference, current, cluster), return_inverse=True
        )
        rows = clusters[: sizes[0]], clusters[sizes[0] :]
        stratum = numbers // (1 + sum(sizes))
        if not np.intersect1d(*rows).size:  # the tables were drawn one without the other
            stratum = 2 * stratum
            stratum[rows[1]] += 1
        return cls(rows, np.unique(stratum, return_inverse=True)[1])

    def take(self, reference: Codes, current: Codes) -> Design:
        """Return the design of some of the rows."""
        return Design((self.rows[0][reference], self.rows[1][current]), self.stratum)

    def scaled(self, parts: Numbers, there: Flags) -> tuple[Numbers, int]:
        """Return parts whose products sum up to the variance, and its degrees of freedom.

        `parts` are what each cluster adds to some estimates; `there` tells which have rows at all.
        A cluster that is alone in its stratum is compared with the whole.
        """
        stratum = np.unique(self.stratum[there], return_inverse=True)[1]
        parts = parts[there]
        number = np.bincount(stratum)
        totals = np.zeros((len(number), parts.shape[1]))
        np.add.at(totals, stratum, parts)
        middle = np.where(number > 1, 1 / number, 0.0)[:, np.newaxis] * totals
        scale = np.sqrt(number / np.maximum(1, number - 1))[stratum]
        return (parts - middle[stratum]) * scale[:, np.newaxis], len(stratum) - len(number)

    def summary(self, cluster: Sequence[str], strata: Sequence[str]) -> Clusters:
        """Say how many clusters there are."""
        first, second = (np.unique(rows) for rows in self.rows)
        there = np.union1d(first, second)
        return Clusters(
            cluster=tuple(cluster),
            strata=tuple(strata),
            reference=len(first),
            current=len(second),
            shared=len(np.intersect1d(first, second)),
            freedom=len(there) - len(np.unique(self.stratum[there])),
        )


def _numbered(reference: pa.Table, current: pa.Table, names: Sequence[str]) -> Codes:
    """Return a number for each row of both tables, the same for equal values of all columns."""
    found = np.zeros(reference.num_rows + current.num_rows, dtype=np.intp)
    for name in names:
        texts = [texts_of(to_stored(table[name])) for table in (reference, current)]
        codes = pa.concat_arrays(texts).dictionary_encode().indices
        plain = np.asarray(pc.add(pc.fill_null(codes, -1), 1), dtype=np.intp)
        found = np.unique(found * (plain.max(initial=0) + 1) + plain, return_inverse=True)[1]
    return found


def texts_of(column: pa.Array) -> pa.Array:
    """Return the values of a stored column as texts, in the order of its rows."""
    if is_number(column.type):
        values = by_row(column)
        return pc.if_else(pa.array(~np.isnan(values)), number_texts(values), None)
    return column.cast(pa.large_string())
