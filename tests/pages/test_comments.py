"""Comments on pages: read, written, answered, edited, settled, deleted, seen where they belong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from core import Workbench
from core.datasets.freshness import PROMISE
from tests.pages.test_pages import titles, words
from tests.support.sample_lake import make_sample_lake
from tests.support.sample_models import MODEL, make_model_lake

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from tests.support.sample_lake import SampleLake

    Opener = Callable[..., AppTest]

HOSTILE = "<script>alert(1)</script> **bold** [x](javascript:alert(1))"


@pytest.fixture
def talked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SampleLake:
    """A lake of runs in which ben said something of one, at a step of a metric."""
    monkeypatch.setenv("MHRAS_ACTOR", "ana")
    lake = make_sample_lake(tmp_path / "lake")
    with Workbench(lake.folder, actor="ben") as bench:
        bench.comments.add("run", lake.finished, HOSTILE, metric="auc", step=3)
    return lake


def comments(lake: SampleLake) -> list[Any]:
    with Workbench(lake.folder) as bench:
        return [*bench.comments.list("run", lake.finished)]


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [each for each in app.button if each.label == label]
    return button.click().run()


def test_a_comment_is_shown_with_who_and_when_and_no_html(
    open_page: Opener, talked: SampleLake
) -> None:
    app = open_page(talked.folder, "run", id=talked.finished, tab="Comments")
    assert "**ben**" in words(app)
    assert "metric auc at step 3" in words(app)
    (text,) = [each for each in app.markdown if each.value == HOSTILE]
    assert not text.allow_html
    assert [each.label for each in app.button if "comment" in each.label] == ["1 comment"]
    labels = [each.label for each in app.button]
    assert "Reply" in labels
    assert "Edit" not in labels  # it is ben's


def test_a_comment_is_written_answered_edited_settled_and_deleted(
    open_page: Opener, talked: SampleLake
) -> None:
    app = open_page(talked.folder, "run", id=talked.finished, tab="Comments")
    press(app, "Reply")
    (box,) = [each for each in app.text_area if each.label == "Answer"]
    box.set_value("The *budget*.")
    press(app, "Send")
    press(app, "Settle")
    question, answer = comments(talked)
    assert (answer.text, answer.parent_id) == ("The *budget*.", question.comment_id)
    assert (question.resolved, question.resolved_by) == (True, answer.actor)
    assert "settled by" in words(app)
    press(app, "Edit")
    (box,) = [each for each in app.text_area if each.label == "Text"]
    box.set_value("The time.")
    press(app, "Save")
    assert comments(talked)[1].text == "The time."
    press(app, "Delete")
    press(app, "Delete it")
    assert [each.comment_id for each in comments(talked)] == [question.comment_id]
    (box,) = [each for each in app.text_area if each.label == "Comment"]
    box.set_value("A new thought")
    press(app, "Comment")
    assert comments(talked)[-1].text == "A new thought"
    assert [each.value for each in app.text_area if each.label == "Comment"] == [""]


def test_a_comment_that_cannot_be_kept_says_why_and_stays_in_its_box(
    open_page: Opener, talked: SampleLake
) -> None:
    app = open_page(talked.folder, "run", id=talked.finished, tab="Comments")
    (box,) = [each for each in app.text_area if each.label == "Comment"]
    box.set_value(" ")
    press(app, "Comment")
    assert "it says nothing" in app.error[0].value.replace("\\", "")
    assert len(comments(talked)) == 1


def test_what_is_said_of_a_step_is_a_pin_in_the_curve(
    open_page: Opener, talked: SampleLake
) -> None:
    app = open_page(talked.folder, "run", id=talked.finished, tab="Metrics")
    specs = [chart.proto.spec for chart in app.get("vega_lite_chart")]
    assert ["ben: " in spec for spec in specs] == [True, False]  # auc, loss


def test_models_and_cards_are_commented_on_and_datasets_by_column(
    open_page: Opener, tmp_path: Path
) -> None:
    make_model_lake(tmp_path / "lake")
    with Workbench(tmp_path / "lake", actor="ben") as bench:
        bench.comments.add("model", MODEL, "of every version")
        bench.comments.add("card", f"{MODEL}@v2", "of the card")
        bench.comments.add("dataset", "clinic", "of the column", column="sex")
    app = open_page(tmp_path / "lake", "model", name=MODEL, tab="Comments")
    assert titles(app) == [MODEL]
    assert "of every version" in words(app)
    app = open_page(tmp_path / "lake", "card", model=f"{MODEL}@v2", tab="Comments")
    assert "of the card" in words(app)
    app = open_page(tmp_path / "lake", "dataset", name="clinic", column="sex")
    assert "Said of sex" in words(app)
    app = open_page(tmp_path / "lake", "dataset", name="clinic", tab="Comments")
    assert {"column sex", "all versions"} <= {part for part in ("column sex", "all versions")
                                              if part in words(app)}  # fmt: skip
    assert "of the column" in words(app)


def test_home_lists_what_was_said_and_what_happened(open_page: Opener, talked: SampleLake) -> None:
    app = open_page(talked.folder)
    (lately,) = [each.value for each in app.dataframe if "about" in each.value.columns]
    assert lately[["kind", "what"]].iloc[0].tolist() == ["COMMENT", "forest-4"]
    assert "RUN" in set(lately["kind"])


def test_home_says_which_data_are_overdue_and_which_cards_lack_what(
    open_page: Opener, tmp_path: Path
) -> None:
    make_model_lake(tmp_path / "lake")
    with Workbench(tmp_path / "lake") as bench:
        bench.datasets.register_dataset({"score": [1]}, "diary", "app", metadata={PROMISE: 1e-9})
        bench.cards.save_card(bench.cards.generate_model_card(MODEL))
    needs = open_page(tmp_path / "lake").dataframe[0].value.set_index("status")
    assert needs.loc["OVERDUE", "what"] == "diary@v1"
    assert "promised" in str(needs.loc["OVERDUE", "why"])
    assert needs.loc["INCOMPLETE", "what"] == f"{MODEL}@v2, card 1"
    assert re.match(r"lacks \d+ required statements: ", str(needs.loc["INCOMPLETE", "why"]))
