"""A model in service on its page: what it does over time, and what should be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from app.document_view import show_blocks, show_section
from app.layout import empty
from core.errors import ModelError
from core.models.live.document import live_document
from core.render.html import render_html

if TYPE_CHECKING:
    from app.session import View
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
    """Draw performance, what is expected of it, drift and alerts, by chunks of time."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        every = st.selectbox(
            "Chunks of time", list(_EVERY), key="every", bind="query-params", width=200
        )
        actions = st.container(horizontal=True, horizontal_alignment="right")
    try:
        with st.spinner("Looking at the predictions"):
            found = view.ask(
                view.workbench.models.monitor, version.model_id, every=_EVERY.get(every or USUAL)
            )
    except ModelError as error:
        empty("Nothing to follow yet", f"{error.message} {error.hint}", icon="timeline")
        return
    document = live_document(found)
    with actions:
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
