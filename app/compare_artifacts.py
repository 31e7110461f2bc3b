"""The part of the page of comparison about what two runs left behind."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.artifact_view import LARGEST_SHOWN, read_table, show_artifact
from app.errors import show_fault
from app.layout import card, empty, plain, table as show_table
from app.wording import counted
from core.tracking.artifact_diff import (
    MOST_CHANGES,
    artifact_pairs,
    json_changes,
    table_changes,
    text_changes,
)
from lake.errors import MhrasError

if TYPE_CHECKING:
    from app.compare_choice import Compared
    from app.session import View
    from core.tracking.artifact_diff import TableChanges
    from core.tracking.run import Artifact

_TABLES: Final = frozenset({".csv", ".parquet"})
_JSON: Final = frozenset({".json", ".ipynb"})
_TALLEST: Final = 420  # pixels of a difference


def artifacts_part(view: View, compared: Compared) -> None:
    """Draw a file of two runs side by side, and above it what differs inside."""
    names = compared.names
    if len(names) < 2:
        empty("One run only", "It takes two runs to compare what they left behind.")
        return
    place = st.container(horizontal=True, vertical_alignment="bottom")
    with place:
        chosen = _two_runs(list(names.values()))
    if chosen is None:
        st.caption("Choose two different runs.")
        return
    ids = [next(run_id for run_id, name in names.items() if name == each) for each in chosen]
    pairs = artifact_pairs(*(view.ask(view.runs.list_artifacts, run_id) for run_id in ids))
    if not pairs:
        empty("No artifacts", "Neither of these runs kept a file.")
        return
    with place:
        path = st.selectbox(
            "Artifact", [pair.path for pair in pairs], key="file", bind="query-params"
        )
    pair = next((pair for pair in pairs if pair.path == path), pairs[0])
    counts = [sum(each.standing == word for each in pairs) for word in ("differs", "same")]
    alone = len(pairs) - sum(counts)
    st.caption(
        f"{counted(len(pairs), 'file')}: {counts[0]} differ, {counts[1]} the same, {alone}"
        " in one run only; those that differ come first."
    )
    if pair.first is not None and pair.second is not None:
        if pair.standing == "same":
            with card(pair.path, caption="The same in both runs, byte for byte."):
                show_artifact(view, pair.first)
            return
        _differences(view, pair.first, pair.second)
    for column, run, artifact in zip(st.columns(2), chosen, (pair.first, pair.second), strict=True):
        with column, card(run):
            if artifact is None:
                st.caption(f"This run kept no {plain(pair.path)}.")
            else:
                show_artifact(view, artifact)


def _two_runs(names: list[str]) -> tuple[str, str] | None:
    """Draw the choice of two runs; None when it is one run twice."""
    first = st.selectbox("First run", names, 0, key="left", bind="query-params", width=260)
    second = st.selectbox("Second run", names, 1, key="right", bind="query-params", width=260)
    pair = first or names[0], second or names[1]
    return None if pair[0] == pair[1] else pair


def _differences(view: View, first: Artifact, second: Artifact) -> None:
    """Draw what differs inside two files, where that can be told."""
    if max(first.size_bytes, second.size_bytes) > LARGEST_SHOWN:
        st.caption("Too large to be compared here.")
        return
    try:
        contents = [view.runs.read_artifact(each.artifact_id) for each in (first, second)]
    except MhrasError as error:  # damaged or gone: the other one can still be seen below
        show_fault(error)
        return
    suffix = PurePosixPath(first.path).suffix.lower()
    try:
        if suffix in _TABLES:
            _table_part(table_changes(*(read_table(suffix, content) for content in contents)))
        elif suffix in _JSON:
            _json_part(*(json.loads(content) for content in contents))
        else:
            _text_part(*(content.decode("utf8") for content in contents))
    except ValueError:
        # an image, a model, or not what its name says: they stand side by side below
        st.caption("The bytes differ; what they hold is not compared.")


def _text_part(before: str, after: str) -> None:
    if "\x00" in before[:4096] or "\x00" in after[:4096]:
        raise ValueError("no text")
    lines = text_changes(before, after)
    with card("What differs"):
        if lines is None:
            st.caption("These texts are too long to be compared here.")
        elif not lines:
            st.caption("The lines are the same; how they end differs.")
        else:
            height: Any = _TALLEST if len(lines) > 16 else "content"
            st.code("\n".join(lines), language="diff", height=height)


def _json_part(before: Any, after: Any) -> None:
    changes = json_changes(before, after)
    with card("What differs"):
        if not changes:
            st.caption("The same values, written in another way.")
            return
        show_table(
            {
                "Place": [change.place for change in changes],
                "First": [change.before for change in changes],
                "Second": [change.after for change in changes],
            },
            key="json-changes",
            alt=f"{counted(len(changes), 'place')} that differ",
        )
        if len(changes) == MOST_CHANGES:
            st.caption(f"The first {MOST_CHANGES:,} places.")


def _table_part(found: TableChanges) -> None:
    rows: list[tuple[str, str]] = []
    if found.rows[0] != found.rows[1]:
        rows.append(("rows", f"{found.rows[0]:,} before, {found.rows[1]:,} now"))
    rows += [(name, "only in the second") for name in found.added]
    rows += [(name, "only in the first") for name in found.removed]
    rows += [(name, f"{one} became {other}") for name, (one, other) in found.retyped.items()]
    rows += [
        (name, f"{counted(count, 'cell')} not the same") for name, count in found.cells.items()
    ]
    with card("What differs"):
        if not rows:
            st.caption("The same columns and cells, written in another way.")
            return
        show_table(
            {"Column": [name for name, _ in rows], "Difference": [text for _, text in rows]},
            key="table-changes",
            alt="How the two tables differ",
        )
        if found.rows[0] != found.rows[1]:
            st.caption("Cells are compared where both tables have as many rows.")
