"""Long work from a page: offered, followed while a process of its own does it, and taken over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app import session
from app.errors import show_fault
from app.job_results import came_of, open_button
from app.layout import plain
from app.nav import page
from core.errors import JobError, JobNotFoundError
from lake.errors import MhrasError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.session import View
    from core.jobs.job import Job

_SECONDS: Final = 1.0
_LOOKED_AT: Final = 50  # jobs of a kind, the newest ones


def offer_work(
    view: View,
    kind: str,
    parameters: Mapping[str, Any],
    *,
    label: str,
    note: str,
    title: str = "",
    key: str = "work",
) -> None:
    """Draw the button that begins work, or how far it is; the page is drawn anew when it ends.

    Whoever looks at the same page sees the same work: it is found by what it was asked for.
    """
    job = _newest(view, kind, parameters)
    with st.container(border=True, key=key):
        if job is not None and not job.is_over:
            _follow(job.job_id)
            return
        if job is not None and job.state == "FAILED":
            _failed(job)
        st.text(note)
        with st.container(horizontal=True, vertical_alignment="center"):
            begun = st.button(
                label,
                icon=":material/play_arrow:",
                type="primary" if key == "work" else "secondary",
                key=f"begin-{key}",
            )
            if job is not None:
                st.caption(plain(came_of(job)), width="content")
                _link(job)
        if begun:
            view.workbench.jobs.submit(kind, parameters, title=title)
            st.rerun()


def offer_quietly(
    view: View, kind: str, parameters: Mapping[str, Any], *, label: str, icon: str, note: str
) -> None:
    """Draw a small button that begins work, and what came of it last; or how far it is."""
    job = _newest(view, kind, parameters)
    if job is not None and not job.is_over:
        _follow(job.job_id)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(label, icon=f":material/{icon}:", help=note, key=f"begin-{kind}"):
            view.workbench.jobs.submit(kind, parameters)
            st.rerun()
        st.caption(plain(came_of(job)) if job is not None else "not done yet", width="stretch")


def show_work(view: View, job_id: str) -> None:
    """Draw a job that was begun on this page: how far it is, or what came of it."""
    try:
        job = view.workbench.jobs.get(job_id)
    except JobNotFoundError as error:
        show_fault(error)
        return
    with st.container(border=True, key="work"):
        if not job.is_over:
            _follow(job.job_id)
            return
        if job.state == "FAILED":
            _failed(job)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"{job.title}: {came_of(job)}", width="content")
            _link(job)
        open_button(view, job, key="open-result")


def again_button(view: View, job: Job) -> str | None:
    """Draw the button that asks anew for work that did not finish; the new job's id, once it is."""
    if job.state not in ("FAILED", "CANCELLED"):
        return None
    if not st.button("Start again", icon=":material/replay:", key=f"again-{job.job_id}"):
        return None
    return view.workbench.jobs.again(job.job_id).job_id


def _newest(view: View, kind: str, parameters: Mapping[str, Any]) -> Job | None:
    found = view.workbench.jobs.list_jobs(kind=kind, limit=_LOOKED_AT)
    return next((job for job in found if dict(job.parameters) == dict(parameters)), None)


def _failed(job: Job) -> None:
    show_fault(MhrasError(f"The last attempt failed: {job.error or job.message}"))


def _link(job: Job) -> None:
    label = "In Jobs, with its log"
    st.page_link(
        page("jobs"), label=label, icon=":material/open_in_new:", query_params={"id": job.job_id}
    )


@st.fragment(run_every=_SECONDS)
def _follow(job_id: str) -> None:
    jobs = session.workbench().jobs
    jobs.tend()
    job = jobs.get(job_id)
    if job.is_over:
        st.rerun()
    said = f"{job.title}: {job.message}" if job.message else job.title
    st.progress(min(1.0, max(0.0, job.progress)), text=plain(said))
    with st.container(horizontal=True, vertical_alignment="center"):
        if job.cancelling:
            st.caption("It was asked to end.", width="content")
        else:
            st.button(
                "Cancel",
                icon=":material/close:",
                key=f"cancel-{job_id}",
                on_click=_cancel,
                args=(job_id,),
            )
        _link(job)


def _cancel(job_id: str) -> None:
    try:
        session.workbench().jobs.cancel(job_id)
    except JobError as error:  # it has ended in the meantime
        st.toast(plain(error.message), icon=":material/info:")
