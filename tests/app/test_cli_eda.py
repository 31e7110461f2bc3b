"""`mhras eda`."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import Workbench
from tests.support.commands import Command, started
from tests.support.processes import wait_until


@pytest.fixture
def visits(tmp_path: Path) -> Path:
    path = tmp_path / "visits.parquet"
    frame = pd.DataFrame({"age": np.arange(50.0) ** 2, "site": ["north", "south"] * 25})
    frame.loc[:40, "age"] = np.nan
    frame.to_parquet(path)
    return path


def test_a_file_is_explored_without_a_lake(mhras: Command, visits: Path) -> None:
    status, out, remarks = mhras("eda", str(visits))
    lines = out.splitlines()
    assert (status, remarks, lines[0]) == (0, "", "visits.parquet: 50 rows, 2 columns")
    assert lines[1].startswith("1. age: 41 of 50 values (82.0%) are missing.")
    assert lines[-1].split("\t") == ["site", "category", "0.0%", "2", "", "", "", "north (25)"]


def test_reports_and_charts_are_written(mhras: Command, visits: Path, tmp_path: Path) -> None:
    wanted = [tmp_path / name for name in ("out.html", "out.md")]
    folder = tmp_path / "charts"
    options = ["--html", str(wanted[0]), "--markdown", str(wanted[1]), "--figures", str(folder)]
    status, out, remarks = mhras("eda", str(visits), *options, "--json")
    assert (status, json.loads(out)["summary_statistics"]["age"]["missing"]) == (0, 41)
    assert [f"written: {path}" for path in wanted] == remarks.splitlines()[:2]
    assert wanted[0].read_bytes().startswith(b"<!doctype html>")
    assert wanted[1].read_text().startswith("# visits.parquet")
    assert sorted(path.suffix for path in folder.iterdir()) == [".png"] * 5 + [".svg"] * 5


def test_a_version_is_explored_by_its_name(mhras: Command, lake: Path, visits: Path) -> None:
    with Workbench(lake) as wb:
        wb.datasets.register_dataset(visits, "clinic.visits", "file")
    assert mhras("eda", "clinic.visits@v1")[1].startswith("clinic.visits@v1: 50 rows, 2 columns")
    assert mhras("eda", "nobody@v1")[0] == 1


def test_what_is_wrong_is_said_in_one_line(mhras: Command, visits: Path) -> None:
    assert mhras("eda", "nothing.csv")[::2] == (
        1,
        (
            "error: There is no file nothing.csv. Name a .parquet, .csv, .tsv, .jsonl, .arrow,"
            " .feather or .xpt file.\n"
        ),
    )
    status, _, remarks = mhras("eda", str(visits), "--target", "risk")
    assert (status, remarks) == (1, "error: There is no column 'risk'. Columns: age, site.\n")


def test_it_ends_at_once_when_it_is_interrupted(tmp_path: Path) -> None:
    path = tmp_path / "wide.parquet"
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(150_000, 30)))
    frame.rename(columns=str).to_parquet(path)
    report = tmp_path / "out.html"
    process = started("eda", str(path), "--html", str(report))
    maps = Path(f"/proc/{process.pid}/maps")
    wait_until(lambda: "libarrow" in maps.read_text())
    process.send_signal(signal.SIGINT)
    out, remarks = process.communicate(timeout=60)
    assert (process.returncode, out, report.exists()) == (130, "", False)
    assert "Traceback" not in remarks
