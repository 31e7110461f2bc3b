"""The report as a document (core/render), which is written as HTML, Markdown or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from core.eda.advice import RANKING
from core.eda.associations import KENDALL_SAMPLE, SAMPLE
from core.eda.figures import (
    association_chart,
    box_chart,
    column_chart,
    missing_chart,
    together_chart,
)
from core.eda.issue_section import issue_section
from core.eda.summary import looked_at
from core.eda.target_section import target_section
from core.render.document import (
    Badge,
    Bars,
    Callout,
    Chart,
    Document,
    Facts,
    Link,
    Points,
    Section,
    Share,
    Table,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.charts.theme import Spec
    from core.eda.report import EDAReport
    from core.eda.summary import Summary
    from core.render.document import Block, Cell

_STRONGEST: Final = 20
_MOST_SECTIONS: Final = 200  # columns with a section of their own
_TOP: Final = 8
_SHOWN: Final = 60  # characters of a value
_MEASURES: Final = {
    "pearson": "Pearson",
    "spearman": "Spearman",
    "kendall": "Kendall",
    "cramers_v": "Cramér's V",
    "correlation_ratio": "Correlation ratio",
    "mutual_information": "Mutual information (nats)",
}
# what a column's section says, in this order, where it is known
_FACTS: Final = {
    "count": "Values",
    "missing": "Missing",
    "distinct": "Distinct",
    "mean": "Mean",
    "std": "Standard deviation",
    "skewness": "Skewness",
    "kurtosis": "Excess kurtosis",
    "zeros": "Zeros",
    "negatives": "Negative",
    "infinite": "Infinite",
    "outliers": "Outliers (Tukey)",
    "true": "True",
    "false": "False",
    "share_true": "Share true",
    "shortest": "Shortest",
    "longest": "Longest",
    "mean_length": "Mean length",
    "empty": "Empty",
    "span_seconds": "Span (seconds)",
}
_QUANTILES: Final = {
    "min": "Least",
    "p1": "1 %",
    "p5": "5 %",
    "p25": "25 %",
    "p50": "Median",
    "p75": "75 %",
    "p95": "95 %",
    "p99": "99 %",
    "max": "Greatest",
    "iqr": "75 % - 25 %",
    "mad": "MAD",
}
_DEFINITIONS: Final = """\
Missing: null and NaN. Infinite values are counted, are least and greatest, and are left out of \
what is computed by adding up.
Quantiles interpolate linearly (type 7 of Hyndman and Fan 1996, as NumPy and pandas do). The \
standard deviation divides by n - 1. MAD is the median distance from the median. Skewness and \
excess kurtosis are corrected for bias, as in pandas.
Outliers lie more than 1.5 interquartile ranges beyond the quartiles (Tukey 1977). In skewed \
columns many ordinary values do.
Histograms have at most 24 ranges of one width. The line is a Gaussian kernel density with \
Silverman's bandwidth.
Pairs of columns are compared over the rows that have both values. The strength of a pair is \
Spearman's correlation of two numbers, the correlation ratio of a category and a number, and \
Cramér's V, not corrected for bias, of two categories.
Mutual information: numbers in 16 ranges with equally many values, the 64 most frequent \
categories, corrected by Miller (1955).""".splitlines()


def eda_document(report: EDAReport) -> Document:
    """Return the report as a document; the same report gives the same document."""
    sections = [
        *_when(issue_section(report.quality_issues)),
        *([] if report.target is None else [target_section(report.target)]),
        columns_section(report),
        *_when(associations_section(report)),
        *_when(missing_section(report)),
        definitions_section(report),
    ]
    missing = sum(report.missing_values.values())
    cells = report.num_rows * report.num_columns
    return Document(
        f"{report.dataset_name}: what is in it",
        subtitle="Exploratory data analysis",
        facts=[
            ("Rows", report.num_rows),
            ("Columns", report.num_columns),
            ("Missing cells", Share(missing / cells if cells else 0.0)),
            *_kinds(report),
        ],
        summary=_summary(report),
        sections=sections,
    )


def _when(section: Section | None) -> list[Section]:
    return [] if section is None else [section]


def _kinds(report: EDAReport) -> list[tuple[str, Cell]]:
    found: dict[str, int] = {}
    for summary in report.columns:
        found[summary.kind] = found.get(summary.kind, 0) + 1
    names = {"category": "Categories", "number": "Numbers", "time": "Times", "boolean": "Booleans"}
    return [(names[kind], count) for kind, count in found.items() if kind in names]


def _summary(report: EDAReport) -> list[Block]:
    if not report.recommendations:
        return [
            Callout(
                "Nothing stands out",
                text="Nothing was found that should be changed before an analysis.",
            )
        ]
    return [
        Text("What to do first", style="lead"),
        Points(report.recommendations, numbered=True),
        Text(RANKING, style="note"),
    ]


def columns_section(report: EDAReport) -> Section:
    """Return a row for each column, and each of them whole."""
    boxes = box_chart(report.columns)
    detailed = report.columns[:_MOST_SECTIONS]
    labels = report.labels
    head = ("Column", "Label") if labels else ("Column",)
    statistics = ("Kind", "Missing", "Distinct", "Values", "Mean", "Median", "Most frequent")
    return Section(
        "Columns",
        blocks=[
            Table((*head, *statistics), rows=[_overview_row(s, labels) for s in report.columns]),
            *_chart(boxes, wide=True),
            *(column_section(summary, labels.get(summary.name, "")) for summary in detailed),
        ],
    )


def _overview_row(summary: Summary, labels: Mapping[str, str]) -> tuple[Cell, ...]:
    found = summary.statistics
    top = found.get("top") or []
    counts = summary.histogram.counts if summary.histogram is not None else ()
    if not counts:
        counts = tuple(entry["count"] for entry in top[:20])
    shape = Bars(counts, description=f"How {summary.name} is spread") if any(counts) else None
    most = None
    if top and top[0]["count"] > 1:
        most = f"{_shown(top[0]['value'])} ({top[0]['count']:,})"
    return (
        Link(summary.name, target=_section_id(summary)),
        *([labels.get(summary.name, "")] if labels else []),
        Badge(summary.kind),
        Share(found["missing_share"]),
        found.get("distinct"),
        shape,
        _cell(found.get("mean")),
        _cell(found.get("p50")),
        most,
    )


def _section_id(summary: Summary) -> str:
    return f"column {summary.name}"


def _cell(value: Any) -> Cell:
    return value if isinstance(value, int | float | bool) else None if value is None else str(value)


def _shown(value: Any) -> str:
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 1e15
        text = f"{value:.0f}" if whole else f"{value:.6g}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def column_section(summary: Summary, label: str = "") -> Section:
    """Describe one column: what it is called in words, how it is spread, and its statistics."""
    found = summary.statistics
    facts: list[tuple[str, Cell]] = [("Type", summary.given_type)]
    facts += [
        (title, _cell(found[name])) for name, title in _FACTS.items() if found.get(name) is not None
    ]
    return Section(
        summary.name or "(no name)",
        id=_section_id(summary),
        blocks=[
            *([Text(label, style="lead")] if label else []),
            *_chart(column_chart(summary)),
            Facts(facts),
            *_quantile_table(found),
            *_top_table(found, looked_at(summary)),
        ],
    )


def _quantile_table(found: Mapping[str, Any]) -> list[Table]:
    known = [name for name in _QUANTILES if found.get(name) is not None]
    if not known:
        return []
    return [Table([_QUANTILES[n] for n in known], rows=[[_cell(found[n]) for n in known]])]


def _top_table(found: Mapping[str, Any], total: int) -> list[Table]:
    top = found.get("top") or []
    if not top or top[0]["count"] <= 1:
        return []
    rows = [
        (_shown(entry["value"]), entry["count"], Share(entry["count"] / max(1, total)))
        for entry in top[:_TOP]
    ]
    return [Table(("Most frequent", "Rows", "Share of values"), rows=rows)]


def _chart(spec: Spec | None, *, wide: bool = False) -> list[Chart]:
    return [] if spec is None else [Chart(spec, wide=wide)]


def associations_section(report: EDAReport) -> Section | None:
    """Return the pairs of columns that go together most; None where there are none."""
    found = report.associations
    if not found.pairs:
        return None
    used = [m for m in _MEASURES if any(m in pair.measures for pair in found.pairs)]
    rows = [
        (pair.first, pair.second, pair.strength, *(pair.measures.get(name) for name in used))
        for pair in found.pairs[:_STRONGEST]
    ]
    headers = ("Column", "and", "Strength", *(_MEASURES[name] for name in used))
    caption = f"The {len(rows)} strongest of {len(found.pairs):,} pairs"
    notes = [f"{_MEASURES[name]}: {found.rows[name]:,} rows." for name in used]
    blocks: list[Block] = [
        *_chart(association_chart(found), wide=True),
        Table(headers, rows=rows, caption=caption),
        Text("Looked at: " + " ".join(notes), style="note"),
    ]
    if found.left_out:
        text = f"Not compared, because there are too many: {', '.join(found.left_out)}."
        blocks.append(Text(text, style="note"))
    return Section("Associations", blocks=blocks)


def missing_section(report: EDAReport) -> Section | None:
    """Return where values are missing; None where none are."""
    gapped = [summary for summary in report.columns if summary.statistics["missing"]]
    if not gapped:
        return None
    gapped.sort(key=lambda summary: -summary.statistics["missing"])
    rows = [(s.name, s.statistics["missing"], Share(s.statistics["missing_share"])) for s in gapped]
    return Section(
        "Missing values",
        blocks=[
            *_chart(missing_chart(report), wide=True),
            *_together(report),
            Table(("Column", "Missing", "Share of rows"), rows=rows),
        ],
    )


def _together(report: EDAReport) -> list[Block]:
    chart = together_chart(report)
    if chart is None:
        return []
    text = (
        "Of the rows in which either of two columns has no value, the share in which both have"
        " none. Columns with 1 are missing in the same rows: one event, and not several."
    )
    return [Chart(chart, wide=True), Text(text, style="note")]


def definitions_section(report: EDAReport) -> Section:
    """Say how everything is computed, and what is not of all rows."""
    sampled = (
        f"Pairs are compared on all rows up to {SAMPLE:,}. Of larger tables, Spearman's"
        f" correlation, the correlation ratio and mutual information look at every n-th row."
        f" Kendall's tau always looks at no more than {KENDALL_SAMPLE:,} rows."
    )
    return Section(
        "Definitions", blocks=[Points([*_DEFINITIONS, sampled]), *_approximations(report)]
    )


def _approximations(report: EDAReport) -> list[Block]:
    if not report.approximations:
        return [Text("Every number of this report is of all rows.", style="note")]
    return [Text("Not of all rows:"), Points(report.approximations)]
