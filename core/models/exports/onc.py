"""The 31 source attributes of a predictive decision support intervention (ONC HTI-1).

45 CFR 170.315(b)(11)(iv)(B), in groups of 4, 4, 2, 4, 2, 4, 5, 4 and 2. Each is filled from the
card, or named as missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from core.models.sentences import fairness, joined, validity
from core.render.blocks import Badge, Document, Section, Share, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.models.card import ModelCard

CRITERION: Final = "45 CFR 170.315(b)(11)(iv)(B)"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAttribute:
    """One attribute, as ``(B)(1)(i)``, and what the card says of it; empty when nothing."""

    number: str
    group: str
    attribute: str
    value: str

    @property
    def filled(self) -> bool:
        """Whether the card says anything of it."""
        return bool(self.value)


def source_attributes(card: ModelCard) -> tuple[SourceAttribute, ...]:
    """Return all 31 attributes in the order of the rule."""
    found = []
    for place, (group, attributes) in enumerate(_ATTRIBUTES.items(), 1):
        for roman, (attribute, fill) in zip(_ROMAN, attributes, strict=False):
            found.append(
                SourceAttribute(
                    number=f"(B)({place})({roman})",
                    group=group,
                    attribute=attribute,
                    value=fill(card),
                )
            )
    return tuple(found)


def onc_table(card: ModelCard) -> dict[str, Any]:
    """Return the attributes as JSON has them."""
    found = source_attributes(card)
    return {
        "criterion": CRITERION,
        "intervention": {"name": card.model_name, "version": card.version, "id": card.model_id},
        "date": card.date.isoformat(),
        "filled": sum(one.filled for one in found),
        "attributes": [
            {
                "number": one.number,
                "group": one.group,
                "attribute": one.attribute,
                "status": "filled" if one.filled else "missing",
                "value": one.value or None,
            }
            for one in found
        ],
    }


def onc_document(card: ModelCard) -> Document:
    """Write the attributes as a table for people."""
    found = source_attributes(card)
    filled = sum(one.filled for one in found)
    groups = dict.fromkeys(one.group for one in found)
    columns = ("Attribute", "What it asks", "What the card says")
    sections = [
        Section(
            group,
            blocks=[
                Table(
                    columns,
                    rows=[
                        (one.number, one.attribute, one.value or Badge("missing", level="warning"))
                        for one in found
                        if one.group == group
                    ],
                )
            ],
        )
        for group in groups
    ]
    return Document(
        f"Source attributes of {card.name}",
        subtitle=f"ONC HTI-1, {CRITERION} · {card.date:%Y-%m-%d}",
        facts=[("Filled", Share(filled / len(found))), ("Missing", len(found) - filled)],
        sections=sections,
    )


def _said(*keys: str) -> Callable[[ModelCard], str]:
    return lambda card: joined(card, *keys)


def _measured(
    measure: Callable[..., str], *keys: str, external: bool
) -> Callable[[ModelCard], str]:
    def fill(card: ModelCard) -> str:
        texts = (joined(card, *keys), measure(card, external=external))
        return "\n".join(text for text in texts if text)

    return fill


_ROMAN: Final = ("i", "ii", "iii", "iv", "v")
_ATTRIBUTES: Final[dict[str, tuple[tuple[str, Callable[[ModelCard], str]], ...]]] = {
    "Details and output": (
        ("Name and contact information of the developer", _said("developer", "contact")),
        ("Funding source of the technical implementation", _said("funding")),
        ("Value that it produces as an output", _said("output_description")),
        (
            (
                "Whether the output is a prediction, classification, recommendation, evaluation,"
                " analysis or other type"
            ),
            _said("output_type"),
        ),
    ),
    "Purpose": (
        ("Intended use", _said("intended_use")),
        ("Intended patient population", _said("target_population")),
        ("Intended users", _said("intended_users")),
        ("Intended role in making decisions", _said("decision_role")),
    ),
    "Cautioned out-of-scope use": (
        (
            "Tasks, situations or populations where a user is cautioned against applying it",
            _said("out_of_scope_uses"),
        ),
        (
            "Known risks, inappropriate settings, inappropriate uses, or known limitations",
            _said("known_limitations", "failure_modes"),
        ),
    ),
    "Development details and input features": (
        ("Exclusion and inclusion criteria of the training data", _said("eligibility")),
        (
            (
                "Use of race, ethnicity, language, sexual orientation, gender identity, sex, date"
                " of birth, social determinants and health status as inputs"
            ),
            _said("demographic_inputs"),
        ),
        ("Demographic representativeness by these variables", _said("representativeness")),
        (
            "Relevance of the training data to the intended setting",
            _said("training_data_relevance"),
        ),
    ),
    "Process used to ensure fairness in development": (
        ("Approach taken so that the output is fair", _said("fairness_approach")),
        ("Approaches to manage, reduce or eliminate bias", _said("bias_mitigation")),
    ),
    "External validation process": (
        ("Data source, clinical setting or environment", _said("external_data")),
        ("Party that conducted the external testing", _said("external_party")),
        (
            "Demographic representativeness of the external data",
            _said("external_representativeness"),
        ),
        ("External validation process", _said("external_process")),
    ),
    "Quantitative measures of performance": (
        (
            "Validity in test data of the same source as the training data",
            _measured(validity, external=False),
        ),
        (
            "Fairness in test data of the same source as the training data",
            _measured(fairness, external=False),
        ),
        (
            "Validity in data external to the training data",
            _measured(validity, "external_results", external=True),
        ),
        (
            "Fairness in data external to the training data",
            _measured(fairness, "external_fairness", external=True),
        ),
        (
            "References to evaluations of its use on outcomes",
            _said("outcome_evaluations"),
        ),
    ),
    "Ongoing maintenance of implementation and use": (
        (
            "Process and frequency by which validity is monitored over time",
            _said("validity_monitoring"),
        ),
        ("Validity in local data", _said("local_validity")),
        (
            "Process and frequency by which fairness is monitored over time",
            _said("fairness_monitoring"),
        ),
        ("Fairness in local data", _said("local_fairness")),
    ),
    "Update and continued validation or fairness assessment schedule": (
        ("Process and frequency by which it is updated", _said("update_process")),
        (
            "Frequency by which its performance is corrected when risks are identified",
            _said("correction_process"),
        ),
    ),
}
