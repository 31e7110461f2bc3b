"""What docs/drift_reports.md says is so: its commands, its Python and its SQL run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app import drift_options
from core import Workbench
from tests.support.commands import Command

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "drift_reports.md").read_text(
    encoding="utf8"
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two files of visits, after the second of which people sleep less and were asked otherwise."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(4)
    for name, change in (("before", 0.0), ("after", 1.5)):
        visits = {
            "person": [f"p{n}" for n in range(600)],
            "assessed_at": pd.date_range("2024-01-01", periods=600, freq="12h"),
            "sex": random.choice(["f", "m"], 600),
            "sleep": np.round(random.normal(7.5 - change, 1, 600), 1),
            "score": np.round(random.normal(8 + change, 4, 600), 2),
        }
        pd.DataFrame(visits).to_csv(tmp_path / f"{name}.csv", index=False)
    with Workbench("lake", durability="process"):
        return tmp_path


def test_commands_python_and_sql_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mhras = Command(capsys)
    for line in "".join(blocks("sh")).splitlines():
        status, _, remarks = mhras(*line.split()[1:])
        assert (status, "error" in remarks) == (0, False), (line, remarks)
    assert (folder / "drift.html").read_bytes().startswith(b"<!doctype html>")
    assert (folder / "drift.json").stat().st_size > 1000
    names: dict[str, Any] = {}
    for code in blocks("python"):
        exec(code, names)  # noqa: S102 - our own document
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "('sleep', 'score') True"
    assert "visits@v1 visits@v2" in printed[1]
    assert b"<!DOCTYPE html>" in names["page"]
    with Workbench("lake", create=False) as wb:
        queries = [query for block in blocks("sql") for query in block.split(";") if query.strip()]
        answers = [wb.sql(query).num_rows for query in queries]
    assert (len(queries), min(answers) > 0) == (3, True)


def test_every_option_is_in_the_document() -> None:
    source = Path(drift_options.__file__).read_text(encoding="utf8")
    options = set(re.findall(r'"(--[a-z-]+)[/"]', source)) | {"--no-store"}
    missing = {option for option in options - {"--store"} if option not in TEXT}
    assert (missing, len(options) > 8) == (set(), True)
