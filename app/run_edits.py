"""What can be edited on the page of a run: its note and its tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.layout import card, chip

if TYPE_CHECKING:
    from app.session import View
    from core.tracking.run import Run

_HINT = "Markdown. What was the idea, what came out, what next?"


def tags_card(view: View, run: Run) -> None:
    """Draw the tags, and a form that adds or changes one."""
    with card("Tags", fill=False):
        with st.container(horizontal=True, gap="xsmall", key="tags"):
            for name, value in sorted(run.tags.items()):
                chip(f"{name}: {value}" if value else name)
        if not run.tags:
            st.caption("No tags yet.")
        with (
            st.popover("Edit tags", icon=":material/sell:"),
            st.form("edit-tags", border=False, clear_on_submit=True),
        ):
            name = st.text_input("Name", key="tag-name", required=True, max_chars=100)
            value = st.text_input("Value", key="tag-value", max_chars=500)
            if st.form_submit_button("Save tag", icon=":material/check:"):
                view.tracker.set_tags(
                    {(name or "").strip(): (value or "").strip()}, run_id=run.run_id
                )
                st.rerun()


def note_section(view: View, run: Run) -> None:
    """Draw the note as Markdown, and a form that changes it."""
    left, right = st.columns(2)
    with left, card("Note"):
        st.markdown(run.note or "*Nothing written yet.*", anchors=False)
    with right, card("Edit"), st.form(f"note-{run.run_id}", border=False):
        text = st.text_area("Note", run.note or "", height=260, help=_HINT, max_chars=50_000)
        if st.form_submit_button("Save note", icon=":material/check:"):
            view.tracker.set_note(text or "", run_id=run.run_id)
            st.rerun()
