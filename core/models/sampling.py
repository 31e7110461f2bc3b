"""How the rows were drawn, and what that makes of the variance of a figure.

    weights    how many people a row stands for
    clusters   rows drawn together (the PSU of a survey, a clinic, a patient with several rows)
    strata     within which clusters were drawn

A smooth figure varies as the sum of its influences does: by how much each row moves it. With
clusters these are added up within each, and compared with the others of its stratum (Taylor
linearization, as Binder 1983 and the software of surveys have it).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from core.models.interval import ANY, NORMAL, SHARE, Bounds, Estimate, around, around_ratio, share

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.intp]
    Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Sampling:
    """The weights, the clusters and the strata of rows; `cluster` numbers them across strata."""

    weights: Numbers
    weighted: bool
    cluster: Codes | None = None
    stratum_of_cluster: Codes | None = None

    @classmethod
    def of(
        cls,
        rows: int,
        *,
        weights: Numbers | None = None,
        clusters: npt.NDArray[Any] | None = None,
        strata: npt.NDArray[Any] | None = None,
    ) -> Self:
        """Number what was given; strata without clusters are strata of rows.

        Weights are divided by their mean.
        """
        weighted = weights is not None and bool((weights != weights[0]).any())
        found = np.ones(rows)
        if weights is not None and weighted:  # with mean 1: their size says nothing
            found = weights / weights.max()
            found = found / found.mean()
        elif weights is not None and not weights[0]:
            found = weights
        if clusters is None and strata is None:
            return cls(found, weighted)
        within = np.zeros(rows, dtype=np.intp)
        if strata is not None:
            within = np.unique(strata, return_inverse=True)[1].astype(np.intp)
        unit = np.arange(rows)
        if clusters is not None:  # numbered 1, 2 within each stratum, as surveys do
            unit = np.unique(clusters, return_inverse=True)[1]
        both = within * (int(unit.max()) + 1) + unit
        _, first, cluster = np.unique(both, return_index=True, return_inverse=True)
        return cls(found, weighted, cluster.astype(np.intp), within[first])

    def only(self, rows: Flags | Codes) -> Self:
        """Return the sampling of some rows; clusters without any stay, as of a subpopulation."""
        cluster = None if self.cluster is None else self.cluster[rows]
        return replace(self, weights=self.weights[rows], cluster=cluster)

    @property
    def simple(self) -> bool:
        """Whether every row counts the same and was drawn for itself."""
        return not self.weighted and self.cluster is None

    @property
    def said(self) -> str:
        """What a method adds to its name."""
        if self.cluster is None:
            return ", weighted" if self.weighted else ""
        return ", weighted and clustered" if self.weighted else ", clustered"

    @cached_property
    def reach(self) -> float:
        """Standard errors from the middle of an interval to its ends: t with few clusters."""
        if self.cluster is None or self.stratum_of_cluster is None:
            return NORMAL
        from scipy.special import stdtrit  # 50 ms that only evaluations need

        units = len(self.stratum_of_cluster)
        freedom = units - len(np.unique(self.stratum_of_cluster))
        return float(stdtrit(max(1, freedom), 0.975))

    def mean(self, values: Numbers, rows: Flags | None = None) -> float:
        """Return the weighted mean of values, in some rows; NaN of none."""
        weights = self.weights if rows is None else np.where(rows, self.weights, 0.0)
        total = float(weights.sum())
        return float(weights @ values) / total if total > 0 else float("nan")

    def influence(self, values: Numbers, mean: float, rows: Flags | None = None) -> Numbers:
        """Return by how much each row moves the mean of some rows."""
        weights = self.weights if rows is None else np.where(rows, self.weights, 0.0)
        return np.asarray(weights * (values - mean) / weights.sum())

    def variance(self, influence: Numbers, *, drawn: int | None = None) -> float:
        """Return the variance of a figure that rows move by so much; `drawn` are how many do.

        Of one row, NaN: nothing is known of how others differ.
        """
        if self.cluster is None or self.stratum_of_cluster is None:
            number = len(influence) if drawn is None else drawn
            return float(influence @ influence) * number / (number - 1) if number > 1 else math.nan
        units = len(self.stratum_of_cluster)
        totals = np.bincount(self.cluster, weights=influence, minlength=units)
        if units < 2:
            return math.nan
        clusters = np.bincount(self.stratum_of_cluster)
        mean = np.bincount(self.stratum_of_cluster, weights=totals) / np.maximum(clusters, 1)
        alone = clusters[self.stratum_of_cluster] == 1
        # of a stratum with one cluster nothing is known but how it differs from all others
        off = totals - np.where(alone, totals.mean(), mean[self.stratum_of_cluster])
        factor = clusters / np.maximum(clusters - 1, 1)
        return float(factor[self.stratum_of_cluster] @ off**2)

    def around(
        self,
        value: float,
        influence: Numbers,
        *,
        method: str = "delta",
        within: Bounds = ANY,
        drawn: int | None = None,
    ) -> Estimate:
        """Return a figure with the interval that its influences give."""
        return around(
            value,
            self.variance(influence, drawn=drawn),
            method=method + self.said,
            within=within,
            reach=self.reach,
        )

    def around_ratio(self, value: float, influence_of_logarithm: Numbers) -> Estimate:
        """Return a positive ratio with its interval."""
        variance = self.variance(influence_of_logarithm)
        return around_ratio(value, variance, method="delta" + self.said, reach=self.reach)

    def mean_of(
        self, values: Numbers, rows: Flags | None = None, *, within: Bounds = ANY
    ) -> Estimate:
        """Return the mean of values in some rows, with its interval."""
        mean = self.mean(values, rows)
        if np.isnan(mean):
            return Estimate.missing("no rows")
        drawn = len(values) if rows is None else int(rows.sum())
        return self.around(mean, self.influence(values, mean, rows), within=within, drawn=drawn)

    def share_of(self, hits: Flags, rows: Flags | None = None) -> Estimate:
        """Return the share of some rows that are hits, with Wilson's interval.

        Weighted or clustered rows count as the number of simple ones that would tell as much, at
        most as they are; when all or none are hits, by their weights alone (Kish 1965).
        """
        number = len(hits) if rows is None else int(rows.sum())
        if not number:
            return Estimate.missing("no rows")
        if self.simple:
            count = int(hits.sum() if rows is None else hits[rows].sum())
            return share(count / number, number)
        flags = hits.astype(np.float64)
        value = min(1.0, max(0.0, self.mean(flags, rows)))
        weights = self.weights if rows is None else self.weights[rows]
        effective = float(weights.sum() ** 2 / (weights @ weights))
        variance = self.variance(self.influence(flags, value, rows), drawn=number)
        if math.isnan(variance) and self.cluster is not None:
            return around(value, variance, method="Wilson" + self.said, within=SHARE)
        if 0 < value < 1 and variance > 0:  # not NaN
            effective = min(float(number), value * (1 - value) / variance)
        return share(value, effective, method="Wilson" + self.said, reach=self.reach)
