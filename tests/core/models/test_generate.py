"""Cards are made of what is known and said, kept, published when complete, and signed."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml
from sklearn.metrics import brier_score_loss, roc_auc_score

from core import Workbench
from core.errors import (
    CardIncompleteError,
    CardNotFoundError,
    ModelCardError,
    ModelNotFoundError,
    StatementsError,
)
from core.maintenance import collect_garbage, verify_lake
from core.models.card import ModelCard
from core.models.completeness import completeness
from core.models.evaluation import evaluate
from core.models.explain import Importance
from core.models.exports.formats import FORMATS
from core.models.generate import ModelCardGenerator
from core.models.interval import Estimate
from core.models.statements import STATEMENTS
from core.settings import Settings
from tests.core.models.conftest import PEOPLE
from tests.support.processes import Child

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from core.models.version import ModelVersion

SAID: dict[str, Any] = {
    one.key: [f"{one.title} said"] if one.many else f"{one.title} said" for one in STATEMENTS
}
SAID["external_evaluations"] = ["later"]
ANSWERS = PEOPLE.assign(
    outcome=(PEOPLE["age"] + 20 * np.sin(PEOPLE["age"]) > 50).astype(int),
    sex=np.where(PEOPLE["age"] % 2 == 0, "f", "m"),
)


def probabilities(table: pd.DataFrame) -> Any:
    return 1 / (1 + np.exp(-(table["age"] - 50) / 10))


def evaluations() -> Mapping[str, Any]:
    parts = {"first": ANSWERS.iloc[::2], "later": ANSWERS.iloc[1::2]}
    return {
        name: evaluate(
            part["outcome"], probabilities(part), thresholds=[0.3, 0.5],
            groups={"sex": part["sex"]}, resamples=100,
        )
        for name, part in parts.items()
    }  # fmt: skip


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, model_file: bytes) -> Path:
    """A lake with a model, its run, its data, and a comparison of these with later ones."""
    folder = tmp_path_factory.mktemp("cards") / "lake"
    with Workbench(folder, actor="ana", durability="process") as wb:
        people = wb.datasets.register_dataset(PEOPLE, "people", "form", version="train")
        later = PEOPLE.assign(age=PEOPLE["age"] + 40)
        after = wb.datasets.register_dataset(later, "people", "form", version="later")
        with wb.tracker.start_run("risk", "calm", inputs=[people]) as run:
            run.log_params({"C": 0.5})
            run.log_bytes(model_file, "model.skops", "model")
        wb.datasets.detect_drift(people.version_id, after.version_id)
        wb.models.register_model("risk", run_id=run.run_id, description="Risk of it")
    return folder


@pytest.fixture
def workbench(template: Path, tmp_path: Path) -> Iterator[Workbench]:
    """A workbench on a copy of that lake."""
    shutil.copytree(template, tmp_path / "lake")
    with Workbench(tmp_path / "lake", actor="ana", durability="process") as found:
        yield found


@pytest.fixture
def registered(workbench: Workbench) -> ModelVersion:
    """The model of that lake."""
    return workbench.models.get_model("risk")


def test_everything_that_is_known_is_in_the_card(
    workbench: Workbench, registered: ModelVersion
) -> None:
    card = workbench.cards.generate_model_card("risk", evaluations=evaluations())
    assert (card.name, card.model_id, card.model_type) == (
        "risk@v1", registered.model_id, "LogisticRegression",
    )  # fmt: skip
    assert (card.owner, card.description, card.task) == ("ana", "Risk of it", "binary")
    assert card.features == ("age", "score")
    assert card.run is not None
    assert (card.run.run_name, dict(card.run.params)) == ("calm", {"C": "0.5"})
    assert card.artifact is not None
    assert card.artifact.digest == registered.digest
    assert [(data.name, data.role, data.num_rows) for data in card.datasets] == [
        ("people@train", "training", 60)
    ]
    assert card.training_data_size == 60
    assert card.training_data_description == "people@train: 60 rows and 2 columns, from form."
    (drift,) = card.drift
    assert (drift.current, drift.drifted_columns) == ("people@later", ("age",))
    assert [(step.source, step.step, step.target) for step in card.lineage] == [
        ("people@train", "input", "risk/calm"),
        ("risk/calm", "model", "risk@v1"),
    ]
    assert [each.name for each in card.evaluations] == ["first", "later"]
    assert set(card.performance_by_group) <= {"sex: f", "sex: m"}


def test_the_plain_numbers_are_those_of_scikit_learn(
    workbench: Workbench, registered: ModelVersion
) -> None:
    card = workbench.cards.generate_model_card(registered.model_id, evaluations=evaluations())
    part = ANSWERS.iloc[1::2]
    risk = probabilities(part)
    assert card.metrics["auroc"] == pytest.approx(roc_auc_score(part["outcome"], risk), abs=1e-12)
    assert card.metrics["brier"] == pytest.approx(
        brier_score_loss(part["outcome"], risk), abs=1e-12
    )


def test_the_model_is_asked_about_data_without_predictions(
    workbench: Workbench, registered: ModelVersion, fitted: Any
) -> None:
    card = workbench.cards.generate_model_card(
        "risk", data=ANSWERS, outcome="outcome", groups=["sex"], name="answers"
    )
    assert registered.name == card.name
    asked = fitted.predict_proba(PEOPLE)[:, 1]
    assert [each.name for each in card.evaluations] == ["answers"]
    wanted = roc_auc_score(ANSWERS["outcome"], asked)
    assert card.metrics["auroc"] == pytest.approx(wanted, abs=1e-12)
    assert set(card.feature_importance) == {"age", "score"}
    low, high = card.importance_intervals["age"]
    assert 0 < low <= card.feature_importance["age"] <= high
    assert card.importance_method.startswith("What is lost when an input is shuffled: auroc lost")


def test_what_is_known_of_inputs_is_kept_from_card_to_card(
    workbench: Workbench, registered: ModelVersion
) -> None:
    age = Importance(feature="age", estimate=Estimate(0.2, 0.1, 0.3, "auroc lost"))
    first = workbench.cards.generate_model_card(registered, importance=[age])
    workbench.cards.save_card(first)
    again = workbench.cards.generate_model_card(registered)
    assert again.to_json() == first.to_json()
    assert again.importance_intervals == {"age": (0.1, 0.3)}


def test_all_that_is_wrong_with_data_is_told_together(
    workbench: Workbench, registered: ModelVersion
) -> None:
    with pytest.raises(ModelCardError) as told:
        workbench.cards.generate_model_card(
            "risk", data={"age": [1]}, outcome="sick", groups=["sex"]
        )
    assert told.value.faults == (
        "there is no column 'sick'",
        "there is no column 'sex'",
        "there is no column 'score'",
    )
    assert registered.name in str(told.value)


def test_fairness_is_left_out_when_it_is_not_wanted(
    workbench: Workbench, registered: ModelVersion, tmp_path: Path
) -> None:
    lake = str(tmp_path / "lake")
    with Workbench(settings=Settings(lake=lake, model_card_include_fairness=False)) as other:
        cards = (
            workbench.cards.generate_model_card("risk", None, False, evaluations=evaluations()),
            other.cards.generate_model_card("risk", evaluations=evaluations()),
        )
    for card in cards:
        assert card.model_id == registered.model_id
        assert all(each.evaluation.fairness is None for each in card.evaluations)
        assert (card.performance_by_group, card.fairness_metrics) == ({}, {})


def test_what_holds_for_all_models_is_said_once(registered: ModelVersion, tmp_path: Path) -> None:
    house = tmp_path / "house.yaml"
    house.write_text("developer: We\nfunding: Nobody\n", encoding="utf8")
    settings = Settings(lake=str(tmp_path / "lake"), model_card_template=house)
    with Workbench(settings=settings) as other:
        card = other.cards.generate_model_card("risk", people={"funding": "The state"})
    assert registered.model_id == card.model_id
    assert (card.said("developer"), card.said("funding")) == ("We", "The state")


def test_the_same_knowledge_makes_the_same_card_and_is_kept_once(
    workbench: Workbench, registered: ModelVersion
) -> None:
    found = evaluations()
    first = workbench.cards.save_card(
        workbench.cards.generate_model_card("risk", people=SAID, evaluations=found)
    )
    again = workbench.cards.save_card(
        workbench.cards.generate_model_card("risk", evaluations=found)
    )
    assert again == first
    assert (first.card_number, first.state, first.model_id) == (1, "draft", registered.model_id)
    assert workbench.cards.load_card(first).to_json() == (
        workbench.cards.generate_model_card("risk", evaluations=found).to_json()
    )


def test_publishing_is_refused_until_everything_required_is_there(
    workbench: Workbench, registered: ModelVersion
) -> None:
    with pytest.raises(CardIncompleteError) as told:
        workbench.cards.publish_card(workbench.cards.generate_model_card("risk"))
    assert "evaluations" in told.value.keys  # type: ignore[operator] # a fact
    assert "Intended use" in told.value.missing
    assert [one.state for one in workbench.cards.list_cards("risk")] == ["draft"]
    card = workbench.cards.generate_model_card("risk", people=SAID, evaluations=evaluations())
    assert completeness(card).blocking == ()
    published = workbench.cards.publish_card(card)
    assert (published.state, published.card_number, published.published_by) == (
        "published", 2, "ana",
    )  # fmt: skip
    assert workbench.cards.publish_card(published) == published
    assert workbench.cards.get_card("risk") == published
    assert workbench.cards.get_card("risk", 1).state == "draft"
    assert workbench.cards.get_card(published.card_id) == published
    assert registered.model_id == published.model_id


def test_statements_on_one_workbench_and_on_the_next_are_the_same(
    workbench: Workbench, registered: ModelVersion, tmp_path: Path
) -> None:
    saved = workbench.cards.save_card(
        workbench.cards.generate_model_card("risk", people={"caveats": "Small"})
    )
    with Workbench(tmp_path / "lake") as other:
        assert other.cards.statements(registered) == {"caveats": ("Small",)}
        assert other.cards.get_card("risk") == saved


def test_a_card_is_signed_under_its_digest(workbench: Workbench, registered: ModelVersion) -> None:
    card = workbench.cards.generate_model_card("risk")
    signed = workbench.cards.sign_card(card, role="statistician", statement="Checked")
    stored = workbench.cards.get_card("risk")
    assert (signed.actor, signed.role, signed.digest) == ("ana", "statistician", card.digest)
    assert workbench.cards.sign_offs(stored) == (signed,)
    with pytest.raises(ModelCardError, match="say as what you sign"):
        workbench.cards.sign_card(stored, role=" ")
    later = workbench.cards.save_card(
        workbench.cards.generate_model_card("risk", people={"caveats": ["x"]})
    )
    assert workbench.cards.sign_offs(later) == ()
    assert registered.model_id == later.model_id


def test_a_published_card_is_taken_back_for_good_and_says_so_in_every_form(
    workbench: Workbench, registered: ModelVersion
) -> None:
    cards = workbench.cards
    draft = cards.save_card(
        cards.generate_model_card("risk", people=SAID, evaluations=evaluations())
    )
    with pytest.raises(ModelCardError, match="it is a draft, which nobody was told to go by; say"):
        cards.withdraw_card(draft, reason=" ")
    cards.sign_card(cards.publish_card(draft), role="owner")
    taken = cards.withdraw_card(cards.get_card("risk", 1), reason="Outcomes <b>counted</b> twice")
    assert (taken.state, taken.published_by, cards.standing(taken).in_force) == (
        "withdrawn", "ana", False,
    )  # fmt: skip
    assert taken.withdrawal is not None
    assert (taken.withdrawal.withdrawn_by, taken.withdrawal.reason) == (
        "ana", "Outcomes <b>counted</b> twice",
    )  # fmt: skip
    for again in (
        lambda: cards.withdraw_card(taken, reason="again"),
        lambda: cards.publish_card(taken),
        lambda: cards.sign_card(taken, role="owner"),
    ):
        with pytest.raises(ModelCardError, match="was withdrawn by ana, and is not"):
            again()
    assert cards.save_card(cards.load_card(taken)) == taken  # the same content is the same card
    told = "This card was withdrawn: do not go by it."
    for kind in FORMATS:
        assert told in cards.write_card(taken, kind).decode() or kind == "json"
        assert b"<b>counted" not in cards.write_card(taken, kind) or kind in {"json", "mct"}
    plain = json.loads(cards.write_card(taken, "json"))
    assert plain["standing"]["withdrawn"]["reason"] == "Outcomes <b>counted</b> twice"
    assert ModelCard.from_dict(plain) == cards.load_card(taken)
    [row] = workbench.sql("select state, withdrawn_by from model_cards").to_pylist()
    assert row == {"state": "withdrawn", "withdrawn_by": "ana"}
    said = {**SAID, "funding": "another"}
    other = cards.publish_card(
        cards.generate_model_card("risk", people=said, evaluations=evaluations())
    )
    assert (other.card_number, other.state, registered.stage) == (2, "published", "none")


def test_a_signed_card_of_an_archived_model_stays_signed_but_is_not_in_force(
    workbench: Workbench, registered: ModelVersion
) -> None:
    cards = workbench.cards
    card = cards.publish_card(
        cards.generate_model_card("risk", people=SAID, evaluations=evaluations())
    )
    cards.sign_card(card, role="owner")
    assert cards.standing(card).in_force
    workbench.models.set_stage(registered, "archived", reason="replaced")
    stands = cards.standing(card)
    assert (stands.state, len(stands.sign_offs), stands.in_force) == ("published", 1, False)
    page = cards.write_card(card, "markdown", standing=stands).decode()
    assert "Signatures stand for what the card says, not for using the model now." in page
    assert yaml.safe_load(page.split("---\n")[1])["tags"][-1] == "archived"


def test_a_card_that_is_not_there_is_told_with_those_that_are(
    workbench: Workbench, registered: ModelVersion
) -> None:
    workbench.cards.save_card(workbench.cards.generate_model_card("risk"))
    with pytest.raises(CardNotFoundError, match=r"risk@v1 has no card 2\. Its cards: 1\."):
        workbench.cards.get_card("risk", 2)
    with pytest.raises(ModelNotFoundError):
        workbench.cards.get_card("nothing")
    assert registered.name == "risk@v1"


def test_drift_and_stage_are_those_of_now_and_not_of_the_card(
    workbench: Workbench, registered: ModelVersion
) -> None:
    stored = workbench.cards.save_card(workbench.cards.generate_model_card("risk"))
    assert workbench.cards.standing(stored).drift_badge == ("1 columns drifted", "warning")
    same = workbench.datasets.register_dataset(
        PEOPLE.iloc[::-1].reset_index(drop=True), "people", "form", version="same"
    )
    workbench.datasets.detect_drift("people@train", same.version_id)
    workbench.models.set_stage("risk", "staging", reason="try it")
    stands = workbench.cards.standing(stored)
    assert (stands.drift_badge, stands.stage) == (("none found", "good"), "staging")
    assert workbench.cards.get_card("risk").digest == stored.digest
    assert registered.stage == "none"


def test_a_page_is_written_with_what_changed_since_the_card_before(
    workbench: Workbench, registered: ModelVersion, tmp_path: Path
) -> None:
    workbench.cards.save_card(workbench.cards.generate_model_card("risk"))
    card = workbench.cards.generate_model_card("risk", people={"intended_use": "Triage"})
    path = workbench.cards.export_card(card, "html", tmp_path / "card.html")
    page = (tmp_path / "card.html").read_text(encoding="utf8")
    assert path == str(tmp_path / "card.html")
    assert "Changes since the card before" in page
    assert "Triage" in page
    kept = workbench.cards.save_card(card)
    stands = workbench.cards.standing(kept)
    assert stands.changes is not None
    assert [one.name for one in stands.changes.changes] == ["Intended use"]
    bytes_twice = {workbench.cards.write_card(kept, standing=stands) for _ in range(2)}
    assert len(bytes_twice) == 1
    with pytest.raises(ModelCardError):
        workbench.cards.export_card(kept, "pdf", tmp_path / "card.pdf")
    assert not (tmp_path / "card.pdf").exists()
    assert registered.model_id == kept.model_id


def test_external_evaluations_must_be_there(workbench: Workbench, registered: ModelVersion) -> None:
    with pytest.raises(ModelCardError, match="names what is not there: later"):
        workbench.cards.generate_model_card(registered, people={"external_evaluations": ["later"]})


def test_a_file_that_is_wrong_is_refused_before_anything_is_kept(
    workbench: Workbench, registered: ModelVersion, tmp_path: Path
) -> None:
    path = tmp_path / "risk.yaml"
    path.write_text("intend: x\n", encoding="utf8")
    with pytest.raises(StatementsError, match="intend is no statement"):
        workbench.cards.generate_model_card("risk", people=path)
    assert workbench.cards.list_cards() == []
    assert registered.name == "risk@v1"


def test_cards_are_found_by_sql_and_looked_after(
    workbench: Workbench, registered: ModelVersion
) -> None:
    card = workbench.cards.generate_model_card("risk", people=SAID, evaluations=evaluations())
    stored = workbench.cards.publish_card(card)
    workbench.cards.sign_card(stored, role="owner")
    [row] = workbench.sql(
        "select model_name, version, card_number, state, metrics['auroc'] as auroc,"
        " json_array_length(missing) as missing from model_cards"
    ).to_pylist()
    assert row["auroc"] == card.metrics["auroc"]
    assert (row["state"], row["version"]) == ("published", "v1")
    [signed] = workbench.sql("select actor, role, digest from card_sign_offs").to_pylist()
    assert signed == {"actor": "ana", "role": "owner", "digest": stored.digest}
    workbench.lake.flush()
    assert collect_garbage(workbench).marked == ()
    path = workbench.lake.root / "objects" / stored.digest[:2] / stored.digest
    assert json.loads(path.read_bytes())["model_name"] == registered.model_name
    path.unlink()
    told = [finding.affects for finding in verify_lake(workbench).findings]
    assert told == [("card 1 of version v1 of model 'risk'",)]


def test_a_generator_is_made_by_hand_as_the_contract_says(
    workbench: Workbench, registered: ModelVersion
) -> None:
    cards = ModelCardGenerator(workbench.models, workbench.tracker)
    assert cards.generate_model_card(registered.model_id).name == "risk@v1"


def keep_five(pipe: Any, lake: Path, actor: str) -> None:
    with Workbench(lake, actor=actor, durability="process") as wb:
        for place in range(5):
            said = {"caveats": [f"{actor} {place}"]}
            wb.cards.save_card(wb.cards.generate_model_card("risk", people=said))
    pipe.send("done")


def test_two_processes_never_give_a_number_twice(
    workbench: Workbench, registered: ModelVersion, tmp_path: Path
) -> None:
    with (
        Child(keep_five, tmp_path / "lake", "bea") as first,
        Child(keep_five, tmp_path / "lake", "cai") as second,
    ):
        assert (first.hear(), second.hear()) == ("done", "done")
    numbers = [one.card_number for one in workbench.cards.list_cards("risk")]
    assert sorted(numbers) == list(range(1, 11))
    assert registered.name == "risk@v1"


def test_stored_evaluations_are_in_the_card_the_newest_of_each_name(
    workbench: Workbench, registered: ModelVersion
) -> None:
    found = evaluations()
    workbench.models.save_evaluation("risk", found["later"], name="first")
    for name in ("first", "later"):
        workbench.models.save_evaluation(
            "risk", found[name], name=name, dataset_version_id="people@later"
        )
    card = workbench.cards.generate_model_card("risk", people={"external_evaluations": ["later"]})
    assert [(each.name, each.dataset, each.external) for each in card.evaluations] == [
        ("first", "people@later", False),
        ("later", "people@later", True),
    ]
    assert card.evaluations[0].evaluation == found["first"]
    assert [(data.name, data.role) for data in card.datasets] == [
        ("people@train", "training"),
        ("people@later", "evaluation"),
    ]
    assert card.model_id == registered.model_id


def test_logged_predictions_are_judged_by_their_outcomes(
    workbench: Workbench, registered: ModelVersion
) -> None:
    said = ANSWERS.assign(
        prediction=probabilities(ANSWERS), person=[f"p{n}" for n in range(len(ANSWERS))]
    )
    workbench.models.log_predictions(
        registered, said, entity="person", time=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert workbench.cards.generate_model_card("risk").evaluations == ()
    known = said.iloc[:50]
    workbench.models.log_outcomes(
        "risk", known, entity="person", time=datetime(2026, 2, 1, tzinfo=UTC)
    )
    card = workbench.cards.generate_model_card("risk")
    assert [(each.name, each.evaluation.rows) for each in card.evaluations] == [("logged", 50)]
    wanted = roc_auc_score(known["outcome"], known["prediction"])
    assert card.metrics["auroc"] == pytest.approx(wanted, abs=1e-12)
