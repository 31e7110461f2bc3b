"""Proof, repair and garbage collection from the command line."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core import Workbench
from lake.address import open_store
from lake.backup import backup
from lake.objects import object_key
from lake.store import LocalStore
from tests.support.commands import Command, started
from tests.support.four_runs import log_run
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from tests.support.sample_lake import SampleLake

DAY = 86_400


@pytest.fixture
def copy(sample: SampleLake, tmp_path: Path) -> Path:
    backup(LocalStore(sample.folder), LocalStore(tmp_path / "copy"))
    return tmp_path / "copy"


def damaged_artifact(sample: SampleLake) -> str:
    """Damage what a run has kept; the key of the file."""
    with Workbench(sample.folder) as bench:
        artifacts = bench.runs.list_artifacts(sample.finished)
        (digest,) = [a.digest for a in artifacts if a.path == "model.bin"]
    path = sample.folder / object_key(digest)
    path.write_bytes(path.read_bytes()[:-1])
    return object_key(digest)


@pytest.mark.parametrize("level", ["structure", "footers"])
@pytest.mark.usefixtures("sample")
def test_a_sound_lake_is_verified(mhras: Command, level: str) -> None:
    assert mhras("verify", "--level", level) == (0, f"0 problems at level {level}\n", "")
    found = mhras.json("verify", "--level", level)
    assert (found["level"], found["problems"], found["bytes_read"]) == (level, [], 0)


def test_a_proof_of_the_content_says_how_much_was_read(mhras: Command, sample: SampleLake) -> None:
    status, out, _ = mhras("verify", "--level", "content")
    found = mhras.json("verify", "--level", "content")
    files = list(sample.folder.glob("objects/*/*"))
    files += [p for p in sample.folder.glob("tables/*/tail/*") if not p.name.startswith("0000")]
    assert (found["files_read"], found["bytes_read"]) == (
        len(files),
        sum(path.stat().st_size for path in files),
    )
    assert status == 0
    assert out.startswith(f"0 problems at level content: {len(files)} files, ")
    assert out.endswith("B/s)\n")


def test_damage_is_named_with_whom_it_concerns_and_what_to_do(
    mhras: Command, sample: SampleLake
) -> None:
    key = damaged_artifact(sample)
    status, out, _ = mhras("verify", "--level", "content")
    problem, affects, advice, count = out.splitlines()
    assert status == 1
    assert problem.startswith(f"content  {key}: has the digest ")
    run = f"run 'forest-4' of experiment 'phq9 risk' ({sample.finished})"
    assert affects == f"  affects artifact model.bin of {run}"
    assert advice.startswith("  advice  Run `mhras verify --repair`")
    assert count.startswith("1 problem at level content: ")


def test_a_repair_takes_good_bytes_from_a_copy(
    mhras: Command, sample: SampleLake, copy: Path
) -> None:
    key = damaged_artifact(sample)
    status, out, remarks = mhras("verify", "--repair", "--from", str(copy))
    assert (status, out.splitlines()[0], remarks) == (0, f"restored    {key}", "")
    assert mhras.json("verify", "--level", "content")["problems"] == []
    assert (sample.folder / key).read_bytes() == (copy / key).read_bytes()


def test_what_nobody_has_is_given_up_and_stays_in_quarantine(
    mhras: Command, sample: SampleLake, copy: Path
) -> None:
    key = damaged_artifact(sample)
    status, out, remarks = mhras("verify", "--repair")
    assert (status, out.splitlines()[-1][:10]) == (1, "0 problems")
    assert out.startswith(f"given up    {key}: has the digest")
    (kept,) = sample.folder.glob(f"quarantine/*/{key}")
    folder = kept.relative_to(sample.folder).as_posix().removesuffix(key)
    assert remarks == f"What was set aside or given up is in {folder} in the lake.\n"
    status, out, remarks = mhras("verify")
    assert (status, remarks.splitlines()[0]) == (0, "1 file given up by earlier repairs:")
    assert mhras("verify", "--repair", "--from", str(copy))[0] == 0
    assert mhras.json("verify", "--level", "content")["given_up"] == {}


def test_a_lake_that_lost_its_identity_is_repaired(
    mhras: Command, sample: SampleLake, copy: Path
) -> None:
    before = (sample.folder / "lake.json").read_bytes()
    (sample.folder / "lake.json").unlink()
    status, _, remarks = mhras("verify")
    assert (status, "its lake.json is lost. Run `mhras verify --repair`" in remarks) == (1, True)
    assert mhras("verify", "--repair", "--from", str(copy))[0] == 0
    assert (sample.folder / "lake.json").read_bytes() == before


def test_an_interrupted_proof_ends_quietly_with_130(lake: Path) -> None:
    with Workbench(lake) as bench:
        key = object_key(bench.lake.objects.put(b"a large one"))
    with (lake / key).open("r+b") as file:
        file.truncate(40 * 1024**3)  # without taking space; reading it takes longer than the test
    process = started("verify", "--level", "content", "--lake", str(lake))
    wait_until(lambda: _reads(process.pid, lake / key))
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 130
    assert list((lake / "inventory").glob("*")) == []


def _reads(process: int, path: Path) -> bool:
    for file in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since the listing
            if file.readlink() == path.resolve():
                return True
    return False


def unnamed_object(lake: Path, *, days: int) -> str:
    """Store an object that nothing names, as if so many days ago; its key."""
    with Workbench(lake) as bench:
        key = object_key(bench.lake.objects.put(b"nobody names this"))
    moment = time.time() - days * DAY
    os.utime(lake / key, (moment, moment))
    return key


def test_garbage_goes_in_two_calls(mhras: Command, lake: Path) -> None:
    assert mhras("gc") == (0, "Nothing to delete.\n", "")
    key = unnamed_object(lake, days=9)
    would = mhras.lines("gc", "--dry-run")
    assert would[1][:4] == ["objects nothing names", "1", "17 bytes", "would be marked"]
    assert mhras.lines("gc")[1][3] == "marked"
    waiting = mhras.lines("gc")[1]
    assert (waiting[3], waiting[4][-3:]) == ("marked before", "UTC")
    (marks,) = (lake / "gc").iterdir()
    marks.write_text(json.dumps(json.loads(marks.read_text("utf8")) | {"due_at": 0}), "utf8")
    done = mhras.json("gc")
    assert [(one["key"], one["bytes"], one["kind"]) for one in done["deleted"]] == [
        (key, 17, "object")
    ]
    assert not (lake / key).exists()


def test_deleted_runs_are_erased_only_when_asked(mhras: Command, sample: SampleLake) -> None:
    with Workbench(sample.folder) as bench:
        bench.tracker.delete_run(sample.failed)
    assert mhras.json("gc")["purged_runs"] == []
    assert mhras.json("gc", "--purge-deleted", "1d")["purged_runs"] == []
    status, out, _ = mhras("gc", "--dry-run", "--purge-deleted", "0s")
    assert (status, out) == (0, f"Nothing to delete.\n1 run would be erased: {sample.failed}\n")
    assert mhras.json("gc", "--purge-deleted", "0s")["purged_runs"] == [sample.failed]
    kept = mhras.json("sql", "select count(*) as n from all_runs")
    assert kept == [{"n": 9}]


def test_it_says_why_objects_were_left_alone(mhras: Command, lake: Path) -> None:
    unnamed_object(lake, days=9)
    report: dict[str, Any] = {"at": 1, "given_up": {"tables/runs/tail/lost.parquet": "flipped"}}
    LocalStore(lake).put("quarantine/1/report.json", str(report).replace("'", '"').encode())
    status, out, remarks = mhras("gc")
    assert (status, out) == (0, "Nothing to delete.\n")
    assert remarks.startswith("Objects were left alone: a repair has given files up")


def test_objects_are_not_deleted_within_the_hour(mhras: Command, lake: Path) -> None:
    status, out, remarks = mhras("gc", "--keep", "59m", "--lake", str(lake))
    assert (status, out) == (1, "")
    assert "Keep them for an hour at least" in remarks


def test_a_lake_in_a_bucket_is_proved_repaired_and_tidied(
    mhras: Command, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    there, copy = f"{bucket}/lake", str(tmp_path / "copy")
    with Workbench(there, actor="ana") as bench:
        log_run(bench, "a")
        digest = bench.lake.objects.put(b"nobody names this")
    assert mhras("backup", there, copy)[0] == 0
    store = open_store(there)
    segment = next(e.name for e in store.list("tables/runs/tail") if not e.name.startswith("0000"))
    lost = ["lake.json", f"tables/runs/tail/{segment}", object_key(digest)]
    store.delete(lost[0])
    store.put(lost[1], b"damaged")
    store.put(lost[2], b"damaged")
    status, out, _ = mhras("verify", "--repair", "--from", copy, "--lake", there)
    restored = sorted(line.split()[1] for line in out.splitlines()[:2])
    assert (status, restored) == (0, sorted(lost[1:]))
    assert mhras("gc", "--lake", there) == (0, "Nothing to delete.\n", "")
    assert [run["run_name"] for run in mhras.json("runs", "--lake", there)] == ["a"]
