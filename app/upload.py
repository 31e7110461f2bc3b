"""A file that somebody uploaded: looked at first, then registered as a version."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.dataset_rows import nan_as_missing
from app.errors import show_fault
from app.layout import card, chip, empty, plain, table
from app.wording import counted, size
from core.datasets.names import proposed_name
from core.errors import DatasetNotFoundError
from core.jobs.uploads import file_name, keep_upload
from lake.errors import MhrasError, StoreError
from lake.exported_file import write_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.session import View
    from core.datasets.preview import Preview
    from core.datasets.version import DatasetVersion

SUFFIXES: Final = ("csv", "tsv", "parquet", "jsonl", "ndjson", "arrow", "feather", "xpt", "gz")
AT_ONCE_BYTES: Final = 16 * 1024**2  # larger files are taken in by a job
_PREVIEW: Final = "upload-preview"
_PROPOSED: Final = "upload-name"  # of which file, and what


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What somebody filled in."""

    name: str
    source: str
    label: str | None
    key: tuple[str, ...]
    description: str
    owner: str
    licence: str
    tag: str


@contextmanager
def as_file(uploaded: Any) -> Iterator[Path]:
    """Give what was uploaded as a file of its name, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="mhras-upload-") as folder:
        path = Path(folder, file_name(str(uploaded.name)))
        write_file(path, uploaded.getbuffer())
        yield path


def previewed(uploaded: Any) -> Preview | None:
    """Return what a file holds; draws what is wrong where it cannot be read."""
    from core.datasets.preview import preview  # with Arrow: an empty form need not wait for it

    kept = st.session_state.get(_PREVIEW)
    if kept is None or kept[0] != uploaded.file_id:
        try:
            with st.spinner("Reading the file"), as_file(uploaded) as path:
                found = preview(path)
        except MhrasError as error:
            show_fault(error)
            return None
        kept = st.session_state[_PREVIEW] = (uploaded.file_id, found)
    looked_at: Preview = kept[1]
    return looked_at


def show_preview(uploaded: Any, found: Preview, before: DatasetVersion | None) -> None:
    """Draw the first rows, the columns, and how they differ from the version before."""
    told = f"{uploaded.name}, {size(uploaded.size)}, {counted(len(found.schema), 'column')}"
    with card("What is in the file", caption=plain(told), fill=False):
        if "" in found.schema:
            chip(
                "a column has no name: its rows cannot be filtered or asked in SQL",
                colour="orange",
                icon=":material/warning:",
            )
        for fault in found.faults:
            chip(fault, colour="red", icon=":material/error:")
        st.dataframe(
            nan_as_missing(found.rows),
            key="preview-rows",
            hide_index=True,
            height=300,
            placeholder="missing",
            alt=f"The first {found.rows.num_rows} rows",
        )
    if before is not None:
        _schema_check(found, before)


def _schema_check(found: Preview, before: DatasetVersion) -> None:
    from core.datasets.preview import schema_changes  # as above

    changes = schema_changes(before.schema, found.schema)
    with card(f"Compared with {before.name}", fill=False):
        if changes.nothing:
            chip("the same columns and types", colour="green", icon=":material/check:")
            return
        rows = [(name, "added", kind) for name, kind in changes.added.items()]
        rows += [(name, "gone", kind) for name, kind in changes.removed.items()]
        rows += [(n, "another type", f"{a} to {b}") for n, (a, b) in changes.retyped.items()]
        chip(counted(len(rows), "change") + " of columns", colour="orange", icon=":material/info:")
        names = ("Column", "Change", "Type")
        columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
        table(columns, key="schema-check", alt="Changes of columns")
        st.caption("A version may have other columns than the one before; whoever reads it by name"
                   " should know.")  # fmt: skip


def propose_name(uploaded: Any, names: Sequence[str]) -> list[str]:
    """Let the dataset be called as the file is, until somebody says otherwise; return all names."""
    kept: tuple[str, str] = st.session_state.get(_PROPOSED, ("", ""))
    if uploaded is None:
        st.session_state.pop(_PROPOSED, None)
        if kept[1] and kept[1] not in names and st.session_state.get("dataset") == kept[1]:
            st.session_state["dataset"] = None  # the file is gone that is called so
        return [*names]
    if kept[0] != uploaded.file_id:
        before, kept = kept, (uploaded.file_id, proposed_name(str(uploaded.name)))
        st.session_state[_PROPOSED] = kept
        given = st.session_state.get("dataset") or st.query_params.get("dataset")
        if kept[1] and given in (None, before[1]):
            st.session_state["dataset"] = kept[1]
    return [*names, kept[1]] if kept[1] and kept[1] not in names else [*names]


def newest_version(view: View, name: str) -> DatasetVersion | None:
    """Return the newest version of a dataset; None for a new one."""
    try:
        return view.ask(view.datasets.get_version, name) if name else None
    except DatasetNotFoundError:
        return None


def register_form(names: Sequence[str], chosen: str, columns: Sequence[str]) -> Registration | None:
    """Draw the form below the choice of a name; what was filled in, when it is sent."""
    known = chosen in names
    with st.form("register", border=False):
        st.caption("A file and a name are enough; owner, licence, tags ... can be said later.")
        source = st.text_input(
            "Source", key="source", placeholder="Where the data comes from", max_chars=500
        )
        left, right = st.columns(2)
        with left:
            label = st.text_input(
                "Label", key="label", placeholder="the next number", max_chars=64,
                help="What this version is called; else v1, v2 ...",
            )  # fmt: skip
            owner = st.text_input("Owner", key="new-owner", max_chars=200)
        with right:
            tag = st.text_input(
                "Tag", key="tag", placeholder="none", max_chars=64,
                help="A name that points to this version, and may be moved later",
            )  # fmt: skip
            licence = st.text_input("Licence", key="licence", max_chars=200)
        key = st.multiselect(
            "Key", columns, key="key", placeholder="found by itself",
            help="The columns that tell rows apart, by which versions are compared",
        )  # fmt: skip
        description = st.text_area("Description", key="description", max_chars=5_000)
        word = "Register a new version" if known else "Register"
        ready = bool(columns) and bool(chosen)
        sent = st.form_submit_button(word, type="primary", icon=":material/check:")
    if not sent:
        return None
    if not ready:
        empty("Something is missing", "Give a name and a file that can be read.", icon="edit")
        return None
    texts = (source, label, owner, tag, licence, description)
    source, label, owner, tag, licence, description = ((text or "").strip() for text in texts)
    return Registration(
        name=chosen,
        source=source or "uploaded",
        label=label or None,
        key=tuple(key),
        description=description,
        owner=owner,
        licence=licence,
        tag=tag,
    )


def register(view: View, uploaded: Any, wanted: Registration) -> DatasetVersion | None:
    """Register a file while a bar says how many rows are in; None when that was refused."""
    place = st.empty()

    def tell(rows: int) -> None:
        place.text(f"{counted(rows, 'row')} taken in")

    try:
        with as_file(uploaded) as path:
            version = view.datasets.register_dataset(
                path,
                wanted.name,
                wanted.source,
                version=wanted.label,
                key=wanted.key or None,
                description=wanted.description,
                owner=wanted.owner,
                licence=wanted.licence,
                progress=tell,
            )
        if wanted.tag:
            view.datasets.tag(wanted.name, wanted.tag, version.version)
    except MhrasError as error:
        show_fault(error)
        _violations(error)
        return None
    finally:
        place.empty()
    return version


def register_later(view: View, uploaded: Any, wanted: Registration) -> str | None:
    """Hand a large file over to a job, and return the job's id; None when the disk said no."""
    try:
        path = keep_upload(view.workbench.settings, str(uploaded.name), uploaded.getbuffer())
    except StoreError as error:
        show_fault(error)
        return None
    given = {
        "source": wanted.source,
        "version": wanted.label,
        "key": list(wanted.key),
        "description": wanted.description,
        "owner": wanted.owner,
        "licence": wanted.licence,
        "tag": wanted.tag,
    }
    parameters = {
        "path": str(path),
        "dataset": wanted.name,
        "temporary": True,
        **{name: value for name, value in given.items() if value},
    }
    title = f"Import of {path.name} into {wanted.name}"
    return view.workbench.jobs.submit("import", parameters, title=title).job_id


def _violations(error: MhrasError) -> None:
    found = error.facts.get("violations")
    if isinstance(found, tuple | list) and found:
        table(
            {"Violation": [getattr(each, "message", str(each)) for each in found]},
            key="violations",
            alt="Violations",
        )
