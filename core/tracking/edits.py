"""Edits of many runs at once, each of which can be taken back.

Nothing is overwritten: an edit is a new row for each run it changes, with who made it and when, and
taking it back is one more. A run is archived by its tag `archived`: it stays in every search that
does not ask for the tag, and screens leave it out at first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from core.errors import ExperimentError
from core.tracking.active import check_name
from core.tracking.run import last_heard_of
from lake.clock import now_us, to_datetime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from core.tracking.reader import RunReader
    from core.tracking.run import Run
    from lake.lake import Durability, Lake

ARCHIVED: Final = "archived"
LONGEST_VALUE: Final = 5000  # letters of a tag that many runs get


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEdit:
    """What an edit did: `before` has, for each run it changed, what was there.

    Of a tag `name`, `value` is what it was set to, None when it was taken away. Runs that were so
    already are not in `before`.
    """

    kind: Literal["tag", "deleted"]
    name: str = ""
    value: str | bool | None
    before: Mapping[str, str | bool | None]
    made_at: datetime


class RunEdits:
    """Changes many runs at once. Threads may share one.

    >>> import tempfile
    >>> from core import Workbench
    >>> with tempfile.TemporaryDirectory() as folder, Workbench(folder + "/lake") as wb:
    ...     runs = [wb.tracker.start_run("risk"), wb.tracker.start_run("risk")]
    ...     edit = wb.tracker.edits.tag([run.run_id for run in runs], "stage", "dev")
    ...     found = len(wb.tracker.search_runs("risk", "tags.stage = 'dev'"))
    ...     left = wb.tracker.edits.undo(edit)
    ...     found, left, len(wb.tracker.search_runs("risk", "tags.stage is null"))
    (2, [], 2)
    """

    def __init__(
        self, lake: Lake, reader: RunReader, *, actor: str | None, durability: Durability
    ) -> None:
        self._lake = lake
        self._reader = reader
        self._actor = actor
        self._durability: Durability = durability

    def tag(self, run_ids: Sequence[str], name: str, value: object) -> RunEdit:
        """Set a tag of these runs; None takes it away.

        Raises InvalidMetricError for what is no name, ExperimentError for a value that is too
        long, and RunNotFoundError naming all ids that are not there: then nothing is changed.
        """
        check_name(name, "tag")
        text = None if value is None else str(value)
        if text is not None and len(text) > LONGEST_VALUE:
            message = f"The tag {name!r} would have {len(text):,} letters."
            raise ExperimentError(message, hint=f"Up to {LONGEST_VALUE:,} are kept.", name=name)
        return self._edit("tag", name, text, run_ids, lambda run: run.tags.get(name))

    def archive(self, run_ids: Sequence[str]) -> RunEdit:
        """Put these runs away: screens leave them out unless asked. Raises RunNotFoundError."""
        return self.tag(run_ids, ARCHIVED, "true")

    def unarchive(self, run_ids: Sequence[str]) -> RunEdit:
        """Take these runs out of the archive. Raises RunNotFoundError."""
        return self.tag(run_ids, ARCHIVED, None)

    def delete(self, run_ids: Sequence[str]) -> RunEdit:
        """Hide these runs from searches; all stays on disk. Raises RunNotFoundError."""
        return self._edit("deleted", "", True, run_ids, lambda run: run.deleted)

    def restore(self, run_ids: Sequence[str]) -> RunEdit:
        """Show deleted runs again. Raises RunNotFoundError."""
        return self._edit("deleted", "", False, run_ids, lambda run: run.deleted)

    def undo(self, edit: RunEdit) -> list[str]:
        """Give every run back what it had before an edit; the ids of those left as they are.

        A run is left when somebody has changed the same thing since, or it is not there any more.
        """
        runs = self._reader.find_runs(list(edit.before))
        same = [run for run in runs if _now(run, edit) == edit.value]
        self._append(edit.kind, edit.name, [(run, edit.before[run.run_id]) for run in same])
        undone = {run.run_id for run in same}
        return [run_id for run_id in edit.before if run_id not in undone]

    def _edit(
        self,
        kind: Literal["tag", "deleted"],
        name: str,
        value: str | bool | None,
        run_ids: Sequence[str],
        had: Callable[[Run], str | bool | None],
    ) -> RunEdit:
        runs = self._reader.get_runs(list(dict.fromkeys(run_ids)))
        changed = [run for run in runs if had(run) != value]
        at = self._append(kind, name, [(run, value) for run in changed])
        return RunEdit(
            kind=kind,
            name=name,
            value=value,
            before={run.run_id: had(run) for run in changed},
            made_at=to_datetime(at),
        )

    def _append(
        self, kind: str, name: str, changes: Iterable[tuple[Run, str | bool | None]]
    ) -> int:
        now = now_us()
        rows: list[dict[str, Any]] = [
            {
                "run_id": run.run_id,
                **({"tags": {name: value}} if kind == "tag" else {"deleted": value}),
                "kind": "edit",
                # after what is known of it, also when the clock has been set back since
                "event_at": max(now, last_heard_of(run) + 1),
                "writer": self._lake.writer,
                "actor": self._actor,
            }
            for run, value in changes
        ]
        if rows:
            self._lake.append("runs", rows, durability=self._durability)
        return now


def _now(run: Run, edit: RunEdit) -> str | bool | None:
    return run.tags.get(edit.name) if edit.kind == "tag" else run.deleted
