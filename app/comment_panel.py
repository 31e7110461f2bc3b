"""Comments on a page: what people say of what it shows, forms to say more, and where it is said.

The text of a comment is Markdown of anybody, as the notes of runs are: Streamlit shows no HTML of
it, and the policy of the page lets no image of elsewhere be asked for. All else goes through
`plain`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.errors import show_fault
from app.layout import card, chip, empty, pager, plain
from app.wording import ago, clock, counted
from core.comments import LONGEST
from lake.errors import MhrasError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from app.session import View
    from core.comments import Comment, SubjectKind, Thread

Labels = Mapping[tuple[str, str], str]
TAB: Final = "Comments"
UNTOUCHED: Final = {"said": 1}
_PAGE: Final = 20  # threads
_TOLD: Final = 120  # letters of a comment that a mark in a chart says
_AT: Final = "comment-at"  # which comment is being answered, edited or deleted
_WRITTEN: Final = "comments-written"
_HINT: Final = "Markdown. It is kept with your name and the time."


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A thing a page lets people comment on; `metrics` and `columns` are its parts."""

    kind: SubjectKind
    id: str
    label: str
    metrics: Sequence[str] = field(default_factory=tuple)
    columns: Sequence[str] = field(default_factory=tuple)


def comments_button(view: View, *subjects: Subject, tabs: str = "tab") -> None:
    """Draw how many comments there are; a click turns to them in the tabs of this key."""
    total = sum(view.ask(view.workbench.comments.count, s.kind, [s.id]) for s in subjects)

    def show() -> None:
        st.session_state[tabs] = TAB

    label = counted(total, "comment") if total else "Comment"
    st.button(label, icon=":material/chat:", on_click=show, key="show-comments")


def comments_section(view: View, *subjects: Subject) -> None:
    """Draw the comments on what a page shows, the newest thread first, and a form for another."""
    threads = _threads(view, subjects)
    left, right = st.columns([3, 2])
    with right:
        _new_comment(view, subjects)
    with left:
        if not threads:
            empty(
                "Nobody has said anything yet",
                "What is odd here, what was decided, what must somebody know?",
                icon="chat_bubble",
            )
            return
        first = pager(len(threads), _PAGE, key="said") if len(threads) > _PAGE else 0
        several = len(subjects) > 1
        labels: Labels = {(s.kind, s.id): s.label for s in subjects if several}
        for thread in threads[first : first + _PAGE]:
            _thread(view, thread, labels)


def column_comments(view: View, subjects: Iterable[Subject], *, column: str) -> None:
    """Draw what is said of a column, under what is shown of it."""
    threads = [
        thread
        for thread in _threads(view, subjects)
        if thread.first is not None
        and thread.first.anchor is not None
        and (thread.first.anchor.kind, thread.first.anchor.name) == ("column", column)
    ]
    if not threads:
        return
    with card(f"Said of {column}", key="annotations"):
        for thread in threads:
            for comment in thread.comments:
                _byline(comment, {})
                st.markdown(comment.text, anchors=False)


def marked_steps(view: View, run_id: str) -> dict[str, list[tuple[int, str]]]:
    """Return the steps of metrics that something is said of, and what, by metric."""
    found: dict[str, list[tuple[int, str]]] = {}
    for thread in view.ask(view.workbench.comments.threads, "run", [run_id]):
        said = thread.first
        if said is not None and said.anchor is not None and said.anchor.step is not None:
            text = " ".join(f"{said.actor}: {said.text}".split())
            short = text if len(text) <= _TOLD else f"{text[: _TOLD - 1]}…"
            found.setdefault(said.anchor.name, []).append((said.anchor.step, short))
    return found


def _threads(view: View, subjects: Iterable[Subject]) -> list[Thread]:
    """Return the threads, the open ones first, the newest of each first."""
    found = [
        thread
        for subject in subjects
        for thread in view.ask(view.workbench.comments.threads, subject.kind, [subject.id])
    ]
    found.sort(key=lambda thread: thread.comments[0].created_at, reverse=True)
    return sorted(found, key=lambda thread: thread.first is None or thread.first.resolved)


def _new_comment(view: View, subjects: Sequence[Subject]) -> None:
    with st.container(border=True, key="new-comment"):
        st.header("Write a comment", anchor=False)
        chosen = subjects[0]
        if len(subjects) > 1:
            labels = {subject.label: subject for subject in subjects}
            chosen = labels[st.selectbox("On", list(labels), key="comment-on") or chosen.label]
        anchor = _anchor(chosen)
        written = st.session_state.get(_WRITTEN, 0)
        with st.form(f"comment-{written}", border=False):
            text = st.text_area(
                "Comment", key=f"comment-text-{written}", height=140, max_chars=LONGEST, help=_HINT
            )
            if st.form_submit_button("Comment", icon=":material/send:", type="primary"):
                add = view.workbench.comments.add
                _write(lambda: add(chosen.kind, chosen.id, text or "", **anchor), new=True)


def _anchor(subject: Subject) -> dict[str, Any]:
    """Draw the choice of a part of the subject to comment on."""
    parts = {f"metric {name}": ("metric", name) for name in subject.metrics}
    parts |= {f"column {name}": ("column", name) for name in subject.columns}
    if not parts:
        return {}
    whole = "all of it"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = st.selectbox("About", [whole, *parts], key=f"comment-about-{subject.kind}")
        if part not in parts:
            return {}
        kind, name = parts[part]
        anchor: dict[str, Any] = {kind: name}
        if kind == "metric":
            anchor["step"] = st.number_input(
                "At step", value=None, step=1, key="comment-step", placeholder="any", width=130
            )
    return anchor


def _thread(view: View, thread: Thread, labels: Labels) -> None:
    with st.container(border=True, key=f"thread-{thread.comments[0].comment_id}"):
        if thread.first is None:
            st.caption("What this answers was deleted.")
        else:
            _comment(view, thread.first, labels)
        for reply in thread.replies:
            with st.container(key=f"under-{reply.comment_id}"):
                _comment(view, reply, {})


def _comment(view: View, comment: Comment, labels: Labels) -> None:
    _byline(comment, labels)
    doing, at = st.session_state.get(_AT, ("", ""))
    if (doing, at) == ("edit", comment.comment_id):
        _edit_form(view, comment)
        return
    with st.container(key=f"said-{comment.comment_id}"):
        st.markdown(comment.text, anchors=False)
    if at != comment.comment_id:
        _actions(view, comment)
    elif doing == "reply":
        _reply_form(view, comment)
    else:
        _delete_form(view, comment)


def _byline(comment: Comment, labels: Labels) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(comment.actor or 'nobody known')}**", width="content")
        edited = f", edited {ago(comment.edited_at)}" if comment.edited_at else ""
        st.caption(
            plain(ago(comment.created_at) + edited), help=clock(comment.created_at), width="content"
        )
        if comment.anchor is not None:
            chip(str(comment.anchor), colour="blue", icon=":material/push_pin:")
        label = labels.get((comment.subject_kind, comment.subject_id))
        if label:
            chip(label)
        if comment.resolved:
            who = comment.resolved_by or "somebody"
            chip(f"settled by {who}", colour="green", icon=":material/check_circle:")


def _actions(view: View, comment: Comment) -> None:
    def begin(what: str) -> Callable[[], None]:
        def start() -> None:
            st.session_state[_AT] = (what, comment.comment_id)

        return start

    def button(label: str, icon: str, **options: Any) -> bool:
        key = f"{label.lower()}-{comment.comment_id}"
        return st.button(label, icon=f":material/{icon}:", key=key, type="tertiary", **options)

    with st.container(horizontal=True, gap="small", key=f"actions-{comment.comment_id}"):
        button("Reply", "reply", on_click=begin("reply"))
        if comment.parent_id is None:
            label, icon = ("Reopen", "undo") if comment.resolved else ("Settle", "check")
            if button(label, icon):
                resolve = view.workbench.comments.resolve
                _write(lambda: resolve(comment.comment_id, resolved=not comment.resolved))
        if comment.actor == view.workbench.actor:
            button("Edit", "edit", on_click=begin("edit"))
            button("Delete", "delete", on_click=begin("delete"))


def _reply_form(view: View, comment: Comment) -> None:
    with st.form(f"reply-form-{comment.comment_id}", border=False):
        text = st.text_area("Answer", key=f"answer-{comment.comment_id}", max_chars=LONGEST)
        if _sent("Send"):
            _write(lambda: view.workbench.comments.reply(comment.comment_id, text or ""))


def _edit_form(view: View, comment: Comment) -> None:
    with st.form(f"edit-form-{comment.comment_id}", border=False):
        text = st.text_area(
            "Text", comment.text, key=f"edited-{comment.comment_id}", height=140, max_chars=LONGEST
        )
        if _sent("Save"):
            _write(lambda: view.workbench.comments.edit(comment.comment_id, text or ""))


def _delete_form(view: View, comment: Comment) -> None:
    with st.form(f"delete-form-{comment.comment_id}", border=False):
        st.caption("Nobody will see it any more. Answers to it stay.")
        if _sent("Delete it"):
            _write(lambda: view.workbench.comments.delete(comment.comment_id))


def _sent(label: str) -> bool:
    """Draw the two buttons at the end of a form; tell whether the first was clicked."""

    def leave() -> None:
        st.session_state.pop(_AT, None)

    with st.container(horizontal=True):
        sent = st.form_submit_button(label, icon=":material/check:", type="primary")
        st.form_submit_button("Cancel", on_click=leave)
    return sent


def _write(change: Callable[[], object], *, new: bool = False) -> None:
    try:
        change()
    except MhrasError as error:
        show_fault(error)
        return
    st.session_state.pop(_AT, None)
    if new:  # with another key the box is empty
        st.session_state[_WRITTEN] = st.session_state.get(_WRITTEN, 0) + 1
    st.rerun()
