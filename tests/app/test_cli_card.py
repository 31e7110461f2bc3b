"""`mhras card`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl
import pytest

from core import Workbench
from core.models.evaluation import evaluate
from core.models.statements import STATEMENTS
from tests.support.commands import ESCAPED, HOSTILE, Command

if TYPE_CHECKING:
    from pathlib import Path

RISKS = [0.1, 0.4, 0.35, 0.8, 0.7, 0.2]


@pytest.fixture
def kept(lake: Path) -> Path:
    """A lake with a model and its first card."""
    with Workbench(lake, actor="ana") as wb:
        with wb.tracker.start_run("risk") as run:
            run.log_bytes('{"intercept": -2.1}', "model.json", "model")
        wb.models.register_model("risk", run_id=run.run_id, artifact="model.json")
        found = {"test": evaluate([0, 0, 1, 1, 1, 0], RISKS, resamples=100)}
        wb.cards.save_card(wb.cards.generate_model_card("risk", evaluations=found))
    return lake


def test_what_a_card_lacks_is_said(mhras: Command, kept: Path) -> None:
    status, out, remarks = mhras("card", "risk", "--number", "1", "--lake", str(kept))
    lines = out.splitlines()
    assert (status, remarks) == (0, "")
    assert lines[0].startswith("risk@v1: card 1, draft, ")
    assert lines[1] == "stage none, drift not looked at"
    required = [line.split("\t")[0] for line in lines if "\trequired\t" in line]
    assert required[:3] == ["Intended use", "Intended users", "Target population"]


def test_a_card_that_lacks_something_is_not_published(mhras: Command, kept: Path) -> None:
    status, out, remarks = mhras("card", "risk", "--number", "1", "--publish")
    assert (status, out) == (1, "")
    assert remarks.startswith("error: risk@v1, card 1 cannot be published. It lacks: Intended use,")
    assert kept.exists()


def test_a_card_is_taken_back_with_a_reason(mhras: Command, kept: Path) -> None:
    status, _, remarks = mhras("card", "risk", "--number", "1", "--withdraw", "wrong")
    assert (status, "it is a draft, which nobody was told to go by" in remarks) == (1, True)
    everything = {one.key: ["x"] if one.many else "x" for one in STATEMENTS}
    everything["external_evaluations"] = ["test"]
    with Workbench(kept, actor="ana") as wb:
        data = wb.datasets.register_dataset(pl.DataFrame({"age": [20, 30]}), "people", "form")
        run_id = wb.models.get_model("risk").run_id
        wb.models.register_model(
            "screen", run_id=run_id, artifact="model.json", datasets=[data.version_id]
        )
        found = {"test": evaluate([0, 0, 1, 1, 1, 0], RISKS, thresholds=[0.3], resamples=100)}
        card = wb.cards.generate_model_card("screen", people=everything, evaluations=found)
        wb.cards.publish_card(card)
    status, out, _ = mhras("card", "screen", "--number", "1", "--withdraw", HOSTILE)
    assert (status, out.startswith("screen@v1: card 1, withdrawn, ")) == (0, True)
    assert ESCAPED in out
    status, _, remarks = mhras("card", "risk", "--withdraw", "which?")
    assert (status, "--withdraw goes with --number" in remarks) == (2, True)


def test_a_faulty_file_is_told_whole(mhras: Command, kept: Path, tmp_path: Path) -> None:
    people = tmp_path / "risk.yaml"
    people.write_text("intend: a\nfunding: [b]\n", encoding="utf8")
    status, _, remarks = mhras("card", "risk", "--people", str(people))
    assert status == 1
    assert "line 1: intend is no statement" in remarks
    assert "line 2: funding is not a text" in remarks
    assert kept.exists()


def test_cards_are_compared_and_written(mhras: Command, kept: Path, tmp_path: Path) -> None:
    people = tmp_path / "risk.yaml"
    people.write_text("intended_use: Triage\n", encoding="utf8")
    out = tmp_path / "card.json"
    common = ["card", "risk", "--people", str(people)]
    status, printed, remarks = mhras(*common, "--save", "--out", str(out), "--diff", "1")
    assert (status, remarks) == (0, f"kept: risk@v1, card 2\nwritten: {out}\n")
    assert "Statement\tIntended use\tadded\t\tTriage" in printed.splitlines()
    assert json.loads(out.read_bytes())["intended_use"] == "Triage"
    assert kept.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], "nothing"),
        (["risk", "--number", "7"], "Its cards: 1."),
        (["risk", "--format", "pdf", "--out", "x"], "Formats: html"),
        (["risk", "--people", "gone.yaml"], "cannot be read"),
        (["risk", "--out", "/nowhere/card.html"], "no folder /nowhere"),
        (["risk", "--diff", "nothing"], "nothing"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    mhras: Command, kept: Path, arguments: list[str], said: str
) -> None:
    status, out, remarks = mhras("card", *arguments)
    assert (status, out, remarks.count("\n")) == (1, "", 1)
    assert said in remarks
    assert kept.exists()


@pytest.mark.parametrize(
    "arguments", [["risk", "--format", "html"], ["risk", "--number", "1", "--people", "x"]]
)
def test_options_that_do_not_fit_are_refused(mhras: Command, arguments: list[str]) -> None:
    assert mhras("card", *arguments)[0] == 2


def test_nothing_said_of_a_model_reaches_the_terminal_as_it_is(mhras: Command, kept: Path) -> None:
    with Workbench(kept, actor="eve") as wb:
        wb.cards.sign_card(wb.cards.get_card("risk"), role=HOSTILE)
        said = wb.cards.generate_model_card("risk", people={"intended_use": HOSTILE})
        wb.cards.save_card(said)
    status, out, _ = mhras("card", "risk", "--number", "2", "--diff", "1")
    assert status == 0
    assert "\x1b" not in out
    assert ESCAPED.split("\\n", maxsplit=1)[0] in out
