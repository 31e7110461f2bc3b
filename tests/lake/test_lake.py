from __future__ import annotations

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

import lake.lake
from lake.errors import FormatError, LakeError, LakeNotFoundError, NotFoundError, StoreError
from lake.journal import Journal
from lake.lake import Lake
from lake.recover import living_writers
from tests.lake.tables import METRICS
from tests.support.processes import Child, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

    Pipe = Connection[Any, Any]


@pytest.fixture
def lake_(tmp_path: Path) -> Iterator[Lake]:
    with open_lake(tmp_path / "lake") as opened:
        yield opened


def open_lake(folder: Path) -> Lake:
    opened = Lake.open(folder, settle=0.0)
    opened.define(METRICS)
    return opened


def log(to: Lake, *steps: int) -> None:
    rows = [{"run_id": "r", "metric_name": "loss", "value": 0.5, "step": step} for step in steps]
    to.append("metrics", rows, durability="process")


def steps_in(lake_: Lake) -> list[int]:
    return sorted(lake_.table("metrics").read(["step"]).column("step").to_pylist())


def journals_in(lake_: Lake) -> list[str]:
    return sorted(path.stem for path in lake_.journal.folder.iterdir())


# --- open


def test_a_lake_is_made_where_there_is_none_and_found_again(tmp_path: Path) -> None:
    made, found = Lake.open(tmp_path / "new" / "lake"), Lake.open(tmp_path / "new" / "lake")
    assert made.lake_id == found.lake_id
    assert made.root == tmp_path / "new" / "lake"
    assert Lake.open(f"file://{made.root}", create=False).lake_id == made.lake_id


def test_a_lake_that_must_be_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(LakeNotFoundError, match="mhras init"):
        Lake.open(tmp_path / "lake", create=False)
    assert not (tmp_path / "lake").exists()


def test_a_folder_with_other_things_is_no_place_for_a_lake(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_bytes(b"")
    with pytest.raises(LakeError, match=r"it holds thesis\.tex"):
        Lake.open(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_lake_of_a_newer_version_is_not_opened(tmp_path: Path) -> None:
    identity = {"format": 2, "lake_id": "a", "created_at": 1}
    (tmp_path / "lake.json").write_text(json.dumps(identity), encoding="utf8")
    with pytest.raises(FormatError, match="Update mhras-workbench"):
        Lake.open(tmp_path)


def test_a_bucket_is_refused_by_name() -> None:
    with pytest.raises(LakeError, match="s3://bucket/lake"):
        Lake.open("s3://bucket/lake")


def open_when_told(pipe: Pipe, folder: Path) -> None:
    pipe.recv()
    pipe.send(Lake.open(folder).lake_id)


def test_processes_that_make_a_lake_at_the_same_time_make_one(tmp_path: Path) -> None:
    children = [Child(open_when_told, tmp_path / "lake") for _ in range(8)]
    for child in children:
        child.tell("now")
    assert len({child.hear() for child in children}) == 1
    for child in children:
        with child:
            child.end()


# --- names


def claim_when_told(pipe: Pipe, folder: Path, name: str) -> None:
    opened = Lake.open(folder)
    pipe.recv()
    pipe.send([opened.claim("names", f"{n}", {"by": name}) for n in range(50)])


def test_of_many_that_claim_a_name_one_gets_it_and_all_learn_who(lake_: Lake) -> None:
    children = [Child(claim_when_told, lake_.root, f"child {n}") for n in range(8)]
    for child in children:
        child.tell("now")
    claims = [child.hear() for child in children]
    for child in children:
        with child:
            child.end()
    for answers in zip(*claims, strict=True):
        holders = {payload["by"] for payload, _ in answers}
        assert len(holders) == 1
        assert [payload["by"] for payload, ours in answers if ours] == list(holders)


# --- write


def test_rows_are_in_the_journal_when_appended_and_in_a_segment_when_flushed(lake_: Lake) -> None:
    log(lake_, 1, 2)
    assert steps_in(lake_) == []
    lake_.flush()
    assert steps_in(lake_) == [1, 2]
    lake_.flush()
    assert len(lake_.table("metrics").snapshot().tail) == 1


def test_rows_of_a_table_that_is_not_there_are_refused(lake_: Lake) -> None:
    with pytest.raises(NotFoundError, match="Tables: metrics"):
        lake_.append("metricks", [{"run_id": "r"}])
    log(lake_, 1)
    lake_.flush()
    assert steps_in(lake_) == [1]


def test_a_closed_lake_takes_no_rows(lake_: Lake) -> None:
    log(lake_, 1)
    lake_.close()
    lake_.close()
    with pytest.raises(LakeError, match="Open it again"):
        log(lake_, 2)
    assert steps_in(lake_) == [1]
    assert journals_in(lake_) == []


def test_a_lake_that_only_reads_leaves_no_trace(lake_: Lake) -> None:
    before = sorted(lake_.root.rglob("*"))
    lake_.flush()
    lake_.recover()
    assert steps_in(lake_) == []
    lake_.close()
    assert sorted(lake_.root.rglob("*")) == before


def test_threads_log_flush_and_recover_at_the_same_time(lake_: Lake) -> None:
    done = threading.Event()

    def work(thread: int) -> None:
        for step in range(1_000):
            log(lake_, 1_000 * thread + step)

    def disturb() -> None:
        while not done.is_set():
            lake_.flush()
            lake_.recover()

    with ThreadPoolExecutor(6) as pool:
        disturbing = [pool.submit(disturb) for _ in range(2)]
        for writing in [pool.submit(work, thread) for thread in range(4)]:
            writing.result()
        done.set()
        for future in disturbing:
            future.result()
    lake_.flush()
    assert steps_in(lake_) == list(range(4_000))


# --- what the keeper does meanwhile


def log_much(lake_: Lake) -> None:
    """Log more than goes into one journal."""
    row = {"run_id": "r" * 1024 * 1024, "metric_name": "loss"}
    for step in range(17):
        lake_.append("metrics", [{**row, "step": step}], durability="process")


def test_a_full_journal_becomes_a_segment_by_itself(lake_: Lake) -> None:
    log_much(lake_)
    wait_until(lambda: lake_.table("metrics").snapshot().tail)
    assert steps_in(lake_)[:10] == list(range(10))


def test_a_process_whose_full_journal_became_a_segment_is_still_seen_to_live(lake_: Lake) -> None:
    log_much(lake_)
    lake_.journal.rotate(reopen=False)
    wait_until(lambda: not lake_.journal.rotated())
    assert living_writers(lake_.journal.folder) == {lake_.writer}


def test_a_flushed_process_is_still_seen_to_live(lake_: Lake) -> None:
    log(lake_, 1)
    lake_.flush()
    assert living_writers(lake_.journal.folder) == {lake_.writer}
    lake_.close()
    assert living_writers(lake_.journal.folder) == set()


def test_an_old_journal_becomes_a_segment_by_itself(
    lake_: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake.keeper, "OLDEST_JOURNAL_SECONDS", 0.1)
    log(lake_, 1)
    wait_until(lambda: steps_in(lake_) == [1])
    assert steps_in(lake_) == [1], "once, and for good"


def test_an_open_journal_is_touched_now_and_then(
    lake_: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake.keeper, "HEARTBEAT_SECONDS", 1.0)
    log(lake_, 1)
    path = lake_.journal.path(lake_.journal.journal_id or "")
    os.utime(path, (1.0, 1.0))
    said = path.read_bytes()
    wait_until(lambda: path.stat().st_mtime > 1.0)
    assert path.read_bytes() == said


# --- when something is in the way


def test_what_could_not_become_a_segment_is_tried_again(lake_: Lake) -> None:
    log(lake_, 1)
    obstacle = lake_.root / "tables"
    obstacle.write_bytes(b"a file where a folder should be")
    with pytest.raises(StoreError, match="A file is where a folder should be"):
        lake_.flush()
    log(lake_, 2)
    obstacle.unlink()
    lake_.flush()
    assert steps_in(lake_) == [1, 2]


def test_a_lake_closed_on_a_full_disk_keeps_its_rows_for_the_next(tmp_path: Path) -> None:
    lake_ = open_lake(tmp_path / "lake")
    log(lake_, 1)
    obstacle = lake_.root / "tables"
    obstacle.write_bytes(b"a file where a folder should be")
    with pytest.raises(StoreError):
        lake_.close()
    obstacle.unlink()
    assert living_writers(lake_.journal.folder) == set()
    with open_lake(tmp_path / "lake") as again:
        again.recover()
        assert steps_in(again) == [1]


def test_one_bad_journal_does_not_keep_the_others_from_becoming_segments(lake_: Lake) -> None:
    lake_.write_lines(b"garbage\n", durability="process")
    lake_.journal.rotate()
    log(lake_, 1)
    with pytest.raises(LakeError, match="is damaged: line 1"):
        lake_.flush()
    assert steps_in(lake_) == [1]


def test_a_forked_child_logs_beside_its_parent(lake_: Lake) -> None:
    log(lake_, 1)

    def work(_: Pipe) -> None:
        log(lake_, 2)
        lake_.flush()

    with Child(work) as child:
        child.end()
    assert steps_in(lake_) == [2]
    log(lake_, 3)
    lake_.flush()
    assert steps_in(lake_) == [1, 2, 3]


def test_a_journal_beside_the_lake_s_own_is_nobody_else_s(lake_: Lake) -> None:
    log(lake_, 1)
    other = Journal(lake_.journal.folder)
    other.append(b"")
    assert living_writers(lake_.journal.folder) == {lake_.writer, other.writer}
    assert lake_.recover() == {}
    other.rotate(reopen=False)
    other.release(*other.rotated())
