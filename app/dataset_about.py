"""What is said of a version: facts, words anybody may add, how it is used and taken away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import streamlit as st

from app.job_results import report_address
from app.layout import card, facts, plain, table
from app.link_column import link_column
from app.nav import open_page
from app.wording import NOTHING, counted, size, when

if TYPE_CHECKING:
    from app.session import View
    from core.datasets.version import DatasetVersion

_REPORTS: Final = 20
_SQL: Final = 'select * from datasets."{view}"{where}'
_PYTHON: Final = """\
from core import Workbench

with Workbench({lake!r}) as wb:
    frame, version = wb.datasets.get_dataset({name!r}{where})"""


def about_section(view: View, version: DatasetVersion) -> None:
    """Draw the facts of a version and the form that changes what is said of it."""
    left, right = st.columns(2)
    with left:
        with card("Facts", fill=False):
            facts(
                {
                    "Source": version.source or NOTHING,
                    "Description": version.description or NOTHING,
                    "Owner": version.owner or NOTHING,
                    "Licence": version.licence or NOTHING,
                    "Registered": when(version.created_at),
                    "By": version.actor or NOTHING,
                    "Size as Parquet": size(version.size_bytes),
                    "Rows are told apart by": ", ".join(version.key) or "all columns",
                    "Version id": version.version_id,
                    "Content, first digits of SHA-256": version.content_digest[:16],
                },
                alt=f"Facts of {version.name}",
            )
        if version.metadata:
            with card("Metadata", fill=False):
                st.json(dict(version.metadata), expanded=1)
    with right:
        _describe_card(view, version)
        _reports_card(view, version)
        _used_card(view, version)


def _describe_card(view: View, version: DatasetVersion) -> None:
    with (
        card(
            "Say more",
            caption="The data, its label and its id never change; words may.",
            fill=False,
        ),
        st.form(f"describe-{version.version_id}", border=False),
    ):
        description = st.text_area("Description", version.description, max_chars=5_000)
        owner = st.text_input("Owner", version.owner, max_chars=200)
        licence = st.text_input("Licence", version.licence, max_chars=200)
        if st.form_submit_button("Save", icon=":material/check:"):
            view.datasets.describe(
                version.dataset_name,
                version.version,
                description=(description or "").strip(),
                owner=(owner or "").strip(),
                licence=(licence or "").strip(),
            )
            st.rerun()


def _reports_card(view: View, version: DatasetVersion) -> None:
    reports = view.ask(
        view.datasets.drift_reports, version.dataset_name, version.version, limit=_REPORTS
    )
    with card(f"Reports of drift ({len(reports)})", fill=False):
        if not reports:
            st.caption("None is stored in which this version takes part.")
            return
        table(
            {
                "Current": [report.version2 for report in reports],
                "Reference": [report.version1 for report in reports],
                "Verdict": ["drift" if report.drift_detected else "none" for report in reports],
                "Columns": [len(report.drifted_columns) for report in reports],
                "Made": [report.created_at for report in reports],
            },
            key="version-reports",
            alt="Reports of drift",
            settings={
                "Current": link_column(
                    "Current", page="drift", addresses=[*map(report_address, reports)]
                ),
                "Made": st.column_config.DatetimeColumn(format="distance"),
            },
        )


def _used_card(view: View, version: DatasetVersion) -> None:
    before = view.ask(view.datasets.get_lineage, version.version_id)
    after = view.ask(view.datasets.get_lineage, version.version_id, "downstream")
    with card("Where it comes from, and what was made of it", fill=False):
        for title, others in (("Made of", before), ("Used for", after)):
            if not others:
                st.caption(f"{title}: nothing that was recorded.")
                continue
            st.caption(f"{title} {counted(len(others), 'version')}:")
            with st.container(horizontal=True, gap="small"):
                for other in others[:12]:
                    if st.button(plain(other.name), key=f"{title}-{other.version_id}"):
                        open_page("dataset", name=other.dataset_name, version=other.version)


def snippets(view: View, version: DatasetVersion) -> dict[str, tuple[str, str]]:
    """Return code that reads the rows that are seen, or all of them."""
    where = str(st.session_state.get("where") or "").strip()
    lake, name = view.workbench.lake.url, version.name
    python = _PYTHON.format(lake=lake, name=name, where=f", where={where!r}" if where else "")
    quoted = name.replace('"', '""')
    # shown, not run: whoever runs it has the SQL console, which guards itself
    query = _SQL.format(view=quoted, where=f"\nwhere {where}" if where else "")
    return {"Python": ("python", python), "SQL": ("sql", query)}


def croissant_button(view: View, version: DatasetVersion) -> None:
    """Offer what the version is in the words of Croissant, for catalogs of data."""

    def make() -> bytes:
        found = view.datasets.croissant(version.version_id)
        return json.dumps(found, indent=1).encode()

    st.download_button(
        "Croissant",
        data=make,
        file_name=f"{version.dataset_name}-{version.version}.croissant.json",
        mime="application/ld+json",
        on_click="ignore",
        icon=":material/download:",
        help="Croissant 1.0 of ML Commons: what catalogs of data read",
    )
