"""What can be asked in SQL: views and versions of datasets, with their columns; a click inserts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.layout import card, plain, table
from app.link_column import click_column
from app.sql_editor import insert, replace_text
from catalog.descriptions import COLUMNS, VIEWS as ABOUT
from catalog.guard import quoted
from catalog.view_names import VIEWS

if TYPE_CHECKING:
    from app.session import View
    from core.workbench import Workbench

_NEWEST: Final = 200  # versions that are listed
_MOST: Final = 13  # rows of a list before it scrolls


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a query may name: views, and versions of datasets as ``name@version``."""

    views: tuple[str, ...]
    versions: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """All of it as SQL writes it, views first."""
        return [*self.views, *(f"datasets.{quoted(name)}" for name in self.versions)]


def known(view: View) -> Known:
    """Return what there is in this lake."""
    versions = view.ask(_versions, view.workbench)
    return Known(views=(*VIEWS, *view.workbench.catalog.views), versions=tuple(versions))


def _versions(bench: Workbench) -> list[str]:
    query = (
        "select dataset_name || '@' || version as name from dataset_versions"
        " order by created_at desc, version_id desc limit $most"
    )
    return [str(name) for name in bench.sql(query, {"most": _NEWEST})["name"].to_pylist()]


def columns_of(bench: Workbench, name: str) -> list[tuple[str, str]]:
    """Return names and types of the columns of a view, or of a version as SQL names it."""
    if name.startswith("datasets."):
        dataset = name.removeprefix("datasets.")[1:-1].replace('""', '"')
        fields = bench.datasets.get_version(dataset).schema
        if isinstance(fields, str):
            fields = json.loads(fields)
        return [(str(field), str(kind)) for field, kind in _pairs(fields)]
    described = bench.sql(f"describe {name}").to_pylist()
    return [(row["column_name"], row["column_type"].lower()) for row in described]


def _pairs(fields: Any) -> list[tuple[str, str]]:
    if hasattr(fields, "items"):
        return list(fields.items())
    return [
        (field["name"], field["type"]) if isinstance(field, dict) else field for field in fields
    ]


def browser(view: View, found: Known) -> None:
    """Draw the lists: one of tables, and one of the columns of the table that is chosen."""
    with card("Tables", key="sql-schema"):
        name = st.selectbox(
            "Table",
            found.names,
            key="table",
            bind="query-params",
            label_visibility="collapsed",
            help="Views of the lake, then versions of datasets.",
        )
        about = ABOUT.get(name, "") or ("A version of a dataset." if "." in name else "")
        if about:
            st.caption(plain(about))
        columns = view.ask(columns_of, view.workbench, name)
        with st.container(horizontal=True):
            st.button(
                "Query it",
                icon=":material/add:",
                key="query-table",
                on_click=_begin,
                args=(name,),
                help="Write a query of this table into the editor.",
            )
            st.button(
                "Insert name", key="insert-table", on_click=insert, args=(name,), type="tertiary"
            )
        _column_list(name, columns)


def _begin(name: str) -> None:
    replace_text(f"select *\nfrom {name}\nlimit 100")


def _column_list(name: str, columns: list[tuple[str, str]]) -> None:
    names = [column for column, _ in columns]

    def clicked(column: str) -> None:
        insert(column if column.isidentifier() and column.islower() else quoted(column))

    config = st.column_config
    told = COLUMNS.get(name, {})
    table(
        {
            "column": names,
            "type": [kind.partition("(")[0] for _, kind in columns],
            "about": [told.get(column, "") for column in names],
        },
        key=f"columns-{name}",
        alt=f"Columns of {name}",
        height="content" if len(names) <= _MOST else 35 * (_MOST + 1) + 17,
        settings={
            "column": click_column(
                "Column",
                names,
                clicked,
                key="insert-column",
                width=140,
                told="A click inserts its name.",
            ),
            "type": config.TextColumn("Type", width=80),
            "about": config.TextColumn("About"),
        },
    )
