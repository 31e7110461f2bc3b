from __future__ import annotations

import errno
import json
import os
import re
import resource
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from lake.errors import StoreError
from lake.journal import Journal, encode_row
from lake.recover import living_writers, read_lines
from tests.support.counters import Counters
from tests.support.disks import small_disk
from tests.support.processes import ROOT, Child, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

    Pipe = Connection[Any, Any]


def lines(*numbers: int, size: int = 0, **more: object) -> bytes:
    rows = ({"number": number, "filling": "x" * size, **more} for number in numbers)
    return b"".join(encode_row("numbers", row) for row in rows)


def rows_in(folder: Path) -> list[dict[str, Any]]:
    """Read the rows of all journals, as a reader would: whole lines only."""
    files = sorted(folder.glob("*.jsonl"))
    return [json.loads(line) for file in files for line in read_lines(file).splitlines()]


def numbers_in(folder: Path) -> list[int]:
    return [row["number"] for row in rows_in(folder)]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal")
    yield journal
    release(journal)


def release(journal: Journal) -> None:
    journal.rotate(reopen=False)
    for journal_id in journal.rotated():
        journal.release(journal_id)


def test_nothing_is_written_before_the_first_append(journal: Journal) -> None:
    assert not journal.folder.exists()


def test_rows_are_in_the_file_when_the_call_returns(journal: Journal) -> None:
    journal.append(lines(1, 2))
    journal.append(lines(3), commit=True)
    assert numbers_in(journal.folder) == [1, 2, 3]


def test_a_journal_is_named_after_its_time_and_its_writer(journal: Journal) -> None:
    journal.append(lines(1))
    assert journal.journal_id == f"{journal.opened_at:016x}-{journal.writer}-000000"


def append_for_ever(_pipe: Pipe, folder: Path, returned: Counters) -> None:
    journal = Journal(folder, limit=20_000)
    number = 0
    while True:
        number += 1
        journal.append(lines(number))
        returned[0] = number


def test_a_row_whose_append_returned_survives_kill_9(tmp_path: Path) -> None:
    with Counters(tmp_path / "returned") as returned:
        with Child(append_for_ever, tmp_path / "journal", returned) as child:
            wait_until(lambda: returned[0] > 1_000)
            child.kill()
        numbers = numbers_in(tmp_path / "journal")
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) - returned[0] in {0, 1}


TRACED = """
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from lake.journal import Journal, encode_row

journal, line = Journal(Path(sys.argv[1])), encode_row("numbers", {"number": 1})
threads, calls = int(sys.argv[2]), int(sys.argv[3])
journal.append(line)
with ThreadPoolExecutor(threads) as pool:
    for _ in range(calls):
        pool.submit(journal.append, line, commit=True)
"""


def system_calls(folder: Path, *, threads: int, calls: int) -> list[str]:
    """Append and commit under strace: the calls that wait for the disk, with what they wait for."""
    log = folder / "strace.txt"
    trace = ["strace", "-f", "-qq", "-y", "-e", "trace=fdatasync,fsync", "-o", str(log)]
    script = [sys.executable, "-c", TRACED, str(folder / "journal"), str(threads), str(calls)]
    try:
        subprocess.run([*trace, *script], cwd=ROOT, check=True, capture_output=True, timeout=60)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        pytest.skip(f"strace cannot trace here: {error}")
    found = re.findall(r"(fdatasync|fsync)\(\d+<([^>]*)>", log.read_text(encoding="utf8"))
    return [f"{name} {path.rpartition('/')[2]}" for name, path in found]


def test_a_commit_waits_for_the_disk_and_no_other_append_does(tmp_path: Path) -> None:
    (file,) = {f"fdatasync {name}" for name in journals_after(tmp_path, threads=1, calls=3)}
    calls = (tmp_path / "calls").read_text(encoding="utf8").splitlines()
    assert calls == [f"fsync {tmp_path.name}", "fsync journal", file, file, file]


def journals_after(folder: Path, *, threads: int, calls: int) -> list[str]:
    found = system_calls(folder, threads=threads, calls=calls)
    (folder / "calls").write_text("\n".join(found), encoding="utf8")
    return [path.name for path in (folder / "journal").iterdir()]


def test_threads_that_commit_together_share_one_wait(tmp_path: Path) -> None:
    calls = system_calls(tmp_path, threads=8, calls=400)
    assert len(numbers_in(tmp_path / "journal")) == 401
    assert 0 < sum(call.startswith("fdatasync") for call in calls) < 400


def test_a_torn_last_line_is_no_row(journal: Journal) -> None:
    journal.append(lines(1, 2))
    file = journal.path(journal.journal_id or "")
    with file.open("ab") as torn:
        torn.write(lines(3)[:-1])
    assert numbers_in(journal.folder) == [1, 2]


def test_eight_threads_interleave_without_loss(journal: Journal) -> None:
    def work(thread: int) -> None:
        for number in range(5_000):
            journal.append(lines(number, thread=thread))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    rows = [(row["thread"], row["number"]) for row in rows_in(journal.folder)]
    for thread in range(8):
        assert [number for t, number in rows if t == thread] == list(range(5_000))


def test_rows_appended_while_files_change_are_all_there(tmp_path: Path) -> None:
    journal = Journal(tmp_path, limit=10_000)
    done = threading.Event()

    def work(thread: int) -> None:
        for number in range(1_000):
            journal.append(lines(number, thread=thread), commit=number % 100 == 0)

    def rotate() -> None:
        while not done.is_set():
            journal.rotate()
            for journal_id in journal.rotated()[:-3]:
                journal.release(journal_id)

    with ThreadPoolExecutor(5) as pool:
        rotating = pool.submit(rotate)
        appending = [pool.submit(work, thread) for thread in range(4)]
        for future in appending:
            future.result()
        done.set()
        rotating.result()
    release(journal)
    rows = sorted((row["thread"], row["number"]) for row in rows_in(tmp_path))
    assert rows == [(thread, number) for thread in range(4) for number in range(1_000)]


def test_a_full_file_is_followed_by_the_next(tmp_path: Path) -> None:
    journal = Journal(tmp_path, limit=100)
    for number in range(10):
        journal.append(lines(number))
    assert len(journal.rotated()) > 1
    assert numbers_in(tmp_path) == list(range(10))
    release(journal)


def test_a_closed_file_keeps_its_lock_until_it_is_released(journal: Journal) -> None:
    journal.append(lines(1))
    journal.rotate(reopen=False)
    assert living_writers(journal.folder) == {journal.writer}
    journal.release(*journal.rotated())
    assert living_writers(journal.folder) == set()


def append_once(pipe: Pipe, journal: Journal) -> None:
    journal.append(lines(2))
    pipe.send(journal.writer)


def test_a_forked_child_writes_a_journal_of_its_own(journal: Journal) -> None:
    journal.append(lines(1))
    with Child(append_once, journal) as child:
        writer = child.hear()
        assert writer != journal.writer
        child.end()
    journal.append(lines(3))
    assert len(list(journal.folder.iterdir())) == 2
    assert sorted(numbers_in(journal.folder)) == [1, 2, 3]


def test_the_lock_of_a_parent_survives_the_end_of_its_child(journal: Journal) -> None:
    journal.append(lines(1))
    for _ in range(2):
        with Child(append_once, journal) as child:
            child.end()
        assert living_writers(journal.folder) == {journal.writer}


def append_and_leave_a_child(pipe: Pipe, folder: Path) -> None:
    journal = Journal(folder)
    journal.append(lines(1))
    pipe.send(journal.writer)
    if not os.fork():
        journal.append(lines(2))
        pipe.send(journal.writer)
        pipe.recv()
    os._exit(0)


def test_the_lock_of_a_child_survives_the_end_of_its_parent(tmp_path: Path) -> None:
    with Child(append_and_leave_a_child, tmp_path) as parent:
        of_parent, of_child = parent.hear(), parent.hear()
        parent.end()
        assert of_parent != of_child
        assert living_writers(tmp_path) == {of_child}
        parent.tell("end")
        wait_until(lambda: living_writers(tmp_path) == set())


def fork_while_others_append(pipe: Pipe, folder: Path) -> None:
    """Fork children that append, while four threads append too."""
    journal = Journal(folder, limit=50_000)
    done = threading.Event()

    def work() -> int:
        for number in range(1_000_000):
            if done.is_set():
                return number
            journal.append(lines(number))
        raise AssertionError

    with ThreadPoolExecutor(4) as pool:
        working = [pool.submit(work) for _ in range(4)]
        for _ in range(20):
            child = os.fork()
            if not child:
                journal.append(lines(-1))
                os._exit(0)
            os.waitpid(child, 0)
        done.set()
        pipe.send([future.result() for future in working])


def test_a_fork_among_busy_threads_neither_blocks_nor_loses_rows(tmp_path: Path) -> None:
    with Child(fork_while_others_append, tmp_path) as child:
        expected = [number for count in child.hear() for number in range(count)]
        child.end()
    assert sorted(numbers_in(tmp_path)) == sorted(expected + 20 * [-1])


def append_until_refused(journal: Journal, *, size: int) -> tuple[StoreError, list[int]]:
    """Append two rows a call: the error in the end, and the rows that were taken."""
    taken = [0]
    for number in range(1, 1_000):
        try:
            journal.append(lines(number, -number, size=size))
        except StoreError as error:
            return error, taken
        taken += [number, -number]
    raise AssertionError


def test_a_full_disk_takes_whole_calls_or_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        journal = Journal(disk.folder / "journal")
        journal.append(lines(0))
        disk.fill(leave=64 * 1024)
        error, taken = append_until_refused(journal, size=5_000)
        assert error.errno == errno.ENOSPC
        assert "free some space" in str(error)
        assert numbers_in(journal.folder) == taken
        (file,) = journal.folder.iterdir()
        size = file.stat().st_size
        disk.free()
        journal.append(lines(7, 8), commit=True)
        assert numbers_in(journal.folder) == [*taken, 7, 8]
        assert file.stat().st_size == size, "a reader may have seen more of it"
        release(journal)


def test_a_full_disk_does_not_use_up_the_open_files(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        journal = Journal(disk.folder / "journal")
        journal.append(lines(0))
        disk.fill(leave=64 * 1024)
        for _ in range(3_000):
            with pytest.raises(StoreError, match="free some space"):
                journal.append(lines(1, size=128 * 1024))
        assert len(list(journal.folder.iterdir())) <= 2
        disk.free()
        journal.append(lines(2))
        assert numbers_in(journal.folder) == [0, 2]
        release(journal)


def write_up_to_a_limit(pipe: Pipe, folder: Path) -> None:
    journal = Journal(folder)
    journal.append(lines(0))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    error, taken = append_until_refused(journal, size=300)
    pipe.send((error.errno, taken))
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    journal.append(lines(7, 8), commit=True)


def test_a_limit_on_the_size_of_files_takes_whole_calls_or_nothing(tmp_path: Path) -> None:
    with Child(write_up_to_a_limit, tmp_path) as child:
        number, taken = child.hear()
        child.end()
    assert number == errno.EFBIG
    assert len(taken) > 10
    assert numbers_in(tmp_path) == [*taken, 7, 8]


def test_no_thread_is_told_that_rows_are_safe_after_the_disk_refused_them(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux says it once, to the one who waits, and drops what others wrote as well."""
    fdatasync, pool = os.fdatasync, ThreadPoolExecutor(1)
    others: list[Future[None]] = []

    def refuse(_: int) -> None:
        monkeypatch.setattr(os, "fdatasync", fdatasync)
        others.append(pool.submit(journal.append, lines(2), commit=True))
        wait_until(lambda: numbers_in(journal.folder) == [1, 2])
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fdatasync", refuse)
    with pool, pytest.raises(StoreError, match="The disk failed"):
        journal.append(lines(1), commit=True)
    with pytest.raises(StoreError, match="The disk failed"):
        others[0].result()
    (refused,) = journal.rotated()
    journal.append(lines(3), commit=True)
    assert journal.journal_id not in {None, refused}
    assert numbers_in(journal.folder) == [1, 2, 3]


def test_a_folder_that_cannot_be_made_is_refused_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    journal = Journal(tmp_path / "file" / "journal")
    with pytest.raises(StoreError, match="A file is where a folder should be") as refused:
        journal.append(lines(1))
    assert refused.value.path == str(tmp_path / "file" / "journal")


def test_a_heartbeat_touches_the_open_file(journal: Journal) -> None:
    journal.heartbeat()
    journal.append(lines(1))
    file = journal.path(journal.journal_id or "")
    os.utime(file, (1.0, 1.0))
    journal.heartbeat()
    assert file.stat().st_mtime > 1.0


def test_only_after_a_full_file_the_next_one_is_opened(journal: Journal) -> None:
    journal.reopen()
    assert journal.journal_id is None, "nothing was written yet"
    journal.append(lines(1))
    first = journal.journal_id
    journal.reopen()
    assert journal.journal_id == first
    journal.rotate(reopen=False)
    journal.reopen()
    assert journal.journal_id not in (None, first)
    assert journal.rotated() == [first]
