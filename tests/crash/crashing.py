"""Run a commit path in a process that meets a fault at one of its system calls.

Every 12th call of a path is tried (of a slow one every 36th), from one on that the seed of
pytest-randomly decides; all of them with MHRAS_TEST_EVERY_POINT=1, which takes some minutes.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import random
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import duckdb  # noqa: F401 - a forked child has it then, and need not import it every time
import pyarrow.compute
import pyarrow.dataset
import pyarrow.parquet  # noqa: F401 - as above

from lake.errors import LakeError, LakeNotFoundError, StoreError
from lake.expiry import LEASE_SUFFIX, keys_of
from lake.verify import verify
from tests.crash.commit_paths import CommitPath, Teller
from tests.crash.contents import SPECS, opened
from tests.lake.processes import exit_code, forked
from tests.support.disk_calls import DiskCalls, Fault, meets
from tests.support.thorough import EVERY_POINT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ERRNO: Final = {"EIO": errno.EIO, "EIO for ever": errno.EIO, "ENOSPC": errno.ENOSPC}
STRIDE: Final = 1 if EVERY_POINT else 12
FIRST: Final = 100  # the numbers that the crashing process uses
SECOND: Final = 200  # those of the one that goes on


@dataclass(slots=True)
class Report:
    """What a child process said before it ended."""

    code: int = 0
    acknowledged: list[str] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)


class Crashing:
    """One commit path in one folder, begun anew for every fault."""

    def __init__(self, path: CommitPath, folder: Path) -> None:
        self.path = path
        self.folder = folder
        self._prepared = folder.with_name(f"{folder.name}.prepared")
        folder.mkdir()
        path.prepare(folder)
        self.before = frozenset(path.found(folder))
        folder.rename(self._prepared)

    def renew(self) -> None:
        """Make the folder again as it was before the path began."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self._prepared, self.folder)

    def some_points(self, calls: list[str], fault: Fault = "kill") -> list[int]:
        """Choose calls at which a fault is tried."""
        sure = calls[: self.path.points] if self.path.slow else calls
        found = [number for number, call in enumerate(sure, 1) if meets(fault, call)]
        stride = STRIDE * (3 if self.path.slow and STRIDE > 1 else 1)
        return found[random.randrange(stride) :: stride]  # noqa: S311 - as told above

    def run(
        self,
        point: int = 0,
        fault: Fault = "kill",
        *,
        at_point: Callable[[], object] = lambda: None,
        at_end: Callable[[], object] = lambda: None,
    ) -> Report:
        """Run the path in a child process, with a fault at a point of it; what it said."""
        reading, writing = os.pipe()
        calls = DiskCalls(self.folder, point=point, fault=fault, at_point=at_point)
        child = forked(partial(self._work, writing, calls, fault, at_end))
        os.close(writing)
        with os.fdopen(reading, encoding="utf8") as file:
            said = [json.loads(line) for line in file]
        report = Report(code=exit_code(child))
        heard: dict[str, list[Any]] = {
            "done": report.acknowledged,
            "error": report.errors,
            "warning": report.warnings,
        }
        for what, value in said:
            if what == "calls":
                report.calls = value
            else:
                heard[what].append(value)
        return report

    def _work(
        self, pipe: int, calls: DiskCalls, fault: Fault, at_end: Callable[[], object]
    ) -> None:
        def tell(what: str, value: object) -> None:
            os.write(pipe, f"{json.dumps([what, value])}\n".encode())

        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: tell("warning", record.getMessage())  # type: ignore[method-assign]
        logging.getLogger().addHandler(handler)
        calls.install()
        teller = Teller(
            acknowledge=partial(tell, "done"),
            refused=lambda error: tell("error", described(error)),
            passes=fault == "EIO",
        )
        teller.attempt(partial(self.path.work, self.folder, FIRST, teller), repeat=False)
        at_end()
        tell("calls", calls.calls)

    def check(self, report: Report) -> None:
        """Look at what is left, go on in another process, and look again."""
        allowed = self.before | set(report.acknowledged)
        left = self.path.found(self.folder)
        assert len(left) == len(set(left)), "something is there twice"
        assert allowed - set(left) <= self.path.gone, "something acknowledged is lost"
        self._go_on(left)
        self._verify()

    def _go_on(self, left: list[str]) -> None:
        again: list[str] = []
        for lake in self.path.lakes:
            with suppress(LakeNotFoundError), opened(self.folder / lake, create=False) as mended:
                # a lease of a crashed collection runs out after a minute
                for key in keys_of(mended.store, LEASE_SUFFIX):
                    mended.store.delete(key)
                mended.recover()
        assert self.path.found(self.folder) == left, "recovering changed what is there"
        teller = Teller(acknowledge=again.append, refused=_raise, passes=True)
        self.path.work(self.folder, SECOND, teller)
        found = self.path.found(self.folder)
        assert len(found) == len(set(found)), "something is there twice afterwards"
        assert set(found) == (set(left) | set(again)) - self.path.gone

    def _verify(self) -> None:
        for lake in self.path.lakes:
            with opened(self.folder / lake, create=False) as found:
                assert verify(found.store, SPECS, "content") == []


def check_errors(report: Report, fault: Fault, folder: Path) -> None:
    """What was refused says so: the kind of error, the file, the reason and a way out."""
    assert report.code == 0, "the child process has printed why it ended"
    assert report.errors or report.warnings, "nobody was told"
    for error in report.errors:
        assert (error["kind"], error["errno"]) == ("StoreError", ERRNO[fault])
        assert str(error["path"]).startswith(str(folder))
        assert str(error["path"]) in error["message"]
        assert error["hint"]


def described(error: LakeError) -> dict[str, object]:
    """Return what an error says, as it can be sent."""
    return {
        "kind": type(error).__name__,
        "message": error.message,
        "hint": error.hint,
        "errno": error.errno if isinstance(error, StoreError) else 0,
        "path": error.facts.get("path", ""),
    }


def _raise(error: LakeError) -> None:
    raise error
