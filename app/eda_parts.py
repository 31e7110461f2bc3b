"""The parts of the page of an analysis: overview, columns, pairs, missing values, target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.chosen_row import choose_row
from app.document_view import show_blocks, show_section, show_table, with_room
from app.draw import draw, draw_selectable
from app.layout import Kpi, card, empty, kpis, plain
from app.wording import counted
from core.charts.points import scatter
from core.datasets.conditions import between, both, equal_to
from core.eda.advice import RANKING
from core.eda.document import (
    associations_section,
    column_section,
    columns_section,
    definitions_section,
    missing_section,
)
from core.eda.figures import association_chart, box_chart, column_chart
from core.eda.target_section import target_section
from core.render.blocks import Chart, Table
from core.render.wording import named

if TYPE_CHECKING:
    import pyarrow as pa

    from app.session import View
    from core.datasets.version import DatasetVersion
    from core.eda.report import EDAReport
    from core.eda.summary import Summary

_POINTS: Final = 2_000
_MANY: Final = {"category": "categories", "empty": "empty", "other": "other"}
_SEVERE: Final = frozenset({"critical", "high"})


def overview_part(report: EDAReport) -> None:
    """Draw what there is, what to do first, and what was not computed of all rows."""
    cells = max(1, report.num_rows * report.num_columns)
    missing = sum(report.missing_values.values())
    severe = sum(issue.severity in _SEVERE for issue in report.quality_issues)
    kinds: dict[str, int] = {}
    for summary in report.columns:
        kinds[summary.kind] = kinds.get(summary.kind, 0) + 1
    told = ", ".join(counted(n, kind, _MANY.get(kind, "")) for kind, n in sorted(kinds.items()))
    kpis(
        [
            Kpi(label="Rows", value=f"{report.num_rows:,}", note="all of them counted"),
            Kpi(label="Columns", value=f"{report.num_columns:,}", note=told or "none"),
            Kpi(
                label="Missing values",
                value=f"{missing / cells:.1%}",
                note=f"{missing:,} of {cells:,}",
            ),
            Kpi(
                label="Findings",
                value=f"{len(report.quality_issues):,}",
                note=f"{severe} critical or high",
            ),
        ]
    )
    with card("What to do first"):
        if report.recommendations:
            items = enumerate(report.recommendations, 1)
            st.markdown("\n".join(f"{n}. {plain(text)}" for n, text in items))
            st.caption(RANKING)
        else:
            st.caption("Nothing was found that should be changed before an analysis.")
    boxes = box_chart(report.columns)
    if boxes is not None:
        draw(with_room(boxes), None, key="eda-boxes")
    with st.expander("How it was computed, and of how many rows", icon=":material/help:"):
        show_blocks(definitions_section(report).blocks, key="eda-definitions")


def columns_part(report: EDAReport) -> None:
    """Draw every column in a line, and one of them whole; its bars make a cohort."""
    blocks = columns_section(report).blocks
    found = next(block for block in blocks if isinstance(block, Table))
    names = [summary.name for summary in report.columns]
    chosen = choose_row(names, table="eda-columns", of=report.dataset_name)
    with chosen.place:
        show_table(found, **chosen.selection)
    summary = report.columns[chosen.row]
    _column(summary, report.labels.get(summary.name, ""))


def _column(summary: Summary, label: str) -> None:
    section = column_section(summary, label)
    others = [block for block in section.blocks if not isinstance(block, Chart)]
    spec = column_chart(summary)
    left, right = st.columns([3, 2])
    with left:
        if spec is None:
            empty(named(summary.name), "Every value is there once: there is nothing to draw.",
                  icon="bar_chart")  # fmt: skip
        else:
            _clickable(summary, with_room(spec))
    with right, card(f"{named(summary.name)} in numbers"):
        show_blocks([b for b in others if not isinstance(b, Table)], key="eda-facts")
    for place, table in enumerate(block for block in others if isinstance(block, Table)):
        show_table(table, key=f"eda-table-{place}")


def _clickable(summary: Summary, spec: dict[str, Any]) -> None:
    import pyarrow as pa  # loaded already, by who analyzed

    rows = spec.pop("data")["values"]
    edges = summary.histogram.edges if summary.histogram is not None else ()

    def pick(bar: dict[str, Any]) -> None:
        if edges:
            # what is drawn is rounded; the range itself is not
            place = min(range(len(edges) - 1), key=lambda n: abs(edges[n] - float(bar["low"])))
            last = place == len(edges) - 2
            ends = edges[place], edges[place + 1]
            whole = "int" in summary.given_type
            narrow_cohort(between(summary.name, *ends, closed=last, whole=whole))
        elif str(bar["name"]) in {_named(entry["value"]) for entry in _top(summary)}:
            narrow_cohort(equal_to(summary.name, str(bar["name"])))

    draw_selectable(spec, pa.Table.from_pylist(rows), pick, key=f"eda-{summary.name}")
    st.caption("A click on a bar makes its rows a cohort, which is compared with all others.")


def _named(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _top(summary: Summary) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = summary.statistics.get("top") or []
    return found


def narrow_cohort(condition: str) -> None:
    """Take only those of the cohort for which this holds as well, and show them."""
    before = str(st.session_state.get("cohort") or "")
    st.session_state["cohort"] = both(before, condition)
    st.session_state["part"] = "Cohort"


def associations_part(view: View, version: DatasetVersion, report: EDAReport) -> None:
    """Draw which columns go together, and the pair that is chosen or clicked."""
    section = associations_section(report)
    if section is None:
        empty("There are no pairs", "It takes two columns of numbers or categories.", icon="join")
        return
    spec = association_chart(report.associations)
    if spec is not None:
        import pyarrow as pa  # loaded already, by who analyzed

        drawn = with_room(spec)
        cells = pa.Table.from_pylist(drawn.pop("data")["values"])
        draw_selectable(drawn, cells, _take_pair, key="eda-associations")
    _pair(view, version, report)
    with card("The strongest pairs"):
        others = [block for block in section.blocks if not isinstance(block, Chart)]
        show_blocks(others, key="eda-pairs")


def _take_pair(cell: dict[str, Any]) -> None:
    st.session_state["first"], st.session_state["second"] = cell["row"], cell["column"]


def _pair(view: View, version: DatasetVersion, report: EDAReport) -> None:
    names = [*report.associations.columns]
    strongest = report.associations.pairs[0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = st.selectbox(
            "Column",
            names,
            index=names.index(strongest.first),
            key="first",
            bind="query-params",
            width=260,
        )
        second = st.selectbox(
            "and",
            names,
            index=names.index(strongest.second),
            key="second",
            bind="query-params",
            width=260,
        )
    if first == second:
        st.caption("Choose two columns, or click a cell above.")
        return
    kinds = {summary.name: summary.kind for summary in report.columns}
    if "number" not in (kinds[first], kinds[second]):
        st.caption("Two categories: how much one tells of the other stands in the table below.")
        return
    x, y = (first, second) if kinds[second] == "number" else (second, first)
    rows = view.keep(view.datasets.browser.sample, version.version_id, (x, y), rows=_POINTS)
    title = f"{y} by {x}"
    discrete = kinds[x] != "number"
    draw(
        scatter(title, x=x, y=y, name="Row", discrete=discrete, height=380),
        _points(rows, discrete=discrete),
        key="eda-scatter",
    )
    said = "all rows" if rows.num_rows == version.num_rows else f"every n-th row, {rows.num_rows:,}"
    st.caption(f"Drawn: {said}.")


def _points(rows: pa.Table, *, discrete: bool) -> pa.Table:
    import pyarrow as pa  # loaded already, by who made the rows

    x, y = rows.column(0), rows.column(1)
    kind = pa.string() if discrete else pa.float64()
    names = pa.array([f"row {n + 1}" for n in range(rows.num_rows)])
    columns = {"name": names, "x": x.cast(kind), "y": y.cast(pa.float64())}
    return pa.table(columns).drop_null()


def missing_part(report: EDAReport) -> None:
    """Draw where along the rows values are missing, and of which columns."""
    section = missing_section(report)
    if section is None:
        empty("Nothing is missing", "Every value of every column is there.", icon="verified")
        return
    charts = [block for block in section.blocks if isinstance(block, Chart)]
    show_blocks(charts, key="eda-missing")
    with card("Missing values by column"):
        tables = [block for block in section.blocks if isinstance(block, Table)]
        show_blocks(tables, key="eda-missing-tables")


def target_part(report: EDAReport) -> None:
    """Draw what tells of the target."""
    if report.target is None:
        empty(
            "No target yet",
            "Choose above what is to be predicted: then you see what tells of it.",
            icon="target",
        )
        return
    show_section(target_section(report.target), key="eda-target")


def summary_line(report: EDAReport) -> str:
    """Say of how many rows everything is."""
    said = counted(report.num_rows, "row")
    if not report.approximations:
        return f"Every number is of all {said}."
    return f"Of all {said}, but for {counted(len(report.approximations), 'measure')}: see Overview."


def snippets(view: View, version: DatasetVersion, target: str | None) -> dict[str, tuple[str, str]]:
    """Return code that makes the same report."""
    asked = f", {target!r}" if target else ""
    python = (
        f"from core import Workbench\n\nwith Workbench({view.workbench.lake.url!r}) as wb:\n"
        f"    report = wb.eda.analyze_dataset({version.name!r}{asked})\n"
        '    wb.eda.export_report(report, "html", "eda.html")'
    )
    flag = f" --target {target!r}" if target else ""
    return {
        "Python": ("python", python),
        "Terminal": ("bash", f"mhras eda {version.name!r}{flag} --html eda.html"),
    }
