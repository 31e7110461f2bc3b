"""A process is killed while it makes a journal into segments, before any of the lines of code."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from lake.compact import collect, compact
from lake.verify import verify
from tests.lake.test_recover import (
    EXPECTED,
    ROWS,
    SPECS,
    contents,
    encoded,
    journals_in,
    leave_journal,
    open_lake,
)
from tests.support.processes import ROOT, Child

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path
    from types import FrameType

    from lake.lake import Lake

    Pipe = Connection[Any, Any]


class KilledAtLine:
    """Kills this process with SIGKILL before it executes the n-th line of the lake's code.

    Or of one function of it, where one is named.
    """

    def __init__(self, line: int, function: str) -> None:
        self._left = line
        self._function = function

    def __call__(self, frame: FrameType, event: str, _: object) -> KilledAtLine | None:
        if not frame.f_code.co_filename.startswith(str(ROOT / "lake")):
            return None
        if event == "line" and self._function in {"", frame.f_code.co_name}:
            self._left -= 1
            if self._left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return self


def recover_until_line(_: Pipe, folder: Path, line: int, function: str) -> None:
    lake = open_lake(folder)
    sys.settrace(KilledAtLine(line, function))
    lake.recover()
    sys.settrace(None)


def lakes_with_a_killed_recovery(folder: Path, *, every: int) -> Iterator[Lake]:
    """Yield lakes in which the recovery of a journal was killed earlier or later, or not at all.

    They cover every stage: no segment yet, those of one, two and all three tables, no journal.
    """
    stages = set()
    for function, step in (("", every), ("seal", 1)):  # from line to line where stages change
        line, code = 0, -signal.SIGKILL
        while code:
            with open_lake(folder / f"{function} {line}") as lake:
                leave_journal(lake, encoded(ROWS))
                with Child(recover_until_line, lake.root, line, function) as child:
                    code = child.exit_code()
                assert code in {0, -signal.SIGKILL}
                segments = [len(lake.table(name).snapshot().tail) for name in lake.specs]
                stages.add((*segments, len(journals_in(lake))))
                yield lake
            line += step
    assert stages == {(0, 0, 0, 1), (0, 0, 1, 1), (0, 1, 1, 1), (1, 1, 1, 1), (1, 1, 1, 0)}


def test_a_killed_recovery_is_finished_by_the_next_with_every_row_once(memory_path: Path) -> None:
    for lake in lakes_with_a_killed_recovery(memory_path, every=19):
        lake.recover()
        assert contents(lake) == EXPECTED
        assert journals_in(lake) == []


def test_the_same_with_segments_merged_and_deleted_in_between(memory_path: Path) -> None:
    for lake in lakes_with_a_killed_recovery(memory_path, every=29):
        for name in lake.specs:
            compact(lake.table(name), minimum=1, settle=0)
            collect(lake.table(name), grace=0)
        lake.append("metrics", [{"run_id": "later", "logged_at": 30}])
        lake.flush()
        # this one forgets the names of merged segments that are gone, if their journals are too
        lake.compact(minimum=1)
        lake.recover()
        found = contents(lake)
        assert found["metrics"].pop() == ("1970-01-01 00:00:00.000030",)
        assert found == EXPECTED
        assert verify(lake.store, SPECS, "content") == []
