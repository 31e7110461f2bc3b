"""Keep the page of runs up to date while runs are running."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from app import session
from app.wording import counted

if TYPE_CHECKING:
    from app.session import View

LIVE_SECONDS: Final = 2
_RUNNING: Final = "status = 'RUNNING'"


def watch_runs(view: View) -> None:
    """Draw the page again whenever running runs have logged something; nothing when none runs."""
    running = view.ask(view.runs.count_runs, None, _RUNNING)
    if not running:
        return

    @st.fragment(run_every=LIVE_SECONDS)
    def watch() -> None:
        """Look if the lake holds anything new, or a run may have fallen silent since."""
        now = session.look()
        if (now.version, now.clock) != (view.version, view.clock):
            st.rerun()
        st.caption(f":material/sensors: {counted(running, 'run')} running, shown live.")

    watch()
