"""What may be asked for beside the columns.

correlations=True          pairs of numeric columns; or "spearman", "pearson"
    multivariate=True          principal components, and a model that tells the tables apart
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

from core.drift.correlation import correlation_drifts
from core.drift.multivariate import multivariate_drift

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from core.drift.findings import CorrelationDrifts, MultivariateDrift


class OnRequest(TypedDict, total=False):
    """The keywords of the analyses."""

    correlations: bool | str
    multivariate: bool


@dataclass(slots=True)
class Further:
    """What they found: fields of the report, and sentences of advice."""

    found: dict[str, Any] = field(default_factory=dict)
    drifted: bool = False
    advice: list[str] = field(default_factory=list)

    def add(self, name: str, result: Any, advice: Iterator[str]) -> None:
        """Take in one result."""
        self.found[name] = result
        self.drifted = self.drifted or result.drifted
        self.advice.extend(advice)


def analyse(
    reference: pa.Table, current: pa.Table, columns: Sequence[str], asked: OnRequest
) -> Further:
    """Make the analyses that were asked for, over columns that both tables have.

    Raises DataVersionError for a method there is not. Values raise nothing.
    """
    further = Further()
    if method := asked.get("correlations"):
        method = "spearman" if method is True else method
        pairs = correlation_drifts(reference, current, columns, method=method)
        further.add("correlation_drifts", pairs, _of_correlations(pairs))
    if asked.get("multivariate"):
        together = multivariate_drift(reference, current, columns)
        further.add("multivariate", together, _of_all_columns(together))
    return further


def _of_correlations(found: CorrelationDrifts) -> Iterator[str]:
    for pair in found.pairs[:5]:
        if pair.drifted:
            yield (
                f"{pair.columns[0]} and {pair.columns[1]}: the correlation went from"
                f" {pair.reference:.2f} to {pair.current:.2f}. Look for a group that is new or"
                " gone, and for another way to measure one of them; refit models that use both."
            )


def _of_all_columns(found: MultivariateDrift) -> Iterator[str]:
    if found.classifier is not None and found.classifier.drifted:
        names = ", ".join(column.name for column in found.classifier.telling[:5])
        yield (
            f"All columns together: a model tells the tables apart with an AUROC of"
            f" {found.classifier.auroc.value:.2f}, by {names or 'no single column'}. Look at"
            " these columns first, each and in pairs."
        )
    if found.reconstruction is not None and found.reconstruction.drifted:
        yield (
            "All columns together: rows are"
            f" {'farther from' if found.reconstruction.difference.value > 0 else 'closer to'} the"
            " principal components of the reference. Columns move together in another way, or"
            " values are missing that were not."
        )
