"""Commands that keep a lake sound and small: prove and repair it, collect its garbage."""

from __future__ import annotations

from dataclasses import asdict
from itertools import chain, repeat
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from app.cli_options import (
    JsonOption,
    LakeOption,
    open_lake,
    open_place,
    open_workbench,
    settings_of,
)
from app.cli_output import printable, progress, remark, say, say_json, say_table
from app.wording import clock, counted, size, span
from lake.errors import DamagedError, LakeNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from core.maintenance import Finding, Garbage, GarbageReport, VerifyReport
    from lake.repair import RepairReport
    from lake.store import Store
    from lake.verify import Level

commands = typer.Typer()
_LEVELS: Final = ("structure", "footers", "content")
_KINDS: Final = {
    "object": "objects nothing names",
    "table": "replaced table files",
    "temporary": "left by crashed writers",
}


@commands.command("verify")
def verify(
    *,
    lake: LakeOption = None,
    level: Annotated[
        str | None,
        typer.Option(
            "--level",
            help="structure, footers, or content: every byte. Else structure; content to repair.",
        ),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Repair what can be, set the rest aside.")
    ] = False,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="PLACE", help="A backup, or another copy, of the lake."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Prove that the lake holds what it says it holds; repair it.

    Exits with 1 when something is wrong that was not repaired, or could not be saved.
    """
    if level not in {None, *_LEVELS}:
        raise typer.BadParameter(f"Choose one of {', '.join(_LEVELS)}.", param_hint="--level")
    if source is not None and not repair:
        raise typer.BadParameter("It goes with --repair.", param_hint="--from")
    chosen: Level = level or ("content" if repair else "structure")  # type: ignore[assignment] # checked above
    report, done = _mended(lake, chosen, source) if repair else (_verified(lake, chosen), None)
    if as_json:
        say_json(_as_document(report, done))
    else:
        _say_report(report, done)
    if report.findings or (done is not None and done.given_up):
        raise typer.Exit(1)


def _verified(lake: str | None, level: Level) -> VerifyReport:
    from core.maintenance import verify_lake  # with Arrow

    try:
        opened = open_lake(lake)
    except LakeNotFoundError as error:
        if not _was_a_lake(_store(lake)):
            raise
        message = f"There is a lake at {error.facts['path']}, but its lake.json is lost."
        raise DamagedError(message, hint="Run `mhras verify --repair`.") from None
    with opened, progress() as tell:
        return verify_lake(opened, level=level, progress=tell)


def _mended(
    lake: str | None, level: Level, source: str | None
) -> tuple[VerifyReport, RepairReport]:
    from core.maintenance import repair_identity, repair_lake  # with Arrow

    mirror = None if source is None else open_place(source, settings_of(lake))
    try:
        opened = open_lake(lake)
    except (LakeNotFoundError, DamagedError):
        store = _store(lake)
        if not _was_a_lake(store):
            raise
        lake_id = repair_identity(store, mirror=mirror)
        remark(f"lake.json was lost; it is there again, with the id {lake_id}")
        opened = open_lake(lake)
    with opened, progress() as tell:
        mended = repair_lake(opened, level=level, mirror=mirror, progress=tell)
    return mended.after, mended.report


def _store(lake: str | None) -> Store:
    settings = settings_of(lake)
    return open_place(settings.lake, settings)


def _was_a_lake(store: Store) -> bool:
    return bool(store.folders("tables") or store.list("inventory"))


def _as_document(report: VerifyReport, done: RepairReport | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "level": report.level,
        "problems": [
            {
                **asdict(finding.problem),
                "affects": finding.affects,
                "run_ids": finding.run_ids,
                "advice": finding.advice,
            }
            for finding in report.findings
        ],
        "given_up": report.given_up,
        "files_read": report.files,
        "bytes_read": report.bytes,
        "seconds": report.seconds,
    }
    return document if done is None else {**document, "repair": asdict(done)}


def _say_report(report: VerifyReport, done: RepairReport | None) -> None:
    if done is not None:
        _say_repair(done)
    for finding in report.findings:
        _say_finding(finding)
    known = report.given_up.keys() - (done.given_up.keys() if done is not None else ())
    if known:
        remark(f"{counted(len(known), 'file')} given up by earlier repairs:")
        for key in sorted(known):
            remark(printable(f"  {key}: {report.given_up[key]}"))
    say(f"{counted(len(report.findings), 'problem')} at level {report.level}{_pace(report)}")


def _say_finding(finding: Finding) -> None:
    problem = finding.problem
    say(printable(f"{problem.kind}  {problem.path}: {problem.detail}"))
    for label, affected in zip(chain(["affects"], repeat("")), finding.affects, strict=False):
        say(printable(f"  {label:7} {affected}"))
    say(f"  {'advice':7} {finding.advice}")


def _pace(report: VerifyReport) -> str:
    if report.level != "content":
        return ""
    speed = size(report.bytes / max(report.seconds, 1e-9))
    files = counted(report.files, "file")
    return f": {files}, {size(report.bytes)} in {span(report.seconds)} ({speed}/s)"


def _say_repair(done: RepairReport) -> None:
    for key in done.restored:
        say(printable(f"restored    {key}"))
    for key in done.rebuilt:
        say(printable(f"rebuilt     {key}"))
    for key in done.set_aside:
        say(printable(f"set aside   {key}"))
    for key, reason in sorted(done.given_up.items()):
        say(printable(f"given up    {key}: {reason}"))
    for key, reason in sorted(done.left.items()):
        say(printable(f"left        {key}: {reason}"))
    if done.quarantine:
        remark(f"What was set aside or given up is in {done.quarantine}/ in the lake.")


@commands.command("gc")
def collect(
    *,
    lake: LakeOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Delete nothing, say what would go.")
    ] = False,
    keep: Annotated[
        str, typer.Option("--keep", metavar="SPAN", help="How long nothing must name an object.")
    ] = "7d",
    purge_deleted: Annotated[
        str | None,
        typer.Option(
            "--purge-deleted", metavar="SPAN", help="Erase what was deleted so long ago for good."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Delete what nobody can see any more. A span is 7d, 12h, 90m."""
    kept = _span(keep, "--keep")
    purged = None if purge_deleted is None else _span(purge_deleted, "--purge-deleted")
    from core.maintenance import collect_garbage  # with the catalog

    with open_workbench(lake) as bench:
        report = collect_garbage(bench, dry_run=dry_run, keep=kept, purge_deleted=purged)
    if as_json:
        say_json(asdict(report))
    else:
        _say_garbage(report)


def _span(text: str, option: str) -> timedelta:
    from datetime import timedelta

    from catalog.filter_values import read_duration  # not needed for --help

    try:
        return timedelta(seconds=read_duration(text))
    except (ValueError, OverflowError):
        message = f"{text!r} is not a span of time: write 7d, 12h or 90m."
        raise typer.BadParameter(message, param_hint=option) from None


def _say_garbage(report: GarbageReport) -> None:
    gone = "would be deleted" if report.dry_run else "deleted"
    rows: list[tuple[object, ...]] = []
    for kind, what in _KINDS.items():
        rows += _row(what, [one for one in report.deleted if one.kind == kind], gone)
    rows += _row(_KINDS["object"], report.marked, "would be marked" if report.dry_run else "marked")
    rows += _row(_KINDS["object"], report.waiting, "marked before")
    if rows:
        say_table(("what", "files", "size", "state", "may go from"), rows)
    else:
        say("Nothing to delete.")
    purged = (
        ("run", report.purged_runs),
        ("artifact", report.purged_artifacts),
        ("comment", report.purged_comments),
    )
    for name, ids in purged:
        if ids:
            say(f"{counted(len(ids), name)} {'would be ' * report.dry_run}erased: {', '.join(ids)}")
    if report.held:
        remark(printable(f"Objects were left alone: {report.held}."))


def _row(what: str, garbage: Iterable[Garbage], state: str) -> Iterable[tuple[object, ...]]:
    found = list(garbage)
    if found:
        due = [one.due_at for one in found if one.due_at is not None]
        until = clock(min(due)) if due and "deleted" not in state else ""
        yield what, len(found), size(sum(one.bytes for one in found)), state, until
