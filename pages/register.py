"""Register data: upload a file as a new dataset, or as a new version of one."""

from __future__ import annotations

import streamlit as st

from app import session, state
from app.job_watch import show_work
from app.layout import copy_link, empty, header, plain
from app.nav import open_page
from app.upload import (
    AT_ONCE_BYTES,
    SUFFIXES,
    newest_version,
    previewed,
    propose_name,
    register,
    register_form,
    register_later,
    show_preview,
)
from app.wording import counted

view = session.look()
names = view.ask(view.datasets.list_datasets)
given = str(st.query_params.get("dataset", ""))

with header("Register data", f"{counted(len(names), 'dataset')} in {plain(session.lake_name())}"):
    if st.button("All datasets", icon=":material/arrow_back:"):
        open_page("datasets")
    copy_link(state.address("register", {"dataset": given}))

left, right = st.columns([2, 3])
with left:
    uploaded = st.file_uploader(
        "File",
        type=SUFFIXES,
        key="file",
        help="CSV, TSV, Parquet, JSON lines, Arrow, SAS transport",
    )
    chosen = st.selectbox(
        "Dataset",
        propose_name(uploaded, names),
        index=None,
        key="dataset",
        bind="query-params",
        accept_new_options=True,
        placeholder="A new name, or a dataset that is there",
        help="A new name makes a new dataset; a name that is there gets a new version",
    )
before = newest_version(view, chosen or "")
found = None
with right:
    if uploaded is None:
        empty("No file yet", "Choose one at the left: its first rows and columns are shown here.",
              icon="upload_file")  # fmt: skip
    else:
        found = previewed(uploaded)
        if found is not None:
            show_preview(uploaded, found, before)
with left:
    columns = [] if found is None or found.faults else [*found.schema]
    wanted = register_form(names, chosen or "", columns)
    if wanted is not None and uploaded is not None and uploaded.size > AT_ONCE_BYTES:
        begun = register_later(view, uploaded, wanted)
        if begun is not None:
            st.query_params["job"] = begun
    elif wanted is not None and uploaded is not None:
        known = set() if before is None else {v.version_id for v in
                 view.datasets.list_versions(before.dataset_name)}  # fmt: skip
        version = register(view, uploaded, wanted)
        if version is not None:
            text = "was there already" if version.version_id in known else "is registered"
            st.toast(f"{plain(version.name)} {text}.", icon=":material/check:")
            open_page("dataset", name=version.dataset_name, version=version.version)
    if st.query_params.get("job"):
        show_work(view, st.query_params["job"])
