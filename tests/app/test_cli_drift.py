"""`mhras drift`."""

from __future__ import annotations

import json
import re
import stat
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import Workbench
from core.drift.report import DriftReport
from tests.support.commands import ESCAPED, HOSTILE, Command, at_a_terminal

if TYPE_CHECKING:
    from pathlib import Path

SCORES: dict[str, list[Any]] = {
    "id": [*range(400)],
    "score": [float(n % 100) for n in range(400)],
    "sex": ["f", "m"] * 200,
}
HIGHER = {**SCORES, "score": [value + 40 for value in SCORES["score"]], "sex": ["1", "2"] * 200}


@pytest.fixture
def scores(lake: Path) -> Path:
    with Workbench(lake, durability="process") as wb:
        wb.datasets.register_dataset(SCORES, "scores", "form")
        wb.datasets.register_dataset(HIGHER, "scores", "form")
    return lake


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    before, after = tmp_path / "before.csv", tmp_path / "after.parquet"
    pd.DataFrame(SCORES).to_csv(before, index=False)
    pq.write_table(pa.table(HIGHER), after)
    return str(before), str(after)


def test_two_versions_are_compared_and_the_report_is_kept(mhras: Command, scores: Path) -> None:
    status, out, remarks = mhras("drift", "scores@v1", "scores@v2")
    assert (status, remarks) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "scores@v1 -> scores@v2"
    assert lines[1:3] == [
        "400 -> 400 rows, 3 columns compared",
        "Drift: 2 columns drifted; score 0.467 of 1.",
    ]
    assert ["sex", "1.0", "new values, values are gone, shares of values"] in [
        line.split("\t")[:3] for line in lines
    ]
    assert any(line.startswith("sex: 'f', 'm' gave way to '1', '2'.") for line in lines)
    with Workbench(scores) as wb:
        (kept,) = wb.datasets.drift_reports()
    assert f"report {kept.report_id}" in lines


def test_nothing_is_kept_when_asked(mhras: Command, scores: Path) -> None:
    status, out, _ = mhras("drift", "scores@v1", "scores@v1", "--no-store")
    assert (status, out.splitlines()[2:]) == (0, ["No drift."])
    with Workbench(scores) as wb:
        assert wb.datasets.drift_reports() == []


@pytest.mark.usefixtures("scores")
def test_the_exit_code_tells_whether_there_is_drift(mhras: Command) -> None:
    assert mhras("drift", "scores@v1", "scores@v1", "--fail-on-drift")[0] == 0
    status, out, remarks = mhras("drift", "scores@v1", "scores@v2", "--fail-on-drift")
    assert (status, remarks) == (1, "There is drift.\n")
    assert "2 columns drifted" in out
    assert mhras("drift", "scores@v1", "scores@v2", "--columns", "id", "--fail-on-drift")[0] == 0
    assert mhras("drift", "scores@v1")[0] == 2
    status, _, remarks = mhras("drift", "scores@v1", "scores@v9")
    assert (status, remarks.startswith("error: The dataset scores has no version 'v9'")) == (
        1,
        True,
    )


def test_files_need_no_lake(
    mhras: Command, files: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MHRAS_LAKE", raising=False)
    status, out, _ = mhras("drift", *files, "--columns", "score,sex", "--columns", "id")
    assert (status, "3 columns compared" in out, "report" in out) == (0, True, False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["after.parquet", "before.csv"]
    for lake in ([], ["--lake", str(tmp_path / "none")]):
        status, _, remarks = mhras("drift", files[0], "scores@v1" if not lake else files[1], *lake)
        assert (status, "no lake" in remarks.lower()) == (1, True)


@pytest.mark.usefixtures("scores")
def test_a_version_is_compared_with_a_file(mhras: Command, files: tuple[str, str]) -> None:
    assert "No drift." in mhras("drift", "scores@v1", files[0])[1]
    assert "2 columns drifted" in mhras("drift", files[0], "scores@v2")[1]


@pytest.mark.usefixtures("scores")
def test_the_report_is_written_as_json(mhras: Command, tmp_path: Path) -> None:
    place = tmp_path / "report.json"
    place.write_text("an older one")
    assert mhras("drift", "scores@v1", "scores@v2", "--json", str(place))[0] == 0
    report = DriftReport.from_dict(json.loads(place.read_bytes()))
    assert report.drifted_columns == ("sex", "score")
    assert stat.S_IMODE(place.stat().st_mode) & 0o044
    status, out, _ = mhras("drift", "scores@v1", "scores@v2", "--json", "-", "--fail-on-drift")
    assert (status, DriftReport.from_dict(json.loads(out))) == (1, report)
    assert [path.name for path in tmp_path.glob(".report*")] == []


@pytest.mark.usefixtures("scores")
def test_a_place_that_cannot_be_written_is_refused_before_the_work(
    mhras: Command, tmp_path: Path
) -> None:
    for place, reason in ((tmp_path, "is a folder"), (tmp_path / "no" / "x.html", "no folder")):
        status, out, remarks = mhras("drift", "scores@v1", "scores@v2", "--html", str(place))
        assert (status, out, reason in remarks) == (1, "", True)


def test_everything_fits_a_terminal_of_80_columns(scores: Path) -> None:
    shown = at_a_terminal("drift", "scores@v1", "scores@v2", "--lake", str(scores))
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in shown.splitlines()]
    assert max(map(len, lines)) <= 80
    assert any(line.split()[:2] == ["sex", "100.0%"] for line in lines)


def test_hostile_names_are_escaped(mhras: Command, lake: Path) -> None:
    with Workbench(lake, durability="process") as wb:
        for value in ("a", "b"):
            wb.datasets.register_dataset({HOSTILE: [value] * 300}, "names", "form")
    status, out, _ = mhras("drift", "names@v1", "names@v2")
    assert (status, "\x1b" in out, ESCAPED in out) == (0, False, True)


@pytest.mark.usefixtures("scores")
def test_the_report_is_written_as_one_page(mhras: Command, tmp_path: Path) -> None:
    place = tmp_path / "report.html"
    assert mhras("drift", "scores@v1", "scores@v2", "--html", str(place))[0] == 0
    page = place.read_text(encoding="utf8")
    assert page.startswith("<!doctype html>")
    assert "scores@v2 compared with scores@v1" in page
    assert "&#39;f&#39;, &#39;m&#39; gave way to" in page


@pytest.mark.usefixtures("scores")
def test_analyses_are_asked_for(mhras: Command) -> None:
    status, out, _ = mhras("drift", "scores@v1", "scores@v2", "--method", "sketch")
    assert (status, "from what was counted at registration" in out) == (0, True)
    options = ["--by", "sex", "--target", "score", "--correlations", "--multivariate"]
    status, out, _ = mhras("drift", "scores@v1", "scores@v2", *options, "--json", "-")
    found = DriftReport.from_dict(json.loads(out))
    assert found.parameters == {
        "by": "sex",
        "target": "score",
        "correlations": True,
        "multivariate": True,
    }
    assert None not in (found.target, found.correlation_drifts, found.multivariate)
    assert mhras("drift", "scores@v1", "scores@v2", "--method", "guess")[0] == 2
    status, _, remarks = mhras("drift", "scores@v1", "scores@v2", "--target", "weight")
    assert (status, "weight" in remarks) == (1, True)
