"""`mhras drift`."""

from __future__ import annotations

import json
import re
import stat
import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import Workbench
from core.drift.report import DriftReport
from core.drift.series import DriftSeries
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


@pytest.mark.usefixtures("scores")
def test_evidently_is_asked_and_who_disagrees_is_listed(
    mhras: Command, files: tuple[str, str], tmp_path: Path
) -> None:
    pages = [tmp_path / name for name in ("report.html", "evidently.html", "of_files.html")]
    written = ["--html", str(pages[0]), "--opinion-html", str(pages[1])]
    status, out, _ = mhras("drift", "scores@v1", "scores@v2", "--second-opinion", *written)
    assert status == 0
    assert "was asked about 3 columns and agrees on 3." in out
    assert "Second opinion: Evidently" in pages[0].read_text(encoding="utf8")
    assert b"<!DOCTYPE html>" in pages[1].read_bytes()
    names = [mhras("sql", "select map_keys(attachments) as names from drift_reports")[1]]
    assert "evidently.html" in names[0]
    status, out, _ = mhras("drift", *files, "--columns", "score", "--opinion-html", str(pages[2]))
    assert (status, "was asked about 1 column" in out, pages[2].stat().st_size > 9999) == (0, 1, 1)


@pytest.mark.usefixtures("scores")
def test_without_evidently_the_way_to_install_it_is_named(
    mhras: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "evidently", None)
    status, out, remarks = mhras("drift", "scores@v1", "scores@v2", "--second-opinion")
    assert (status, out) == (1, "")
    assert "pip install 'mhras-workbench[evidently]'" in remarks


def test_versions_are_compared_over_time(mhras: Command, scores: Path, tmp_path: Path) -> None:
    written = [tmp_path / name for name in ("series.html", "series.md", "series.json")]
    options = [f"--{kind}" for kind in ("html", "markdown", "json")]
    asked = [text for pair in zip(options, map(str, written), strict=True) for text in pair]
    status, out, remarks = mhras(
        "drift", "scores@v1", "scores", "--over-time", "--fail-on-drift", *asked
    )
    assert (status, remarks) == (1, "There is drift.\n")
    lines = out.splitlines()
    assert lines[0] == "1 table compared with scores@v1"
    assert "Drift: 2 columns drifted; score 0.467 of 1 at most." in lines
    assert ["sex", "scores@v2", "1/1", "1.0"] in [line.split("\t") for line in lines]
    assert "Columns by times" in written[0].read_text(encoding="utf8")
    assert "# Drift over time" in written[1].read_text(encoding="utf8")
    found = DriftSeries.from_dict(json.loads(written[2].read_bytes()))
    assert found.drifted_columns == ("sex", "score")
    again = mhras("drift", "scores@v1", "scores@v2", "--over-time", "--json", "-")[1]
    assert json.loads(again)["report_id"] == found.report_id
    with Workbench(scores) as wb:
        (kept,) = wb.datasets.drift_series()
    assert kept.report_id == found.report_id


def test_a_file_is_compared_in_parts_without_a_lake(
    mhras: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MHRAS_LAKE", raising=False)
    days = pd.date_range("2024-01-01", periods=120, freq="D").repeat(5)
    scores = [(37 * n) % 101 + 200.0 * (day.month > 2) for n, day in enumerate(days)]
    pd.DataFrame({"on": days, "score": scores}).to_parquet("visits.parquet")
    status, out, _ = mhras("drift", "visits.parquet", "--time", "on", "--columns", "score")
    assert status == 0
    assert "3 tables compared with visits.parquet, 2024-01-01" in out
    assert "score\t2024-03-01\t2/3\t1.0" in out
    assert "score\tmean\t2024-03-01" in out
    status, out, _ = mhras("drift", "visits.parquet", "visits.parquet", "--time", "on")
    assert "4 tables compared with visits.parquet" in out


@pytest.mark.usefixtures("scores")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scores@v1"], "There are 1 tables"),
        (["scores@v1", "scores@v1", "scores@v2"], "There are 3 tables"),
        (["scores@v1", "scores@v2", "--every", "1w"], "--every needs --time"),
        (["scores@v1", "scores", "--over-time", "--by", "sex"], "--by: of two tables only"),
        (["scores@v1", "--over-time"], "Name tables to compare"),
        (["scores@v1", "scores@v2", "scores@v2", "--time", "id"], "--time cuts one table"),
    ],
)
def test_what_does_not_go_together_is_not_understood(
    mhras: Command, arguments: list[str], said: str
) -> None:
    status, out, remarks = mhras("drift", *arguments)
    assert (status, out) == (2, "")
    assert said in " ".join(remarks.split())


@pytest.mark.usefixtures("scores")
def test_clusters_are_named(mhras: Command, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    options = ["--columns", "score", "--cluster", "sex", "--html", str(page)]
    status, out, _ = mhras("drift", "scores@v1", "scores@v2", *options)
    assert (status, "No drift." in out) == (0, False)
    text = page.read_text(encoding="utf8")
    assert "Degrees of freedom" in text
    assert "Design effect" in text
    status, _, remarks = mhras("drift", "scores@v1", "scores@v2", "--cluster", "clinic")
    assert (status, "both tables need the column 'clinic'" in remarks) == (1, True)


@pytest.mark.usefixtures("scores")
def test_kept_reports_are_listed_shown_and_deleted(mhras: Command, tmp_path: Path) -> None:
    mhras("drift", "scores@v1", "scores@v2")
    mhras("drift", "scores@v1", "scores", "--over-time")
    listed = mhras.json("drift-reports", "scores", "--drifted")
    assert [line["kind"] for line in listed] == ["series", "comparison"]
    assert mhras.json("drift-reports", "--stable") == []
    headers, *rows = mhras.lines("drift-reports")
    assert (headers[0], [row[0] for row in rows]) == ("report", [r["report_id"] for r in listed])
    for line, said in zip(
        listed, ("compared with scores@v1", "scores@v1 -> scores@v2"), strict=True
    ):
        page = tmp_path / f"{line['kind']}.html"
        status, out, _ = mhras("drift-report", "show", line["report_id"], "--html", str(page))
        assert (status, said in out, page.stat().st_size > 9999) == (0, True, True)
        assert mhras("drift-report", "delete", line["report_id"])[0] == 0
        status, _, remarks = mhras("drift-report", "delete", line["report_id"])
        assert (status, "no report of drift" in remarks) == (1, True)
    assert mhras.json("drift-reports") == []
