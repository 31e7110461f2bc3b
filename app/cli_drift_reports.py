"""`mhras drift-reports` and `mhras drift-report`: the reports of drift that are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app import drift_options as options  # noqa: TC001 - typer reads the annotations
from app.cli_options import JsonOption, LakeOption, open_workbench
from app.cli_output import at_terminal, remark, say_json, say_table
from app.wording import counted, when

if TYPE_CHECKING:
    from core.datasets.drift_rows import DriftSummary

commands = typer.Typer()
report_commands = typer.Typer()
Report = Annotated[
    str, typer.Argument(metavar="REPORT", help="Its id, or a beginning no other has.")
]


@commands.command("drift-reports")
def list_reports(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME[@V]", help="Only of this dataset or version.")
    ] = None,
    *,
    drifted: Annotated[
        bool | None, typer.Option("--drifted/--stable", help="Only with, or without, drift.")
    ] = None,
    column: Annotated[
        str | None, typer.Option("--column", help="Only those in which this column drifted.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    lake: LakeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List kept comparisons and series over time, the newest first."""
    with open_workbench(lake) as wb:
        found = [
            *wb.datasets.drift_reports(name, drifted=drifted, column=column, limit=limit),
            *wb.datasets.drift_series(name, drifted=drifted, column=column, limit=limit),
        ]
    found = sorted(found, key=lambda line: line.created_at, reverse=True)[:limit]
    if as_json:
        say_json([_document(line) for line in found])
        return
    headers = ("report", "reference", "compared", "drift", "score", "columns", "made")
    say_table(headers, [_row(line) for line in found])


def _document(line: DriftSummary) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(line)


def _row(line: DriftSummary) -> tuple[object, ...]:
    compared = line.version2
    if line.kind == "series":
        compared = f"{counted(len(line.version_ids), 'version')} to {compared}"
        if "time" in line.parameters:
            compared = f"{line.version2} by {line.parameters['time']}"
    verdict = "drift" if line.drift_detected else "none"
    made = when(line.created_at) if at_terminal() else line.created_at
    drifted = len(line.drifted_columns)
    return (line.report_id, line.version1, compared, verdict, line.drift_score, drifted, made)


@report_commands.command("show")
def show(
    report: Report,
    *,
    html: options.Html = None,
    markdown: options.Markdown = None,
    json_file: options.JsonFile = None,
    lake: LakeOption = None,
) -> None:
    """Print a kept report, or write it to files."""
    from app.drift_files import ReportFiles  # not needed for --help
    from app.drift_text import hand_over  # as above
    from app.series_text import hand_over_series  # as above

    files = ReportFiles(html=html, markdown=markdown, json=json_file)
    files.check()
    with open_workbench(lake) as wb:
        summary = wb.datasets.stored_reports.summary(report)
        if summary.kind == "series":
            hand_over_series(wb.datasets.get_drift_series(summary.report_id), files)
        else:
            names = (summary.version1, summary.version2)
            hand_over(wb.datasets.get_drift_report(summary.report_id), names, files)


@report_commands.command("delete")
def delete(report: Report, *, lake: LakeOption = None) -> None:
    """Delete a kept report for good; `mhras gc` frees its bytes later."""
    with open_workbench(lake) as wb:
        summary = wb.datasets.stored_reports.summary(report)
        wb.datasets.delete_drift_report(summary.report_id)
    remark(f"deleted: {summary.report_id}")
