"""The checklist of TRIPOD+AI (Collins et al., BMJ 2024; 385: e078378) for a card.

27 items, some of them in parts (3a, 3b, ...): where the card answers each, or that it does not. The
questions are told in short; the statement has their full text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from core.models.statements import BY_KEY
from core.render.blocks import Badge, Document, Section, Share, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.models.card import ModelCard

SOURCE: Final = "TRIPOD+AI 2024"
_RECORDED: Final[dict[str, tuple[str, Callable[[ModelCard], bool]]]] = {
    "name": ("Title", lambda card: bool(card.model_name)),
    "datasets": ("Data: versions", lambda card: bool(card.datasets)),
    "size": ("Data: rows", lambda card: card.training_data_size > 0),
    "inputs": ("Model: inputs", lambda card: bool(card.features or card.signature)),
    "run": ("Model: run and parameters", lambda card: card.run is not None),
    "artifact": ("Model: file", lambda card: card.artifact is not None),
    "evaluations": ("Performance", lambda card: bool(card.evaluations)),
    "events": (
        "Performance: rows and events",
        lambda card: any(each.evaluation.events is not None for each in card.evaluations),
    ),
    "groups": (
        "Groups of people",
        lambda card: any(each.evaluation.fairness is not None for each in card.evaluations),
    ),
    "drift": ("Drift of the data", lambda card: bool(card.drift)),
    "external": (
        "Performance: external data",
        lambda card: any(each.external for each in card.evaluations),
    ),
    "code": (
        "Model: code",
        lambda card: card.run is not None and bool(card.run.git_commit or card.run.code_version),
    ),
}
# item, section of an article, what it asks, and what in a card answers it: statements or facts
_ITEMS: Final = (
    ("1", "Title", "Title: a prediction model, its population and outcome",
     "name target_population outcome_definition"),
    ("2", "Abstract", "Structured summary", "summary"),
    ("3a", "Introduction", "Health care context and rationale", "care_context"),
    ("3b", "Introduction", "Target population, purpose and intended users",
     "target_population intended_use intended_users"),
    ("3c", "Introduction", "Known health inequalities", "health_inequalities"),
    ("4", "Introduction", "Objectives", "objectives"),
    ("5a", "Methods", "Sources of data", "training_data_description datasets"),
    ("5b", "Methods", "Dates of the data", "data_dates"),
    ("6a", "Methods", "Setting and sites", "setting"),
    ("6b", "Methods", "Eligibility", "eligibility"),
    ("6c", "Methods", "Treatments received", "treatments"),
    ("7", "Methods", "Preparation of the data", "data_preprocessing"),
    ("8a", "Methods", "Outcome: definition, time and assessment", "outcome_definition"),
    ("8b", "Methods", "Outcome: who assessed it", "outcome_assessment"),
    ("8c", "Methods", "Outcome: blinding", "outcome_assessment"),
    ("9a", "Methods", "Predictors: choice", "predictors"),
    ("9b", "Methods", "Predictors: definition and time", "predictors"),
    ("9c", "Methods", "Predictors: who assessed them", "predictors"),
    ("10", "Methods", "Sample size", "sample_size"),
    ("11", "Methods", "Missing data", "missing_data"),
    ("12a", "Methods", "Use and division of the data", "datasets"),
    ("12b", "Methods", "Handling of predictors", "data_preprocessing"),
    ("12c", "Methods", "Type of model, building, tuning and internal validation", "run"),
    ("12d", "Methods", "Heterogeneity between clusters", "external"),
    ("12e", "Methods", "Measures of performance", "evaluations"),
    ("12f", "Methods", "Updating of the model", "update_process"),
    ("12g", "Methods", "How predictions were calculated for evaluation", "artifact evaluations"),
    ("13", "Methods", "Class imbalance", "class_imbalance"),
    ("14", "Methods", "Approaches to fairness", "fairness_approach"),
    ("15", "Methods", "Output of the model and its thresholds", "output_description"),
    ("16", "Methods", "Differences between development and evaluation data", "drift"),
    ("17", "Methods", "Ethical approval", "ethical_approval"),
    ("18a", "Open science", "Funding", "funding"),
    ("18b", "Open science", "Conflicts of interest", "conflicts_of_interest"),
    ("18c", "Open science", "Protocol", "protocol"),
    ("18d", "Open science", "Registration", "registration"),
    ("18e", "Open science", "Availability of data", "data_availability"),
    ("18f", "Open science", "Availability of code", "code_availability"),
    ("19", "Patients and public", "Involvement of patients and the public",
     "patient_involvement"),
    ("20a", "Results", "Flow of participants, with and without the outcome", "size events"),
    ("20b", "Results", "Characteristics of participants", "representativeness"),
    ("20c", "Results", "Development and evaluation data compared", "drift"),
    ("21", "Results", "Numbers of participants and events in each analysis", "size events"),
    ("22", "Results", "The whole model, so that it can be applied", "artifact inputs"),
    ("23a", "Results", "Performance with intervals, also of groups", "evaluations groups"),
    ("23b", "Results", "Heterogeneity in performance between clusters", "external"),
    ("24", "Results", "Results of updating the model", "update_process"),
    ("25", "Discussion", "Interpretation, with fairness and earlier studies", "interpretation"),
    ("26", "Discussion", "Limitations", "known_limitations"),
    ("27a", "Discussion", "Inputs of poor quality, or not there", "unavailable_inputs"),
    ("27b", "Discussion", "What users must do, and their expertise", "user_interaction"),
    ("27c", "Discussion", "Next steps", "next_steps"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistItem:
    """One item, where the card answers it, and what of that is not there."""

    item: str
    section: str
    asks: str
    answered_in: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def number(self) -> int:
        """The number of the item, 1 to 27; its parts have the same."""
        return int(self.item.rstrip("abcdefg"))

    @property
    def status(self) -> str:
        """Whether all that answers it is there, some of it, or none."""
        if not self.missing:
            return "answered"
        return "in part" if self.answered_in else "missing"


def checklist(card: ModelCard) -> tuple[ChecklistItem, ...]:
    """Return every item with its parts, in the order of TRIPOD+AI."""
    found = []
    for item, section, asks, answers in _ITEMS:
        there: list[str] = []
        absent: list[str] = []
        for key in answers.split():
            place, is_there = _place(card, key)
            (there if is_there else absent).append(place)
        found.append(
            ChecklistItem(
                item=item,
                section=section,
                asks=asks,
                answered_in=tuple(there),
                missing=tuple(absent),
            )
        )
    return tuple(found)


def _place(card: ModelCard, key: str) -> tuple[str, bool]:
    if key in _RECORDED:
        place, is_there = _RECORDED[key]
        return place, is_there(card)
    statement = BY_KEY[key]
    return f"{statement.section}: {statement.title}", bool(card.said(key))


def tripod_table(card: ModelCard) -> dict[str, Any]:
    """Return the checklist as JSON has it."""
    found = checklist(card)
    return {
        "checklist": SOURCE,
        "model": {"name": card.model_name, "version": card.version, "id": card.model_id},
        "date": card.date.isoformat(),
        "answered": sum(one.status == "answered" for one in found),
        "items": [
            {
                "item": one.item,
                "section": one.section,
                "asks": one.asks,
                "status": one.status,
                "answered_in": list(one.answered_in),
                "missing": list(one.missing),
            }
            for one in found
        ],
    }


def tripod_document(card: ModelCard) -> Document:
    """Write the checklist as a table for people."""
    found = checklist(card)
    answered = sum(one.status == "answered" for one in found)
    sections = dict.fromkeys(one.section for one in found)
    columns = ("Item", "What it asks", "Status", "Where in the card", "Missing")
    tables = {
        section: Table(
            columns,
            rows=[
                (
                    one.item,
                    one.asks,
                    Badge(one.status, level=_LEVELS[one.status]),
                    ", ".join(one.answered_in) or None,
                    ", ".join(one.missing) or None,
                )
                for one in found
                if one.section == section
            ],
        )
        for section in sections
    }
    return Document(
        f"TRIPOD+AI checklist of {card.name}",
        subtitle=f"{SOURCE}: 27 items in {len(found)} parts · {card.date:%Y-%m-%d}",
        facts=[("Answered", Share(answered / len(found))), ("Parts", len(found))],
        sections=[Section(title, blocks=[table]) for title, table in tables.items()],
    )


_LEVELS: Final[dict[str, Any]] = {"answered": "good", "in part": "warning", "missing": "bad"}
