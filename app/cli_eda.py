"""`mhras eda`: what is in a file or a dataset version, on screen or as a report."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli_options import JsonOption, LakeOption, open_workbench
from app.cli_output import progress, remark, say, say_json, say_table
from app.wording import number

if TYPE_CHECKING:
    from core.eda.comparison import EDAComparison
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
    compare: Annotated[
        str | None,
        typer.Option("--compare", metavar="FILE|NAME@V", help="Put a second table beside it."),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option("--split", metavar="COLUMN", help="Compare the rows with each of its values."),
    ] = None,
    lake: LakeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explore a table: columns, pairs of columns, what is missing, what to do first."""
    from core.eda.module import EDAModule, names_a_version  # not needed for --help
    from core.eda.report import EDAReport

    with ExitStack() as stack:
        tell = stack.enter_context(progress())
        module = EDAModule(progress=tell)
        if any(names_a_version(name) for name in (data, compare) if name is not None):
            module = stack.enter_context(open_workbench(lake)).eda.telling(tell)
        report: EDAReport | EDAComparison
        if compare is not None or split is not None:
            _check_comparison(target, figures)
            report = module.compare(data, compare, split=split)
        else:
            report = module.analyze_dataset(data, target)
        written = [
            module.export_report(report, name, path) for name, path in _files(html, markdown)
        ]
        if figures is not None:
            written += module.generate_visualizations(data, figures, target_column=target)
    if isinstance(report, EDAReport) and report.found_again:
        remark(f"found again: analyzed on {report.generated_at:%Y-%m-%d at %H:%M} UTC")
    for path in written:
        remark(f"written: {path}")
    if as_json:
        say_json(report.to_dict())
    elif isinstance(report, EDAReport):
        _say(report)
    else:
        _say_comparison(report)


def _check_comparison(target: str | None, figures: str | None) -> None:
    from core.errors import EDAError  # the list of commands does not wait for it

    given = {"--target": target, "--figures": figures}
    wrong = [option for option, value in given.items() if value is not None]
    if wrong:
        message = f"A comparison has no {' and no '.join(wrong)}."
        raise EDAError(message, hint="Leave that out, or leave out --compare and --split.")


def _say_comparison(found: EDAComparison) -> None:
    (first, second), rows = found.names, found.rows
    say(f"{first}: {rows[0]:,} rows; {second}: {rows[1]:,} rows")
    for place, text in enumerate(found.recommendations, 1):
        say(f"{place}. {' '.join(text.split())}")
    say()
    headers = ("column", "kind", "difference", "standardised", f"mean {first}", f"mean {second}")
    table = [
        (c.name, c.kind, c.difference, c.standardised, *(s.get("mean") for s in c.statistics))
        for c in found.columns
    ]
    say_table(headers, table)


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
