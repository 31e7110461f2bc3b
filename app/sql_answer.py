"""The answer to a query: under way, refused, a table, a chart, a file, a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app import sql_dataset
from app.layout import card, chip, plain
from app.sql_chart import chart
from app.sql_editor import remember, take_unnoted
from app.table_export import csv_of, parquet_of
from app.wording import counted, span
from catalog.errors import QueryError
from catalog.guard import Limits
from lake.errors import MhrasError

if TYPE_CHECKING:
    import pyarrow as pa

    from app.session import View
    from catalog.console import Answer, Asked

LIMITS: Final = Limits()
_LOOK_SECONDS: Final = 0.4
_TALLEST: Final = 460


def note(view: View, asked: Asked, sql: str) -> None:
    """Take down that a query was asked, and let the address name it."""
    try:
        found = asked.answer()
    except QueryError as error:
        if error.facts.get("cancelled"):
            return
        kept = view.workbench.queries.note(sql, error=error.message)
    except MhrasError as error:
        kept = view.workbench.queries.note(sql, error=error.message)
    else:
        kept = view.workbench.queries.note(sql, rows=found.table.num_rows, seconds=found.seconds)
    remember(kept.query_id, sql)


def under_way_or_done(view: View, asked: Asked) -> None:
    """Draw how long a query has been under way, with a way to end it; or what came of it."""
    if not asked.done:
        _under_way(asked)
        return
    unnoted = take_unnoted()
    if unnoted is not None:
        note(view, asked, unnoted)
    try:
        found = asked.answer()
    except MhrasError as error:
        _refused(error)
        return
    if asked.question.explain:
        with card("What DuckDB did", caption=f"Measured: {span(found.seconds)} in all."):
            st.code("\n".join(found.table["plan"].to_pylist()), language=None)
        return
    _answer(view, asked, found)


@st.fragment(run_every=_LOOK_SECONDS)
def _under_way(asked: Asked) -> None:
    if asked.done:
        st.rerun()
    with st.container(border=True, key="sql-under-way"):
        share = min(asked.seconds / LIMITS.seconds, 1.0)
        st.progress(share, text=f"Under way for {span(asked.seconds)} of {LIMITS.seconds:.0f} s")
        if st.button("Cancel", icon=":material/stop_circle:", key="cancel-query"):
            asked.cancel()


def _refused(error: MhrasError) -> None:
    with st.container(border=True, key="sql-refused", gap="small"):
        headline, _, rest = error.message.strip().partition("\n")
        chip(headline, colour="red", icon=":material/error:")
        if rest.strip():
            st.code(rest.strip("\n"), language=None)
        if error.hint:
            st.caption(plain(error.hint))


def _answer(view: View, asked: Asked, found: Answer) -> None:
    shown = found.table
    with st.container(border=True, key="sql-answer"):
        with st.container(horizontal=True, vertical_alignment="center"):
            look = st.segmented_control(
                "Answer as",
                ["Table", "Chart"],
                default="Table",
                required=True,
                key="look",
                bind="query-params",
                label_visibility="collapsed",
            )
            told = counted(shown.num_rows, "row")
            if found.more:
                chip(f"the first {told}", colour="orange", icon=":material/warning:")
            else:
                st.caption(told, width="content")
            st.caption(span(found.seconds), width="content")
            _export_menu(asked, shown)
            sql_dataset.save_menu(view, asked)
        if not shown.num_columns or not shown.num_rows:
            st.caption("No row fits." if shown.num_columns else "It has no columns.")
        elif look == "Chart":
            chart(shown)
        else:
            st.dataframe(
                displayed(shown),
                hide_index=True,
                key="sql-table",
                height="content" if shown.num_rows <= 12 else _TALLEST,
                placeholder="",
                alt=f"Answer: {told}",
            )


def displayed(table: pa.Table) -> pa.Table:
    """Give maps, lists and the like as text: a table of a page has no better form for them."""
    import pyarrow as pa  # loaded already, by who made the table
    import pyarrow.types as is_a

    def shown(column: pa.ChunkedArray) -> Any:
        kind = column.type
        if is_a.is_map(kind):
            return pa.array([None if v is None else _pairs(v) for v in column.to_pylist()])
        plain_kinds = (
            *(is_a.is_boolean, is_a.is_integer, is_a.is_floating, is_a.is_decimal),
            *(is_a.is_string, is_a.is_large_string, is_a.is_timestamp, is_a.is_date, is_a.is_list),
        )
        if any(test(kind) for test in plain_kinds):
            return column
        return pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())

    columns = {name: shown(table[name]) for name in table.column_names}
    return pa.table(columns)


def _pairs(entries: Any) -> str:
    found = entries.items() if hasattr(entries, "items") else entries
    return ", ".join(f"{key}: {value}" for key, value in found)


def _export_menu(asked: Asked, shown: pa.Table) -> None:
    with st.popover("Export", icon=":material/download:", help="Files, and the same in Python"):
        rows = counted(shown.num_rows, "row")
        st.caption(f"The {rows} shown, as a file:")
        with st.container(horizontal=True):
            for kind, build in (
                ("CSV", lambda: csv_of(displayed(shown))),  # maps, which CSV has not, as text
                ("Parquet", lambda: parquet_of(shown)),
            ):
                st.download_button(
                    kind,
                    data=build,
                    file_name=f"answer.{kind.lower()}",
                    on_click="ignore",
                    icon=":material/download:",
                    key=f"export-{kind}",
                )
        st.caption("The same in Python, without a limit:")
        code = as_python(asked.question.sql, dict(asked.question.parameters))
        st.code(code, language="python")


def as_python(sql: str, parameters: dict[str, Any]) -> str:
    """Return a script that asks the same.

    >>> print(as_python("select 1", {}))
    from core import Workbench
    <BLANKLINE>
    with Workbench() as wb:
        table = wb.sql("select 1")
    """
    text = repr(sql)
    if "\n" in sql and '"""' not in sql and "\\" not in sql:
        text = f'"""\n{sql}\n"""'
    elif '"' not in sql and "\\" not in sql and "\n" not in sql:
        text = f'"{sql}"'
    values = f", {parameters!r}" if parameters else ""
    return (
        f"from core import Workbench\n\nwith Workbench() as wb:\n    table = wb.sql({text}{values})"
    )
