"""The versions of a dataset: what there are, where their tags point, how two of them differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.errors import show_fault
from app.layout import card, chip, plain, table
from app.link_column import link_column
from app.nav import open_page
from app.wording import counted, number, size
from core.errors import DataVersionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.session import View
    from core.datasets.difference import DatasetDifference
    from core.datasets.version import DatasetVersion

    Row = tuple[str, ...]

UNTOUCHED: Final = {"before": None}
_MEASURES: Final = {"missing": "missing", "distinct": "distinct", "mean": "mean", "std": "sd"}
_LONGEST: Final = 60  # characters of a value in an example


def versions_table(versions: Sequence[DatasetVersion]) -> None:
    """Draw the versions, the newest first; a click on a label opens one."""
    older = [*versions[1:], None]
    column = st.column_config

    rows: dict[str, Sequence[Any]] = {
        "version": [version.version for version in versions],
        "tags": [", ".join(version.tags) for version in versions],
        "rows": [version.num_rows for version in versions],
        "change": [_grown(v, before) for v, before in zip(versions, older, strict=True)],
        "columns": [version.num_columns for version in versions],
        "size": [size(version.size_bytes) for version in versions],
        "registered": [version.created_at for version in versions],
        "by": [version.actor for version in versions],
        "source": [version.source for version in versions],
    }
    table(
        rows,
        key="versions",
        alt=counted(len(versions), "version"),
        settings={
            "version": link_column(
                "Version",
                page="dataset",
                addresses=[{"name": v.dataset_name, "version": v.version} for v in versions],
                width=110,
            ),
            "tags": column.TextColumn("Tags", width=120),
            "rows": column.NumberColumn("Rows", format="localized"),
            "change": column.TextColumn("Change", width=90, alignment="right"),
            "columns": column.NumberColumn("Columns"),
            "size": column.TextColumn("Size", width=80),
            "registered": column.DatetimeColumn("Registered", format="distance"),
            "by": column.TextColumn("By"),
            "source": column.TextColumn("Source", width="medium"),
        },
    )


def _grown(version: DatasetVersion, before: DatasetVersion | None) -> str:
    if before is None:
        return "first"
    change = version.num_rows - before.num_rows
    return f"{change:+,}" if change else "same"


def tags_card(view: View, version: DatasetVersion, labels: Sequence[str]) -> None:
    """Draw the tags of the version, and the forms that move and remove them."""
    with card("Tags", caption="Names that point to a version, and may be moved to another one."):
        with st.container(horizontal=True, gap="xsmall", key="dataset-tags"):
            for tag in version.tags:
                chip(tag, colour="blue", icon=":material/sell:")
        if not version.tags:
            st.caption(f"No tag points to {plain(version.version)}.")
        with st.form("move-tag", border=False, clear_on_submit=True):
            with st.container(horizontal=True, vertical_alignment="bottom"):
                tag = st.text_input("Tag", key="tag-name", required=True, max_chars=64)
                target = st.selectbox(
                    "Version", labels, index=labels.index(version.version), key="tag-target"
                )
                pressed = st.form_submit_button("Point there", icon=":material/sell:")
            if pressed and tag and target:
                _write(lambda: view.datasets.tag(version.dataset_name, tag.strip(), target))
        if version.tags:
            with st.form("remove-tag", border=False):
                with st.container(horizontal=True, vertical_alignment="bottom"):
                    gone = st.selectbox("Tag to remove", version.tags, key="tag-removed")
                    pressed = st.form_submit_button("Remove", icon=":material/close:")
                if pressed and gone:
                    _write(lambda: view.datasets.untag(version.dataset_name, gone))


def _write(change: Any) -> None:
    try:
        change()
    except DataVersionError as error:
        show_fault(error)
        return
    st.rerun()


def difference_section(view: View, version: DatasetVersion, labels: Sequence[str]) -> None:
    """Draw the choice of the version before, and how this one differs from it."""
    others = [label for label in labels if label != version.version]
    if not others:
        st.caption("There is no other version to compare with.")
        return
    place = labels.index(version.version)
    usual = others[min(place, len(others) - 1)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        before = st.selectbox(
            f"Compare {plain(version.version)} with",
            others,
            index=others.index(usual),
            key="before",
            bind="query-params",
            width=260,
        )
        if st.button("Check drift", icon=":material/compare_arrows:"):
            name = version.dataset_name
            reference, current = f"{name}@{before}", version.name
            st.session_state.pop("column", None)  # of this page: there, the one that drifted most
            open_page("drift", reference=reference, current=current)
    old = view.ask(view.datasets.get_version, version.dataset_name, before)
    with st.spinner("Comparing the rows"):
        found = view.keep(view.datasets.diff, old.version_id, version.version_id)
    _summary(found)
    cards = [*_cards(found)]
    for part, (title, names, rows) in zip(st.columns(max(1, len(cards))), cards, strict=False):
        with part, card(title):
            _rows_table(names, rows, title.lower().replace(" ", "-"))
    _examples(found)


def _summary(found: DatasetDifference) -> None:
    with st.container(horizontal=True, gap="small", key="difference"):
        if found.same_content:
            chip("nothing differs", colour="green", icon=":material/check:")
        for count, word, colour in (
            (len(found.added_columns), "column added|columns added", "green"),
            (len(found.removed_columns), "column gone|columns gone", "red"),
            (len(found.retyped_columns), "column of another type|columns of other types", "orange"),
            (found.rows_added, "row added|rows added", "green"),
            (found.rows_removed, "row gone|rows gone", "red"),
            (found.rows_changed, "row changed|rows changed", "orange"),
        ):
            one, many = word.split("|")
            if count:
                chip(counted(count, one, many), colour=colour)  # type: ignore[arg-type]
        columns = (found.added_columns, found.removed_columns, found.retyped_columns)
        if not any((*columns, found.moved_columns, found.same_content)):
            chip("same columns, types and order")
        key = ", ".join(found.key)
        told = f"rows are told apart by {key}" if key else "without a key: a changed row is two"
        st.caption(plain(f"{told}; {found.chunks_read} of {found.chunks} chunks read"))


def _cards(found: DatasetDifference) -> Iterator[tuple[str, Sequence[str], Sequence[Row]]]:
    """Return what differs: titles, names of columns and rows; what is the same is left out."""
    rows: list[Row] = [(name, "added", kind) for name, kind in found.added_columns.items()]
    rows += [(name, "gone", kind) for name, kind in found.removed_columns.items()]
    rows += [(n, "retyped", f"{a} to {b}") for n, (a, b) in found.retyped_columns.items()]
    rows += [(name, "moved", "stands in another place") for name in found.moved_columns]
    if rows:
        yield "Columns", ("Column", "Change", "Type"), rows
    values = [(name, f"{count:,}") for name, count in found.changed_values.items()]
    if values:
        yield "Changed values", ("Column", "Values changed"), values
    moved = [
        (name, _MEASURES[measure], _measure(measure, old), _measure(measure, new))
        for name, measures in found.moved_statistics.items()
        for measure, (old, new) in measures.items()
    ]
    if moved:
        yield "Statistics", ("Column", "Statistic", "Before", "Now"), moved


def _measure(measure: str, value: Any) -> str:
    if measure == "missing" and value is not None:
        return f"{value:.2%}"
    return number(value) if isinstance(value, float) or value is None else f"{value:,}"


def _examples(found: DatasetDifference) -> None:
    changed = [
        (_said(row.key), name, _short(old), _short(new))
        for row in found.examples_changed
        for name, (old, new) in row.values.items()
    ]
    if changed:
        with card("Examples of changed values"):
            _rows_table(("Row", "Column", "Before", "Now"), changed, "changed-examples")
    for title, rows, key in (
        ("Examples of added rows", found.examples_added, "added-examples"),
        ("Examples of rows that are gone", found.examples_removed, "removed-examples"),
    ):
        if rows:
            with card(title):
                names = [*rows[0]]
                told = [tuple(_short(row.get(name)) for name in names) for row in rows]
                _rows_table(names, told, key)


def _rows_table(names: Sequence[str], rows: Sequence[Sequence[str]], key: str) -> None:
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    table(columns, key=key, alt=key.replace("-", " "))


def _said(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_short(value)}" for name, value in row.items())


def _short(value: object) -> str:
    gone = value is None or value != value  # noqa: PLR0124 - NaN is missing, too
    text = "missing" if gone else f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
