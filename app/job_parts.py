"""The parts of the page of jobs: the list, one job, and how new work is started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.job_results import open_button, show_findings
from app.job_watch import again_button
from app.layout import card, chip, facts, plain
from app.link_column import click_column
from app.wording import NOTHING, ago, clock, span
from core.errors import JobError, JobNotFoundError
from core.jobs.kinds import KINDS

if TYPE_CHECKING:
    from app.layout import Colour
    from app.session import View
    from core.jobs.job import Job

LISTED: Final = 100
_OF_THE_LAKE: Final = (
    ("compaction", "Compact the lake", ":material/compress:"),
    ("proof", "Verify the lake", ":material/fact_check:"),
)
_COLOURS: Final[dict[str, Colour]] = {
    "QUEUED": "gray",
    "RUNNING": "blue",
    "FINISHED": "green",
    "FAILED": "red",
    "CANCELLED": "orange",
}
_ICONS: Final = {
    "QUEUED": "hourglass_empty",
    "RUNNING": "progress_activity",
    "FINISHED": "check_circle",
    "FAILED": "error",
    "CANCELLED": "cancel",
}


def under_way(view: View) -> tuple[int, int]:
    """Return how many jobs wait, and how many run."""
    found = view.workbench.jobs.list_jobs(states=("QUEUED", "RUNNING"))
    waiting = sum(job.state == "QUEUED" for job in found)
    return waiting, len(found) - waiting


def start_menu(view: View) -> None:
    """Offer work that needs nothing but the lake; other pages start what is about their things."""
    with st.popover("Start", icon=":material/add:", help="Work on the lake itself"):
        for kind, label, icon in _OF_THE_LAKE:
            st.caption(plain(KINDS[kind].about))
            if st.button(label, icon=icon, key=f"start-{kind}"):
                st.query_params["id"] = view.workbench.jobs.submit(kind, {}).job_id
                st.rerun()
        st.caption("Analyses, comparisons and imports start on the pages of datasets.")


def job_table(jobs: list[Job]) -> None:
    """Draw jobs in a table; a click on a name shows that one below."""
    import pyarrow as pa  # who has jobs to show has it loaded

    def opened(job: Job) -> None:
        st.query_params["id"] = job.job_id

    column = st.column_config
    table = pa.table(
        {
            "job": [job.title for job in jobs],
            "state": [job.state for job in jobs],
            "progress": [job.progress for job in jobs],
            "says": [_says(job) for job in jobs],
            "took": [NOTHING if job.seconds is None else span(job.seconds) for job in jobs],
            "asked": [job.created_at for job in jobs],
            "actor": [job.actor for job in jobs],
        }
    )
    st.dataframe(
        table,
        key="jobs",
        hide_index=True,
        placeholder="",
        height="content" if len(jobs) <= 10 else 400,
        alt=f"{len(jobs)} jobs",
        column_config={
            "job": click_column("Job", jobs, opened, key="job-open", width=260, pinned=True),
            "state": column.MultiselectColumn(
                "State", options=list(_COLOURS), color=list(_COLOURS.values()), width=110
            ),
            "progress": column.ProgressColumn(
                "Done", min_value=0, max_value=1, format="percent", width=130
            ),
            "says": column.TextColumn("Says", width="medium"),
            "took": column.TextColumn("Took", width=100),
            "asked": column.DatetimeColumn("Asked for", format="distance", width=125),
            "actor": column.TextColumn("Who", width=90),
        },
    )


def _says(job: Job) -> str:
    if job.cancelling:
        return "is being cancelled"
    return " ".join((job.error or job.message).split())


def detail(view: View, job_id: str) -> None:
    """Draw one job: how far it is, what it was asked, what came of it, and what it printed."""
    try:
        job = view.workbench.jobs.get(job_id)
    except JobNotFoundError as error:
        with card("No such job"):
            st.caption(plain(str(error)))
        return
    left, right = st.columns([2, 3])
    with left, card(job.title, key="job-detail"):
        _status(view, job)
        rows: dict[str, Any] = dict(job.parameters)
        rows |= {
            "Asked for": f"{ago(job.created_at)} ({clock(job.created_at)})",
            "Took": NOTHING if job.seconds is None else span(job.seconds),
            "By": job.actor or NOTHING,
            "Process": f"{job.pid} on {job.host}" if job.pid else NOTHING,
            "Id": job.job_id,
        }
        facts(rows, alt="The job")
        open_button(view, job, key="open-result")
        if job.result:
            told = {name: value for name, value in job.result.items() if name != "findings"}
            facts(told, alt="What came of it")
        show_findings(job)
    with right, card("What it printed", key="job-log"):
        log = view.workbench.jobs.log(job.job_id)
        if log:
            st.code(log, language=None, wrap_lines=True, height=360)
        else:
            st.caption("Nothing so far." if not job.is_over else "Nothing.")


def _status(view: View, job: Job) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        chip(job.state, colour=_COLOURS[job.state], icon=f":material/{_ICONS[job.state]}:")
        if job.is_orphaned:
            chip("orphaned", colour="orange", icon=":material/link_off:")
        if job.is_over:
            st.caption(plain(job.message), width="stretch")
            _again(view, job)
        elif job.cancelling:
            st.caption("is being cancelled", width="stretch")
        elif st.button("Cancel", icon=":material/stop_circle:", key=f"cancel-{job.job_id}"):
            _cancel(view, job)
    if not job.is_over:
        st.progress(job.progress, text=plain(job.message or "waits for a free place"))
    if job.error:
        st.code(job.error, language=None, wrap_lines=True)


def _cancel(view: View, job: Job) -> None:
    try:
        view.workbench.jobs.cancel(job.job_id)
    except JobError as error:  # it has ended in the meantime
        st.toast(plain(error.message), icon=":material/info:")
    st.rerun()


def _again(view: View, job: Job) -> None:
    begun = again_button(view, job)
    if begun is not None:
        st.query_params["id"] = begun
        st.rerun()
