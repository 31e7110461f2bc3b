"""Settings: which lake this is, what it takes, every setting with its source, and versions."""

from __future__ import annotations

import streamlit as st

from app import session, setting_parts as parts
from app.layout import context_line, header, plain

view = session.look()
settings = view.workbench.settings

with header("Settings", context_line(f"lake {plain(session.lake_name())}", "read-only: see below")):
    st.button("Look again", icon=":material/refresh:")

left, right = st.columns(2)
with left:
    parts.lake_card(view)
    parts.storage_card(view)
with right:
    parts.limits_card()
    parts.versions_card()
parts.configuration_card(settings)
