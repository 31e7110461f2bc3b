"""The frame around every page: what stands at the left and at the top, and the safety net."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import session
from app.defaults import apply_defaults
from app.errors import show_error
from app.nav import chosen_page
from app.search_dialog import search_dialog
from app.shell import TITLE
from app.sidebar import sidebar
from lake.errors import MhrasError

_ICON = str(Path(__file__).resolve().with_name("static") / "icon.svg")

if st.get_option("browser.gatherUsageStats"):  # somebody ran this file and not app/asgi.py
    apply_defaults()
# before the navigation: the icon of a page would be fetched from fonts.gstatic.com
st.set_page_config(page_title=TITLE, page_icon=_ICON, layout="wide", initial_sidebar_state=232)
chosen = chosen_page()
st.set_page_config(page_title=f"{chosen.title} · {TITLE}")
st.logo(_ICON, size="large")
with session.one_look():
    with st.sidebar:
        search = sidebar(session.lake_name())
    try:
        if search:
            search_dialog()
        chosen.run()
    except MhrasError as error:
        # what the library says no to is a card on the page, not a failure of the page
        show_error(error)
