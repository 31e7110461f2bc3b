"""Change many runs at once from the page of runs, and take the last change back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import streamlit as st

from app import state
from app.errors import show_fault
from app.layout import plain
from app.wording import counted
from lake.errors import MhrasError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.run_filters import RunFilter
    from app.session import View
    from core.tracking.edits import RunEdit

MOST_CHANGED: Final = 10_000
_DONE: Final = "bulk-done"
_FAULT: Final = "bulk-fault"
_TRIED: Final = "bulk-tried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The last change of this session: what it did, in words, and which runs were chosen."""

    edit: RunEdit
    told: str
    chosen: list[str]


def bulk_menu(view: View, chosen: RunFilter, matching: int) -> None:
    """Offer to tag, archive and delete the chosen runs, or all that match."""
    ids = state.chosen_runs()
    label = f"Edit {counted(len(ids), 'run')}" if ids else "Edit"
    # another key after each change, because it would stay open over what came of it
    key = f"bulk-{st.session_state.get(_TRIED, 0)}"
    with st.popover(label, icon=":material/edit:", help="Tag, archive or delete runs", key=key):
        scopes = [f"All {matching:,} that match"] if matching else []
        if ids:
            scopes.insert(0, f"The {len(ids):,} chosen")
        if not scopes:
            st.caption("There are no runs to edit.")
            return
        # without chosen rows nothing is meant until somebody says that all are
        scope = st.radio("Which runs", scopes, index=0 if ids else None)
        all_of_them = scope is not None and scope.startswith("All")
        count = matching if all_of_them else len(ids)
        if all_of_them and matching > MOST_CHANGED:
            st.caption(f"At most {MOST_CHANGED:,} runs are changed at once: narrow the filter.")
            scope = None

        def targets() -> list[str]:
            return _matching_ids(view, chosen) if all_of_them else ids

        runs = "runs" if scope is None else counted(count, "run")
        _actions(view, chosen, targets, runs, disabled=scope is None)


def _matching_ids(view: View, chosen: RunFilter) -> list[str]:
    found = view.runs.search_runs_arrow(
        chosen.experiment,
        chosen.expression,
        limit=MOST_CHANGED,
        only_deleted=chosen.deleted,
    )
    ids: list[str] = found.column("run_id").to_pylist()
    return ids


def _actions(
    view: View,
    chosen: RunFilter,
    targets: Callable[[], list[str]],
    runs: str,
    *,
    disabled: bool,
) -> None:
    """Draw what suits runs that are active, archived or deleted."""
    edits = view.tracker.edits

    def button(label: str, icon: str, change: Callable[[list[str]], RunEdit], told: str) -> None:
        st.button(
            label,
            icon=f":material/{icon}:",
            on_click=lambda: _do(lambda: change(targets()), told),
            disabled=disabled,
            width="stretch",
        )

    if chosen.kept == "Deleted":
        button(f"Restore {runs}", "restore_from_trash", edits.restore, "restored")
        return
    _tag_fields(view, targets, disabled=disabled)
    if chosen.kept == "Archived":
        button(f"Take {runs} out of the archive", "unarchive", edits.unarchive, "unarchived")
    else:
        button(f"Archive {runs}", "archive", edits.archive, "archived")
    button(f"Delete {runs}", "delete", edits.delete, "deleted")
    st.caption("Whatever you do here can be undone. Deleted runs stay on disk.")


def _tag_fields(view: View, targets: Callable[[], list[str]], *, disabled: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Tag", key="bulk-tag", placeholder="stage", max_chars=100)
        value = st.text_input("Value", key="bulk-value", placeholder="none: remove it")
    name, text = (name or "").strip(), (value or "").strip() or None
    told = f"tagged {name}: {text}" if text else f"without the tag {name}"

    def tag() -> RunEdit:
        return view.tracker.edits.tag(targets(), name, text)

    st.button(
        "Set tag" if text or not name else "Remove tag",
        icon=":material/sell:",
        on_click=lambda: _do(tag, told),
        disabled=disabled or not name,
        width="stretch",
    )


def _do(change: Callable[[], RunEdit], told: str) -> None:
    """Make a change and remember it; what goes wrong is told where the undo would stand."""
    chosen = list(state.chosen_runs())
    st.session_state[_TRIED] = st.session_state.get(_TRIED, 0) + 1
    try:
        edit = change()
    except MhrasError as error:
        st.session_state[_FAULT] = error
        return
    st.session_state[_DONE] = Done(edit=edit, told=told, chosen=chosen)
    if edit.kind == "deleted" or told in ("archived", "unarchived"):
        state.choose_runs([])  # they are in another list now


def undo_bar(view: View) -> None:
    """Tell what was changed last, with a way back, until somebody says it is fine."""
    fault: MhrasError | None = st.session_state.pop(_FAULT, None)
    if fault is not None:
        show_fault(fault)
    done: Done | None = st.session_state.get(_DONE)
    if done is None:
        return
    count = len(done.edit.before)
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="undo"):
        told = f"{counted(count, 'run')} {done.told}." if count else "These runs were so already."
        st.markdown(f":material/check_circle: {plain(told)}", width="stretch")
        if count:
            st.button("Undo", icon=":material/undo:", on_click=_undo, args=(view, done))
        st.button(
            "Dismiss",
            icon=":material/close:",
            type="tertiary",
            on_click=lambda: st.session_state.pop(_DONE, None),
        )


def _undo(view: View, done: Done) -> None:
    try:
        left = view.tracker.edits.undo(done.edit)
    except MhrasError as error:
        st.session_state[_FAULT] = error
        return
    st.session_state.pop(_DONE, None)
    state.choose_runs(done.chosen)
    st.toast(_undone(done, left), icon=":material/undo:")


def _undone(done: Done, left: Sequence[str]) -> str:
    undone = counted(len(done.edit.before) - len(left), "run")
    if not left:
        return f"{undone} as before."
    stays = "stays as it is" if len(left) == 1 else "stay as they are"
    return f"{undone} as before. {counted(len(left), 'run')} changed since {stays}."
