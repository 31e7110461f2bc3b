"""Take a table away: as CSV, as Parquet, or as a report of what is seen."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa


def export_table(
    stem: str, table: Callable[[], pa.Table], report: Callable[[], bytes], *, rows: str, page: str
) -> None:
    """Offer a table and its report as files; each is made when somebody asks for it.

    `stem` is their name without its end; `rows` and `page` say what is in them.
    """
    kinds = (
        ("CSV", "csv", "text/csv", lambda: csv_of(table()), rows),
        (
            "Parquet",
            "parquet",
            "application/vnd.apache.parquet",
            lambda: parquet_of(table()),
            "The same with types and exact numbers",
        ),
        ("HTML report", "html", "text/html", report, page),
    )
    with st.popover("Export", icon=":material/download:", help="Take what is seen away as a file"):
        for label, end, mime, make, told in kinds:
            st.download_button(
                label,
                data=make,
                file_name=f"{stem}.{end}",
                mime=mime,
                on_click="ignore",
                icon=":material/download:",
                help=told,
                width="stretch",
            )


def csv_of(table: pa.Table) -> bytes:
    """Return a table as CSV in UTF-8."""
    from pyarrow import csv  # 20 ms that only an export needs

    sink = io.BytesIO()
    csv.write_csv(table, sink)
    return sink.getvalue()


def parquet_of(table: pa.Table) -> bytes:
    """Return a table as Parquet."""
    from pyarrow import parquet  # as above

    sink = io.BytesIO()
    parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()
