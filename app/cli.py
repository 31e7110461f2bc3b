"""The command line: `mhras`, or `python -m app`.

Exit codes: 0 fine, 1 what was asked for went wrong or is not there, 2 not understood, 130 ended
by Ctrl-C. Commands import what they need when they run, so that help comes at once.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from typer.main import get_command

from app import (
    cli_backup,
    cli_card,
    cli_comment,
    cli_config,
    cli_datasets,
    cli_demo,
    cli_doctor,
    cli_drift,
    cli_drift_reports,
    cli_eda,
    cli_import,
    cli_jobs,
    cli_lake,
    cli_lineage,
    cli_maintenance,
    cli_models,
    cli_run,
    cli_runs,
    cli_sql,
)
from app.cli_output import printable, remark, say
from lake.errors import MhrasError

if TYPE_CHECKING:
    from collections.abc import Sequence

# plain help: rich would take three times as long for it
app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)
for _module in (
    cli_demo,
    cli_lake,
    cli_runs,
    cli_import,
    cli_datasets,
    cli_drift,
    cli_drift_reports,
    cli_eda,
    cli_card,
    cli_sql,
    cli_config,
    cli_doctor,
    cli_maintenance,
    cli_backup,
):
    app.add_typer(_module.commands)
app.add_typer(cli_models.commands, name="models")
app.add_typer(cli_run.commands, name="run", help="Look at one run.")
cli_datasets.dataset_commands.add_typer(cli_lineage.commands)
app.add_typer(cli_comment.commands, name="comment", help="Read and write comments.")
app.add_typer(cli_jobs.commands, name="jobs", help="List long work, and end it.")
app.add_typer(cli_datasets.dataset_commands, name="dataset", help="Look at one dataset.")
app.add_typer(
    cli_drift_reports.report_commands, name="drift-report", help="Look at one report of drift."
)
app.add_typer(cli_lake.export_commands, name="export", help="Hand the lake to other tools.")


def _say_version(value: bool) -> None:
    if value:
        from importlib import metadata

        try:
            say(f"mhras {metadata.version(cli_doctor.DISTRIBUTION)}")
        except metadata.PackageNotFoundError:
            say("mhras, not installed")
        raise typer.Exit


@app.callback()
def mhras(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Track experiments in a lake of plain Parquet, and look at them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; ``arguments`` are the process's own by default."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name may have letters it has not
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except MhrasError as error:
        remark(f"error: {printable(' '.join(str(error).split()))}")
        return 1
    except BrokenPipeError:
        # who read us has seen enough; the interpreter must not complain when it flushes
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except RuntimeError as error:
        if str(error) != "Query interrupted":  # how DuckDB answers Ctrl-C
            raise
        return 130
    return status


def _run(arguments: Sequence[str] | None) -> int:
    try:
        get_command(app).main(arguments, prog_name="mhras")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
