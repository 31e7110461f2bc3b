"""The parts of the home page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from app.job_watch import offer_quietly
from app.layout import Kpi, card, empty, facts, kpis, plain, table
from app.link_column import click_column, link_column
from app.nav import open_page
from app.run_choices import metric_choices
from app.run_filters import RunColumns, RunFilter
from app.run_numbers import two_weeks
from app.run_table import RunTable, run_table
from app.wording import counted, size

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from app.session import View
    from core.datasets.version import DatasetSummary

_LISTED: Final = 6
_KINDS_OF_BYTES: Final = {
    "objects": "Data, artifacts, reports",
    "tables": "Tables: runs, metrics ...",
    "journal": "Rows just logged",
}
FIRST_SCRIPT: Final = """from core import Workbench

with Workbench("{lake}") as wb:
    with wb.tracker.start_run("first experiment", tags={{"stage": "try"}}) as run:
        run.log_params({{"depth": 4, "rate": 0.1}})
        for step in range(20):
            auc = 0.9 - 0.4 / (step + 1)
            run.log_metrics({{"auc": auc}}, step=step)
        run.log_bytes("It works.", "summary.txt")

    best = wb.tracker.search_runs(
        "first experiment", "metrics.auc > 0.8", ["metrics.auc desc"]
    )
    print(best[0].run_name, best[0].last_metrics)
"""


def first_steps(lake: str) -> None:
    """Show how the first data and the first run get into an empty lake."""
    empty(
        "No runs yet",
        "Register a file to explore it, or run this script: its run appears here as it starts.",
        icon="rocket_launch",
    )
    if st.button("Register data", icon=":material/upload:", type="primary"):
        open_page("register")
    with card("first_run.py"):
        st.code(FIRST_SCRIPT.format(lake=lake), language="python")
        st.button("Look again", icon=":material/refresh:")


def numbers(view: View) -> None:
    """Draw what the last two weeks brought, and what it takes on disk."""
    stored = sum(view.ask(view.workbench.storage_bytes).values())
    cards = two_weeks(view, RunFilter(), view.ask(view.runs.count_runs))
    kpis([*cards, Kpi(label="Lake on disk", value=size(stored), note="all files")])


def recent_runs(view: View) -> None:
    """Draw the newest runs with their most common metrics."""
    metrics = tuple(metric_choices(view, None)[:3])
    runs = view.ask(view.runs.search_runs_arrow, metrics=metrics, limit=8)
    several = view.ask(view.runs.experiments).num_rows > 1
    shown = RunTable(columns=RunColumns(metrics=metrics), with_experiment=several)
    with card("Recent runs"):
        run_table(runs, shown, key="recent", selectable=False)


def experiments(found: pa.Table) -> None:
    """Draw the experiments; a click opens the runs of one."""
    total, found = found.num_rows, found.slice(0, _LISTED)  # the newest come first
    names = found.column("experiment_name").to_pylist()

    def opened(name: str) -> None:
        open_page("runs", experiment=name)

    column = st.column_config
    running = any(found.column("running").to_pylist())
    counts = ("runs", "running", "failed") if running else ("runs", "failed")
    shown = ("experiment_name", *counts, "last_start_time")
    with card(counted(total, "experiment").capitalize(), fill=False):
        st.dataframe(
            found.select(shown),
            hide_index=True,
            key="experiments",
            placeholder="",
            column_config={
                "experiment_name": click_column(
                    "Experiment", names, opened, key="experiment-open", width=235
                ),
                "runs": column.NumberColumn("Runs", format="localized", width=80),
                "running": column.NumberColumn("Running", width=80),
                "failed": column.NumberColumn("Failed", width=80),
                "last_start_time": column.DatetimeColumn("Last run", format="distance"),
            },
            alt="Experiments",
        )


def datasets(found: Sequence[DatasetSummary]) -> None:
    """Draw the datasets that got a version last; a click opens the newest one."""
    newest = sorted(found, key=lambda each: each.created_at, reverse=True)[:_LISTED]
    column = st.column_config
    with card(counted(len(found), "dataset").capitalize(), fill=False):
        if not newest:
            st.caption("None yet: what runs are fitted to can be registered, with its columns.")
            if st.button("Register data", icon=":material/upload:"):
                open_page("register")
            return
        table(
            {
                "dataset": [each.dataset_name for each in newest],
                "versions": [each.versions for each in newest],
                "rows": [each.num_rows for each in newest],
                "registered": [each.created_at for each in newest],
            },
            key="newest-datasets",
            alt="Datasets",
            settings={
                "dataset": link_column(
                    "Dataset",
                    page="dataset",
                    addresses=[{"name": each.dataset_name} for each in newest],
                    width=235,
                ),
                "versions": column.NumberColumn("Versions", width=80),
                "rows": column.NumberColumn("Rows", format="localized", width=80),
                "registered": column.DatetimeColumn("Newest version", format="distance"),
            },
        )


def storage(view: View) -> None:
    """Draw what the lake's bytes are for, and offer to prove and to compact them."""
    found = view.ask(view.workbench.storage_bytes)
    parts = {name: found[name] for name in _KINDS_OF_BYTES if name in found}
    rest = sum(found.values()) - sum(parts.values())
    with card("Storage"):
        told = {_KINDS_OF_BYTES[name]: size(count) for name, count in parts.items()}
        facts({**told, "All else": size(rest)}, alt="Bytes by kind")
        offer_quietly(
            view,
            "proof",
            {"level": "content"},
            label="Verify",
            icon="fact_check",
            note="Read every byte, and prove that it is what was written.",
        )
        offer_quietly(
            view,
            "compaction",
            {},
            label="Compact",
            icon="compress",
            note="Merge the small files of tables: fewer files make questions faster.",
        )
        st.caption(f"In {plain(view.workbench.lake.url)}")
