"""`mhras eda`: what is in a file or a dataset version, on screen or as a report."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli_options import JsonOption, LakeOption, open_workbench
from app.cli_output import progress, remark, say, say_json, say_table
from app.wording import number

if TYPE_CHECKING:
    from core.eda.module import Format
    from core.eda.report import EDAReport
    from core.eda.summary import Summary

commands = typer.Typer()


@commands.command("eda")
def eda(
    data: Annotated[
        str,
        typer.Argument(
            metavar="FILE|NAME@V", help="A .parquet, .csv, ... file, or a dataset version."
        ),
    ],
    *,
    target: Annotated[
        str | None, typer.Option("--target", metavar="COLUMN", help="What is to be predicted.")
    ] = None,
    html: Annotated[
        str | None, typer.Option("--html", metavar="FILE", help="Write the report there.")
    ] = None,
    markdown: Annotated[
        str | None, typer.Option("--markdown", metavar="FILE", help="The same as Markdown.")
    ] = None,
    figures: Annotated[
        str | None, typer.Option("--figures", metavar="DIR", help="Write charts as SVG and PNG.")
    ] = None,
    lake: LakeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explore a table: columns, pairs of columns, what is missing, what to do first."""
    from core.eda.module import EDAModule, names_a_version  # not needed for --help

    with ExitStack() as stack:
        tell = stack.enter_context(progress())
        module = EDAModule(progress=tell)
        if names_a_version(data):
            module = stack.enter_context(open_workbench(lake)).eda.telling(tell)
        report = module.analyze_dataset(data, target)
        written = [
            module.export_report(report, name, path) for name, path in _files(html, markdown)
        ]
        if figures is not None:
            written += module.generate_visualizations(data, figures)
    if report.found_again:
        remark(f"found again: analyzed on {report.generated_at:%Y-%m-%d at %H:%M} UTC")
    for path in written:
        remark(f"written: {path}")
    if as_json:
        say_json(report.to_dict())
    else:
        _say(report)


def _files(html: str | None, markdown: str | None) -> list[tuple[Format, str]]:
    chosen: list[tuple[Format, str | None]] = [("html", html), ("markdown", markdown)]
    return [(name, path) for name, path in chosen if path is not None]


def _say(report: EDAReport) -> None:
    say(f"{report.dataset_name}: {report.num_rows:,} rows, {report.num_columns:,} columns")
    for place, text in enumerate(report.recommendations, 1):
        say(f"{place}. {' '.join(text.split())}")
    say()
    headers = ("column", "kind", "missing", "distinct", "mean", "sd", "median", "most frequent")
    say_table(headers, [_row(summary) for summary in report.columns])


def _row(summary: Summary) -> tuple[object, ...]:
    found = summary.statistics
    top = found.get("top") or []
    most = ""
    if top and top[0]["count"] > 1:
        value = top[0]["value"]
        most = f"{number(value) if isinstance(value, float) else value} ({top[0]['count']:,})"
    share = f"{found['missing_share']:.1%}"
    numbers = (found.get(name) for name in ("distinct", "mean", "std", "p50"))
    return (summary.name, summary.kind, share, *numbers, most)
