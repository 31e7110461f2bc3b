"""Backup and restore from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import Workbench

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Command
    from tests.support.sample_lake import SampleLake

ALL_RUNS = "select * from all_runs order by run_id"


def place(path: Path) -> str:
    return str(path)


def test_a_lake_comes_back_from_its_backup(
    mhras: Command, sample: SampleLake, tmp_path: Path
) -> None:
    copy, again = place(tmp_path / "copy"), place(tmp_path / "again")
    first = mhras.json("backup", place(sample.folder), copy)
    assert (first["files"] > 10, first["there"], first["damaged"]) == (True, 0, {})
    second = mhras.json("backup", place(sample.folder), copy)
    assert (second["files"], second["bytes"], second["there"] > 5) == (0, 0, True)
    assert mhras("backup", place(sample.folder), copy) == (
        0,
        f"0 files (0 bytes) copied, {second['there']} files there already\n",
        "",
    )
    assert mhras("restore", copy, again)[0] == 0
    assert mhras("verify", "--level", "content", "--lake", again)[0] == 0
    expected = mhras.json("sql", ALL_RUNS)
    assert mhras.json("sql", ALL_RUNS, "--lake", again) == expected
    with Workbench(again) as bench, bench.tracker.start_run("sleep", "after the restore"):
        pass
    assert len(mhras.json("sql", ALL_RUNS, "--lake", again)) == len(expected) + 1


def test_a_backup_in_a_bucket_brings_a_lake_back(
    mhras: Command, sample: SampleLake, bucket: str, tmp_path: Path
) -> None:
    assert mhras.json("backup", place(sample.folder), f"{bucket}/copies/lake")["damaged"] == {}
    assert mhras.json("backup", place(sample.folder), f"{bucket}/copies/lake")["files"] == 0
    assert mhras.json("restore", f"{bucket}/copies/lake", place(tmp_path / "again"))["there"] == 0
    assert mhras.json("sql", ALL_RUNS, "--lake", place(tmp_path / "again")) == mhras.json(
        "sql", ALL_RUNS
    )


def test_the_rows_of_living_writers_are_mentioned(
    mhras: Command, sample: SampleLake, tmp_path: Path
) -> None:
    with Workbench(sample.folder) as bench, bench.tracker.start_run("sleep", "going on"):
        status, out, _ = mhras("backup", place(sample.folder), place(tmp_path / "copy"))
    assert (status, out.splitlines()[1:]) == (
        0,
        ["with the rows of 1 journal of living writers"],
    )


def test_what_is_damaged_is_named_and_the_rest_copied(
    mhras: Command, sample: SampleLake, tmp_path: Path
) -> None:
    damaged = next(sample.folder.glob("objects/*/*"))
    damaged.write_bytes(b"not what it was")
    status, out, remarks = mhras("backup", place(sample.folder), place(tmp_path / "copy"))
    key = damaged.relative_to(sample.folder)
    assert (status, remarks.startswith(f"not copied: {key}: has the digest ")) == (1, True)
    assert "files (" in out
    assert mhras("restore", place(tmp_path / "copy"), place(tmp_path / "again"))[0] == 0


def test_what_is_no_lake_is_not_copied(mhras: Command, tmp_path: Path) -> None:
    for command in ("backup", "restore"):
        status, out, remarks = mhras(command, place(tmp_path / "none"), place(tmp_path / "copy"))
        assert (status, out) == (1, "")
        assert remarks.startswith("error: The source is no lake, and no complete copy of one: ")
    assert list(tmp_path.iterdir()) == []


def test_a_lake_is_not_restored_over(mhras: Command, sample: SampleLake, tmp_path: Path) -> None:
    mhras("backup", place(sample.folder), place(tmp_path / "copy"))
    status, _, remarks = mhras("restore", place(tmp_path / "copy"), place(sample.folder))
    assert (status, remarks.startswith("error: There is a lake already")) == (1, True)


def test_a_place_that_is_none_is_refused(mhras: Command, sample: SampleLake) -> None:
    status, out, remarks = mhras("backup", place(sample.folder), "https://host/lake")
    assert (status, out) == (1, "")
    assert remarks.startswith("error: A lake cannot be at 'https://host/lake'")


def test_a_backup_is_not_compacted_or_purged_but_read_proved_and_tidied(
    mhras: Command, sample: SampleLake, tmp_path: Path
) -> None:
    copy = place(tmp_path / "copy")
    mhras("backup", place(sample.folder), copy)
    for refused in (("compact", "--minimum", "1"), ("gc", "--purge-deleted", "0s")):
        status, out, remarks = mhras(*refused, "--lake", copy)
        assert (status, out) == (1, "")
        assert remarks.startswith("error: This is a backup: changed by itself it would be none")
    for allowed in (("runs",), ("verify", "--level", "content"), ("gc",)):
        assert mhras(*allowed, "--lake", copy)[0] == 0
    assert mhras("compact", "--minimum", "1")[0] == 0
    assert mhras.json("backup", place(sample.folder), copy)["damaged"] == {}
    assert mhras("verify", "--level", "content", "--lake", copy)[0] == 0
