"""`mhras comment`: what people say of runs, datasets, models and cards."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from app.cli_options import JsonOption, LakeOption, open_workbench
from app.cli_output import printable, say, say_json, say_table
from app.wording import ago

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.comments import Comment, SubjectKind
    from core.workbench import Workbench

commands = typer.Typer(invoke_without_command=True)
_HEADERS = ("comment", "on", "about", "text", "by", "when", "state")
KindArgument = Annotated[
    Literal["run", "dataset", "model", "card", "drift-report"],
    typer.Argument(metavar="KIND", help="run, dataset, model, card or drift-report"),
]
SubjectArgument = Annotated[
    str,
    typer.Argument(
        metavar="SUBJECT",
        help="How the id of a run begins; phq9, or a version such as phq9@v3; risk or risk@v1.",
    ),
]
CommentArgument = Annotated[str, typer.Argument(metavar="COMMENT", help="The id of a comment.")]
TextArgument = Annotated[
    str, typer.Argument(metavar="TEXT", help="Markdown; - reads it from the input.")
]


@commands.callback()
def comments(
    context: typer.Context,
    *,
    lake: LakeOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """List comments on whatever there is, the newest first."""
    if context.invoked_subcommand is None:
        with open_workbench(lake) as wb:
            _say(wb.comments.newest(limit=limit), as_json)


@commands.command("list")
def list_of_subject(
    kind: KindArgument,
    subject: SubjectArgument,
    *,
    lake: LakeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the comments on one thing, the oldest first."""
    with open_workbench(lake) as wb:
        _say(wb.comments.list(*_subject(wb, kind, subject)), as_json)


@commands.command("add")
def add(
    kind: KindArgument,
    subject: SubjectArgument,
    text: TextArgument,
    *,
    lake: LakeOption = None,
    metric: Annotated[str | None, typer.Option("--metric", help="About this metric.")] = None,
    step: Annotated[int | None, typer.Option("--step", help="At this step of it.")] = None,
    column: Annotated[str | None, typer.Option("--column", help="About this column.")] = None,
) -> None:
    """Comment on a thing, or on a part of it; print the id of the comment."""
    with open_workbench(lake) as wb:
        where = _subject(wb, kind, subject)
        made = wb.comments.add(*where, _text(text), metric=metric, step=step, column=column)
    say(made.comment_id)


@commands.command("reply")
def reply(comment: CommentArgument, text: TextArgument, *, lake: LakeOption = None) -> None:
    """Answer a comment; print the id of the answer."""
    with open_workbench(lake) as wb:
        say(wb.comments.reply(comment, _text(text)).comment_id)


@commands.command("edit")
def edit(comment: CommentArgument, text: TextArgument, *, lake: LakeOption = None) -> None:
    """Say a comment of one's own in other words."""
    with open_workbench(lake) as wb:
        wb.comments.edit(comment, _text(text))


@commands.command("delete")
def delete(comment: CommentArgument, *, lake: LakeOption = None) -> None:
    """Take a comment of one's own back; answers to it stay."""
    with open_workbench(lake) as wb:
        wb.comments.delete(comment)


@commands.command("resolve")
def resolve(
    comment: CommentArgument,
    *,
    lake: LakeOption = None,
    reopen: Annotated[bool, typer.Option("--reopen", help="Say that it is open again.")] = False,
) -> None:
    """Say that a comment is settled."""
    with open_workbench(lake) as wb:
        wb.comments.resolve(comment, resolved=not reopen)


def _subject(wb: Workbench, kind: str, subject: str) -> tuple[SubjectKind, str]:
    if kind == "run":
        from app.cli_run import find_run  # and with it what shows runs

        return "run", find_run(wb, subject).run_id
    if "@" in subject and kind in ("dataset", "model"):
        return cast("SubjectKind", f"{kind}_version"), subject
    return cast("SubjectKind", kind.replace("-", "_")), subject


def _text(text: str) -> str:
    return sys.stdin.read() if text == "-" else text


def _say(found: Sequence[Comment], as_json: bool) -> None:
    if as_json:
        say_json([_document(comment) for comment in found])
        return
    rows = [
        (
            *(comment.comment_id, printable(f"{comment.subject_kind} {comment.subject_name}")),
            *(printable(comment.anchor or ""), printable(" ".join(comment.text.split()))),
            *(printable(comment.actor), ago(comment.created_at), _state(comment)),
        )
        for comment in found
    ]
    say_table(_HEADERS, rows)


def _state(comment: Comment) -> str:
    if comment.parent_id is not None:
        return "answer"
    return "settled" if comment.resolved else "open"


def _document(comment: Comment) -> dict[str, Any]:
    anchor = comment.anchor
    names = ("comment_id", "subject_kind", "subject_id", "subject_name", "text", "parent_id")
    times = ("actor", "created_at", "edited_at", "resolved", "resolved_by", "resolved_at")
    return {
        **{name: getattr(comment, name) for name in (*names, *times)},
        "anchor": anchor and {"kind": anchor.kind, "name": anchor.name, "step": anchor.step},
    }
