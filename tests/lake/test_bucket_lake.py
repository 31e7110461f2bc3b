"""A lake in a bucket, used by several machines."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import lake.presence
import lake.stored_journals
from lake.backup import backup, restore
from lake.compact import collect, compact
from lake.errors import LakeError, LakeNotFoundError, StoreError
from lake.recover import living_writers
from lake.remote import S3Store
from lake.store import LocalStore
from tests.support.fault_proxy import fault_proxy
from tests.support.machines import Machine, log, steps_of
from tests.support.processes import ROOT, Child, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

    from lake.lake import Lake
    from tests.support.s3_server import S3Server


@pytest.fixture
def url(bucket: str) -> str:
    return f"{bucket}/lakes/risk"


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "here")


@pytest.fixture
def lake_(here: Machine, url: str) -> Iterator[Lake]:
    with here.lake(url) as opened:
        yield opened


@pytest.fixture
def elsewhere(lake_: Lake, tmp_path: Path) -> Iterator[Lake]:
    """Give the same lake as another machine has it."""
    with Machine(tmp_path / "elsewhere").lake(lake_.url) as opened:
        yield opened


def log_and_wait(pipe: Connection[Any, Any], machine: Machine, url: str, *steps: int) -> None:
    opened = machine.open(url)
    log(opened, *steps)
    pipe.send(opened.writer)
    if pipe.recv() == "flush":
        opened.flush()
        pipe.send("flushed")
        pipe.recv()


# --- opening


def test_a_lake_is_made_once_and_found_by_others(lake_: Lake, elsewhere: Lake) -> None:
    assert elsewhere.lake_id == lake_.lake_id
    assert elsewhere.url == lake_.url
    with pytest.raises(LakeError, match="is not in a folder"):
        _ = lake_.root


def test_where_there_is_none_nothing_is_made(bucket: str, here: Machine) -> None:
    with pytest.raises(LakeNotFoundError, match="There is no lake at s3://"):
        here.open(bucket, create=False)
    assert S3Store(bucket).names() == []


def test_a_prefix_with_other_things_in_it_is_refused(url: str, here: Machine) -> None:
    S3Store(url).put("letters/dear.txt", b"dear")
    with pytest.raises(LakeError, match="not a lake and not empty: it holds letters"):
        here.open(url)


def test_a_bucket_that_gives_a_name_twice_gets_no_lake(
    url: str, here: Machine, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fault_proxy(s3.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        proxy.order("forget", "PUT", times=2)
        with pytest.raises(StoreError, match="ignores If-None-Match"):
            here.open(url)
        assert S3Store(url).names() == []


# --- rows on their way


def test_a_row_is_on_this_machine_at_once_and_in_the_bucket_when_flushed(
    lake_: Lake, elsewhere: Lake
) -> None:
    log(lake_, 1, 2)
    path = lake_.journal.path(lake_.journal.journal_id or "")
    assert path.read_bytes().count(b"\n") == 2
    assert steps_of(elsewhere) == []
    lake_.flush()
    assert steps_of(elsewhere) == [1, 2]
    assert not path.exists()


def test_a_row_comes_to_the_bucket_by_itself(url: str, tmp_path: Path, elsewhere: Lake) -> None:
    with Machine(tmp_path / "soon", publish_seconds=0.2).lake(url) as writing:
        log(writing, 1)
        wait_until(lambda: steps_of(elsewhere) == [1])
        log(writing, 2)
        wait_until(lambda: steps_of(elsewhere) == [1, 2])
    assert steps_of(elsewhere) == [1, 2]  # and closing brings nothing twice


def test_a_run_that_ends_does_not_wait_for_its_turn(lake_: Lake, elsewhere: Lake) -> None:
    log(lake_, 1)
    assert steps_of(elsewhere) == []
    lake_.publish()
    wait_until(lambda: steps_of(elsewhere) == [1])
    assert steps_of(lake_) == [1]


def test_what_was_logged_is_in_the_bucket_when_the_lake_is_closed(
    here: Machine, elsewhere: Lake
) -> None:
    with here.lake(elsewhere.url) as writing:
        log(writing, 1)
    assert steps_of(elsewhere) == [1]
    assert elsewhere.store.list("writers") == []


def test_rows_of_a_killed_process_are_brought_by_the_next_on_its_machine(
    lake_: Lake, elsewhere: Lake, here: Machine
) -> None:
    with Child(log_and_wait, here, lake_.url, 1, 2) as child:
        writer = child.hear()
        assert elsewhere.recover() == {}
        assert lake_.recover() == {}
        child.kill()
    (journal_id,) = lake_.recover()
    assert writer in journal_id
    assert lake_.recover() == {}
    assert steps_of(elsewhere) == [1, 2]


def test_a_bucket_that_fails_costs_no_row(
    url: str, here: Machine, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fault_proxy(s3.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        with here.lake(url) as opened:
            log(opened, 1)
            proxy.order("deny", "PUT", times=1000)
            with pytest.raises(StoreError, match="As ordered"):
                opened.flush()
            log(opened, 2)
            proxy.relent()
            opened.flush()
            assert steps_of(opened) == [1, 2]


def test_a_lake_that_cannot_reach_its_bucket_when_it_closes_leaves_its_rows_to_the_next(
    url: str, here: Machine, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fault_proxy(s3.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        opened = here.open(url)
        log(opened, 1)
        proxy.order("deny", "PUT", times=1000)
        with pytest.raises(StoreError, match="As ordered"):
            opened.close()
        proxy.relent()
        with here.lake(url) as again:
            assert len(again.recover()) == 1
            assert steps_of(again) == [1]


def test_two_lakes_with_one_id_do_not_share_their_journals(
    lake_: Lake, bucket: str, here: Machine
) -> None:
    log(lake_, 1)
    lake_.flush()
    with here.lake(f"{bucket}/copy") as other:
        other.store.put("lake.json", lake_.store.get("lake.json"))
    with here.lake(f"{bucket}/copy") as copy:
        assert copy.lake_id == lake_.lake_id
        assert copy.journal.folder != lake_.journal.folder


def test_a_script_that_closes_nothing_brings_its_rows_to_the_bucket(
    url: str, elsewhere: Lake
) -> None:
    code = (
        "import sys; from lake.lake import Lake; from catalog.tables import SPECS\n"
        "opened = Lake.open(sys.argv[1]); opened.define(*SPECS.values())\n"
        "opened.append('metrics', [{'run_id': 'r', 'step': 1}])\n"
    )
    run = [sys.executable, "-W", "error", "-c", code, url]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stderr, done.returncode) == ("", 0)
    assert steps_of(elsewhere) == [1]
    assert elsewhere.store.list("writers") == []


# --- who lives


def test_a_writer_is_seen_to_live_by_other_machines_until_it_closes(
    elsewhere: Lake, here: Machine
) -> None:
    with here.lake(elsewhere.url) as writing:
        log(writing, 1)
        assert writing.writer not in elsewhere.presence.look().living
        writing.flush()
        seen = elsewhere.presence.look()
        assert seen.living == {writing.writer}
        assert abs(seen.heard_at[writing.writer] - elsewhere.store.now()) < 60
    assert elsewhere.presence.look().living == frozenset()


def test_a_machine_that_was_not_heard_of_for_minutes_is_lost(
    lake_: Lake, elsewhere: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    log(lake_, 1)
    lake_.flush()
    monkeypatch.setattr(lake.presence, "LOST_SECONDS", 0.0)
    wait_until(lambda: elsewhere.presence.look().living == frozenset())
    assert lake_.presence.look().living == {lake_.writer}  # its lock says so on its own machine
    monkeypatch.setattr(lake.presence, "LOST_SECONDS", 300.0)
    assert elsewhere.presence.look().living == {lake_.writer}


def test_a_writer_says_again_and_again_that_it_lives(
    elsewhere: Lake, here: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake.presence, "RENEW_SECONDS", 0.0)
    with here.lake(elsewhere.url) as writing:
        log(writing, 1)
        writing.flush()
        (first,) = elsewhere.store.list("writers")
        wait_until(lambda: elsewhere.store.list("writers")[0].modified_at > first.modified_at)
        (again,) = elsewhere.store.list("writers")
        assert again.name == first.name


def test_a_killed_writer_is_forgotten_when_its_journals_have_been_recovered(
    lake_: Lake, elsewhere: Lake, here: Machine
) -> None:
    with Child(log_and_wait, here, lake_.url, 1) as child:
        writer = child.hear()
        child.tell("flush")
        assert child.hear() == "flushed"
        child.kill()
    assert elsewhere.presence.look().living == {writer}
    lake_.recover()
    assert living_writers(lake_.journal.folder) == set()
    assert elsewhere.presence.look().living == frozenset()


def test_a_forked_child_is_a_writer_of_its_own(lake_: Lake, elsewhere: Lake) -> None:
    log(lake_, 1)
    lake_.flush()

    def work(pipe: Connection[Any, Any]) -> None:
        log(lake_, 2)
        lake_.flush()
        pipe.send(lake_.writer)
        pipe.recv()

    with Child(work) as child:
        writer = child.hear()
        assert elsewhere.presence.look().living == {lake_.writer, writer}
    assert steps_of(elsewhere) == [1, 2]


# --- exactly once


def test_a_merged_segment_is_not_made_again_by_who_crashed_before_it_let_the_journal_go(
    lake_: Lake, elsewhere: Lake, here: Machine
) -> None:
    with Child(log_and_wait, here, lake_.url, 1, 2) as child:
        child.hear()
        (journal,) = here.disk.glob("state/*/journal/*.jsonl")
        lines = journal.read_bytes()
        child.tell("flush")
        child.hear()
        child.kill()
    journal.write_bytes(lines)  # as if it had been killed before the last step
    for step in (3, 4):
        log(elsewhere, step)
        elsewhere.flush()
        assert compact(elsewhere.table("metrics"), minimum=1, settle=0) is not None
        collect(elsewhere.table("metrics"), grace=0)
    assert set(map(len, lake_.recover().values())) == {0}
    assert steps_of(elsewhere) == [1, 2, 3, 4]


def test_a_compaction_lets_go_of_names_whose_writer_is_done_with_them(
    elsewhere: Lake, here: Machine
) -> None:
    with here.lake(elsewhere.url) as writing:
        for step in range(3):
            log(writing, step)
            writing.flush()
    for step in (3, 4):
        elsewhere.table("metrics").append(elsewhere.table("metrics").read().slice(0, 1))
        assert compact(elsewhere.table("metrics"), minimum=1, settle=0) is not None, step
        collect(elsewhere.table("metrics"), grace=0)
    assert len(elsewhere.table("metrics").snapshot().consumed) == 1


@pytest.fixture
def restored(url: str, tmp_path: Path) -> str:
    """Give a bucket's lake that a backup with a journal was restored to."""
    from lake.lake import Lake

    source = Lake.open(tmp_path / "source")
    source.define(*Machine(tmp_path).open(f"{url}-specs").specs.values())
    log(source, 1, 2)
    backup(source.store, LocalStore(tmp_path / "backup"))
    restore(LocalStore(tmp_path / "backup"), S3Store(url))
    source.close()
    return url


def test_journals_that_a_backup_brought_are_made_into_segments_once(
    restored: str, here: Machine, tmp_path: Path
) -> None:
    with here.lake(restored) as first, Machine(tmp_path / "other").lake(restored) as second:
        assert [list(made.values()) for made in first.recover().values()] == [[2]]
        assert second.recover() == {}
        assert steps_of(second) == [1, 2]
        assert first.store.list("journal") == []


def test_a_stored_journal_is_left_to_who_took_it_until_that_one_is_lost(
    restored: str, here: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with here.lake(restored) as opened:
        (journal,) = opened.store.list("journal")
        mark = f"journal/{journal.name.removesuffix('.jsonl')}.taken-0"
        opened.store.put(mark, b"somebody", exclusive=True)
        assert opened.recover() == {}
        monkeypatch.setattr(lake.stored_journals, "LOST_SECONDS", -1.0)
        assert len(opened.recover()) == 1
        assert steps_of(opened) == [1, 2]
        assert opened.store.list("journal") == []


def test_what_a_writer_says_of_itself_may_be_damaged(lake_: Lake) -> None:
    lake_.store.put("writers/vm.7.abc.json", b"\x00")
    lake_.store.put("writers/vm.8.abc.json", json.dumps({"oldest": "b"}).encode())
    is_open = lake.presence.open_journals(lake_.store)
    assert is_open("a-vm.7.abc-0")
    assert [is_open(f"{at}-vm.8.abc-0") for at in "abc"] == [False, True, True]
    assert not is_open("a-vm.9.abc-0")
