"""Two versions, or two cohorts of one, side by side on shared axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from app.analysis import LongWork, exactly, made_here_or_by_a_job, moving_bar
from app.document_view import show_blocks, show_section, show_table
from app.errors import show_fault
from app.layout import card, empty
from core.eda.comparison_document import comparison_document
from core.render.blocks import Section, Table
from core.render.html import render_html
from lake.errors import MhrasError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.session import View
    from core.datasets.version import DatasetVersion
    from core.eda.comparison import EDAComparison

UNTOUCHED: Final = {"other": None, "split": None, "compared": None}


def compare_part(view: View, version: DatasetVersion, names: Sequence[str]) -> None:
    """Draw the choice of what to compare with, and the columns, the ones that differ most first."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        other = st.selectbox(
            "Compare with the version",
            [name for name in names if name != version.name],
            index=None,
            key="other",
            bind="query-params",
            placeholder="none",
        )
        split = st.selectbox(
            "or split by the column",
            list(version.schema),
            index=None,
            key="split",
            bind="query-params",
            placeholder="none",
            help="A column of two values: the rows with each of them",
            disabled=other is not None,
        )
    if other is None and split is None:
        empty(
            "Nothing to compare with yet",
            "Choose another version, or a column of two values.",
            icon="compare",
        )
        return
    try:
        found = _compared(view, version, other, None if other else split)
    except MhrasError as error:
        show_fault(error)
        return
    if found is not None:
        _show(found)


def _compared(
    view: View, version: DatasetVersion, other: str | None, split: str | None
) -> EDAComparison | None:
    """Return the comparison; None while a job makes that of large versions. Raises MhrasError."""
    from core.eda.comparison import ALGORITHM, EDAComparison  # the first comparison needs it

    second = None if other is None else view.ask(view.datasets.get_version, other)
    first, against = exactly(version), None if second is None else exactly(second)
    looked_at = [version] if second is None else [version, second]
    asked = {"first": first, "second": against, "split": split}
    work = LongWork(
        kind="comparison",
        parameters={name: value for name, value in asked.items() if value is not None},
        values=sum(each.num_rows * each.num_columns for each in looked_at),
        label="Compare",
        title=f"Comparison of {version.name} " + (f"with {other}" if other else f"by {split}"),
        algorithm=ALGORITHM,
    )
    return made_here_or_by_a_job(
        view,
        work,
        make=lambda: _made(view, first, against, split),
        read=EDAComparison.from_dict,
    )


def _made(view: View, first: str, second: str | None, split: str | None) -> EDAComparison:
    with moving_bar("Comparing") as tell:
        return view.workbench.eda.telling(tell).compare(first, second, split=split)


def _show(found: EDAComparison) -> None:
    document = comparison_document(found)
    table, *columns = document.sections[0].blocks
    with card("Side by side"):
        show_blocks(document.summary, key="compared-summary")
        st.download_button(
            "HTML",
            data=lambda: render_html(document),
            file_name=f"{found.names[0]} and {found.names[1]}.html",
            mime="text/html",
            on_click="ignore",
            icon=":material/download:",
            help="The whole comparison as one file that needs no network",
        )
    if isinstance(table, Table):
        show_table(table, key="compared-columns")
    sections = {each.title: each for each in columns if isinstance(each, Section)}
    if not sections:
        return
    chosen = st.selectbox(
        "Column", list(sections), index=0, key="compared", bind="query-params", width=280
    )
    show_section(sections.get(chosen or "", next(iter(sections.values()))), key="compared-column")
