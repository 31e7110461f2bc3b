"""What stands at the left of every page: search, the pages by section with counts, the lake."""

from __future__ import annotations

from typing import Final

import streamlit as st

from app import session
from app.layout import plain
from app.nav import PAGES, page
from lake.errors import MhrasError

_COUNTS: Final = """
select (select count(*) from runs) as runs,
       (select count(distinct dataset_name) from dataset_versions) as datasets,
       (select count(distinct model_name) from model_versions) as models,
       (select count(*) from jobs where state in ('QUEUED', 'RUNNING')) as jobs
"""


def sidebar(lake: str) -> bool:
    """Draw search, links to all pages by section, and which lake this is; tell if to search now.

    Streamlit's own sidebar navigation with sections is a list a screen reader cannot read.
    """
    wanted = st.button(
        "Search",
        icon=":material/search:",
        shortcut="Ctrl+K",
        width="stretch",
        key="search-everything",
        help="Runs, datasets, models and queries by name, tag or id",
    )
    counts = _counts()
    section = ""
    for entry in PAGES:
        if entry.visibility == "hidden":
            continue
        if entry.section != section:
            section = entry.section
            st.caption(section)
        _link(entry.path, counts.get(entry.path, 0))
    st.caption(f"Lake {plain(lake)}")
    return wanted


def _link(path: str, count: int) -> None:
    if not count:
        # the tooltip of a link would lie over the page while the mouse rests on it
        st.page_link(page(path), width="stretch", help="")
        return
    with st.container(gap=None, key=f"nav-{path}"):
        st.page_link(page(path), width="stretch", help="")
        st.caption(f"{count:,}", width="content")


def _counts() -> dict[str, int]:
    """Return how many things there are by page; none when the lake does not open."""
    try:
        view = session.look()
        (row,) = view.ask(view.workbench.sql, _COUNTS).to_pylist()
    except MhrasError:  # the page itself says what is wrong with the lake
        return {}
    return dict(row)
