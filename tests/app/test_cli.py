"""The command line as a whole: help, errors, and how it ends."""

from __future__ import annotations

import doctest
import gc
import json
import os
import re
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from app import cli_doctor, cli_output, cli_runs, cli_sql
from tests.support.commands import HOSTILE, Command, started
from tests.support.processes import ROOT, wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import ModuleType

    from tests.support.sample_lake import SampleLake

READING = (
    ["runs"],
    ["runs", "--stale"],
    ["runs", "--stale", "--mark-failed"],
    ["run", "show", "0"],
    ["datasets"],
    ["dataset", "show", "phq9"],
    ["import", "pyproject.toml", "--name", "phq9"],
    ["sql", "select 1"],
    ["compact"],
    ["export", "catalog"],
    ["verify"],
    ["verify", "--repair"],
    ["gc"],
    ["serve", "--port", "0"],
)


def test_help_waits_for_nothing_that_is_slow_to_import() -> None:
    code = "import sys; from app.cli import main; main(['--help']); print(*sys.modules)"
    run = [sys.executable, "-c", code]
    out = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    loaded = {name.partition(".")[0] for name in out.splitlines()[-1].split()}
    slow = {"catalog", "core", "duckdb", "numpy", "pandas", "pyarrow", "rich", "streamlit"}
    assert loaded & slow == set()
    assert "Commands:" in out


@pytest.mark.parametrize("module", [cli_doctor, cli_output, cli_runs, cli_sql])
def test_examples_hold(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert (result.attempted > 0, result.failed) == (True, 0)


def test_help_names_every_command(mhras: Command) -> None:
    status, out, _ = mhras("--help")
    named = re.findall(r"^  (\w+)  +\w", out.partition("Commands:")[2], re.MULTILINE)
    wanted = {
        "backup",
        "card",
        "comment",
        "compact",
        "config",
        "dataset",
        "datasets",
        "demo",
        "doctor",
        "drift",
        "eda",
        "export",
        "gc",
        "import",
        "init",
        "jobs",
        "models",
        "restore",
        "run",
        "runs",
        "serve",
        "sql",
        "verify",
    }
    assert (status, set(named)) == (0, wanted)


def test_the_module_is_the_same_command() -> None:
    command = [sys.executable, "-m", "app", "--version"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.fullmatch(r"mhras (\d[\w.]*|, not installed)\n", done.stdout)
    assert done.stderr == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["rums"],
        ["runs", "--limit", "many"],
        ["runs", "--limit", "-1"],
        ["runs", "--columns", "auc"],
        ["runs", "--mark-failed"],
        ["runs", "--stale", "--mark-failed", "--experiment", "sleep"],
        ["run", "show"],
        ["sql", "select 1", "--json", "--csv"],
        ["verify", "--level", "deep"],
        ["verify", "--from", "copy"],
        ["gc", "--keep", "many"],
        ["gc", "--purge-deleted", "9"],
        ["backup", "lake"],
        ["init", "here", "--lake", "there"],
        ["demo", "--nhanes", "/nowhere"],
    ],
)
def test_what_is_not_understood_ends_with_2(
    mhras: Command, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, remarks = mhras(*arguments)
    assert (status, out) == (2, "")
    assert "Error" in remarks
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_a_command_that_reads_makes_no_lake(
    mhras: Command, arguments: Sequence[str], tmp_path: Path
) -> None:
    status, out, remarks = mhras(*arguments, "--lake", str(tmp_path / "none"))
    assert (status, out) == (1, "")
    hint = "Name a lake's folder, or make one with `mhras init`."
    assert remarks == f"error: There is no lake at {tmp_path / 'none'}. {hint}\n"
    assert list(tmp_path.iterdir()) == []


def test_without_any_word_the_lake_is_in_the_current_folder(
    mhras: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MHRAS_LAKE", raising=False)
    monkeypatch.chdir(tmp_path)
    assert mhras("init") == (0, f"Made an empty lake at {tmp_path / 'lake'}\n", "")
    assert mhras.json("runs") == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["runs", "--filter", "metrics.auc > 'a\nb\x1b[31m"],
        ["run", "show", HOSTILE],
        ["sql", f"selec '{HOSTILE}'"],
        ["sql", "drop table runs"],
        ["init", "/proc"],
    ],
)
@pytest.mark.usefixtures("sample")
def test_an_error_is_one_line_of_plain_text(mhras: Command, arguments: list[str]) -> None:
    status, out, remarks = mhras(*arguments)
    assert (status, out) == (1, "")
    assert remarks.startswith("error: ")
    assert remarks.endswith("\n")
    assert remarks[:-1].isprintable()


def test_making_a_lake_twice_is_fine(mhras: Command, tmp_path: Path) -> None:
    place = str(tmp_path / "new")
    assert mhras("init", place) == (0, f"Made an empty lake at {place}\n", "")
    made = (tmp_path / "new" / "lake.json").read_bytes()
    assert mhras("init", place) == (0, f"There is a lake already at {place}\n", "")
    assert (tmp_path / "new" / "lake.json").read_bytes() == made


def test_a_folder_with_other_things_does_not_become_a_lake(mhras: Command, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    status, out, remarks = mhras("init", str(tmp_path))
    assert (status, out) == (1, "")
    assert "thesis.tex" in remarks
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_reader_that_has_seen_enough_is_no_error(lake: Path) -> None:
    process = started("sql", "select * from range(300000)", "--lake", str(lake))
    assert process.stdout is not None
    assert process.stdout.readline() == "range\n"
    process.stdout.close()
    assert process.stderr is not None
    assert (process.stderr.read(), process.wait()) == ("", 1)
    process.stderr.close()


def test_an_interrupted_query_ends_quietly_with_130(mhras: Command, lake: Path) -> None:
    endless = "select count(*) from range(1000000000000) where range % 3 = 1"
    assert mhras("sql", "select 1", "--lake", str(lake))[0] == 0  # all is imported now
    # a shell that started the tests in the background made them deaf to interrupts
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    ended = threading.Event()

    def interrupt() -> None:
        while not ended.wait(1.0):
            os.kill(os.getpid(), signal.SIGINT)

    # Hypothesis listens to the garbage collector: an interrupt that it gets is lost
    gc.disable()
    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    try:
        assert mhras("sql", endless, "--lake", str(lake)) == (130, "", "")
    finally:
        ended.set()
        interrupting.join()
        signal.signal(signal.SIGINT, before)
        gc.enable()


def test_an_interrupted_compaction_ends_quietly_and_harms_nothing(
    mhras: Command, sample: SampleLake
) -> None:
    process = started("compact", "--minimum", "1")
    data = sample.folder / "tables" / "artifacts" / "data"
    # the first table's file is there, and waits two seconds before a manifest names it
    wait_until(lambda: len(list(data.glob("*.parquet"))) > 1)
    process.send_signal(signal.SIGINT)
    assert (process.communicate(), process.returncode) == (("", ""), 130)
    assert mhras("verify", "--level", "content")[0] == 0
    assert len(mhras.json("runs")) == 10


def test_serving_says_where_and_ends_at_an_interrupt(sample: SampleLake) -> None:
    process = started("serve", "--port", "0", "--lake", str(sample.folder))
    assert process.stdout is not None
    address = re.fullmatch(
        r"Workbench at (http://127\.0\.0\.1:\d+) .*\n", process.stdout.readline()
    )
    assert address is not None
    with urlopen(f"{address[1]}/healthz") as answer:  # noqa: S310 - our own server
        assert json.load(answer)["status"] == "ok"
    process.send_signal(signal.SIGINT)
    assert process.communicate() == ("", "")
    assert process.returncode == 0
