"""What the analyses on request found: plain values that a report carries and JSON holds.

No more than one report in twenty is a false alarm, whatever is asked for: columns may spend four
fifths of the 0.05, and each of the five analyses on request a twenty-fifth: p values are adjusted
for how many there are and divided by that part, intervals that decide are of 99.8 %.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - from_dict reads the fields
from dataclasses import dataclass, field
from typing import Final

ALPHA: Final = 0.05
COLUMNS: Final = 0.8  # of ALPHA, which the columns may spend
PART: Final = 0.04  # and each analysis on request
LEVEL: Final = 1 - PART * ALPHA  # of an interval that decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """Of how many clusters the rows of both tables are, by which columns; `shared` are in both.

    `freedom` are the degrees of freedom that all of them leave to a test.
    """

    cluster: tuple[str, ...]
    strata: tuple[str, ...]
    reference: int
    current: int
    shared: int
    freedom: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationDrift:
    """How the correlation of two columns changed; `difference` is current less reference."""

    columns: tuple[str, str]
    reference: float
    current: float
    difference: float
    p_value: float
    p_adjusted: float
    threshold: float
    drifted: bool
    reference_rows: int
    current_rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationDrifts:
    """All pairs of numeric columns, the largest change first.

    `method` is spearman or pearson. `untested` says in sentences what was left out and why.
    """

    method: str
    pairs: tuple[CorrelationDrift, ...]
    untested: tuple[str, ...] = ()

    @property
    def drifted(self) -> bool:
        """Whether any correlation drifted."""
        return any(pair.drifted for pair in self.pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value and its interval of confidence, of 95 % unless its field says another share."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconstructionError:
    """How well few principal components of the reference describe the rows of each table.

    `reference` and `current` are the mean errors of rows, in standard deviations; `difference` with
    its 99.8 % interval is divided by the standard deviation of the reference's errors. `imputed` is
    the share of values that were missing, in the reference and the current table.
    """

    columns: tuple[str, ...]
    components: int
    explained: float
    imputed: tuple[float, float]
    reference: float
    current: float
    difference: Estimate
    threshold: float
    drifted: bool
    reference_rows: int
    current_rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingColumn:
    """A column by which a classifier tells the tables apart: what AUROC loses without it."""

    name: str
    loss: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainClassifier:
    """How well a model tells from which table a row is: 0.5 is chance.

    `auroc` is of rows the model had not seen, with its 99.8 % interval. `telling` are the columns
    it needs for that, the most important first; empty unless drifted.
    """

    columns: tuple[str, ...]
    auroc: Estimate
    telling: tuple[TellingColumn, ...]
    threshold: float
    drifted: bool
    reference_rows: int
    current_rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MultivariateDrift:
    """What only all columns together show; what could not be computed is None, `notes` say why."""

    reconstruction: ReconstructionError | None
    classifier: DomainClassifier | None
    notes: tuple[str, ...] = ()

    @property
    def drifted(self) -> bool:
        """Whether either of the two says so."""
        return any(found is not None and found.drifted for found in self.parts)

    @property
    def parts(self) -> tuple[ReconstructionError | None, DomainClassifier | None]:
        """Both analyses."""
        return self.reconstruction, self.classifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A mean or a share of both tables; `name` says which: ``mean`` or ``share of 'yes'``."""

    name: str
    reference: Estimate
    current: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How the relation of prediction and target changed; `difference` is current less reference."""

    name: str
    reference: Estimate
    current: Estimate
    difference: Estimate
    p_value: float
    p_adjusted: float
    threshold: float
    drifted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeDrift:
    """How a target or a prediction changed.

    `tests` are those of a column. `relation` is that of the prediction to the target, for a target
    only: when it changes, what a model learned no longer holds. `notes` say what could not be
    computed.
    """

    column: str
    kind: str
    drifted: bool
    effect: float
    tests: Mapping[str, Mapping[str, float | bool | None]]
    summaries: tuple[Summary, ...]
    relation: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subgroup:
    """One subgroup of both tables; `tests` are those of the drifted columns.

    A subgroup that is too small in one of the tables was not `tested`.
    """

    name: str
    reference_rows: int
    current_rows: int
    tested: bool
    drifted_columns: tuple[str, ...] = ()
    feature_drifts: Mapping[str, float] = field(default_factory=dict)
    tests: Mapping[str, Mapping[str, Mapping[str, float | bool | None]]] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgroupDrift:
    """Drift within the subgroups of a column, the largest subgroup first, and of their mix."""

    by: str
    groups: tuple[Subgroup, ...]
    mix: Mapping[str, Mapping[str, float | bool | None]]
    mix_drifted: bool
    notes: tuple[str, ...] = ()

    @property
    def drifted(self) -> bool:
        """Whether any subgroup drifted, or their mix."""
        return self.mix_drifted or any(group.drifted_columns for group in self.groups)
