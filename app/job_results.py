"""What came of long work: in a few words, and the page that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from app.layout import plain, table
from app.nav import open_page
from app.wording import ago, counted, size

if TYPE_CHECKING:
    from app.session import View
    from core.datasets.drift_rows import DriftSummary
    from core.jobs.job import Job

_SHOWN_BY_EDA: Final = {"eda": "", "comparison": "Compare", "cohort": "Cohort"}


def came_of(job: Job) -> str:
    """Say in one line how a job that is over has ended."""
    when = ago(job.ended_at)
    if job.state != "FINISHED":
        return f"{job.state.lower()} {when}"
    found = job.result
    if job.kind == "proof":
        files, read = counted(int(found["files"]), "file"), size(int(found["bytes"]))
        wrong = int(found["problems"])
        said = counted(wrong, "problem") if wrong else "nothing is wrong"
        return f"{said} in {files}, {read} read, {when}"
    if job.kind == "compaction":
        merged = sorted(found["files"])
        return f"{', '.join(merged)} merged {when}" if merged else f"nothing to merge, {when}"
    return f"finished {when}"


def open_button(view: View, job: Job, *, key: str) -> None:
    """Draw the button that opens what a job made; nothing where it made nothing to look at."""
    dataset, report_id = (str(job.result.get(name, "")) for name in ("dataset", "report_id"))
    if "@" not in dataset and not report_id:
        return
    label = f"Open {plain(dataset)}" if dataset else "Open the report"
    if not st.button(label, icon=":material/arrow_forward:", key=key):
        return
    name, _, version = dataset.partition("@")
    if report_id:
        found = view.datasets.drift_reports()
        report = next((each for each in found if each.report_id == report_id), None)
        if report is not None:
            open_page("drift", **report_address(report))
        st.toast("This report is not in the lake any more.", icon=":material/info:")
    elif job.kind in _SHOWN_BY_EDA:
        open_page("eda", data=dataset, **_eda_address(job))
    else:
        open_page("dataset", name=name, version=version)


def _eda_address(job: Job) -> dict[str, str]:
    """Return what the page of analyses is told beside the version."""
    part = _SHOWN_BY_EDA[job.kind]
    told = {
        "part": part,
        "target-column": job.parameters.get("target"),
        "other": job.result.get("other"),
        "split": job.parameters.get("split"),
        "cohort": job.parameters.get("condition"),
    }
    return {name: str(value) for name, value in told.items() if value}


def report_address(report: DriftSummary) -> dict[str, str]:
    """Return the parameters of the page of drift that shows a stored report."""
    asked = {"split" if n == "by" else n: str(v) for n, v in report.parameters.items()}
    known = ("split", "target", "prediction", "correlations", "multivariate")
    options = {n: v.lower() if v == "True" else v for n, v in asked.items() if n in known}
    drifted = {"column": report.drifted_columns[0]} if report.drifted_columns else {}
    return {"reference": report.version1, "current": report.version2, **drifted, **options}


def show_findings(job: Job) -> None:
    """Draw what a proof found wrong, with whom it concerns and what to do about it."""
    found = job.result.get("findings") or []
    if not found:
        return
    names = {"path": "File", "problem": "Problem", "affects": "Concerns", "advice": "What to do"}
    columns = {label: [str(row.get(name, "")) for row in found] for name, label in names.items()}
    table(columns, key="job-findings", alt="What is wrong")
