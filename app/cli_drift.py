"""`mhras drift`: what changed between two versions or files, and whether that is too much."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from app.cli_options import LakeOption, open_workbench
from app.cli_output import at_terminal, remark, say
from lake.errors import LakeNotFoundError

if TYPE_CHECKING:
    from core.drift.report import DriftReport

commands = typer.Typer()


@commands.command("drift")
def drift(
    reference: Annotated[
        str, typer.Argument(metavar="A", help="The reference: name@version, an id, or a file.")
    ],
    current: Annotated[str, typer.Argument(metavar="B", help="What is measured by it.")],
    *,
    columns: Annotated[
        list[str] | None,
        typer.Option("--columns", metavar="NAMES", help="Only these; a,b or repeated."),
    ] = None,
    method: Annotated[
        Literal["exact", "sketch"],
        typer.Option("--method", help="sketch: what was counted at registration."),
    ] = "exact",
    by: Annotated[
        str | None, typer.Option("--by", metavar="COLUMN", help="Also within each subgroup.")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", metavar="COLUMN", help="What is to be predicted.")
    ] = None,
    prediction: Annotated[
        str | None, typer.Option("--prediction", metavar="COLUMN", help="What was predicted.")
    ] = None,
    correlations: Annotated[
        bool, typer.Option("--correlations", help="Also pairs of numeric columns.")
    ] = False,
    multivariate: Annotated[
        bool, typer.Option("--multivariate", help="Also all columns together.")
    ] = False,
    html: Annotated[
        str | None, typer.Option("--html", metavar="FILE", help="Write the report as one page.")
    ] = None,
    json_file: Annotated[
        str | None,
        typer.Option("--json", metavar="FILE", help="Write the report as JSON; - prints it."),
    ] = None,
    fail_on_drift: Annotated[
        bool, typer.Option("--fail-on-drift", help="End with exit code 1 when there is drift.")
    ] = False,
    store: Annotated[
        bool, typer.Option("--store/--no-store", help="Keep the report of two versions.")
    ] = True,
    lake: LakeOption = None,
) -> None:
    """Compare B with A, column by column.

    Exit codes: 0 compared, 1 drift with --fail-on-drift or an error, 2 not understood. Two files
    need no lake.
    """
    from app.output_file import check_place  # not needed for --help

    for file in (html, json_file):
        if file not in (None, "-"):
            check_place(Path(file).expanduser())
    names = [name.strip() for text in columns or () for name in text.split(",") if name.strip()]
    asked: dict[str, Any] = {"columns": names or None, "method": method, "by": by}
    asked |= {"target": target, "prediction": prediction}
    asked |= {"correlations": correlations, "multivariate": multivariate}
    report = _compared(reference, current, lake, asked, store=store)
    _hand_over(report, (reference, current), json_file=json_file, html=html)
    if fail_on_drift and report.drift_detected:
        remark("There is drift.")
        raise typer.Exit(1)


def _compared(
    reference: str, current: str, lake: str | None, asked: dict[str, Any], *, store: bool
) -> DriftReport:
    try:
        with open_workbench(lake) as wb:
            return wb.datasets.detect_drift(reference, current, store=store, **asked)
    except LakeNotFoundError:
        files = [Path(text).expanduser() for text in (reference, current)]
        if lake is not None or not all(file.is_file() for file in files):
            raise
        from core.datasets.comparison import compare_tables  # with Arrow, which help needs not

        return compare_tables(*files, **asked)


def _hand_over(
    report: DriftReport, names: tuple[str, str], *, json_file: str | None, html: str | None
) -> None:
    """Write the files asked for; print the report unless its JSON is printed."""
    from app.drift_text import say_drift  # not needed for --help
    from app.output_file import write_whole  # as above

    document = json.dumps(report.to_dict(), indent=2)
    if html is not None:
        write_whole(Path(html).expanduser(), _page(report, names))
    if json_file == "-":
        say(document)
        return
    if json_file is not None:
        write_whole(Path(json_file).expanduser(), f"{document}\n".encode())
    say_drift(report, names=names, terminal=at_terminal())


def _page(report: DriftReport, names: tuple[str, str]) -> bytes:
    from core.drift.document import drift_document  # with charts, which few need
    from core.render.html import render_html

    return render_html(drift_document(report, names=names))
