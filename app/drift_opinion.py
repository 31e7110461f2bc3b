"""Evidently's opinion on a comparison, asked in a process of its own, and its page in a frame.

Evidently takes seconds to import and 300 MB: the server keeps free of it. Its page brings scripts;
it is served with a policy that lets them draw and do nothing else, and framed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import streamlit as st
from starlette.responses import PlainTextResponse, Response

from app import session, state
from app.document_view import show_table
from app.drift_choice import keep_report
from app.errors import show_fault
from app.layout import card, plain
from app.wording import counted
from core.datasets.drift_reports import PAGE
from core.errors import DriftReportNotFoundError, MissingExtraError
from core.render.blocks import Badge, Table
from lake.errors import MhrasError

if TYPE_CHECKING:
    from starlette.requests import Request

    from app.drift_choice import Comparison
    from app.session import View
    from core.drift.report import DriftReport
    from core.drift.second_opinion import SecondOpinion

ROUTE: Final = "second-opinion"
SECONDS: Final = 300
_POLICY: Final = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval';"
    " style-src 'unsafe-inline'; img-src data: blob:; font-src data:; frame-ancestors 'self'"
)
_FRAME: Final = 900  # pixels
_ASK: Final = """
import os, sys
os.nice(10)
from core import Workbench
with Workbench(sys.argv[1], create=False) as bench:
    bench.datasets.second_opinion(sys.argv[2])
"""


def opinion_part(view: View, wanted: Comparison, report: DriftReport) -> None:
    """Draw what Evidently says, or the button that asks it."""
    known = bool(report.report_id) and PAGE in _attached(view, report.report_id)
    if not known:
        with card("What does Evidently say?"):
            st.markdown(
                "Evidently is another program that looks for drift. It is asked about at most"
                " 20,000 rows of each version, in a process of its own. The report is kept with"
                " its answer."
            )
            if st.button("Ask Evidently", icon=":material/forum:", type="primary"):
                _ask(view, wanted, report)
        return
    try:
        opinion = view.ask(view.datasets.second_opinion, report.report_id)
    except MissingExtraError as error:
        show_fault(error)
        return
    _opinion(opinion)
    with card(f"The page of Evidently {opinion.version}", key="evidently"):
        source = state.address(f"{ROUTE}/{report.report_id}", {})
        st.iframe(source, height=_FRAME, alt="Report of Evidently")


def _attached(view: View, report_id: str) -> tuple[str, ...]:
    found = view.ask(view.datasets.drift_reports)
    return next((each.attachments for each in found if each.report_id == report_id), ())


def _ask(view: View, wanted: Comparison, report: DriftReport) -> None:
    report_id = report.report_id or keep_report(view, wanted, report)
    command = [sys.executable, "-c", _ASK, view.workbench.lake.url, report_id]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with st.spinner("Evidently is looking", show_time=True):
        try:
            subprocess.run(  # noqa: S603 - our own program; id and lake are arguments
                command, check=True, capture_output=True, timeout=SECONDS, env=environment
            )
        except subprocess.TimeoutExpired:
            show_fault(MhrasError(f"Evidently did not answer within {SECONDS} seconds."))
            return
        except subprocess.CalledProcessError as error:
            lines = error.stderr.decode("utf8", "replace").strip().splitlines()
            told = lines[-1] if lines else f"exit code {error.returncode}"
            show_fault(MhrasError(f"Evidently could not be asked: {told}"))
            return
    st.rerun()


def _opinion(opinion: SecondOpinion) -> None:
    agreeing, against = len(opinion.agreement), len(opinion.disagreement)
    told = f"Both say the same of {counted(agreeing, 'column')}"
    told += f" and differ on {against}." if against else "."
    if opinion.not_asked:
        told += f" It was not asked about {counted(len(opinion.not_asked), 'column')}."
    with card("Column by column", caption=plain(told)):
        rows = [
            (
                name,
                _badge(found.ours),
                Badge("not asked") if found.theirs is None else _badge(found.theirs),
                found.method,
                found.value,
                found.threshold,
                found.reason,
            )
            for name, found in opinion.columns.items()
        ]
        columns = ("Column", "Ours", "Evidently", "Its method", "Value", "Threshold", "Why")
        show_table(Table(columns, rows=rows), key="opinion")


def _badge(drifted: bool) -> Badge:
    return Badge("drifted", level="warning") if drifted else Badge("stable", level="good")


def evidently_page(request: Request) -> Response:
    """Serve the page that is kept with a report, where its scripts may draw and nothing else."""
    reports = session.workbench().datasets.stored_reports
    try:
        page = reports.attachment(request.path_params["report_id"], PAGE)
    except DriftReportNotFoundError as error:
        return PlainTextResponse(error.message, status_code=404)
    return Response(page, media_type="text/html", headers={"content-security-policy": _POLICY})
