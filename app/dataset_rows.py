"""The rows of a version: filtered, searched, sorted, a page at a time, and taken away."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.errors import show_fault
from app.layout import empty, pager
from app.wording import counted
from core.datasets.browser import RowQuery
from core.errors import DataVersionError
from core.render.wording import named

if TYPE_CHECKING:
    import pyarrow as pa

    from app.session import View
    from core.datasets.browser import RowPage
    from core.datasets.version import DatasetVersion

ROWS: Final = 100
MOST_EXPORTED: Final = 1_000_000
UNTOUCHED: Final[dict[str, Any]] = {
    "where": "",
    "search": "",
    "by": None,
    "down": False,
    "shown": [],
    "page": 1,
}
_HEIGHT: Final = 560  # pixels
_HELP: Final = """
A text that any column holds, whatever its case. The filter above is a condition in SQL:

    age >= 65 and sex = 'f'
    phq9 is null or phq9 > 20
    visited between '2024-01-01' and '2024-06-30'
    site in ('north', 'south') and name ilike '%ann%'
"""


def rows_filter(version: DatasetVersion) -> str:
    """Draw the box for a condition; it stands above all tabs, so that bars can write into it."""
    first = next((name for name in version.schema if name), "age")
    where = st.text_input(
        "Filter rows",
        key="where",
        bind="query-params",
        placeholder=f'Filter rows, for example: "{first}" is not null',
        icon=":material/filter_alt:",
        label_visibility="collapsed",
        on_change=show_rows,
    )
    return (where or "").strip()


def rows_section(view: View, version: DatasetVersion, where: str) -> None:
    """Draw what else tells which rows are wanted, and a page of those that match."""
    wanted, columns = _bar(version, where)
    place = st.container()
    try:
        matching = _page(view, version, wanted, columns, (1, 0)).matching
        with st.container(horizontal=True, vertical_alignment="center"):
            offset = pager(matching, ROWS, key="page")
            _exports(view, version, wanted, columns)
        found = _page(view, version, wanted, columns, (ROWS, offset)).rows
    except DataVersionError as error:
        with place:
            show_fault(error)
        return
    with place:
        if matching:
            _table(found, offset)
        else:
            empty("No row matches", "Loosen the filter or the search above.", icon="search_off")
        if matching < version.num_rows:
            st.caption(f"{matching:,} of {counted(version.num_rows, 'row')} match.")


def _bar(version: DatasetVersion, where: str) -> tuple[RowQuery, tuple[str, ...]]:
    names = [*version.schema]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(
            "Search",
            key="search",
            bind="query-params",
            placeholder="in any column",
            icon=":material/search:",
            help=_HELP,
            on_change=_first_page,
        )
        order = st.selectbox(
            "Sort by",
            names,
            index=None,
            key="by",
            bind="query-params",
            placeholder="as registered",
            width=190,
            on_change=_first_page,
            format_func=named,
        )
        descending = st.toggle(
            "Greatest first", key="down", bind="query-params", disabled=order is None
        )
        shown = st.multiselect(
            "Columns",
            names,
            key="shown",
            bind="query-params",
            placeholder="all",
            width=240,
            format_func=named,
        )
    wanted = RowQuery(
        where=where,
        search=(search or "").strip(),
        order=order or "",
        descending=descending,
    )
    return wanted, tuple(name for name in names if name in shown)


def _page(
    view: View,
    version: DatasetVersion,
    wanted: RowQuery,
    columns: tuple[str, ...],
    part: tuple[int, int],
) -> RowPage:
    return view.keep(
        view.datasets.browser.page,
        version.version_id,
        wanted,
        columns=columns or None,
        limit=part[0],
        offset=part[1],
    )


def _first_page() -> None:
    st.session_state["page"] = 1


def _table(rows: pa.Table, offset: int) -> None:
    import pyarrow as pa  # loaded already, by who made the rows

    rows = nan_as_missing(rows)
    numbers = pa.array(range(offset + 1, offset + 1 + rows.num_rows))
    # no column of the data has this name: it would be two spaces
    shown = rows.add_column(0, "  ", numbers)
    st.dataframe(
        shown,
        key="rows",
        hide_index=True,
        height="content" if rows.num_rows <= 14 else _HEIGHT,
        placeholder="missing",
        column_config={"  ": st.column_config.NumberColumn("", pinned=True, width=60)},
        alt=f"Rows {offset + 1:,} to {offset + rows.num_rows:,}",
    )


def nan_as_missing(rows: pa.Table) -> pa.Table:
    """Return rows in which NaN is null, for readers: here both are missing."""
    import pyarrow as pa  # as above
    import pyarrow.compute as pc

    for place, field in enumerate(rows.schema):
        if pa.types.is_floating(field.type):
            column = rows.column(place)
            shown = pc.if_else(pc.is_nan(column), pa.scalar(None, field.type), column)
            rows = rows.set_column(place, field, shown)
    return rows


def _exports(
    view: View, version: DatasetVersion, wanted: RowQuery, columns: tuple[str, ...]
) -> None:
    def table() -> pa.Table:
        return view.datasets.browser.page(
            version.version_id, wanted, columns=columns or None, limit=MOST_EXPORTED
        ).rows

    for title, kind, make in (("CSV", "csv", as_csv), ("Parquet", "parquet", as_parquet)):
        st.download_button(
            title,
            data=lambda make=make: make(table()),  # type: ignore[misc]
            file_name=f"{version.dataset_name}-{version.version}.{kind}",
            on_click="ignore",
            icon=":material/download:",
            key=f"rows-{kind}",
            help=f"The rows that match, in this order, at most {MOST_EXPORTED:,}.",
        )


def as_csv(rows: pa.Table) -> bytes:
    """Return rows as CSV in UTF-8; nested values as JSON would write them are not possible there.

    Raises DataVersionError for columns that CSV cannot hold.
    """
    import pyarrow as pa  # loaded already, by who made the rows
    from pyarrow import csv  # 20 ms that only an export needs

    sink = io.BytesIO()
    try:
        csv.write_csv(rows, sink)
    except pa.ArrowException as error:
        message = f"These rows cannot be written as CSV: {error}"
        raise DataVersionError(message, hint="Export Parquet, or choose fewer columns.") from error
    return sink.getvalue()


def as_parquet(rows: pa.Table) -> bytes:
    """Return rows as a Parquet file."""
    from pyarrow import parquet  # 20 ms that only an export needs

    sink = io.BytesIO()
    parquet.write_table(rows, sink)
    return sink.getvalue()


def open_rows(condition: str) -> None:
    """Show the rows of a condition; for a callback, before widgets are drawn."""
    st.session_state["where"] = condition
    show_rows()


def show_rows() -> None:
    """Show the first page of the rows."""
    st.session_state["tab"] = "Rows"
    if "page" in st.session_state:
        _first_page()
