"""How much of what a card should say is said, and what stands in the way of publishing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.models.statements import STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.models.card import ModelCard

RECORDED: Final = "Recorded"
MEASURED: Final = "Measured"
PEOPLE: Final = "people"
LAKE: Final = "lake"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing a card should say. `source` is who knows it: people, or the lake."""

    key: str
    title: str
    section: str
    source: str
    required: bool
    filled: bool
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """Everything a card should say, and whether it does."""

    items: tuple[Item, ...]

    @property
    def score(self) -> float:
        """The part of it that is said, 0 to 1."""
        return sum(item.filled for item in self.items) / len(self.items)

    @property
    def missing(self) -> tuple[Item, ...]:
        """What is not said, the required first."""
        found = [item for item in self.items if not item.filled]
        return tuple(sorted(found, key=lambda item: not item.required))

    @property
    def blocking(self) -> tuple[Item, ...]:
        """What must be said before the card may be published."""
        return tuple(item for item in self.missing if item.required)

    def sections(self) -> dict[str, tuple[int, int]]:
        """Return how many of how many are said, by section."""
        names = dict.fromkeys(item.section for item in self.items)
        inside = {name: [item for item in self.items if item.section == name] for name in names}
        return {
            name: (sum(item.filled for item in items), len(items)) for name, items in inside.items()
        }


def completeness(card: ModelCard) -> Completeness:
    """Look at what a card says and what it leaves out.

    >>> from datetime import UTC, datetime
    >>> from core.models.card import ModelCard
    >>> card = ModelCard(model_id="m", model_name="risk", model_type="skops", version="v1",
    ...     date=datetime(2026, 1, 1, tzinfo=UTC), intended_use="Triage")
    >>> found = completeness(card)
    >>> round(found.score, 2), "intended_use" in [item.key for item in found.missing]
    (0.01, False)
    """
    said = [
        Item(
            key=statement.key,
            title=statement.title,
            section=statement.section,
            source=LAKE if statement.derived else PEOPLE,
            required=statement.required,
            filled=bool(card.said(statement.key)),
            hint=statement.asks,
        )
        for statement in STATEMENTS
    ]
    known = [
        Item(
            key=key,
            title=title,
            section=section,
            source=LAKE,
            required=required,
            filled=is_there(card),
            hint=hint,
        )
        for key, title, section, required, is_there, hint in _KNOWN
    ]
    return Completeness(items=(*said, *known))


def _has_metric(*names: str) -> Callable[[ModelCard], bool]:
    return lambda card: any(set(names) & set(each.evaluation.metrics) for each in card.evaluations)


def _of_evaluation(name: str) -> Callable[[ModelCard], bool]:
    return lambda card: any(bool(getattr(each.evaluation, name)) for each in card.evaluations)


def _is_risk(card: ModelCard) -> bool:
    return card.task in ("", "binary")


_Known = tuple[str, str, str, bool, "Callable[[ModelCard], bool]", str]
_KNOWN: Final[tuple[_Known, ...]] = (
    ("run", "Run", RECORDED, False, lambda card: card.run is not None, "Register it with run_id."),
    (
        "code_version",
        "Code",
        RECORDED,
        False,
        lambda card: card.run is not None and bool(card.run.git_commit or card.run.code_version),
        "Start the run inside a git repository.",
    ),
    (
        "datasets",
        "Training data as versions",
        RECORDED,
        True,
        lambda card: any(data.role == "training" for data in card.datasets),
        "Register the model with datasets=[...], or start its run with inputs=[...].",
    ),
    ("features", "Inputs", RECORDED, False, lambda card: bool(card.features or card.signature),
     "Register the model with features=[...]."),
    ("artifact", "File of the model", RECORDED, True, lambda card: card.artifact is not None,
     "Register the model from an artifact of its run."),
    ("lineage", "Lineage", RECORDED, False, lambda card: bool(card.lineage),
     "Start the run with inputs=[...]."),
    ("drift", "Drift of the data", RECORDED, False, lambda card: bool(card.drift),
     "Compare the training data with others: `mhras drift`."),
    ("evaluations", "Evaluation", MEASURED, True, lambda card: bool(card.evaluations),
     "Store one with wb.models.save_evaluation, or log predictions and outcomes."),
    ("discrimination", "Discrimination or error", MEASURED, True,
     _has_metric("auroc", "accuracy", "rmse"), "Evaluate the model."),
    ("calibration", "Calibration", MEASURED, False,
     lambda card: not _is_risk(card) or _has_metric("calibration_slope")(card),
     "Evaluate probabilities."),
    ("decision_curve", "Decision curve", MEASURED, False,
     lambda card: not _is_risk(card) or _of_evaluation("decision_curve")(card),
     "Evaluate probabilities."),
    ("operating_points", "Operating points", MEASURED, False,
     lambda card: not _is_risk(card) or _of_evaluation("operating_points")(card),
     "Evaluate with thresholds=[...]."),
    ("baselines", "Baselines", MEASURED, False, _of_evaluation("baselines"),
     "Evaluate with baselines={...}."),
    ("groups", "Groups of people", MEASURED, False, _of_evaluation("fairness"),
     "Evaluate with groups={...}."),
    ("external", "Data of another time or source", MEASURED, False,
     lambda card: any(each.external for each in card.evaluations),
     "Evaluate on data that training knows nothing of."),
    ("importance", "Importance of inputs", MEASURED, False,
     lambda card: bool(card.feature_importance), "Make the card with data=... and outcome=... ."),
)  # fmt: skip
# what a card must say, told by title, as the kept cards tell what they lack
REQUIRED_TITLES: Final = frozenset(
    {statement.title for statement in STATEMENTS if statement.required}
    | {title for _key, title, _section, required, *_ in _KNOWN if required}
)
