"""`mhras models`."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from core import Workbench
from core.models.evaluation import evaluate
from tests.support.commands import ESCAPED, HOSTILE, Command

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def run_id(lake: Path) -> str:
    with Workbench(lake, durability="process") as wb:
        version = wb.datasets.register_dataset({"age": [20, 61]}, "people", "form")
        with wb.tracker.start_run("risk", inputs=[version]) as run:
            run.log_bytes('{"intercept": -2}', "model.json", "model")
            run.log_bytes(pickle.dumps([1.5]), "model.pkl", "model")
    return run.run_id


def test_a_model_is_registered_moved_and_shown(mhras: Command, lake: Path, run_id: str) -> None:
    register = ("models", "register", "risk", "--run", run_id, "--artifact")
    assert mhras(*register, "model.json", "--description", "First") == (0, "risk@v1\n", "")
    reason = ("--reason", "approved by the board")
    assert mhras("models", "stage", "risk@v1", "production", *reason)[:2] == (
        0,
        "risk@v1 production\n",
    )
    assert mhras("models", "alias", "risk@v1", "champion")[1] == "risk@champion v1\n"
    (header, line) = mhras.lines("models")
    found = dict(zip(header, line, strict=True))
    assert [found[name] for name in ("model", "versions", "newest", "stage", "production")] == [
        *("risk", "1", "v1", "production", "v1")
    ]
    shown = mhras.json("models", "show", "risk@production")
    assert (shown["version"], shown["description"], shown["format"]) == ("v1", "First", "json")
    assert (shown["run_id"], shown["aliases"]) == (run_id, ["champion"])
    moves = mhras.json("models", "history", "risk")
    assert [(m["kind"], m["label"], m["reason"]) for m in moves] == [
        ("stage", "production", "approved by the board"),
        ("alias", "champion", ""),
    ]
    assert mhras.lines("models", "history", "risk")[1][1:5] == ["v1", "stage", "production", "none"]
    assert [each["model_name"] for each in mhras.json("models")] == ["risk"]
    assert str(lake)


def test_an_evaluation_is_shown_with_its_intervals(mhras: Command, lake: Path, run_id: str) -> None:
    mhras("models", "register", "risk", "--run", run_id, "--artifact", "model.json")
    with Workbench(lake) as wb:
        found = evaluate([0, 0, 1, 1, 0, 1], [0.1, 0.4, 0.35, 0.8, 0.3, 0.9], resamples=100)
        wb.models.save_evaluation("risk", found)
    assert "auroc\t0.889 (" in mhras("models", "show", "risk")[1]
    (stored,) = mhras.json("models", "show", "risk")["evaluations"]
    assert stored["metrics"]["auroc"][:1] == [found.metrics["auroc"].value]


@pytest.mark.usefixtures("lake")
def test_a_pickle_is_shown_with_a_warning(mhras: Command, run_id: str) -> None:
    status, out, remarks = mhras(
        "models", "register", "risk", "--run", run_id, "--artifact", "model.pkl"
    )
    assert (status, out) == (0, "risk@v1\n")
    warning = "warning: risk@v1 is a pickle: loading one runs whatever is in it"
    assert remarks.startswith(warning)
    assert mhras("models", "show", "risk")[2].startswith(warning)


@pytest.mark.usefixtures("lake")
def test_what_is_not_there_is_said_with_what_is(mhras: Command, run_id: str) -> None:
    assert mhras("models", "show", "risk") == (
        1,
        "",
        "error: There is no model 'risk'. None is registered yet.\n",
    )
    status, _, remarks = mhras("models", "register", "risk", "--run", run_id)
    assert (status, "Its files: model.json, model.pkl." in remarks) == (1, True)
    assert mhras("models", "stage", "risk", "production")[0] == 2  # no reason


@pytest.mark.usefixtures("lake")
def test_hostile_text_is_escaped(mhras: Command, run_id: str) -> None:
    register = ("models", "register", "risk", "--run", run_id, "--artifact", "model.json")
    mhras(*register, "--description", HOSTILE, "--owner", HOSTILE)
    out = mhras("models", "show", "risk")[1]
    assert ESCAPED.partition("\\n")[0] in out  # its lines stay lines
    assert "\x1b" not in out
    assert mhras.json("models", "show", "risk")["description"] == HOSTILE


def test_a_model_is_followed_and_the_report_written(
    mhras: Command, lake: Path, run_id: str, tmp_path: Path
) -> None:
    mhras("models", "register", "risk", "--run", run_id, "--artifact", "model.json")
    assert mhras("models", "monitor", "risk")[:2] == (1, "")
    with Workbench(lake, durability="process") as wb:
        for month in (1, 2):
            frame = {"person": [*range(150)], "prediction": [n / 150 for n in range(150)]}
            at = datetime(2026, month, 1, tzinfo=UTC)
            wb.models.log_predictions("risk", frame, entity="person", time=at)
    path = tmp_path / "live.html"
    status, out, remarks = mhras("models", "monitor", "risk", "--every", "1mo", "--html", str(path))
    assert (status, remarks) == (0, f"written: {path}\n")
    assert out.splitlines()[0] == "risk@v1: keep"
    assert "risk@v1 in service" in path.read_text(encoding="utf8")
    assert mhras.json("models", "monitor", "risk", "--no-store")["action"] == "keep"
    (kept,) = mhras.json("models", "reports", "risk")
    assert (kept["action"], kept["predictions"], kept["every"]) == ("keep", 150, "1mo")
    assert out.splitlines()[0].split()[-1] in mhras("models", "reports")[1]
    assert mhras("models", "reports", "other")[0] == 1
