"""What somebody should look at: runs that failed or hang, data that drifted, models unexplained.

One line each: what it is, why it stands here, since when; a click opens it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import streamlit as st

from app.layout import card, table
from app.nav import open_page
from app.wording import ago

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from app.session import View
    from core.tracking.run import Run

_LISTED: Final = 6  # of each kind
_KINDS: Final = {"STALE": "orange", "FAILED": "red", "DRIFT": "orange", "NO CARD": "blue"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing to look at, and the page that shows it."""

    kind: str
    name: str
    why: str
    since: datetime | None
    page: str
    address: Mapping[str, str]


def needs_me(view: View) -> None:
    """List what somebody should look at."""
    needs = [*_runs(view), *_drifted(view), *_unexplained(view)]
    with card("Needs a look", key="needs-me", fill=False):
        if not needs:
            st.caption(
                "Nothing: no run failed or hangs, no data drifted, every model is explained."
            )
            return
        _table(needs)


def _table(needs: Sequence[Need]) -> None:
    column = st.column_config

    def open_clicked() -> None:
        click = st.session_state["needs-open"]
        if click is not None and click.row < len(needs):
            chosen = needs[click.row]
            open_page(chosen.page, **chosen.address)

    table(
        {
            "what": [need.name for need in needs],
            "status": [need.kind for need in needs],
            "why": [need.why for need in needs],
            "since": [need.since for need in needs],
        },
        key="needs",
        settings={
            "what": column.ButtonColumn(
                "What",
                key="needs-open",
                on_click=open_clicked,
                type="tertiary",
                alignment="left",
                width=185,
            ),
            "status": column.MultiselectColumn(
                "Status", options=[*_KINDS], color=[*_KINDS.values()], width=80
            ),
            "why": column.TextColumn("Why", width=190),
            "since": column.DatetimeColumn("Since", format="distance", width=105),
        },
        alt="What needs a look",
    )


def _runs(view: View) -> list[Need]:
    stale = view.ask(view.runs.stale_runs)[:_LISTED]
    failed = view.ask(
        view.tracker.search_runs, None, "status = 'FAILED'", ["start_time desc"], limit=_LISTED
    )
    return [
        Need(
            kind="STALE" if run.is_stale else "FAILED",
            name=run.run_name,
            why=_reason(run),
            since=run.start_time,
            page="run",
            address={"id": run.run_id},
        )
        for run in (*stale, *failed)
    ]


def _reason(run: Run) -> str:
    if run.is_stale:
        return f"no sign of life for {ago(run.heartbeat_at).removesuffix(' ago')}"
    return (run.error or "no reason given").strip().splitlines()[-1]


def _drifted(view: View) -> list[Need]:
    """Return the newest verdicts on the newest versions of datasets, where they are drift."""
    newest = {f"{each.dataset_name}@{each.newest}" for each in view.ask(view.datasets.summaries)}
    judged: dict[str, Need | None] = {}
    for report in view.ask(view.datasets.drift_reports, limit=100):
        if report.version2 in judged or report.version2 not in newest:
            continue
        columns = ", ".join(report.drifted_columns[:3])
        more = len(report.drifted_columns) - 3
        judged[report.version2] = None if not report.drift_detected else Need(
            kind="DRIFT",
            name=report.version2,
            why=f"{columns}{f' and {more} more' if more > 0 else ''} since {report.version1}",
            since=report.created_at,
            page="drift",
            address={"reference": report.version1, "current": report.version2},
        )  # fmt: skip
    return [need for need in judged.values() if need is not None][:_LISTED]


def _unexplained(view: View) -> list[Need]:
    """Return models in production whose version there has no published card."""
    bench = view.workbench
    used = [model for model in view.ask(bench.models.list_models) if model.production]
    if not used:
        return []
    cards = view.ask(bench.cards.list_cards)
    published = {(each.model_name, each.version) for each in cards if each.state == "published"}
    return [
        Need(
            kind="NO CARD",
            name=f"{model.model_name}@{model.production}",
            why="in production without a published card",
            since=model.updated_at,
            page="card",
            address={"model": f"{model.model_name}@{model.production}"},
        )
        for model in used
        if (model.model_name, model.production) not in published
    ][:_LISTED]
