"""Commands that copy a whole lake, and bring it back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli_options import JsonOption, open_place, settings_of
from app.cli_output import printable, progress, remark, say, say_json
from app.wording import counted, size

if TYPE_CHECKING:
    from lake.address import Place
    from lake.backup import BackupReport

commands = typer.Typer()
_PLACE = "a folder, or s3://bucket/prefix"


@commands.command("backup")
def backup(
    source: Annotated[str, typer.Argument(metavar="SRC", help=f"The lake: {_PLACE}.")],
    target: Annotated[str, typer.Argument(metavar="DST", help=f"Its copy: {_PLACE}.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Copy a lake, or what is new in it since the last time, and prove every file.

    Writers may go on. Exits with 1 when something in the lake is damaged, and was not copied.
    """
    from lake.backup import backup as copy  # with Arrow's types

    with progress() as tell:
        report = copy(*_stores(source, target), progress=tell)
    _end(report, as_json=as_json)


@commands.command("restore")
def restore(
    source: Annotated[str, typer.Argument(metavar="SRC", help=f"A backup: {_PLACE}.")],
    target: Annotated[str, typer.Argument(metavar="DST", help=f"The new lake: {_PLACE}.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Make a lake of a backup, where none is yet.

    A restore that was interrupted is gone on with. Exits with 1 when the backup is damaged.
    """
    from lake.backup import restore as bring_back  # with Arrow's types

    with progress() as tell:
        report = bring_back(*_stores(source, target), progress=tell)
    _end(report, as_json=as_json)


def _stores(source: str, target: str) -> tuple[Place, Place]:
    settings = settings_of(source, source="argument SRC")
    return open_place(source, settings), open_place(target, settings)


def _end(report: BackupReport, *, as_json: bool) -> None:
    if as_json:
        say_json(asdict(report))
    else:
        copied = f"{counted(report.files, 'file')} ({size(report.bytes)}) copied"
        say(f"{copied}, {counted(report.there, 'file')} there already")
        if report.journals:
            say(f"with the rows of {counted(report.journals, 'journal')} of living writers")
        for key, reason in sorted(report.damaged.items()):
            remark(printable(f"not copied: {key}: {reason}"))
        if report.damaged:
            remark("Repair the source with `mhras verify --repair`, then repeat.")
    if report.damaged:
        raise typer.Exit(1)
