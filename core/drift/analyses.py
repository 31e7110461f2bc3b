"""What may be asked for beside the columns.

correlations=True          pairs of numeric columns; or "spearman", "pearson"
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

from core.drift.correlation import correlation_drifts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from core.drift.findings import CorrelationDrifts


class OnRequest(TypedDict, total=False):
    """The keywords of the analyses."""

    correlations: bool | str


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
    return further


def _of_correlations(found: CorrelationDrifts) -> Iterator[str]:
    for pair in found.pairs[:5]:
        if pair.drifted:
            yield (
                f"{pair.columns[0]} and {pair.columns[1]}: the correlation went from"
                f" {pair.reference:.2f} to {pair.current:.2f}. Look for a group that is new or"
                " gone, and for another way to measure one of them; refit models that use both."
            )
