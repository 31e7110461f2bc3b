"""SQL: ask the whole lake, see the answer as a table or a chart, keep it as a dataset."""

from __future__ import annotations

import streamlit as st

from app import session, sql_answer, sql_editor, sql_kept, sql_schema, state
from app.layout import context_line, copy_link, empty, header, plain
from app.sql_answer import LIMITS
from app.sql_chart import CHOICES
from app.wording import counted

UNTOUCHED = {"look": "Table", **dict.fromkeys(("table", *CHOICES), state.VARIES)}

view = session.look()
view.workbench.console.prepare()
known = sql_schema.known(view)
sql_editor.load_address(view)

context = context_line(
    counted(len(known.views), "view"),
    counted(len(known.versions), "dataset version"),
    f"read-only, at most {LIMITS.seconds:.0f} s and {LIMITS.rows:,} rows",
    f"lake {plain(session.lake_name())}",
)
with header("SQL", context):
    sql_kept.history_menu(view)
    sql_kept.saved_menu(view)
    place = st.container(width="content")  # the link says what is chosen below, too

left, right = st.columns([3, 8], gap="medium")
with left:
    sql_schema.browser(view, known)
with right:
    asked = sql_editor.editor(view)
    if asked is None:
        empty(
            "Ask the lake",
            "Write a SELECT, or choose a table at the left. Nothing here can change anything.",
            icon="database_search",
        )
    else:
        sql_answer.under_way_or_done(view, asked)
with place:
    copy_link(state.view_address("sql", UNTOUCHED, **sql_editor.parameters()))
