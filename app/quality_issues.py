"""What is wrong with a version, and the rows behind each finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.chosen_row import choose_row
from app.dataset_rows import nan_as_missing
from app.errors import show_fault
from app.layout import card, chip, empty, plain
from app.wording import counted
from core.eda.issue import SEVERITIES
from core.errors import DataVersionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.layout import Colour
    from app.session import View
    from core.datasets.version import DatasetVersion
    from core.eda.issue import DataQualityIssue

ROWS: Final = 200
_LISTED: Final = 10  # findings, before the table is scrolled
_COLOURS: Final[tuple[Colour, ...]] = ("red", "orange", "blue", "gray")


def issues_section(view: View, version: DatasetVersion, found: Sequence[DataQualityIssue]) -> None:
    """Draw the findings, the most severe first, and one of them whole."""
    if not found:
        empty("Nothing was found", "No check of this version says that anything is wrong.",
              icon="verified")  # fmt: skip
        return
    _counts(found)
    names = _names(found)
    chosen = choose_row(
        names,
        table="issues",
        of=version.version_id,
        label="Finding",
        key="finding",
        width="stretch",
    )
    with chosen.place:
        _issues_table(found, chosen.selection)
    _issue(view, version, found[chosen.row])


def _names(found: Sequence[DataQualityIssue]) -> list[str]:
    """Name each finding by what it is and where, in a way that stays the same in an address."""
    names: list[str] = []
    for issue in found:
        name = f"{kind_of(issue)}: {', '.join(issue.columns) or 'all columns'}"
        count = sum(other == name or other.startswith(f"{name} (") for other in names)
        names.append(f"{name} ({count + 1})" if count else name)
    return names


def kind_of(issue: DataQualityIssue) -> str:
    """Say what sort of finding it is."""
    return issue.issue_type.replace("_", " ")


def _counts(found: Sequence[DataQualityIssue]) -> None:
    with st.container(horizontal=True, gap="small"):
        for severity, colour in zip(SEVERITIES, _COLOURS, strict=True):
            count = sum(issue.severity == severity for issue in found)
            if count:
                chip(f"{count} {severity}", colour=colour)


def _issues_table(found: Sequence[DataQualityIssue], selection: Mapping[str, Any]) -> None:
    import pyarrow as pa  # loaded already, by who looked for faults

    column = st.column_config
    rows = {
        "severity": [issue.severity for issue in found],
        "what": [kind_of(issue) for issue in found],
        "column": [", ".join(issue.columns) for issue in found],
        "rows": [issue.affected_rows for issue in found],
        "found": [issue.description for issue in found],
        "fix": [issue.recommendation for issue in found],
    }
    st.dataframe(
        pa.table(rows),
        hide_index=True,
        height="content" if len(found) <= _LISTED else 35 * (_LISTED + 1) + 17,
        column_config={
            "severity": column.MultiselectColumn(
                "Severity", options=SEVERITIES, color=_COLOURS, width=90
            ),
            "what": column.TextColumn("What", width=130),
            "column": column.TextColumn("Column", width=150),
            "rows": column.NumberColumn("Rows", format="localized", width=70),
            "found": column.TextColumn("Found", width=420),
            "fix": column.TextColumn("What to do", width=420),
        },
        alt=counted(len(found), "finding"),
        **selection,
    )


def _issue(view: View, version: DatasetVersion, issue: DataQualityIssue) -> None:
    colour = _COLOURS[SEVERITIES.index(issue.severity)]
    with card(f"{kind_of(issue).capitalize()}: {', '.join(issue.columns) or 'all columns'}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            chip(issue.severity, colour=colour)
            st.text(counted(issue.affected_rows, "row"), width="content")
            if issue.sampled is not None:
                st.caption(f"of {counted(issue.sampled, 'row')} that were looked at")
        st.text(issue.description)
        st.text(issue.recommendation)
        if issue.evidence:
            told = [f"{name.replace('_', ' ')} {_short(v)}" for name, v in issue.evidence.items()]
            st.caption(plain("; ".join(told)))
        if issue.sql:
            _rows_behind(view, version, issue)
        else:
            st.caption("This is about columns as a whole, so there are no rows behind it.")


def _short(value: Any) -> str:
    """Say a piece of evidence in words.

    >>> _short({"education": {"missing": 492, "explained": 0.99591}})
    'education: missing 492, explained 0.99591'
    """
    if isinstance(value, dict):
        inside = [f"{name}{':' if isinstance(v, dict) else ''} {_short(v)}".replace("_", " ")
                  for name, v in value.items()]  # fmt: skip
        text = ", ".join(inside)
    else:
        text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 80 else f"{text[:80]}..."


def _rows_behind(view: View, version: DatasetVersion, issue: DataQualityIssue) -> None:
    try:
        rows = view.keep(view.datasets.browser.affected, version.version_id, issue.sql, limit=ROWS)
    except DataVersionError as error:
        show_fault(error)
        return
    st.dataframe(
        nan_as_missing(rows),
        key="issue-rows",
        hide_index=True,
        height="content" if rows.num_rows <= 9 else 340,
        placeholder="missing",
        alt=f"Rows behind the finding: {issue.description}",
    )
    if rows.num_rows < issue.affected_rows:
        st.caption(f"The first {rows.num_rows:,} of {counted(issue.affected_rows, 'row')}.")
    with st.expander("The query for these rows", icon=":material/code:"):
        st.code(issue.sql, language="sql")
        st.caption(f"data stands for {plain(version.name)}.")
