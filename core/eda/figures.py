"""The charts of an analysis: specs that carry their data, for reports and for files alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.charts.bars import counted_names
from core.charts.export import with_data
from core.charts.intervals import box_plot, histogram_with_density
from core.charts.matrix import heat_map, missing_matrix
from core.charts.points import scatter
from core.eda.summary import looked_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.charts.theme import Spec
    from core.eda.associations import Associations
    from core.eda.report import EDAReport
    from core.eda.summary import Summary
    from core.eda.table import Data
    from core.eda.target import TargetAnalysis

_BARS: Final = 12
_HEAT: Final = 40  # columns; more are too small to read
_POINTS: Final = 1_000
_SHOWN: Final = 40  # characters of a text


def column_chart(summary: Summary) -> Spec | None:
    """Return the histogram of numbers, or bars for the most frequent values; None for ids."""
    if summary.histogram is not None:
        return _histogram(summary)
    if summary.kind in {"category", "boolean", "time", "text"}:
        return _top(summary)
    return None


def _histogram(summary: Summary) -> Spec | None:
    found = summary.histogram
    if found is None:
        return None
    total = max(1, looked_at(summary))
    density = found.density or (0.0,) * len(found.counts)
    rows = [
        {"low": _short(low), "high": _short(high), "share": _short(count / total)}
        | ({"density": _short(smooth / total)} if found.density else {})
        for low, high, count, smooth in zip(
            found.edges[:-1], found.edges[1:], found.counts, density, strict=True
        )
    ]
    beyond = [(found.below, "below"), (found.above, "above")]
    told = " and ".join(f"{count:,} values {where}" for count, where in beyond if count)
    name = summary.name
    spec = histogram_with_density(name, value=name, smooth=bool(found.density), height=180)
    if told:
        spec["description"] += f" Not drawn: {told}."
    return with_data(spec, rows)


def _short(value: float) -> float:
    return float(f"{value:.5g}")  # as much as anybody reads; a third of the bytes


def _top(summary: Summary) -> Spec | None:
    top = summary.statistics.get("top") or []
    if not top or top[0]["count"] <= 1:
        return None
    shown = [(_text(entry["value"]), entry["count"]) for entry in top[:_BARS]]
    others = looked_at(summary) - sum(count for _, count in shown)
    if others:
        shown.append((f"{summary.statistics['distinct'] - len(shown):,} others", others))
    rows = [{"name": name, "value": count} for name, count in shown]
    return with_data(counted_names(summary.name, name=summary.name, count=len(rows)), rows)


def _text(value: Any) -> str:
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def box_chart(summaries: Sequence[Summary]) -> Spec | None:
    """Return a box for each column of numbers, on a scale of its own interquartile ranges."""
    rows = []
    for summary in summaries:
        found = summary.statistics
        spread = found.get("iqr")
        if summary.kind != "number" or not isinstance(spread, float) or not spread:
            continue
        quarters = found["p25"], found["p50"], found["p75"]
        ends = _number(found["min"], -np.inf), _number(found["max"], np.inf)
        low = max(ends[0], quarters[0] - 1.5 * spread)
        high = min(ends[1], quarters[2] + 1.5 * spread)
        scaled = [(value - quarters[1]) / spread for value in (low, *quarters, high)]
        names = ("low", "first", "median", "third", "high")
        rows.append({"name": summary.name} | dict(zip(names, map(_short, scaled), strict=True)))
    if not rows:
        return None
    measure = "Interquartile ranges from the median"
    title = "Numbers on one scale"
    return with_data(box_plot(title, name="Column", value=measure, count=len(rows)), rows)


def _number(value: Any, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) else otherwise


def association_chart(found: Associations) -> Spec | None:
    """Return the heat map of associations, columns that go together side by side."""
    names = arranged(found)[:_HEAT]
    if len(names) < 2:
        return None
    return _heat_map("Associations of columns", "Strength", names, found.matrix())


def _heat_map(
    title: str, measure: str, names: Sequence[str], matrix: Mapping[str, Mapping[str, float | None]]
) -> Spec:
    rows = [
        {"row": a, "column": b, "value": None if value is None else round(value, 3)}
        for a in names
        for b in names
        for value in [matrix[a][b]]
    ]
    spec = heat_map(title, rows=names, columns=names, value=measure, row="Column", column="and")
    return with_data(spec, rows)


def correlation_chart(found: Associations) -> Spec | None:
    """Return the heat map of Pearson's correlations of the columns of numbers."""
    numbers = {n for p in found.pairs if "pearson" in p.measures for n in (p.first, p.second)}
    names = [name for name in found.columns if name in numbers][:_HEAT]
    if len(names) < 2:
        return None
    title = "Correlations of numbers"
    return _heat_map(title, "Pearson's correlation", names, found.matrix("pearson"))


def arranged(found: Associations) -> list[str]:
    """Order columns by the angle of the two first eigenvectors of their associations.

    Friendly (2002), Corrgrams: neighbours in this order tell of each other.
    """
    names = [*found.columns]
    matrix = found.matrix()
    table = np.array([[matrix[a][b] or 0.0 for b in names] for a in names]).reshape(len(names), -1)
    if len(names) < 3:
        return names
    _, vectors = np.linalg.eigh(table)
    angles = np.arctan2(vectors[:, -2], vectors[:, -1])
    order = np.argsort(angles, kind="stable")
    gaps = np.diff(angles[order], append=angles[order[0]] + 2 * np.pi)
    start = int(np.argmax(gaps)) + 1  # cut the circle where neighbours are farthest apart
    return [names[place] for place in np.roll(order, -start)]


def missing_chart(report: EDAReport) -> Spec | None:
    """Return where along the rows values are missing; None where none are."""
    gapped = [summary for summary in report.columns if summary.missing_by_block][:_HEAT]
    if not gapped:
        return None
    rows = []
    for summary in gapped:
        blocks = len(summary.missing_by_block)
        for place, share in enumerate(summary.missing_by_block):
            start, end = (n * report.num_rows // blocks for n in (place, place + 1))
            rows.append({"name": summary.name, "low": start, "high": end, "share": _short(share)})
    names = [summary.name for summary in gapped]
    return with_data(
        missing_matrix("Missing values along the rows", names=names, rows=report.num_rows), rows
    )


def together_chart(report: EDAReport) -> Spec | None:
    """Return which columns are missing in the same rows; None where there are not two."""
    names = [*report.missing_together]
    if len(names) < 2:
        return None
    rows = [
        {"row": a, "column": b, "value": round(report.missing_together[a][b], 3)}
        for a in names
        for b in names
    ]
    spec = heat_map(
        "Missing together",
        rows=names,
        columns=names,
        value="Rows of both",
        domain=(0, 1),
        row="Column",
        column="and",
    )
    return with_data(spec, rows)


def pair_charts(data: Data, found: Associations, most: int = 4) -> list[Spec]:
    """Return scatter plots of the pairs of numbers that go together most, of 1,000 rows."""
    specs = []
    pairs = [pair for pair in found.pairs if "pearson" in pair.measures and pair.strength]
    rows = np.arange(0, data.rows, max(1, -(-data.rows // _POINTS)))
    for pair in pairs[:most]:
        x, y = (data.column(name).numbers(rows) for name in (pair.first, pair.second))
        points = [
            {"name": f"row {row}", "x": a, "y": b}
            for row, a, b in zip(rows.tolist(), x.tolist(), y.tolist(), strict=True)
            if np.isfinite(a) and np.isfinite(b)
        ]
        title = f"{pair.second} by {pair.first}"
        spec = scatter(title, x=pair.first, y=pair.second, name="Row")
        specs.append(with_data(spec, points))
    return specs


def importance_chart(target: TargetAnalysis) -> Spec | None:
    """Return how much a model loses without each feature; None where none was made."""
    if target.importance is None:
        return None
    losses = [*target.importance.losses.items()][:_BARS]
    rows = [{"name": name, "value": _short(mean)} for name, (mean, _) in losses]
    title = f"What a model of {target.column} loses without a feature"
    measure = f"Loss of {target.importance.measure}"
    spec = counted_names(title, name="Feature", value=measure, count=len(rows))
    return with_data(spec, rows)
