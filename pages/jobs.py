"""Jobs: long work that waits, runs or has ended; follow one, end one, start one."""

from __future__ import annotations

import streamlit as st

from app import job_parts, session, state
from app.layout import context_line, copy_link, empty, header, plain
from app.wording import counted
from core.jobs.job import STATES

LOOK_SECONDS = 1.0

view = session.look()
jobs = view.workbench.jobs
jobs.tend()
waiting, running = job_parts.under_way(view)
context = context_line(
    f"{running} running",
    f"{waiting} waiting",
    "two at a time on a machine",
    f"lake {plain(session.lake_name())}",
)
with header("Jobs", context):
    job_parts.start_menu(view)
    chosen = str(st.query_params.get("id", ""))
    copy_link(state.address("jobs", {"id": chosen, "state": st.session_state.get("state")}))

wanted = st.pills(
    "State",
    list(STATES),
    selection_mode="multi",
    key="state",
    bind="query-params",
    label_visibility="collapsed",
)


@st.fragment(run_every=LOOK_SECONDS if waiting + running else None)
def board() -> None:
    """Draw the list and the job that is chosen; when the last has ended, the whole page anew."""
    now = session.look()
    jobs.tend()
    if (waiting, running) != job_parts.under_way(now):
        st.rerun()
    found = jobs.list_jobs(states=tuple(wanted), limit=job_parts.LISTED)
    if not found:
        empty(
            "No job fits" if wanted else "No jobs yet",
            "Analyses, comparisons and imports that take long are listed here while they run "
            "and afterwards. Scripts ask with wb.jobs.submit.",
            icon="pending_actions",
        )
        return
    job_parts.job_table(found)
    st.caption(counted(len(found), "job"))
    job_parts.detail(now, str(st.query_params.get("id", "")) or found[0].job_id)


board()
