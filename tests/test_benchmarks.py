"""The benchmarks run: their figures are for people, but nobody finds out late that one broke."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.test_layout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SMALLEST = {
    "bucket": ["--runs", "50", "--repeat", "1"],
    "cards": ["--rows", "1000", "--repeat", "1"],
    "datasets": ["--rows", "4000", "--repeat", "1"],
    "drift": ["--rows", "3000", "--repeat", "1", "--calibration", "1"],
    "eda": ["--rows", "300", "--repeat", "1"],
    "lake": ["--tiny"],
    "models": ["--rows", "5000", "--repeat", "1"],
    "tracking": ["--tiny"],
    "workbench": [
        *("--runs", "20", "--repeat", "2", "--users", "2", "3", "--seconds", "1"),
        *("--reruns", "10"),
    ],
}


def test_every_benchmark_is_run_here() -> None:
    scripts = (ROOT / "benchmarks").glob("[!_]*.py")
    assert {script.stem for script in scripts} == SMALLEST.keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALLEST)
def test_a_benchmark_runs_and_writes_its_figures(name: str, tmp_path: Path) -> None:
    command = [sys.executable, f"benchmarks/{name}.py", *SMALLEST[name]]
    answers = tmp_path / "figures.json"
    out = subprocess.run(
        [*command, "--json", answers], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert out.returncode == 0, out.stderr
    assert "Traceback" not in out.stderr
    figures = json.loads(answers.read_text(encoding="utf8"))["figures"]
    assert figures
    assert all(re.search(rf"^│ +{re.escape(f['what'])}", out.stdout, re.MULTILINE) for f in figures)
