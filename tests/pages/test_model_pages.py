"""The pages of models: find them, look into a version, move it, keep, publish and sign its card."""

from __future__ import annotations

import shutil
from datetime import date
from typing import TYPE_CHECKING

import pytest

from app.wording import NOTHING
from core import Workbench
from core.models.statements import STATEMENTS
from tests.pages.test_pages import titles, words
from tests.support.sample_models import MODEL, PICKLED, make_model_lake

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    Opener = Callable[..., AppTest]

EVERYTHING = "\n".join(
    f"{each.key}: {'[said]' if each.many else 'said'}"
    for each in STATEMENTS
    if each.key != "external_evaluations"  # names evaluations that are there
)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model_lake(tmp_path_factory.mktemp("lakes") / "models")


@pytest.fixture
def own_lake(lake: Path, tmp_path: Path) -> Path:
    shutil.copytree(lake, tmp_path / "own")
    return tmp_path / "own"


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


@pytest.mark.parametrize(
    ("page", "title"), [("models", "Models"), ("model", "Model"), ("card", "Model card")]
)
def test_a_page_opens_on_an_empty_lake(
    open_page: Opener, tmp_path: Path, page: str, title: str
) -> None:
    assert titles(open_page(tmp_path, page)) == [title]


def test_the_catalogue_says_how_far_and_how_good_each_model_is(
    open_page: Opener, lake: Path
) -> None:
    found = open_page(lake, "models").dataframe[0].value.set_index("model")
    assert list(found.loc[[MODEL, PICKLED], "newest"]) == ["v2", "v1"]
    assert list(found.loc[[MODEL, PICKLED], "versions"]) == [2, 1]
    with Workbench(lake) as bench:
        stored = bench.models.evaluations(MODEL)[0].evaluation
    assert found.loc[MODEL, "figure"] == f"AUROC {stored.metrics['auroc'].text()} (autumn)"
    assert list(found["card"]) == ["no card", "no card"]


def test_models_are_found_by_words_and_stage(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "models", **{"find-model": "old"})
    assert list(app.dataframe[0].value["model"]) == [PICKLED]
    app = open_page(lake, "models", stage="archived")
    assert "No model matches" in words(app)


def test_a_version_shows_its_figures_with_their_intervals(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "model", name=MODEL)
    assert titles(app) == [MODEL]
    with Workbench(lake) as bench:
        auroc = bench.models.evaluations(MODEL)[0].evaluation.metrics["auroc"]
    assert app.metric[0].label == "AUROC"
    assert app.metric[0].value == f"{auroc.value:.3f}"
    assert app.metric[0].delta == f"{auroc.low:.3f} to {auroc.high:.3f}, autumn"


@pytest.mark.parametrize("part", ["Calibration", "Groups of people", "What the figures mean"])
def test_each_part_of_an_evaluation_has_an_address(
    open_page: Opener, lake: Path, part: str
) -> None:
    app = open_page(lake, "model", name=MODEL, part=part)
    assert part in words(app)
    assert not app.exception


def test_two_versions_stand_side_by_side(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "model", name=MODEL, tab="Changes")
    assert app.selectbox(key="than").value == "v1"
    changes = app.dataframe[0].value.set_index("name")
    assert {"version", "file", "run"} <= set(changes.index)
    assert list(changes.loc["version", ["before", "after"]]) == ["v1", "v2"]
    assert changes.loc["AUROC in autumn", "before"] == NOTHING
    app = open_page(lake, "model", name=MODEL, tab="Changes", about="Figure")
    assert set(app.dataframe[0].value["part"]) == {"Figure"}


def test_a_model_of_one_version_has_nothing_beside_it(open_page: Opener, lake: Path) -> None:
    assert "The only version" in words(open_page(lake, "model", name=PICKLED, tab="Changes"))


def test_a_file_of_a_run_becomes_the_next_version(open_page: Opener, own_lake: Path) -> None:
    with Workbench(own_lake, actor="ana") as bench:
        run = bench.tracker.search_runs("risk", "name = 'fit 1'")[0]
        with bench.tracker.start_run("risk", "fit 3") as newest:
            newest.log_bytes('{"intercept": -3}', "model.json", "model")
    app = open_page(own_lake, "run", id=newest.run_id, tab="Artifacts", artifact="model.json")
    press(app, "Register")
    assert app.error[0].value == "A model needs a name."
    app.selectbox(key="register-name").set_value(MODEL)
    app.text_input(key="register-version").set_value("v1")
    press(app, "Register")
    assert "v1" in app.error[0].value
    app.text_input(key="register-version").set_value("")
    app.text_area(key="register-about").set_value("The third one")
    press(app, "Register")
    assert not app.exception
    with Workbench(own_lake) as bench:
        version = bench.models.get_model(MODEL)
        assert (version.version, version.run_id) == ("v3", newest.run_id)
        assert version.description == "The third one"
        assert bench.models.get_model(MODEL, "v1").run_id == run.run_id


def test_a_pickle_is_shown_with_a_warning(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "model", name=PICKLED, tab="About")
    assert "pickle" in app.warning[0].value
    assert "Not evaluated yet" in words(open_page(lake, "model", name=PICKLED))


def test_a_model_without_predictions_has_nothing_to_follow(open_page: Opener, lake: Path) -> None:
    assert "Nothing to follow yet" in words(open_page(lake, "model", name=MODEL, tab="Live"))


def test_a_model_in_service_is_followed_over_time(open_page: Opener, own_lake: Path) -> None:
    people = [*range(200)]
    risks = [(person % 20) / 25 + 0.05 for person in people]
    with Workbench(own_lake) as bench:
        for month in (1, 2, 3):
            said = {"id": people, "prediction": risks}
            seen = {"id": people, "outcome": [int(person % 3 == 0) for person in people]}
            bench.models.log_predictions(MODEL, said, entity="id", time=date(2025, month, 3))
            bench.models.log_outcomes(MODEL, seen, entity="id", time=date(2025, month, 20))
        found = bench.models.monitor(MODEL, every="1mo")
    app = open_page(own_lake, "model", name=MODEL, tab="Live", every="a month")
    assert not app.exception
    (shown,) = (frame.value for frame in app.dataframe if "AUROC" in frame.value.columns)
    texts = [chunk.realised["auroc"].text() for chunk in found.chunks]
    assert list(shown["AUROC"])[-len(texts) :] == texts
    kept = open_page(own_lake, "model", name=MODEL, tab="Live")
    assert "As of" in " ".join(each.value for each in kept.caption)
    press(kept, "Look again")
    with Workbench(own_lake) as bench:
        assert len(bench.models.reports.all()) == 2


def test_what_a_model_was_made_of_is_a_click_away(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "model", name=MODEL, tab="About")
    labels = [button.label for button in app.button]
    assert any(label.startswith("clinic") for label in labels)
    assert any(label.startswith("Run ") for label in labels)


def test_a_version_is_moved_with_a_reason(open_page: Opener, own_lake: Path) -> None:
    app = open_page(own_lake, "model", name=MODEL, tab="Stages")
    app.selectbox(key="stage-to").select("production")
    app.text_input(key="stage-reason").input("best so far")
    press(app, "Move")
    with Workbench(own_lake) as bench:
        assert bench.models.get_model(MODEL).stage == "production"
        assert bench.models.stage_history(f"{MODEL}@v2")[-1].reason == "best so far"
    assert "production" in words(app)


def test_an_unknown_model_says_which_there_are(open_page: Opener, lake: Path) -> None:
    for page, parameter in (("model", "name"), ("card", "model")):
        app = open_page(lake, page, **{parameter: "none such"})
        assert "No such model" in words(app)
        assert MODEL in words(app)


def test_a_card_is_kept_published_and_signed(open_page: Opener, own_lake: Path) -> None:
    app = open_page(own_lake, "card", model=MODEL, tab="Publish and sign")
    assert "Publish" not in [button.label for button in app.button]
    next(area for area in app.text_area if area.label == "Statements").input(EVERYTHING)
    press(app, "Keep as draft with these")
    assert "Card 1 is kept" in words(app)
    press(app, "Publish")
    app.text_input(key="sign-role").input("clinical lead")
    press(app, "Sign")
    with Workbench(own_lake) as bench:
        card = bench.cards.get_card(MODEL)
        assert card.state == "published"
        assert [each.role for each in bench.cards.sign_offs(card)] == ["clinical lead"]
    assert app.metric[3].value == "1 time"
    app.text_input(key="withdraw-reason").input("a site counted twice")
    press(app, "Withdraw")
    assert "This card was withdrawn" in words(app)
    assert "Publish" not in [button.label for button in app.button]


def test_statements_with_faults_are_refused_with_their_lines(
    open_page: Opener, own_lake: Path
) -> None:
    app = open_page(own_lake, "card", model=MODEL, tab="Publish and sign")
    next(area for area in app.text_area if area.label == "Statements").input("intended_uses: x")
    press(app, "Keep as draft with these")
    assert "line 1" in app.error[0].value
    with Workbench(own_lake) as bench:
        assert bench.cards.list_cards() == []


@pytest.mark.parametrize("section", ["Calibration", "Completeness", "Model"])
def test_each_section_of_a_card_has_an_address(open_page: Opener, lake: Path, section: str) -> None:
    app = open_page(lake, "card", model=f"{MODEL}@v2", section=section)
    assert section in words(app)
    assert not app.exception
