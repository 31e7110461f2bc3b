"""What somebody should look at: runs and jobs that failed, runs that hang, data that drifted or are
overdue, models and cards that do not say what they must.

One line each: what it is, why it stands here, since when; a click opens it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import streamlit as st

from app.job_results import report_address
from app.layout import card, table
from app.link_column import click_column
from app.nav import open_page
from app.wording import ago, counted, span
from core.datasets.freshness import freshness
from core.models.completeness import REQUIRED_TITLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.session import View
    from core.datasets.freshness import Freshness
    from core.jobs.job import Job
    from core.models.card_store import StoredCard
    from core.models.live.kept import KeptReport
    from core.tracking.run import Run

_LISTED: Final = 6  # of each kind
_JOBS: Final = 200  # that are looked at, the newest ones
_KINDS: Final = {
    "STALE": "orange",
    "FAILED": "red",
    "DRIFT": "orange",
    "OVERDUE": "orange",
    "ALERT": "red",
    "NO CARD": "blue",
    "INCOMPLETE": "blue",
}
_HELP: Final = (
    "Runs that failed or show no sign of life; jobs that failed and were not done since; "
    "newest versions that drifted; datasets older than "
    "`fresh_within_days` in their metadata, or than twice their usual time between versions; "
    "models in production whose newest report calls for something; "
    "models in production without a published card; drafts of cards that lack what is required."
)


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
    needs = [
        *_runs(view),
        *_jobs(view),
        *_drifted(view),
        *_overdue(view, datetime.now(UTC)),
        *_alerted(view),
        *_unexplained(view),
        *_incomplete(view),
    ]
    with card("Needs a look", key="needs-me", fill=False):
        if not needs:
            st.caption(
                "Nothing: no run or job failed, no run hangs, no data drifted or are overdue, no "
                "model in service raised an alert, every model is explained."
            )
            return
        _table(needs)


def _table(needs: Sequence[Need]) -> None:
    def opened(need: Need) -> None:
        open_page(need.page, **need.address)

    column = st.column_config
    table(
        {
            "what": [need.name for need in needs],
            "status": [need.kind for need in needs],
            "why": [need.why for need in needs],
            "since": [need.since for need in needs],
        },
        key="needs",
        settings={
            "what": click_column("What", needs, opened, key="needs-open", width=235),
            "status": column.MultiselectColumn(
                "Status", options=[*_KINDS], color=[*_KINDS.values()], width=105
            ),
            "why": column.TextColumn("Why", width="large", help=_HELP),
            "since": column.DatetimeColumn("Since", format="distance", width=110),
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


def _jobs(view: View) -> list[Need]:
    """Return work that failed the last time it was tried."""
    newest: dict[str, Job] = {}
    for job in view.ask(view.workbench.jobs.list_jobs, limit=_JOBS):
        newest.setdefault(f"{job.kind} {sorted(job.parameters.items())}", job)
    return [
        Need(
            kind="FAILED",
            name=job.title,
            why=(job.error or job.message).strip().splitlines()[-1],
            since=job.ended_at,
            page="jobs",
            address={"id": job.job_id},
        )
        for job in newest.values()
        if job.state == "FAILED"
    ][:_LISTED]


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
            address=report_address(report),
        )  # fmt: skip
    return [need for need in judged.values() if need is not None][:_LISTED]


def _overdue(view: View, now: datetime) -> list[Need]:
    """Return the datasets of which a new version was to be expected by now."""
    known = view.ask(freshness, view.workbench.catalog)
    return [
        Need(
            kind="OVERDUE",
            name=f"{each.dataset_name}@{each.newest}",
            why=_expected(each),
            since=each.made_at,
            page="dataset",
            address={"name": each.dataset_name, "version": each.newest, "tab": "Versions"},
        )
        for each in known
        if each.is_stale(now)
    ][:_LISTED]


def _expected(each: Freshness) -> str:
    within = each.within or timedelta()
    if each.promised:
        return f"a new version was promised within {span(within.total_seconds())}"
    return f"new versions come every {span(within.total_seconds() / 2)}, this is twice that old"


def _incomplete(view: View) -> list[Need]:
    """Return the newest drafts of versions without a published card that lack what is required."""
    newest: dict[str, StoredCard] = {}
    for each in view.ask(view.workbench.cards.list_cards):
        if each.state == "published" or each.model_id not in newest:
            newest[each.model_id] = each
    lacking = {
        each.name: (each, [title for title in each.missing if title in REQUIRED_TITLES])
        for each in newest.values()
        if each.state != "published"
    }
    return [
        Need(
            kind="INCOMPLETE",
            name=name,
            why=f"lacks {counted(len(titles), 'required statement')}: {', '.join(titles[:3])}",
            since=draft.created_at,
            page="card",
            address={"model": f"{draft.model_name}@{draft.version}", "tab": "Publish and sign"},
        )
        for name, (draft, titles) in lacking.items()
        if titles
    ][:_LISTED]


def _alerted(view: View) -> list[Need]:
    """Return models in production whose newest report calls for something."""
    models = view.workbench.models
    used = {m.model_name: m.production for m in view.ask(models.list_models) if m.production}
    newest: dict[str, KeptReport] = {}
    for report in view.ask(models.reports.all, limit=100) if used else ():
        if used.get(report.model_name) == report.version:
            newest.setdefault(report.model_name, report)
    return [
        Need(
            kind="ALERT",
            name=report.name,
            why=f"{report.action}: {report.reasons[0]}",
            since=report.created_at,
            page="model",
            address={"name": report.model_name, "version": report.version, "tab": "Live"},
        )
        for report in newest.values()
        if report.action != "keep"
    ][:_LISTED]


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
