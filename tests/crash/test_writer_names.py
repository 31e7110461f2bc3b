"""Whose journal is whose: locks say that, and neither process numbers nor names of machines."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Any

import pytest

from core import Workbench
from lake.journal import encode_row
from lake.recover import living_writers
from lake.verify import verify
from tests.crash.contents import SPECS, opened, read_lake, row
from tests.support.processes import Child
from tests.support.workbenches import steps_by_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

    from lake.lake import Lake

    Pipe = Connection[Any, Any]


@pytest.fixture
def lake(memory_path: Path) -> Iterator[Lake]:
    with opened(memory_path / "lake") as lake:
        yield lake


def journal_of_process(lake: Lake, number: int) -> Path:
    """Leave a journal with one row that bears the number of a process."""
    lake.journal.folder.mkdir(exist_ok=True)
    path = lake.journal.folder / f"{1:016x}-here.{number}.0123abcd-000000.jsonl"
    path.write_bytes(encode_row("metrics", row("metrics", 7)))
    return path


def test_a_stale_journal_is_recovered_though_its_process_number_is_in_use_again(lake: Lake) -> None:
    journal = journal_of_process(lake, os.getpid())  # a number that certainly lives
    assert living_writers(lake.journal.folder) == set()
    assert list(lake.recover()) == [journal.stem]
    assert read_lake(lake.root) == ["metrics 7"]
    assert not journal.exists()


def test_a_journal_is_left_to_its_writer_though_nobody_here_has_that_number(lake: Lake) -> None:
    """The writer may live in another container, which counts its processes by itself."""
    journal = journal_of_process(lake, 2**22 + 1)  # more than Linux gives
    with journal.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert living_writers(lake.journal.folder) == {f"here.{2**22 + 1}.0123abcd"}
        assert lake.recover() == {}
    assert read_lake(lake.root) == ["metrics 7"]
    assert list(lake.recover()) == [journal.stem]
    assert read_lake(lake.root) == ["metrics 7"]


def log_as(pipe: Pipe, lake: Path, machine: str, number: int) -> None:
    """Log as a machine of that name and a process of that number would."""
    names, change = os.uname(), pytest.MonkeyPatch()
    change.setattr(os, "uname", lambda: os.uname_result((names[0], machine, *names[2:])))
    change.setattr(os, "getpid", lambda: number)
    with Workbench(lake) as workbench:
        pipe.send(workbench.lake.writer)
        pipe.recv()
        with workbench.tracker.start_run("risk", f"{machine} {pipe.recv()}") as run:
            for step in range(20):
                run.log_metrics({"loss": 0.5}, step=step)
                if step % 5 == 4:
                    workbench.lake.flush()
        pipe.send("ended")


@pytest.mark.parametrize("machines", [("north", "south"), ("same", "same")])
def test_machines_with_processes_of_one_number_share_a_lake(
    memory_path: Path, machines: tuple[str, str]
) -> None:
    lake = memory_path / "lake"
    children = [Child(log_as, lake, machine, 1) for machine in machines]
    writers = [child.hear() for child in children]
    assert len(set(writers)) == 2
    assert [writer.rpartition(".")[0] for writer in writers] == [f"{m}.1" for m in machines]
    for place, child in enumerate(children):
        child.tell("go")
        child.tell(place)
    for child in children:
        with child:
            assert child.hear() == "ended"
            child.end()
    with Workbench(lake) as workbench:
        expected = {f"{machine} {place}": list(range(20)) for place, machine in enumerate(machines)}
        assert steps_by_run(workbench) == expected
        assert verify(workbench.lake.store, SPECS, "content") == []
