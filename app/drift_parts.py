"""The parts of the page of drift: verdict, columns, over time, second opinion, stored reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.analysis import made_once, may_begin
from app.chosen_row import choose_row
from app.comment_panel import Subject, column_comments, comments_section
from app.document_view import show_blocks, show_callout, show_section, show_table, with_room
from app.draw import draw
from app.job_results import report_address
from app.layout import Kpi, card, empty, kpis, plain, table
from app.link_column import link_column
from app.wording import counted, number, when
from core.drift.document import (
    advice_by_column,
    all_columns,
    column_section,
    how_to_read,
    short_names,
    verdict_callout,
)
from core.drift.findings_document import requested_sections
from core.drift.series_chart import series_heat_map
from core.errors import DataVersionError
from core.render.blocks import Link, Table
from core.render.wording import named

if TYPE_CHECKING:
    from app.drift_choice import Comparison
    from app.session import View
    from core.datasets.drift_rows import DriftSummary
    from core.drift.report import DriftReport
    from core.drift.series import DriftSeries

_LENGTHS: Final = {"7d": "a week", "1mo": "a month", "1q": "a quarter", "1y": "a year"}
_VERSIONS: Final = "by version"
_REPORTS: Final = 100


def verdict_part(report: DriftReport) -> None:
    """Draw the verdict with its reasons, the numbers, and what to do."""
    show_callout(verdict_callout(report))
    made = f"stored {when(report.generated_at)}" if report.report_id else "not stored"
    how = "all rows" if report.method == "exact" else "what was counted at registration"
    st.caption(plain(f"Compared {how}; {made}."))
    drifted, compared = len(report.drifted_columns), len(report.feature_drifts)
    largest = max(report.feature_drifts.items(), key=lambda item: item[1], default=("-", 0.0))
    grown = report.current_rows - report.reference_rows
    kpis(
        [
            Kpi(
                label="Columns drifted",
                value=f"{drifted} of {compared}",
                note=f"{drifted / max(1, compared):.0%} of the columns",
            ),
            Kpi(
                label="Drift score",
                value=f"{report.drift_score:.3f}",
                note="0 to 1",
                help="Effects of the drifted columns, added up and divided by all columns",
            ),
            Kpi(
                label="Largest effect",
                value=f"{largest[1]:.1%}",
                note=f"rows, in {named(largest[0])}",
                help="The part of the rows by which the two versions differ in this column",
            ),
            Kpi(label="Rows", value=f"{report.current_rows:,}", note=f"{grown:+,} rows"),
        ]
    )
    if report.recommendations:
        with card("Likely causes and next steps"):
            st.markdown("\n".join(f"- {plain(text)}" for text in report.recommendations))


def columns_part(view: View, report: DriftReport, wanted: Comparison) -> None:
    """Draw every column with both distributions, and one of them whole."""
    if not report.feature_drifts:
        empty("No column is in both versions", "There is nothing to compare.", icon="join")
        return
    names = short_names(wanted.names)
    (found,) = [block for block in all_columns(report, names).blocks if isinstance(block, Table)]
    columns = [_name(row[0]) for row in found.rows]
    chosen = choose_row(columns, table="drift", of="-".join(wanted.names), anew=True)
    rows = [(named(column), *row[1:]) for column, row in zip(columns, found.rows, strict=True)]
    with chosen.place:
        show_table(Table(found.columns, rows=rows, caption=found.caption), **chosen.selection)
    column = columns[chosen.row]
    advice = advice_by_column(report).get(column, ("", ""))[0]
    show_section(
        column_section(report, column, names, advice),
        key="drift-column",
        title=f"{named(column)} in numbers",
    )
    column_comments(view, _subjects_of_columns(wanted), column=column)
    glossary = st.expander(
        "How to read this", icon=":material/help:", key="how-to-read", on_change="rerun"
    )
    if glossary.open:
        with glossary:
            show_blocks(how_to_read().blocks, key="reading")


def comments_part(view: View, report: DriftReport) -> None:
    """Draw what is said of a stored report; what is not stored cannot be spoken of."""
    if not report.report_id:
        text = "'Keep report' above stores the one you see: then others find what is said of it."
        empty("Comments are kept with a stored report", text, icon="chat_bubble")
        return
    comments_section(view, Subject(kind="drift_report", id=report.report_id, label="this report"))


def _subjects_of_columns(wanted: Comparison) -> list[Subject]:
    """Return what columns are spoken of: both versions, and their datasets."""
    versions = (wanted.reference, wanted.current)
    datasets = dict.fromkeys(version.dataset_name for version in versions)
    return [
        *(Subject(kind="dataset_version", id=v.version_id, label=v.name) for v in versions),
        *(Subject(kind="dataset", id=name, label=name) for name in datasets),
    ]


def _name(cell: Any) -> str:
    return cell.text if isinstance(cell, Link) else str(cell)


def further_part(report: DriftReport, called: tuple[str, str]) -> None:
    """Draw what was found on request: subgroups, target, correlations, all columns together."""
    sections = [*requested_sections(report, short_names(called))]
    if not sections:
        empty(
            "Nothing more was asked",
            "Choose subgroups, a target, correlations or all columns under 'Also compare' above.",
            icon="tune",
        )
    for place, section in enumerate(sections):
        show_section(section, key=f"further-{place}")


def over_time_part(view: View, wanted: Comparison) -> None:
    """Draw how columns drifted, version by version, or along a column of times."""
    current = wanted.current
    times = [n for n, kind in current.schema.items() if kind.startswith(("date", "timestamp"))]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cut = st.selectbox(
            "Over time",
            [_VERSIONS, *times],
            key="cut",
            bind="query-params",
            width=260,
            help="Version after version, or parts of the current one by a column of times",
        )
        by_version = cut in (_VERSIONS, None)
        every: str | None = None
        if not by_version:
            every = st.segmented_control(
                "Each part is",
                [*_LENGTHS],
                default="1mo",
                required=True,
                format_func=_LENGTHS.__getitem__,
                key="every",
                bind="query-params",
            )
    asked: dict[str, Any] = {} if by_version else {"time": cut, "every": every}
    series = current.dataset_name if by_version else current.version_id
    versions = view.ask(view.datasets.list_versions, current.dataset_name)
    values = sum(v.num_rows * v.num_columns for v in (versions if by_version else [current]))
    labels = [v.version_id for v in versions] if by_version else [str(cut), str(every)]
    key = ("series", *wanted.key[1:3], *labels)
    if not may_begin(key, "Compare them all", values):
        return
    try:
        found = made_once(
            key,
            lambda: view.datasets.drift_over_time(
                wanted.reference.version_id, series, store=False, **asked
            ),
            telling="Comparing one after another",
        )
    except DataVersionError as error:
        empty("There is no course to draw", f"{error.message} {error.hint}", icon="timeline")
        return
    _series(found)


def _series(found: DriftSeries) -> None:
    draw(with_room(series_heat_map(found)), None, key="drift-series")
    told = f"Each is compared with {found.reference}. A dot is drift: significant, and large enough"
    undated = f"; {counted(found.undated, 'row')} without a time" if found.undated else ""
    st.caption(plain(f"{told}{undated}."))
    with card("Since when"):
        if not found.change_points:
            st.caption("No lasting change of a level was found; it takes several times to see one.")
            return
        points = found.change_points
        table(
            {
                "Column": [point.column for point in points],
                "What": [point.signal for point in points],
                "Since": [point.since for point in points],
                "Seen": [point.at for point in points],
                "Before": [number(point.before) for point in points],
                "After": [number(point.after) for point in points],
                "Found by": [point.method.replace("_", "-") for point in points],
            },
            key="change-points",
            alt="Change points",
        )


def reports_part(view: View, wanted: Comparison) -> None:
    """Draw the stored reports of the dataset; a click opens one."""
    dataset = wanted.current.dataset_name
    found = view.ask(view.datasets.drift_reports, dataset, limit=_REPORTS)
    if not found:
        empty("No report is stored", "'Keep report' above stores the one you see.", icon="inbox")
        return
    column = st.column_config

    table(
        {
            "current": [report.version2 for report in found],
            "reference": [report.version1 for report in found],
            "verdict": ["drifted" if report.drift_detected else "stable" for report in found],
            "score": [report.drift_score for report in found],
            "columns": [", ".join(report.drifted_columns) for report in found],
            "asked": [_asked(report) for report in found],
            "made": [report.created_at for report in found],
            "by": [report.actor for report in found],
        },
        key="reports",
        alt=counted(len(found), "stored report"),
        settings={
            "current": link_column(
                "Current", page="drift", addresses=[*map(report_address, found)], width=215
            ),
            "reference": column.TextColumn("Reference", width=200),
            "verdict": column.MultiselectColumn(
                "Verdict", options=("drifted", "stable"), color=("orange", "green"), width=90
            ),
            "score": column.NumberColumn("Score", format="%.3f", width=70),
            "columns": column.TextColumn("Drifted columns", width=220),
            "asked": column.TextColumn("Also compared", width=110),
            "made": column.DatetimeColumn("Made", format="distance"),
            "by": column.TextColumn("By"),
        },
    )


def _asked(report: DriftSummary) -> str:
    words = [n if v is True else f"{n} {v}" for n, v in report.parameters.items()]
    return ", ".join(words)


def snippets(view: View, wanted: Comparison) -> dict[str, tuple[str, str]]:
    """Return code that makes the same report, and finds stored ones."""
    asked = "".join(f", {name}={value!r}" for name, value in wanted.options.items())
    first, second = wanted.names
    lake = view.workbench.lake.url
    python = (
        f"from core import Workbench\n\nwith Workbench({lake!r}) as wb:\n"
        f"    report = wb.datasets.detect_drift({first!r}, {second!r}{asked})\n"
        "    print(report.drift_detected, report.drifted_columns)"
    )
    query = "select version1, version2, drift_score, drifted_columns\nfrom drift_reports"
    flags = "".join(
        f" --{name}" if value is True else f" --{name} {value!r}"
        for name, value in wanted.options.items()
    )
    shell = f"mhras drift {first!r} {second!r}{flags} --html drift.html"
    return {"Python": ("python", python), "SQL": ("sql", query), "Terminal": ("bash", shell)}
