"""Evidently is asked beside us: what it says, where it differs, and that it calls nobody."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from core import Workbench
from core.drift.detect import detect_drift
from core.drift.second_opinion import ROWS, SecondOpinion, ask_evidently
from core.errors import DriftReportError, MissingExtraError
from tests.support.processes import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_QUIET = """
import json, sys
called = []
def watch(event, arguments):
    if event in {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}:
        called.append([event, repr(arguments[1:])])
    elif event in {"subprocess.Popen", "os.posix_spawn", "os.fork"}:
        called.append([event, repr(arguments)])
sys.addaudithook(watch)
import pyarrow as pa
from core.drift.detect import detect_drift
from core.drift.second_opinion import ask_evidently
first, second = pa.table({"x": [*range(50)] * 20}), pa.table({"x": [*range(20, 70)] * 20})
opinion, page = ask_evidently(first, second, detect_drift(first, second))
print(json.dumps({"called": called, "agree": opinion.agreement, "page": len(page)}))
"""


@pytest.fixture(scope="module")
def tables() -> tuple[pa.Table, pa.Table]:
    """Columns on which both agree, and one for each reason why they do not."""
    random = np.random.default_rng(3)
    rows = 1200
    first, second = (
        {
            "same": random.normal(size=rows),
            "shifted": random.normal(shift, 1, rows),
            "skipped": np.where(random.random(rows) < shift / 2, np.nan, random.normal(size=rows)),
            "outlier": np.append(random.normal(shift, 1, rows - 1), 1e6 if not shift else 0.0),
            "site": random.choice(["a", "b", "c"] if shift else ["a", "b"], rows),
            "code": pa.array(random.integers(0, 4, rows)),
            "person": [f"{shift}-{n}" for n in range(rows)],
            "empty": pa.nulls(rows) if shift else pa.array(random.normal(size=rows)),
            "typed": [str(n) for n in range(rows)] if shift else [*range(rows)],
        }
        for shift in (0.0, 0.8)
    )
    return pa.table(first), pa.table(second)


@pytest.fixture(scope="module")
def asked(tables: tuple[pa.Table, pa.Table]) -> tuple[SecondOpinion, bytes]:
    return ask_evidently(*tables, detect_drift(*tables))


def test_agreement_and_disagreement_are_listed_with_reasons(
    asked: tuple[SecondOpinion, bytes],
) -> None:
    opinion, page = asked
    assert opinion.agreement == ("same", "shifted", "site", "code")
    assert set(opinion.disagreement) == {"skipped", "outlier"}
    assert opinion.disagreement["skipped"].startswith("missing_share: Wasserstein distance (normed")
    assert "on a scale that far values do not stretch" in opinion.disagreement["outlier"]
    assert set(opinion.not_asked) == {"person", "empty", "typed"}
    assert opinion.not_asked["empty"] == "it cannot read a column without any value"
    assert b"<!DOCTYPE html>" in page
    assert SecondOpinion.from_dict(json.loads(json.dumps(opinion.to_dict()))) == opinion


def test_what_chance_makes_of_few_rows_is_its_reason() -> None:
    random = np.random.default_rng(8)
    first = pa.table({f"x{n}": random.normal(size=5000) for n in range(6)})
    second = pa.table({f"x{n}": random.normal(size=60) for n in range(6)})
    opinion, _ = ask_evidently(first, second, detect_drift(first, second))
    assert opinion.disagreement
    for reason in opinion.disagreement.values():
        assert reason.startswith("Wasserstein distance (normed) is 0.")
        assert "which chance makes as well: p adjusted is" in reason


def test_it_sees_at_most_twenty_thousand_rows_of_each_stretch_alike() -> None:
    first = pa.table({"x": np.arange(50_000.0)})
    second = pa.table({"x": np.arange(30_000.0) * 5 / 3})
    opinion, _ = ask_evidently(first, second, detect_drift(first, second))
    assert (ROWS, opinion.rows, opinion.agreement) == (20_000, (ROWS, ROWS), ("x",))
    assert (opinion.columns["x"].value or 0.0) < 0.001


def test_it_calls_nobody_and_starts_nothing() -> None:
    run = [sys.executable, "-W", "ignore", "-c", _QUIET]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    abroad = [call for call in found["called"] if "127.0.0.1" not in call[1]]
    assert (abroad, found["agree"], found["page"] > 100_000) == ([], ["x"], True)


def test_without_it_the_way_to_install_it_is_named(
    tables: tuple[pa.Table, pa.Table], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "evidently", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'mhras-workbench\[evidently\]'"):
        ask_evidently(*tables, detect_drift(*tables))


def test_the_opinion_on_a_stored_report_is_asked_once_and_kept(
    tables: tuple[pa.Table, pa.Table], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Workbench(tmp_path / "lake", durability="process") as wb:
        for table in tables:
            wb.datasets.register_dataset(table.select(["same", "shifted"]), "people", "form")
        report = wb.datasets.detect_drift("people@v1", "people@v2")
        opinion = wb.datasets.second_opinion(report)
        assert opinion.agreement == ("same", "shifted")
        page = wb.datasets.stored_reports.attachment(report.report_id, "evidently.html")
        assert b"<!DOCTYPE html>" in page
        monkeypatch.setitem(sys.modules, "evidently", None)
        assert wb.datasets.second_opinion(report.report_id) == opinion
        (line,) = wb.datasets.drift_reports()
        assert line.attachments == ("evidently.html", "evidently.json")


def test_tables_that_are_no_versions_must_be_given(
    tables: tuple[pa.Table, pa.Table], tmp_path: Path
) -> None:
    first, second = (table.select(["shifted"]) for table in tables)
    with Workbench(tmp_path / "lake", durability="process") as wb:
        report = wb.datasets.detect_drift(first, second)
        with pytest.raises(DriftReportError, match=r"Give them: second_opinion\(report"):
            wb.datasets.second_opinion(report)
        assert wb.datasets.second_opinion(report, (first, second)).agreement == ("shifted",)
