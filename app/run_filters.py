"""The bar above the table of runs: which runs, and what to show of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import streamlit as st

from app.layout import filter_problem
from catalog.errors import FilterError
from catalog.filters import compile_filter
from core.tracking.edits import ARCHIVED
from core.tracking.run import STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.session import View

ALL: Final = "All experiments"
Kept = Literal["Active", "Archived", "Deleted"]
_BARE: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)
KEPT: Final[tuple[Kept, ...]] = ("Active", "Archived", "Deleted")
_HELP: Final = """
Compare metrics, params, tags and attributes, and join with and, or, not and parentheses.

    metrics.auc > 0.8 and params.model = 'rf'
    best(metrics.loss) < 0.1 or tags.stage in ('dev', 'test')
    run_name like '%sleep%' and start_time > '2026-01-01'
    duration > '2h' and not status = 'FAILED'

Names with spaces or signs are quoted: `metrics."val auc"`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs are asked for."""

    experiment: str | None = None
    text: str = ""
    statuses: tuple[str, ...] = ()
    kept: Kept = "Active"

    @property
    def deleted(self) -> bool:
        """Whether the runs are those that were deleted."""
        return self.kept == "Deleted"

    @property
    def expression(self) -> str | None:
        """The filter in words of the search language.

        >>> RunFilter(text="metrics.auc > 1 or name = 'a'", statuses=("FAILED",)).expression
        "(metrics.auc > 1 or name = 'a') and status in ('FAILED') and tags.archived is null"
        """
        parts = [f"({self.text})"] if self.text else []
        if self.statuses:
            names = ", ".join(f"'{status}'" for status in self.statuses)
            parts.append(f"status in ({names})")
        if not self.deleted:
            parts.append(f"tags.{ARCHIVED} is {'null' if self.kept == 'Active' else 'not null'}")
        return " and ".join(parts) or None


def filter_bar(view: View) -> RunFilter:
    """Draw the bar; a filter that cannot be read is explained and left out."""
    experiments = view.ask(view.runs.experiments).column("experiment_name").to_pylist()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        experiment = st.selectbox(
            "Experiment",
            [ALL, *sorted(experiments)],
            key="experiment",
            bind="query-params",
            width=200,
            on_change=first_page,
        )
        statuses = st.pills(
            "Status",
            STATUSES,
            selection_mode="multi",
            key="status",
            bind="query-params",
            on_change=first_page,
        )
        text = st.text_input(
            "Filter",
            key="filter",
            bind="query-params",
            placeholder="metrics.auc > 0.8 and params.model = 'rf'",
            icon=":material/search:",
            help=_HELP,
            on_change=first_page,
        )
        kept = st.selectbox(
            "Show",
            KEPT,
            key="show",
            bind="query-params",
            width=120,
            help="Archived runs are put away, deleted ones can be restored.",
            on_change=first_page,
        )
    return RunFilter(
        experiment=None if experiment in (ALL, None) else experiment,
        statuses=tuple(statuses),
        text=_readable(text),
        kept=kept or "Active",
    )


def _readable(text: str | None) -> str:
    text = (text or "").strip()
    try:
        compile_filter(text, lambda name: name.key)  # what it means, too, not only its grammar
    except FilterError as error:
        filter_problem(error)
        return ""
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class RunColumns:
    """What is shown of each run, by name."""

    metrics: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """The columns as the address writes them.

        >>> RunColumns(metrics=("auc",), tags=("stage",)).names
        ['metrics.auc', 'tags.stage']
        """
        kinds = (("metrics", self.metrics), ("params", self.params), ("tags", self.tags))
        return [f"{kind}.{name}" for kind, names in kinds for name in names]

    @classmethod
    def of(cls, chosen: Sequence[str]) -> RunColumns:
        """Sort names like `metrics.auc` into their kinds.

        >>> RunColumns.of(["metrics.auc", "params.a.b"])
        RunColumns(metrics=('auc',), params=('a.b',), tags=())
        """
        kinds: dict[str, list[str]] = {"metrics": [], "params": [], "tags": []}
        for name in chosen:
            kind, _, key = name.partition(".")
            kinds[kind].append(key)
        return cls(**{kind: tuple(names) for kind, names in kinds.items()})


def quoted(kind: str, name: str) -> str:
    """Return a name as filters and order keys write it.

    >>> quoted("metrics", "val auc"), quoted("params", "depth")
    ('metrics."val auc"', 'params.depth')
    """
    if _BARE.fullmatch(name):
        return f"{kind}.{name}"
    doubled = name.replace('"', '""')
    return f'{kind}."{doubled}"'


def orders(columns: RunColumns) -> dict[str, str]:
    """Return what runs can be sorted by: words for people, and the order key they mean."""
    found = {
        "Newest first": "start_time desc",
        "Oldest first": "start_time asc",
        "Longest first": "duration desc",
        "Shortest first": "duration asc",
        "By name": "run_name asc",
    }
    for kind in ("metrics", "params"):
        for name in getattr(columns, kind):
            found[f"{name}, highest first"] = f"{quoted(kind, name)} desc"
            found[f"{name}, lowest first"] = f"{quoted(kind, name)} asc"
    return found


def first_page() -> None:
    """Go back to the first page of rows, because the rows will be others."""
    st.session_state["page"] = 1


def show_metric() -> None:
    """Put the metric that was just chosen before the columns that are shown."""
    column = f"metrics.{st.session_state['metric']}"
    shown = st.session_state.get("columns", [])
    st.session_state["columns"] = [column, *(name for name in shown if name != column)]


def column_choice(view: View, experiment: str | None, usual: RunColumns) -> RunColumns:
    """Draw the choice of columns."""
    names = {
        "metrics": view.ask(view.runs.metric_names, experiment),
        "params": view.ask(view.runs.param_names, experiment),
        "tags": view.ask(view.runs.tag_names, experiment),
    }
    options = [f"{kind}.{name}" for kind, found in names.items() for name in found]
    with st.popover("Columns", icon=":material/view_column:", help="What is shown of each run"):
        chosen: list[str] = st.multiselect(
            "Columns", options, default=usual.names, key="columns", bind="query-params", width=420
        )
    known = set(options)
    return RunColumns.of([name for name in chosen if name in known])
