"""A card says what it knows, exactly, and what it does not."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.errors import ModelCardError, StatementsError
from core.models.card import ModelCard
from core.models.completeness import completeness
from core.models.difference import Change, compare_cards
from core.models.findings import comparisons, difference_of, findings
from core.models.interval import Estimate
from core.models.people import parse_statements, read_statements, statements_template
from core.models.statements import REQUIRED, STATEMENTS
from tests.core.models.made_cards import AUROC, LATER, NOW, a_card

if TYPE_CHECKING:
    from pathlib import Path

SEED = [
    "model_id",
    "model_name",
    "model_type",
    "version",
    "date",
    "owner",
    "intended_use",
    "intended_users",
    "out_of_scope_uses",
    "training_data_description",
    "training_data_size",
    "data_preprocessing",
    "metrics",
    "performance_by_group",
    "baseline_comparison",
    "fairness_metrics",
    "bias_analysis",
    "feature_importance",
    "shap_summary",
    "known_limitations",
    "failure_modes",
    "ethical_considerations",
    "caveats",
    "recommendations",
]
BARE = ModelCard(model_id="m", model_name="risk", model_type="skops", version="v1", date=NOW)


def test_a_card_has_every_field_of_the_contract_first_and_in_its_order() -> None:
    assert list(ModelCard.__dataclass_fields__)[: len(SEED)] == SEED


@pytest.mark.parametrize("card", [BARE, a_card(), a_card("NaN"), a_card("é\u2028\x00 😀")])
def test_a_card_comes_back_from_json_as_it_was(card: ModelCard) -> None:
    again = ModelCard.from_dict(json.loads(card.to_json()))
    assert again.to_json() == card.to_json()
    assert again.digest == card.digest
    if "ici" not in json.dumps(card.to_dict()):  # NaN is not equal to itself
        assert again == card


def test_another_number_makes_another_digest() -> None:
    other = replace(a_card(), fairness_metrics={"words": 0.3333333333333334})
    assert other.digest != a_card().digest


@pytest.mark.parametrize("plain", [{}, {"card": 2}, {"card": 1}, {"card": 1, "date": 3}])
def test_what_is_no_card_is_refused(plain: dict[str, object]) -> None:
    with pytest.raises(ModelCardError):
        ModelCard.from_dict(plain)


def test_an_empty_card_is_blocked_by_everything_required() -> None:
    found = completeness(BARE)
    blocking = {item.key for item in found.blocking}
    assert blocking >= {statement.key for statement in REQUIRED}
    assert {"datasets", "artifact", "evaluations"} <= blocking
    assert found.score == 0


def test_a_full_card_is_complete() -> None:
    found = completeness(a_card())
    assert [item.key for item in found.missing] == []
    assert found.score == 1
    assert sum(total for _, total in found.sections().values()) == len(found.items)


def test_each_required_statement_blocks_alone() -> None:
    for statement in REQUIRED:
        blank: object = () if statement.many else ""
        if statement.key in ModelCard.__dataclass_fields__:
            card = replace(a_card(), **{statement.key: blank})  # type: ignore[arg-type]
        else:
            said = {k: v for k, v in a_card().statements.items() if k != statement.key}
            card = replace(a_card(), statements=said)
        assert [item.key for item in completeness(card).blocking] == [statement.key]


def test_all_faults_of_a_file_are_told_together_with_their_lines() -> None:
    text = "intended_uses: a\ncaveats:\n  b: c\nfunding: [d]\nsummary: e\nsummary: f\nnothing: g\n"
    with pytest.raises(StatementsError) as told:
        parse_statements(text, name="risk.yaml")
    assert told.value.faults == (
        "line 1: intended_uses is no statement; did you mean intended_users?",
        "line 2: caveats is not a text or a list of texts",
        "line 4: funding is not a text",
        "line 6: summary is there twice",
        "line 7: nothing is no statement",
    )
    assert pickle.loads(pickle.dumps(told.value)).faults == told.value.faults  # noqa: S301


@pytest.mark.parametrize(
    "text",
    [
        "a: b: c",
        "- a",
        "just words",
        "summary: \x00",
        "[" * 900_000,
        "{a: " * 100_000,
        "a: &x [*x]",
        "summary: &a [b]\ncaveats: *a\nfunding: *missing",
    ],
)
def test_what_is_no_file_of_statements_is_refused(text: str) -> None:
    with pytest.raises(StatementsError):
        parse_statements(text)


def test_values_are_words_and_a_tag_makes_nothing() -> None:
    found = parse_statements(
        "licence: no\ndata_dates: 2024-01-01\nfunding: 1e3\n"
        "contact: !!python/object/apply:os.system ['true']\n".replace(" ['true']", " echo")
    )
    assert found == {
        "data_dates": "2024-01-01",
        "contact": "echo",
        "funding": "1e3",
        "licence": "no",
    }


def test_statements_that_are_blank_are_not_said() -> None:
    assert read_statements({"caveats": ["", "  "], "summary": " ", "funding": None}) == {}


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(StatementsError, match="no file can hold"):
        read_statements({"summary": "\ud800"})


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("summary: café".encode("latin-1"))
    for name in ("gone.yaml", "latin.yaml", "."):
        with pytest.raises(StatementsError, match=r"cannot be read|no text"):
            read_statements(tmp_path / name)


def test_the_template_asks_everything_and_comes_back(tmp_path: Path) -> None:
    assert parse_statements(statements_template()) == {}
    said = {one.key: ("a: b", "# c") if one.many else "d\n- e: 'f'" for one in STATEMENTS}
    path = tmp_path / "model.yaml"
    path.write_text(statements_template(said), encoding="utf8")
    assert read_statements(path) == said


def test_the_difference_names_what_a_reader_sees() -> None:
    before = replace(a_card(), caveats=(), importance_method="")
    after = replace(a_card(), known_limitations=("Small",), importance_method="")
    assert compare_cards(before, after).changes == (
        Change(part="Statement", name="Known limitations", before="words\nwords 2", after="Small"),
        Change(part="Statement", name="Caveats", before="", after="words\nwords 2"),
    )
    assert [one.kind for one in compare_cards(before, after).changes] == ["changed", "added"]


def test_a_change_over_time_has_the_interval_of_independent_figures() -> None:
    error = [(each.high - each.low) / 2 / 1.959963984540054 for each in (AUROC, LATER)]
    width = 1.959963984540054 * (error[0] ** 2 + error[1] ** 2) ** 0.5
    [change, *_] = comparisons(a_card())[0].changes
    found = change.difference
    assert (found.value, found.low, found.high) == pytest.approx(
        (-0.028, -0.028 - width, -0.028 + width), abs=1e-12
    )
    assert not change.is_certain
    assert not difference_of(AUROC, Estimate.missing("no rows")).known


def test_the_last_evaluation_is_compared_with_the_reference_before_the_first_on_other_data() -> (
    None
):
    made = a_card()
    good = Estimate(0.8, 0.79, 0.81, "DeLong")
    parts = (("train", False, good), ("validation", False, good), ("a", True, AUROC))
    last = replace(made.evaluations[0], name="b", external=True)
    evaluations = [
        replace(last, name=name, external=external,
                evaluation=replace(last.evaluation, metrics={"auroc": auroc}))
        for name, external, auroc in parts
    ]  # fmt: skip
    now = replace(last, evaluation=replace(last.evaluation, metrics={"auroc": LATER}))
    card = replace(made, evaluations=(*evaluations, now))
    assert [
        (each.first.name, each.last.name, each.chosen_on, each.changes[0].is_certain)
        for each in comparisons(card)
    ] == [("validation", "b", True, True), ("a", "b", False, False)]
    told = [one.text for one in findings(card) if one.title == "Change"]
    assert [text.rpartition(". ")[2] for text in told] == [
        "More than chance: AUROC.", "All may be chance.",
    ]  # fmt: skip
    assert comparisons(replace(made, evaluations=(now,))) == ()


def test_findings_say_what_the_intervals_say() -> None:
    said = {one.title: one for one in findings(a_card("w"))}
    assert said["Discrimination"].text.endswith("AUROC 0.703 (0.678 to 0.728).")
    assert said["Calibration"].text == (
        "In w 1, predictions are too far apart (slope 0.82 (0.70 to 0.94)); as many had the"
        " outcome as was predicted (O/E 0.98 (0.90 to 1.10))."
    )
    assert said["Calibration"].level == "warning"
    assert said["Change"].text.endswith("All may be chance.")
    assert said["Worth"].text.endswith("at 29 of 29 thresholds, 1% to 29%.")
