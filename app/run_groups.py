"""The view "Groups" of the runs page: how many runs of each kind there are, how well they did."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.layout import name_width, pager, plain
from app.link_column import click_column
from app.run_filters import ALL, RunFilter, quoted
from app.run_table import ROW_HEIGHT
from app.wording import counted
from catalog.direction import lower_is_better

if TYPE_CHECKING:
    import pyarrow as pa

    from app.session import View

GROUPS: Final = 50  # a page of them
_TALLEST: Final = 16  # rows
# what runs are grouped by besides params and tags, and its name in the search language
_ATTRIBUTES: Final = {
    "Experiment": "experiment_name",
    "Status": "status",
    "Dataset version": "dataset.name",
    "User": "actor",
    "Code version": "code_version",
}


def group_choice(view: View, experiment: str | None) -> str:
    """Draw the choice of what runs are grouped by; its name in the search language."""
    params = view.ask(view.runs.param_names, experiment)
    tags = view.ask(view.runs.tag_names, experiment)
    names = {f"params.{name}": quoted("params", name) for name in params}
    names |= _ATTRIBUTES
    names |= {f"tags.{name}": quoted("tags", name) for name in tags}
    labels = list(names)
    by = st.selectbox(
        "Group by",
        labels,
        labels.index(usual_group(view, experiment)),
        key="by",
        bind="query-params",
        width=220,
        help="At first the param or tag that has 2 to 20 values, the fewest of them in one run"
        " only; never a seed.",
        on_change=lambda: st.session_state.update(page=1),
    )
    return names[by or labels[0]]


def usual_group(view: View, experiment: str | None) -> str:
    """Return the label of what runs are grouped by at first."""
    telling = view.ask(view.runs.telling_name, experiment)
    if telling is not None:
        return ".".join(telling)
    return "Experiment" if experiment is None else "Status"


def run_groups(view: View, chosen: RunFilter, by: str, metric: str | None) -> None:
    """Draw a line for each group; a click on its name lists its runs."""
    place = st.container(key="groups-table")
    # which page it is is known before how many there are
    offset = (max(1, int(st.session_state.get("page") or 1)) - 1) * GROUPS
    table = _asked(view, chosen, by, metric, offset)
    if not table.num_rows and offset:  # an address of a page that is not there any more
        offset, table = 0, _asked(view, chosen, by, metric, 0)
    total = table.column("groups").to_pylist()[0] if table.num_rows else 0
    pager(total, GROUPS, key="page")
    names = table.column("name").to_pylist()
    with place:
        _draw(
            table,
            metric,
            click_column(
                "Group",
                names,
                partial(_open, chosen, by),
                key="groups-open",
                width=170,
                pinned=True,
            ),
        )
    st.caption(_told(by, metric, total))


def _asked(view: View, chosen: RunFilter, by: str, metric: str | None, offset: int) -> pa.Table:
    return view.ask(
        view.runs.group_runs,
        by,
        metric,
        experiment_name=chosen.experiment,
        filter_string=chosen.expression,
        only_deleted=chosen.deleted,
        limit=GROUPS,
        offset=offset,
    )


def _draw(table: pa.Table, metric: str | None, names: Any) -> None:
    import pyarrow as pa  # loaded already, by who made the table

    labels = ["not set" if label is None else label for label in table.column("label").to_pylist()]
    columns: dict[str, Any] = {"group": pa.array(labels, pa.string())}
    columns |= {name: table.column(name) for name in ("runs", "failed")}
    if metric is not None:
        columns |= {name: table.column(name) for name in ("mean", "least", "greatest", "best")}
        columns["best run"] = table.column("best_run_name")
    columns["last"] = table.column("last_start_time").cast(pa.timestamp("us", tz="UTC"))
    column = st.column_config
    most = max(table.column("runs").to_pylist(), default=1)
    low = metric is not None and lower_is_better(metric)
    settings: dict[str, Any] = {
        "group": names,
        "runs": column.ProgressColumn("Runs", min_value=0, max_value=most, format="%d", width=105),
        "failed": column.NumberColumn("Failed", width=65),
        "mean": column.NumberColumn("Mean", format="%.5g", width=78),
        "least": column.NumberColumn("Lowest", format="%.5g", width=78),
        "greatest": column.NumberColumn("Highest", format="%.5g", width=78),
        "best": column.NumberColumn(
            "Best",
            format="%.5g",
            width=80,
            help=f"The {'lowest' if low else 'highest'} value of any step",
        ),
        "best run": column.TextColumn(
            "Best run", width=name_width(columns.get("best run", pa.nulls(0)).to_pylist())
        ),
        "last": column.DatetimeColumn("Last started", format="distance", width=115),
    }
    count = len(labels)
    st.dataframe(
        pa.table(columns),
        key="groups",
        column_config=settings,
        hide_index=True,
        row_height=ROW_HEIGHT,
        height="content" if count <= _TALLEST else (_TALLEST + 1) * ROW_HEIGHT + ROW_HEIGHT // 2,
        placeholder="",
        alt=f"{count} groups of runs",
    )


def _told(by: str, metric: str | None, groups: int) -> str:
    said = next((label for label, name in _ATTRIBUTES.items() if name == by), by)
    told = f"{counted(groups, 'group')} by {plain(said)}. A click on a group lists its runs."
    if metric is not None:
        told = (
            f"{told} Mean, lowest and highest are of the last values of {plain(metric)}, where"
            " it is a number; groups of the best come first."
        )
    if by == "dataset.name":
        told += " A run that read several versions is in the group of each."
    return told


def _open(chosen: RunFilter, by: str, name: str | None) -> None:
    """List the runs of a group: its filter stands in the address."""
    narrowed = narrow(chosen, by, name)
    st.session_state["experiment"] = narrowed.experiment or ALL
    st.session_state["status"] = list(narrowed.statuses)
    st.session_state["filter"] = narrowed.text
    st.session_state["view"] = "Table"
    st.session_state["page"] = 1


def narrow(chosen: RunFilter, by: str, name: str | None) -> RunFilter:
    """Return the filter of one group.

    >>> narrow(RunFilter(text="metrics.auc > 1 or name = 'a'"), "params.model", "it's").text
    "(metrics.auc > 1 or name = 'a') and params.model = 'it''s'"
    >>> narrow(RunFilter(), "tags.stage", None).text
    'tags.stage is null'
    """
    if by == "status" and name in ("RUNNING", "FINISHED", "FAILED"):
        return replace(chosen, statuses=(name,))
    if by == "experiment_name" and name is not None:
        return replace(chosen, experiment=name)
    text = f"{by} is null"
    if name is not None:
        doubled = name.replace("'", "''")
        text = f"{by} = '{doubled}'"
    return replace(chosen, text=_joined(chosen.text, text))


def _joined(text: str, more: str) -> str:
    """Join two conditions, with parentheses where they are needed.

    >>> _joined("metrics.auc > 1", "status is null")
    'metrics.auc > 1 and status is null'
    """
    if not text:
        return more
    return f"({text}) and {more}" if " or " in text.lower() else f"{text} and {more}"
