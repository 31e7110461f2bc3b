"""A journal with a line that is no row: the other rows are read, and it says what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from core import Workbench
from lake.errors import DamagedError
from tests.support.processes import Child
from tests.support.workbenches import log_points, steps_by_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

    Pipe = Connection[Any, Any]


@pytest.fixture
def workbench(memory_path: Path) -> Iterator[Workbench]:
    with Workbench(memory_path / "lake") as workbench:
        yield workbench


def leave_journal(workbench: Workbench, *, damage: bytes) -> Path:
    """Leave the journal of a killed process with bytes in its middle that nobody wrote."""
    with Child(log_points, workbench.lake.root, 5) as child:
        child.hear()
        child.kill()
    (journal,) = workbench.lake.journal.folder.iterdir()
    lines = journal.read_bytes().splitlines(keepends=True)
    place = next(n for n, line in enumerate(lines) if b'"step":2,' in line)
    journal.write_bytes(b"".join([*lines[:place], damage, *lines[place:]]))
    return journal


@pytest.mark.parametrize("damage", [bytes(40) + b"\n", b'{"t":"metrics","value":0.\x01\n'])
def test_the_rows_beside_a_damaged_line_are_read_and_kept(
    workbench: Workbench, damage: bytes
) -> None:
    journal = leave_journal(workbench, damage=damage)
    for _ in range(2):
        assert steps_by_run(workbench) == {"points": [0, 1, 2, 3, 4]}
        with pytest.raises(DamagedError) as refused:
            workbench.lake.recover()
        assert refused.value.path == str(journal)
    (stale,) = workbench.runs.stale_runs()
    assert stale.run_name == "points"
    with workbench.tracker.start_run("risk", run_name="after") as run:
        run.log_metrics({"loss": 0.5}, step=1)
    workbench.lake.flush()
    assert steps_by_run(workbench) == {"after": [1], "points": [0, 1, 2, 3, 4]}


def test_a_journal_without_its_damaged_line_is_recovered(workbench: Workbench) -> None:
    damage = b"garbage\n"
    journal = leave_journal(workbench, damage=damage)
    assert steps_by_run(workbench) == {"points": [0, 1, 2, 3, 4]}
    journal.write_bytes(journal.read_bytes().replace(damage, b""))
    workbench.lake.recover()
    assert not journal.exists()
    assert steps_by_run(workbench) == {"points": [0, 1, 2, 3, 4]}
