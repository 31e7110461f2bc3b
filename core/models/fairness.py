"""How a model serves groups of people, and by how much they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.models.interval import Estimate  # noqa: TC001 - from_dict reads the fields

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult:
    """The figures of one group; `attribute` of an intersection is as ``sex & age``.

    Of a suppressed group, which is too small, only rows and events are told.
    """

    attribute: str
    group: str
    rows: int
    events: int
    suppressed: bool
    metrics: dict[str, Estimate]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDifference:
    """A measure of a group less, and divided by, that of the reference group of its attribute."""

    attribute: str
    measure: str
    group: str
    reference: str
    difference: Estimate
    ratio: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class FairnessReport:
    """Groups, how they differ from the largest of their attribute, and what that says.

    `threshold` is where predictions count as positive; None when there are no such. `rule` says
    which groups are suppressed.
    """

    groups: tuple[GroupResult, ...]
    differences: tuple[GroupDifference, ...]
    findings: tuple[str, ...]
    threshold: float | None = None
    rule: str = ""

    def measures(self) -> Iterator[str]:
        """Yield the names of all figures and differences."""
        for group in self.groups:
            yield from group.metrics
        for found in self.differences:
            yield found.measure
