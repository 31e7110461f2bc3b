"""Keep the answer to a query as a version of a dataset, with what it was made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from app.layout import plain
from app.nav import open_page
from app.wording import counted
from catalog.dataset_views import versions_in
from catalog.guard import Limits
from lake.errors import MhrasError

if TYPE_CHECKING:
    from app.session import View
    from catalog.console import Asked
    from core.datasets.version import DatasetVersion

# of the whole answer, where a page shows the first rows
WHOLE: Final = Limits(
    seconds=120.0, rows=20_000_000, answer_bytes=1024**3, memory_bytes=2 * 1024**3
)


def save_menu(view: View, asked: Asked) -> None:
    """Offer to keep the whole answer as a dataset."""
    with st.popover("Save as dataset", icon=":material/database:"):
        with st.form("save-dataset", border=False):
            name = st.text_input("Dataset", placeholder="best_runs", key="dataset-name")
            about = st.text_input("Description", key="dataset-about")
            st.caption("All rows are kept, also those that are not shown, with the query itself.")
            wanted = st.form_submit_button("Save", icon=":material/save:", type="primary")
        if wanted:
            _save(view, asked, name.strip(), about)
        saved = st.session_state.get("sql-saved")
        if saved and st.button(
            f"Open {plain(saved)}", icon=":material/arrow_forward:", key="open-saved"
        ):
            open_page("dataset", name=saved.partition("@")[0], version=saved.partition("@")[2])


def _save(view: View, asked: Asked, name: str, about: str) -> None:
    if not name:
        st.error("A dataset needs a name.", icon=":material/error:")
        return
    try:
        with st.spinner("Asking for all rows and keeping them"):
            version = keep(view, asked, name, about)
    except MhrasError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.session_state["sql-saved"] = version.name
    st.success(
        f"{plain(version.name)} has {counted(version.num_rows, 'row')}.",
        icon=":material/check_circle:",
    )


def keep(view: View, asked: Asked, name: str, about: str) -> DatasetVersion:
    """Register the whole answer, and record which versions the query read. Raises MhrasError."""
    bench, question = view.workbench, asked.question
    found = bench.console.ask(question.sql, question.parameters, limits=WHOLE).answer()
    if found.more:
        from catalog.errors import QueryError

        message = f"The answer has more than {counted(found.table.num_rows, 'row')}."
        raise QueryError(message, hint="Aggregate it, or keep a part of it.")
    version = bench.datasets.register_dataset(
        found.table,
        name,
        "SQL in the workbench",
        metadata={"sql": question.sql, "parameters": dict(question.parameters)},
        description=about,
    )
    for source in versions_in(question.sql):
        bench.datasets.track_transformation(
            bench.datasets.get_version(source).version_id,
            version.version_id,
            question.sql,
            "query",
            parameters=dict(question.parameters),
        )
    return version
