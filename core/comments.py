"""Comments: what people say of runs, datasets, models, cards and reports of drift.

Markdown of anybody, with who wrote it and when. A comment may point to a part of its subject (a
metric at a step, a column of a dataset): then it is an annotation. Answers stand under the comment
they answer, one level deep. Nothing is overwritten: an edit is a newer row.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from operator import index
from typing import TYPE_CHECKING, Any, Final, Literal, Self, get_args

from catalog.comments import CommentRows
from core.errors import CommentError, CommentNotFoundError
from core.ids import new_id
from lake.clock import now_us, to_us

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from catalog.catalog import Catalog
    from lake.lake import Durability

SubjectKind = Literal[
    "run", "dataset", "dataset_version", "model", "model_version", "card", "drift_report"
]
KINDS: Final[tuple[SubjectKind, ...]] = get_args(SubjectKind)
LONGEST: Final = 20_000  # characters of a comment
_TABLE: Final = "comments"
_STEPS: Final = 2**63
_NAMED: Final = 8  # of the metrics or columns there are, in what an error says


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The part of its subject an annotation is about: a metric, at a step perhaps, or a column."""

    kind: Literal["metric", "column"]
    name: str
    step: int | None = None

    def __str__(self) -> str:
        """Return it as people say it: ``metric auc at step 3``."""
        where = "" if self.step is None else f" at step {self.step:,}"
        return f"{self.kind} {self.name}{where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One comment as it is now. `subject_name` is what people call the thing it is about."""

    comment_id: str
    subject_kind: SubjectKind
    subject_id: str
    subject_name: str
    text: str
    anchor: Anchor | None
    parent_id: str | None
    actor: str
    created_at: datetime
    edited_at: datetime | None
    resolved: bool
    resolved_by: str
    resolved_at: datetime | None

    @property
    def changed_at(self) -> datetime:
        """When it was written, edited or settled last."""
        return max(filter(None, (self.created_at, self.edited_at, self.resolved_at)))

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Make it of a row of the view `comments` with the name of the subject."""
        anchor = row["anchor_kind"] and Anchor(
            kind=row["anchor_kind"], name=row["anchor_name"], step=row["anchor_step"]
        )
        times: dict[str, Any] = {
            name: row[name] and row[name].replace(tzinfo=UTC)
            for name in ("created_at", "edited_at", "resolved_at")
        }
        same = ("comment_id", "subject_kind", "subject_id", "subject_name", "text", "parent_id")
        texts: dict[str, Any] = {name: row[name] for name in same}
        who: dict[str, Any] = {name: row[name] or "" for name in ("actor", "resolved_by")}
        return cls(**texts, **times, **who, anchor=anchor or None, resolved=row["resolved"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A comment with its answers, the oldest first; `first` is None when it was deleted."""

    first: Comment | None
    replies: tuple[Comment, ...]

    @property
    def comments(self) -> tuple[Comment, ...]:
        """All that is still there of it."""
        return self.replies if self.first is None else (self.first, *self.replies)


class Comments:
    """Keeps comments. Threads may share one.

    A subject is named by its id or, but for runs, as people call it: ``phq9@v3``, ``risk@v1``.

    >>> import tempfile
    >>> from core import Workbench
    >>> with tempfile.TemporaryDirectory() as folder, Workbench(folder + "/lake") as wb:
    ...     with wb.tracker.start_run("risk", "forest") as run:
    ...         run.log_metrics({"auc": 0.5}, step=3)
    ...     said = wb.comments.add("run", run.run_id, "Why so *low*?", metric="auc", step=3)
    ...     answer = wb.comments.reply(said.comment_id, "The labels were shuffled.")
    ...     settled = wb.comments.resolve(said.comment_id)
    ...     str(settled.anchor), settled.resolved, len(wb.comments.list("run", run.run_id))
    ('metric auc at step 3', True, 2)
    """

    def __init__(
        self,
        db_connection: Catalog,
        *,
        actor: str | None = None,
        durability: Durability = "commit",
    ) -> None:
        self._rows = CommentRows(db_connection)
        self._lake = db_connection.lake
        self._actor = actor or ""
        self._durability: Durability = durability

    def add(
        self,
        subject_kind: SubjectKind,
        subject: str,
        text: str,
        *,
        metric: str | None = None,
        step: int | None = None,
        column: str | None = None,
    ) -> Comment:
        """Say something of a thing, or of a part of it: a `metric`, at a `step`, or a `column`.

        Raises CommentError, with all that is wrong in its fact `faults`, and CommentNotFoundError
        when there is no such thing.
        """
        subject_id = self._subject(subject_kind, subject)
        faults = [*_faults_of_text(text)]
        faults += self._faults_of_anchor(subject_kind, subject_id, metric, step, column)
        _refuse(faults)
        named = metric or column
        anchor = {
            "anchor_kind": named and ("metric" if metric else "column"),
            "anchor_name": named,
            "anchor_step": None if step is None else index(step),
        }
        return self._add(text, subject_kind=subject_kind, subject_id=subject_id, **anchor)

    def reply(self, comment_id: str, text: str) -> Comment:
        """Answer a comment; an answer to an answer stands under the same comment.

        Raises CommentError and CommentNotFoundError.
        """
        answered = self.get(comment_id)
        _refuse(_faults_of_text(text))
        return self._add(
            text,
            subject_kind=answered.subject_kind,
            subject_id=answered.subject_id,
            parent_id=answered.parent_id or answered.comment_id,
        )

    def get(self, comment_id: str) -> Comment:
        """Return a comment by its id. Raises CommentNotFoundError."""
        found = self._rows.comments(comment_id=comment_id, limit=1)
        if not found:
            message = f"There is no comment {comment_id!r}."
            hint = "It, or what it was about, may have been deleted."
            raise CommentNotFoundError(message, hint=hint, comment_id=comment_id)
        return Comment.from_row(found[0])

    def edit(self, comment_id: str, text: str) -> Comment:
        """Say it in other words; only who wrote it may. Raises CommentError."""
        comment = self._own(comment_id)
        _refuse(_faults_of_text(text))
        if text.strip() != comment.text:
            self._change(comment, text=text.strip())
        return self.get(comment_id)

    def delete(self, comment_id: str) -> None:
        """Take a comment back; its answers stay. Only who wrote it may. Raises CommentError."""
        self._change(self._own(comment_id), deleted=True)

    def resolve(self, comment_id: str, *, resolved: bool = True) -> Comment:
        """Say that a comment is settled, or with `resolved` false open again; anybody may.

        Raises CommentError for an answer: what it answers is settled or not.
        """
        comment = self.get(comment_id)
        if comment.parent_id is not None:
            message = "An answer is not settled by itself."
            hint = f"Resolve the comment it answers: {comment.parent_id}."
            raise CommentError(message, hint=hint, comment_id=comment_id)
        if comment.resolved != resolved:
            self._change(comment, resolved=resolved)
        return self.get(comment_id)

    def list(
        self, subject_kind: SubjectKind, subject: str, *, resolved: bool | None = None
    ) -> tuple[Comment, ...]:
        """Return the comments on a thing, the oldest first. Raises CommentNotFoundError."""
        found = self._find(subject_kind, [self._subject(subject_kind, subject)], resolved=resolved)
        return found[::-1]

    def threads(self, subject_kind: SubjectKind, ids: Sequence[str]) -> tuple[Thread, ...]:
        """Return the comments on things of a kind with their answers, the newest thread first."""
        return _threads(self._find(subject_kind, ids)[::-1]) if ids else ()

    def newest(self, *, limit: int = 20) -> tuple[Comment, ...]:
        """Return the comments written last, on whatever is still there."""
        return tuple(map(Comment.from_row, self._rows.comments(limit=limit)))

    def count(self, subject_kind: SubjectKind, ids: Sequence[str]) -> int:
        """Count the comments on things of a kind, answers too."""
        return self._rows.count(subject_kind, ids)

    def _subject(self, kind: str, subject: str) -> str:
        if kind not in KINDS:
            message = f"Nothing of the kind {kind!r} is commented on."
            raise CommentError(message, hint=f"Kinds: {', '.join(KINDS)}.", kind=kind)
        found = self._rows.subject(kind, subject)
        if found is None:
            message = f"There is no {kind.replace('_', ' ')} {subject!r} to comment on."
            hint = "Give the id of a run or a report; of others also a name such as phq9@v3."
            raise CommentNotFoundError(message, hint=hint, kind=kind, subject=subject)
        return found[0]

    def _faults_of_anchor(
        self, kind: str, subject_id: str, metric: str | None, step: int | None, column: str | None
    ) -> Iterable[str]:
        if metric is not None and column is not None:
            yield "it points to a metric and to a column: choose one"
        if step is not None and metric is None:
            yield "a step is one of a metric, which is not given"
        if step is not None and not -_STEPS <= step < _STEPS:
            yield f"no step is {step}"
        if metric is not None:
            if kind != "run":
                yield f"only runs have metrics, and this is a {kind.replace('_', ' ')}"
            else:
                yield from _unknown("metric", metric, self._rows.metrics(subject_id))
        if column is not None:
            if kind not in ("dataset", "dataset_version"):
                yield f"only datasets have columns, and this is a {kind.replace('_', ' ')}"
            else:
                schemas = self._rows.schemas(kind, subject_id)
                known = {name for schema in schemas for name, _ in json.loads(schema)}
                yield from _unknown("column", column, known)

    def _own(self, comment_id: str) -> Comment:
        comment = self.get(comment_id)
        if comment.actor != self._actor:
            message = f"This was written by {comment.actor or 'somebody without a name'}."
            hint = "Only who wrote a comment changes it; reply to it, or resolve it."
            raise CommentError(message, hint=hint, comment_id=comment_id, actor=comment.actor)
        return comment

    def _add(self, text: str, **values: Any) -> Comment:
        comment_id, at = new_id(), now_us()
        row = {"comment_id": comment_id, "text": text.strip(), "created_at": at, **values}
        self._append(row, at)
        return self.get(comment_id)

    def _change(self, comment: Comment, **values: Any) -> None:
        # after what is known of it, also when the clock has been set back since
        at = max(now_us(), to_us(comment.changed_at) + 1)
        self._append({"comment_id": comment.comment_id, **values}, at)

    def _append(self, row: dict[str, Any], at: int) -> None:
        written = {**row, "actor": self._actor, "event_at": at, "writer": self._lake.writer}
        self._lake.append(_TABLE, [written], durability=self._durability)
        self._lake.publish()

    def _find(
        self, kind: str, ids: Sequence[str], *, resolved: bool | None = None, limit: int = 10_000
    ) -> tuple[Comment, ...]:
        rows = self._rows.comments(kind=kind, ids=ids, resolved=resolved, limit=limit)
        return tuple(map(Comment.from_row, rows))


def _threads(oldest_first: Sequence[Comment]) -> tuple[Thread, ...]:
    """Put answers under what they answer, which may have been deleted."""
    firsts: dict[str, Comment | None] = {}
    replies: dict[str, tuple[Comment, ...]] = {}
    for comment in oldest_first:
        root = comment.parent_id or comment.comment_id
        firsts.setdefault(root, None)
        if comment.parent_id is None:
            firsts[root] = comment
        else:
            replies[root] = (*replies.get(root, ()), comment)
    threads = [Thread(first=first, replies=replies.get(id_, ())) for id_, first in firsts.items()]
    return tuple(sorted(threads, key=lambda thread: thread.comments[0].created_at, reverse=True))


def _faults_of_text(text: str) -> Iterable[str]:
    if not text.strip():
        yield "it says nothing"
    if len(text) > LONGEST:
        yield f"it has {len(text):,} characters, and {LONGEST:,} are kept"
    if "\0" in text:
        yield "it holds a character of no text, NUL"


def _unknown(what: str, name: str, known: set[str]) -> Iterable[str]:
    if name not in known:
        there = ", ".join(sorted(known)[:_NAMED]) or "none"
        more = len(known) - _NAMED
        yield f"there is no {what} {name!r}, but: {there}{f' and {more} more' if more > 0 else ''}"


def _refuse(faults: Iterable[str]) -> None:
    found = tuple(faults)
    if found:
        message = f"The comment cannot be kept: {'; '.join(found)}."
        raise CommentError(message, hint="Nothing was written.", faults=found)
