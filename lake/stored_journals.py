"""Journals that stand in a bucket: a backup that was restored there brings them along.

    journal/<id>.jsonl      rows without a segment yet; nobody writes it any more
    journal/<id>.taken-0    who makes segments of it now; -1, -2 ... when those before were lost

Two processes that make segments of the same journal at the same time would both find none, and two
versions of this program may write the same rows as different bytes. So one takes it, by exclusive
create. When its mark is ten minutes old, by the bucket's clock, and the journal still there, the
next one takes it and goes on: what the first has made is found by its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lake.errors import AlreadyExistsError, LakeError, NotFoundError
from lake.journal import SUFFIX
from lake.recover import make_segments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lake.lake import Lake
    from lake.store import Entry

FOLDER: Final = "journal"
LOST_SECONDS: Final = 600.0
_TAKEN: Final = ".taken-"


def recover_stored(lake: Lake, recovered: dict[str, dict[str, int]]) -> list[LakeError]:
    """Seal the journals in a bucket; what was wrong. The rows made are added to `recovered`."""
    faults: list[LakeError] = []
    listing = lake.store.list(FOLDER)
    for entry in listing:
        journal_id = entry.name.removesuffix(SUFFIX)
        if journal_id == entry.name:
            continue
        marks = [each for each in listing if each.name.startswith(f"{journal_id}{_TAKEN}")]
        try:
            if _take(lake, journal_id, marks):
                recovered[journal_id] = _seal(lake, journal_id, len(marks))
        except LakeError as error:
            faults.append(error)
    return faults


def _take(lake: Lake, journal_id: str, marks: Sequence[Entry]) -> bool:
    if marks and lake.store.now() - max(mark.modified_at for mark in marks) < LOST_SECONDS:
        return False
    try:
        lake.store.put(_mark(journal_id, len(marks)), lake.writer.encode(), exclusive=True)
    except AlreadyExistsError:
        return False
    return True


def _seal(lake: Lake, journal_id: str, earlier: int) -> dict[str, int]:
    key = f"{FOLDER}/{journal_id}{SUFFIX}"
    marks = [_mark(journal_id, number) for number in range(earlier + 1)]
    try:
        data = lake.store.get(key)
    except NotFoundError:  # done by another process since the listing
        lake.store.delete(*marks)
        return {}
    lines = data[: data.rfind(b"\n") + 1]
    made = make_segments(lake, journal_id, lines, origin=f"{lake.url}/{key}")
    # the journal first: a mark without one does no harm
    lake.store.delete(key)
    lake.store.delete(*marks)
    return made


def _mark(journal_id: str, number: int) -> str:
    return f"{FOLDER}/{journal_id}{_TAKEN}{number}"
