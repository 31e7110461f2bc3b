"""A model in service on its page: what it does over time, and what should be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from app.document_view import show_blocks, show_section
from app.layout import empty, plain
from app.wording import ago, counted
from core.errors import ModelError
from core.models.live.document import live_document
from core.render.html import render_html

if TYPE_CHECKING:
    from app.session import View
    from core.models.live.report import Followed
    from core.models.version import ModelVersion

USUAL: Final = "as suits"
UNTOUCHED: Final = {"every": USUAL}
_EVERY: Final = {
    USUAL: None,
    "a day": "1d",
    "a week": "1w",
    "a month": "1mo",
    "a quarter": "1q",
    "a year": "1y",
}


def live_part(view: View, version: ModelVersion) -> None:
    """Draw performance, what is expected of it, drift and alerts, by chunks of time.

    The newest kept report is shown as it is; predictions are looked at only when that is asked.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        every = st.selectbox(
            "Chunks of time", list(_EVERY), key="every", bind="query-params", width=200
        )
        actions = st.container(horizontal=True, horizontal_alignment="right")
    kept = _kept(view, version) if every == USUAL else None
    found = kept or _followed(view, version, _EVERY.get(every or USUAL))
    if found is None:
        return
    document = live_document(found)
    with actions:
        if st.button(
            "Look again" if kept else "Keep",
            icon=":material/refresh:" if kept else ":material/save:",
            help="Look at all predictions there are now, and keep what is found",
        ):
            view.workbench.models.monitor(version.model_id, every=_EVERY.get(every or USUAL))
            st.rerun()
        st.download_button(
            "HTML",
            data=lambda: render_html(document),
            file_name=f"{version.model_name}-{version.version}-live.html",
            mime="text/html",
            on_click="ignore",
            icon=":material/download:",
            help="The report as one file that needs no network",
        )
    show_blocks(document.summary, key="live-summary")
    for place, section in enumerate(document.sections):
        show_section(section, key=f"live-{place}")


def _kept(view: View, version: ModelVersion) -> Followed | None:
    """Return the newest report that was kept, and say whose it is; None when there is none."""
    reports = view.workbench.models.reports
    newest = next(iter(view.ask(reports.of_version, version, limit=1)), None)
    if newest is None:
        return None
    by = f" by {plain(newest.actor)}" if newest.actor else ""
    st.caption(
        f"As of {ago(newest.created_at)}{by}, of {counted(newest.predictions, 'prediction')}."
    )
    return view.ask(reports.load, newest)


def _followed(view: View, version: ModelVersion, every: str | None) -> Followed | None:
    """Look at the predictions; None, and why, when there is nothing to follow."""
    monitor = view.workbench.models.monitor
    try:
        with st.spinner("Looking at the predictions"):
            return view.ask(monitor, version.model_id, every=every, store=False)
    except ModelError as error:
        empty("Nothing to follow yet", f"{error.message} {error.hint}", icon="timeline")
        return None
