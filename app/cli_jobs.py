"""`mhras jobs`: long work that waits, runs or has ended."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli_options import JsonOption, LakeOption, open_workbench
from app.cli_output import printable, say, say_json, say_table
from app.wording import NOTHING, ago, span

commands = typer.Typer(invoke_without_command=True)
JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="The id of a job.")]


@commands.callback()
def jobs(
    context: typer.Context,
    *,
    lake: LakeOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """List jobs, the newest first."""
    if context.invoked_subcommand is not None:
        return
    with open_workbench(lake) as wb:
        wb.jobs.tend()
        found = wb.jobs.list_jobs(limit=limit)
    if as_json:
        say_json([job.to_dict() for job in found])
        return
    rows = [
        (
            *(job.job_id, job.state, f"{job.progress:.0%}", printable(job.title)),
            *(printable(job.error or job.message), printable(job.actor)),
            *(ago(job.created_at), NOTHING if job.seconds is None else span(job.seconds)),
        )
        for job in found
    ]
    names = ["job", "state", "done", "what", "says", "by", "asked for", "took"]
    say_table(names, rows)


@commands.command("cancel")
def cancel(job: JobArgument, *, lake: LakeOption = None) -> None:
    """Ask a job to end, and wait until it has."""
    with open_workbench(lake) as wb:
        wb.jobs.cancel(job)
        ended = wb.jobs.wait(job)
    say(f"{printable(ended.title)}: {ended.state}")


@commands.command("again")
def again(job: JobArgument, *, lake: LakeOption = None) -> None:
    """Do once more what failed or was cancelled, and print the new job's id."""
    with open_workbench(lake) as wb:
        begun = wb.jobs.again(job)
    say(begun.job_id)


@commands.command("log")
def log(job: JobArgument, *, lake: LakeOption = None) -> None:
    """Print what a job has printed."""
    with open_workbench(lake) as wb:
        for line in wb.jobs.log(job).splitlines():
            say(printable(line))


@commands.command("wait")
def wait(job: JobArgument, *, lake: LakeOption = None) -> None:
    """Wait until a job has ended; the exit code is 0 when it has finished."""
    with open_workbench(lake) as wb:
        ended = wb.jobs.wait(job)
    say(f"{printable(ended.title)}: {ended.state} {printable(ended.error)}".rstrip())
    if ended.state != "FINISHED":
        raise typer.Exit(1)
