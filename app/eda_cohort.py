"""A cohort: some rows of a version, compared with all others, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from app.analysis import LongWork, exactly, made_here_or_by_a_job
from app.document_view import show_callout, show_section, show_table
from app.errors import show_fault
from app.layout import chip, empty
from app.nav import open_page
from app.wording import counted
from core.datasets.browser import RowQuery
from core.datasets.cohort import compare_cohort
from core.drift.document import all_columns, column_section
from core.drift.report import ALGORITHM, DriftReport
from core.errors import DataVersionError
from core.render.blocks import Badge, Callout, Link, Section, Table

if TYPE_CHECKING:
    from app.session import View
    from core.datasets.version import DatasetVersion

NAMES = ("all others", "cohort")
_WORDS: Final = {
    "drifted": Badge("differs", level="warning"),
    "stable": Badge("alike", level="good"),
}
_HELP = """
Some of the rows, to compare with all others: a condition in SQL over the columns. A click on a bar
under Columns writes it.

    age >= 65 and sex = 'f'
"""


def cohort_choice() -> str:
    """Draw the box for the condition; it stands on all parts, so that bars can write into it."""
    text = st.text_input(
        "Cohort",
        key="cohort",
        bind="query-params",
        placeholder="all rows",
        icon=":material/group:",
        help=_HELP,
        on_change=_show,
    )
    return (text or "").strip()


def _show() -> None:
    if st.session_state["cohort"]:
        st.session_state["part"] = "Cohort"


def cohort_part(view: View, version: DatasetVersion, condition: str) -> None:
    """Draw how the rows of a condition differ from all others."""
    if not condition:
        empty(
            "No cohort yet",
            "Write a condition above, or click a bar under Columns: its rows are compared with all"
            " others.",
            icon="group",
        )
        return
    with st.container(horizontal=True):
        if st.button("Show rows", icon=":material/table_rows:"):
            open_page(
                "dataset",
                name=version.dataset_name,
                version=version.version,
                tab="Rows",
                where=condition,
            )
        st.button("Clear", icon=":material/close:", on_click=_clear)
    try:
        report = _compared(view, version, condition)
    except DataVersionError as error:
        show_fault(error)
        return
    if report is not None:
        _shown(report, version)


def _clear() -> None:
    st.session_state["cohort"] = ""


def _compared(view: View, version: DatasetVersion, condition: str) -> DriftReport | None:
    """Return the comparison; None while a job makes it. Raises DataVersionError."""
    # a job would tell of a slip of the pen only once it has begun
    asked = RowQuery(where=condition)
    view.keep(view.datasets.browser.page, version.version_id, asked, limit=1)
    work = LongWork(
        kind="cohort",
        parameters={"dataset": exactly(version), "condition": condition},
        values=version.num_rows * version.num_columns,
        label="Compare",
        title=f"Cohort of {version.name}: {condition}",
        algorithm=ALGORITHM,
    )
    return made_here_or_by_a_job(
        view,
        work,
        make=lambda: compare_cohort(view.datasets, version, condition),
        read=DriftReport.from_dict,
        telling="Comparing the cohort with all others",
    )


def _shown(report: DriftReport, version: DatasetVersion) -> None:
    with st.container(horizontal=True, gap="small"):
        chip(f"{report.current_rows:,} of {counted(version.num_rows, 'row')}", colour="blue")
    if not report.current_rows or not report.reference_rows:
        which = "no row" if not report.current_rows else "every row"
        empty("There is nothing to compare", f"The condition holds for {which}.", icon="group_off")
        return
    differing, compared_columns = report.drifted_columns, len(report.feature_drifts)
    title = f"The cohort differs in {len(differing)} of {counted(compared_columns, 'column')}."
    text = "No column differs by more than chance explains and by enough to matter."
    if differing:
        text = f"More than chance explains, and by enough to matter: {', '.join(differing)}."
    show_callout(Callout(title, text=text, level="info" if differing else "good"))
    (found,) = [b for b in all_columns(report, NAMES).blocks if isinstance(b, Table)]
    show_table(_in_words(found), key="cohort-columns")
    names = [row[0].text if isinstance(row[0], Link) else str(row[0]) for row in found.rows]
    chosen = st.selectbox("Column", names, key="cohort-column", bind="query-params", width=280)
    section = column_section(report, chosen or names[0], NAMES, "")
    blocks = [_in_words(block) if isinstance(block, Table) else block for block in section.blocks]
    show_section(Section(section.title, blocks=blocks), key="cohort-detail")


def _in_words(table: Table) -> Table:
    """Say of a cohort that it differs: it has not drifted, it was chosen."""
    rows = [
        [_WORDS.get(cell.text, cell) if isinstance(cell, Badge) else cell for cell in row]
        for row in table.rows
    ]
    return Table(table.columns, rows=rows, caption=table.caption)
