"""Two tables side by side: versions of a dataset, files, or cohorts of one table.

    numbers      the greatest difference between their cumulative shares (Kolmogorov-Smirnov), and
                 the standardised difference of means: by the root of the mean of both variances
                 (Austin 2009; 0.1 is commonly taken for little)
    categories   the share of rows that would have to change their value (total variation)
    all          the difference of the shares of missing values

Every difference is between 0 and 1, and columns are ranked by the larger one of theirs. All rows
are looked at, of a table that is too large every n-th. Ranges of numbers and names of categories
are those of both tables together, so that what is drawn shares its axes.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import pyarrow as pa

from core.eda.histogram import histogram_of
from core.eda.report_form import plain
from core.eda.summary import summarize
from core.eda.table import Data
from core.errors import EDAError
from core.profile import vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from core.eda.summary import Summary

ALGORITHM: Final = 1  # a new number when comparisons become different: kept ones are not shown then
LITTLE: Final = 0.1  # a difference that is worth telling
_NAMES: Final = 12  # categories that are told one by one
_ADVICE: Final = 12
_COHORTS: Final = 20  # values of a column that are named in an error


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnComparison:
    """A column in both tables.

    `ranges` are the ends of a histogram's bars, `names` the categories; `shares` are those of the
    values of each table in them. `difference` is of the values, `missing` of their gaps (second
    less first), and `standardised` that of the means, None where there is none.
    """

    name: str
    kind: str
    statistics: tuple[dict[str, Any], dict[str, Any]]
    difference: float
    missing: float
    standardised: float | None = None
    ranges: tuple[float, ...] = ()
    names: tuple[str, ...] = ()
    shares: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())

    @property
    def rank(self) -> float:
        """What the columns are ordered by."""
        return max(self.difference, abs(self.missing))

    @property
    def differs(self) -> bool:
        """Whether the difference is worth telling."""
        return self.rank >= LITTLE


@dataclass(frozen=True, slots=True, kw_only=True)
class EDAComparison:
    """Two tables, the columns that differ most first.

    `looked_at` are fewer than all `rows` of a table that is larger than EDA_MAX_DATASET_SIZE.
    `only` are columns that one of them has, and `changed_kind` those of another kind in each: they
    are not compared. `recommendations` come by what they would change.
    """

    names: tuple[str, str]
    rows: tuple[int, int]
    looked_at: tuple[int, int]
    columns: tuple[ColumnComparison, ...]
    only: tuple[tuple[str, ...], tuple[str, ...]]
    changed_kind: dict[str, tuple[str, str]]
    recommendations: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain JSON values."""
        found: dict[str, Any] = plain(asdict(self))
        return found

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Make the comparison again that `to_dict` was asked of."""
        pairs = {name: tuple(given[name]) for name in ("names", "rows", "looked_at")}
        changed = {name: (before, after) for name, (before, after) in given["changed_kind"].items()}
        return cls(
            **pairs,
            columns=tuple(ColumnComparison(**_tuples(column)) for column in given["columns"]),
            only=(tuple(given["only"][0]), tuple(given["only"][1])),
            changed_kind=changed,
            recommendations=tuple(given["recommendations"]),
        )


def _tuples(value: Any) -> Any:
    """Return JSON with tuples for lists, but for what is in statistics."""
    if isinstance(value, list):
        return tuple(map(_tuples, value))
    if isinstance(value, dict):
        return {name: tuple(v) if name == "statistics" else _tuples(v) for name, v in value.items()}
    return value


def compare(
    first: Data, second: Data, progress: Callable[[str, float], None] = lambda _text, _share: None
) -> EDAComparison:
    """Compare two tables by the columns that both have."""
    shared = [name for name in first.names if name in second.types]
    compared: list[ColumnComparison] = []
    changed: dict[str, tuple[str, str]] = {}
    for place, name in enumerate(shared):
        progress(f"comparing {name}", place / len(shared))
        sides = (first.column(name), second.column(name))
        summaries = (summarize(sides[0]), summarize(sides[1]))
        kind = _comparable(summaries)
        if kind is None:
            changed[name] = _changed(summaries)
        elif kind in {"number", "time"}:
            values = (sides[0].measured.values, sides[1].measured.values)
            compared.append(_numbers(kind, summaries, values))
        else:
            counted = (_counted(sides[0]), _counted(sides[1]))
            compared.append(_categories(kind, summaries, counted))
    columns = tuple(sorted(compared, key=lambda column: -column.rank))
    only = (
        tuple(name for name in first.names if name not in second.types),
        tuple(name for name in second.names if name not in first.types),
    )
    names = _told_apart(first.name, second.name)
    return EDAComparison(
        names=names,
        rows=(first.all_rows, second.all_rows),
        looked_at=(first.rows, second.rows),
        columns=columns,
        only=only,
        changed_kind=changed,
        recommendations=tuple(_advice(columns, only, changed, names))[:_ADVICE],
    )


def cohorts(data: Data, column: str, values: Sequence[Any] | None = None) -> tuple[Data, Data]:
    """Return the rows with each of two values of a column; the column is left out.

    `values` are needed where it has more than two. Raises EDAError.
    """
    if column not in data.types:
        hint = f"Columns: {', '.join(data.names)}."
        raise EDAError(f"There is no column {column!r}.", hint=hint, column=column)
    codes, labels = data.column(column).labelled(np.arange(data.rows))
    wanted = sorted(labels) if values is None else [_label(value) for value in values]
    unknown = [label for label in wanted if label not in labels]
    if len(wanted) != 2 or unknown:
        shown = ", ".join(sorted(labels)[:_COHORTS])
        message = f"{column} does not make two cohorts: it has {len(labels)} values."
        hint = f"Name two of its values: {shown}."
        raise EDAError(message, hint=hint, column=column, unknown=unknown)
    kept = [name for name in data.names if name != column]
    found = []
    for label in wanted:
        rows = vectors.places(np.flatnonzero(codes == labels.index(label)))
        table = data.table.select(kept).take(rows)
        types = {name: data.types[name] for name in kept}
        found.append(Data(f"{column} {label}", table, types))
    return found[0], found[1]


def _label(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _told_apart(first: str, second: str) -> tuple[str, str]:
    return (first, second) if first != second else (f"{first} (first)", f"{second} (second)")


def _comparable(summaries: tuple[Summary, Summary]) -> str | None:
    """Return as what two columns are compared; None where they are of different kinds."""
    kinds = {_family(summary) for summary in summaries} - {"empty"}
    if len(kinds) > 1 or ("time" in kinds and len({s.given_type for s in summaries}) > 1):
        return None  # times of two types count in two units
    return kinds.pop() if kinds else "empty"


def _changed(summaries: tuple[Summary, Summary]) -> tuple[str, str]:
    first, second = summaries
    if first.kind == second.kind:
        return first.given_type, second.given_type
    return str(first.kind), str(second.kind)


def _family(summary: Summary) -> str:
    if "std" in summary.statistics:
        return "empty" if summary.kind == "empty" else "number"
    return {"category": "text", "id": "text"}.get(summary.kind, summary.kind)


def _difference_of_missing(summaries: tuple[Summary, Summary]) -> float:
    shares = [summary.statistics["missing_share"] for summary in summaries]
    return float(shares[1] - shares[0])


def _numbers(
    kind: str,
    summaries: tuple[Summary, Summary],
    values: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]],
) -> ColumnComparison:
    first, second = values
    pooled = np.sort(np.concatenate(values))
    shares: tuple[tuple[float, ...], ...] = ((), ())
    finite = pooled[np.isfinite(pooled)] if kind == "number" else pooled[:0]
    shape = histogram_of(finite, whole=bool((finite == np.round(finite)).all()))
    if shape is not None:
        shares = tuple(_shares_in(side, shape.edges) for side in values)
    difference = 0.0
    if len(first) and len(second):
        below = [np.searchsorted(side, pooled, "right") / len(side) for side in values]
        difference = float(np.abs(below[0] - below[1]).max())
    return ColumnComparison(
        name=summaries[0].name,
        kind=kind,
        statistics=(summaries[0].statistics, summaries[1].statistics),
        difference=difference,
        missing=_difference_of_missing(summaries),
        standardised=_standardised(summaries),
        ranges=shape.edges if shape is not None else (),
        shares=(shares[0], shares[1]),
    )


def _shares_in(ordered: np.ndarray[Any, Any], edges: tuple[float, ...]) -> tuple[float, ...]:
    places = np.searchsorted(ordered, edges, "left")
    places[-1] = np.searchsorted(ordered, edges[-1], "right")
    return tuple((np.diff(places) / max(1, len(ordered))).tolist())


def _standardised(summaries: tuple[Summary, Summary]) -> float | None:
    first, second = (summary.statistics for summary in summaries)
    known = [side.get(name) for side in (first, second) for name in ("mean", "std")]
    if not all(isinstance(value, float) for value in known):
        return None
    spread = math.sqrt((first["std"] ** 2 + second["std"] ** 2) / 2)
    return float((second["mean"] - first["mean"]) / spread) if 0 < spread < math.inf else None


def _counted(column: Any) -> dict[str, int]:
    """Count the values by their texts; of what is not counted, none."""
    measured = column.measured
    if measured.family == "nothing" or pa.types.is_nested(column.stored.type):
        return {}
    texts, counts = measured.listed
    return dict(zip(texts.to_pylist(), counts.tolist(), strict=True))


def _categories(
    kind: str, summaries: tuple[Summary, Summary], counted: tuple[dict[str, int], dict[str, int]]
) -> ColumnComparison:
    totals = [max(1, sum(side.values())) for side in counted]
    shares = [
        {name: count / total for name, count in side.items()}
        for side, total in zip(counted, totals, strict=True)
    ]
    both = {n: shares[0].get(n, 0.0) + shares[1].get(n, 0.0) for n in (*shares[0], *shares[1])}
    apart = sum(abs(shares[0].get(name, 0.0) - shares[1].get(name, 0.0)) for name in both) / 2
    names = sorted(both, key=lambda name: (-both[name], name))[:_NAMES]
    told = [tuple(side.get(name, 0.0) for name in names) for side in shares]
    # ids and free texts are all different in any two tables: that says nothing
    is_told = all(counted) and not any(s.kind in {"id", "text"} for s in summaries)
    return ColumnComparison(
        name=summaries[0].name,
        kind=kind,
        statistics=(summaries[0].statistics, summaries[1].statistics),
        difference=apart if is_told else 0.0,
        missing=_difference_of_missing(summaries),
        names=tuple(names) if is_told else (),
        shares=(told[0], told[1]) if is_told else ((), ()),
    )


def _advice(
    columns: Sequence[ColumnComparison],
    only: tuple[tuple[str, ...], tuple[str, ...]],
    changed: dict[str, tuple[str, str]],
    names: tuple[str, str],
) -> list[str]:
    """Say what to look at first: what cannot be compared, then what differs most."""
    found = [
        f"{name} is {before} in {names[0]} and {after} in {names[1]}: find out which is meant."
        for name, (before, after) in changed.items()
    ]
    for side, missing in zip(names, only, strict=True):
        if missing:
            found.append(f"Only {side} has {', '.join(missing)}: no model may need them.")
    for column in columns:
        if column.rank < LITTLE:
            break
        found.append(_said(column, names))
    return found


def _said(column: ColumnComparison, names: tuple[str, str]) -> str:
    if abs(column.missing) >= column.difference:
        shares = [statistics["missing_share"] for statistics in column.statistics]
        return (
            f"{column.name} is missing in {shares[0]:.0%} of {names[0]} and in {shares[1]:.0%} of"
            f" {names[1]}: find out why before the two are compared by it."
        )
    if column.standardised is not None:
        means = [statistics["mean"] for statistics in column.statistics]
        return (
            f"{column.name} has the mean {means[0]:.4g} in {names[0]} and {means[1]:.4g} in"
            f" {names[1]} ({column.standardised:+.2f} standard deviations): adjust for it, or say"
            " that the two differ."
        )
    return (
        f"{column.name} differs in {column.difference:.0%} of the rows between {names[0]} and"
        f" {names[1]}: adjust for it, or say that the two differ."
    )
