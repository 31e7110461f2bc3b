"""Long work from a page: offered, followed while a process of its own does it, and taken over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app import session
from app.errors import show_fault
from app.layout import plain
from lake.errors import MhrasError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.session import View
    from core.jobs.job import Job

_SECONDS: Final = 1.0
_LOOKED_AT: Final = 50  # jobs of a kind, the newest ones


def offer_work(
    view: View, kind: str, parameters: Mapping[str, Any], *, label: str, note: str
) -> None:
    """Draw the button that begins work, or how far it is; the page is drawn anew when it ends.

    Whoever looks at the same page sees the same work: it is found by what it was asked for.
    """
    job = _newest(view, kind, parameters)
    with st.container(border=True, key="work"):
        if job is not None and not job.is_over:
            _follow(job.job_id)
            return
        if job is not None and job.state == "FAILED":
            show_fault(MhrasError(f"The last attempt failed: {job.error or job.message}"))
        st.text(note)
        if st.button(label, icon=":material/play_arrow:", type="primary", key="begin-work"):
            view.workbench.jobs.submit(kind, parameters)
            st.rerun()


def _newest(view: View, kind: str, parameters: Mapping[str, Any]) -> Job | None:
    found = view.workbench.jobs.list_jobs(kind=kind, limit=_LOOKED_AT)
    return next((job for job in found if dict(job.parameters) == dict(parameters)), None)


@st.fragment(run_every=_SECONDS)
def _follow(job_id: str) -> None:
    jobs = session.workbench().jobs
    jobs.tend()
    job = jobs.get(job_id)
    if job.is_over:
        st.rerun()
    said = f"{job.title}: {job.message}" if job.message else job.title
    st.progress(min(1.0, max(0.0, job.progress)), text=plain(said))
    if job.cancelling:
        st.caption("It was asked to end.")
    elif st.button("Cancel", icon=":material/close:", key=f"cancel-{job_id}"):
        jobs.cancel(job_id)
        st.rerun(scope="fragment")
