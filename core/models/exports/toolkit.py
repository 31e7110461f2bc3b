"""A card as JSON of the model card toolkit, schema v0.0.2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.models.sentences import as_text, joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from core.models.card import ModelCard
    from core.models.interval import Estimate
    from core.models.origins import DatasetFacts

SCHEMA_VERSION = "0.0.2"


def toolkit_card(card: ModelCard, *, notices: Sequence[str] = ()) -> dict[str, Any]:
    """Return a card as the toolkit's schema has it; what is not known is left out.

    `notices` stand before the overview: the schema has no place for a card that was withdrawn.
    """
    found = {
        "schema_version": SCHEMA_VERSION,
        "model_details": _details(card, notices),
        "model_parameters": _parameters(card),
        "quantitative_analysis": {"performance_metrics": list(_metrics(card))},
        "considerations": _considerations(card),
    }
    kept: dict[str, Any] = _without_empty(found)
    return kept


def _details(card: ModelCard, notices: Sequence[str]) -> dict[str, Any]:
    licence = as_text(card.said("licence"))
    owner = {"name": card.owner or as_text(card.said("developer"))}
    owner["contact"] = as_text(card.said("contact"))
    return {
        "name": card.model_name,
        "overview": "\n".join((*notices, as_text(card.said("summary")) or card.description)),
        "documentation": joined(card, "intended_use", "output_description", "outcome_definition"),
        "owners": [owner],
        "version": {"name": card.version, "date": f"{card.date:%Y-%m-%d}"},
        "licenses": [{"custom_text": licence}] if licence else [],
        # references are URIs by the schema: publications are texts, and so are citations
        "citations": [{"style": "text", "citation": text} for text in card.said("publications")],
        "path": card.artifact.path if card.artifact is not None else "",
    }


def _parameters(card: ModelCard) -> dict[str, Any]:
    inputs: Mapping[str, str] = card.signature.get("inputs") or dict.fromkeys(card.features, "any")
    output: Mapping[str, str] = card.signature.get("output") or {}
    return {
        "model_architecture": card.model_type,
        "data": [_dataset(data) for data in card.datasets],
        "input_format": as_text(card.said("predictors")),
        "input_format_map": _pairs(inputs),
        "output_format": as_text(card.said("output_description")),
        "output_format_map": _pairs(output),
    }


def _pairs(found: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": name, "value": str(kind)} for name, kind in found.items()]


def _dataset(data: DatasetFacts) -> dict[str, Any]:
    size = f"{data.num_rows:,} rows, {data.num_columns:,} columns"
    said = f"{data.role}: {size}, content {data.content_digest}"
    return {"name": data.name, "description": f"{said}. {data.description}".strip()}


def _metrics(card: ModelCard) -> Iterator[dict[str, Any]]:
    for each in card.evaluations:
        for name, estimate in each.evaluation.metrics.items():
            yield from _metric(name, estimate, each.name)
        report = each.evaluation.fairness
        for group in report.groups if report is not None else ():
            for name, estimate in group.metrics.items():
                part = f"{each.name}, {group.attribute}: {group.group}"
                yield from _metric(name, estimate, part)


def _metric(name: str, estimate: Estimate, part: str) -> Iterator[dict[str, Any]]:
    if estimate.known:
        ends = {"lower_bound": repr(estimate.low), "upper_bound": repr(estimate.high)}
        yield {
            "type": name,
            "value": repr(estimate.value),
            "slice": part,
            "confidence_interval": ends,
        }


def _considerations(card: ModelCard) -> dict[str, Any]:
    uses = [text for text in (card.intended_use, as_text(card.said("target_population"))) if text]
    mitigation = as_text(card.said("bias_mitigation"))
    excluded = [f"Out of scope: {text}" for text in card.out_of_scope_uses]
    return {
        "users": _described(card.intended_users),
        "use_cases": _described([*uses, *excluded]),
        "limitations": _described([*card.known_limitations, *card.failure_modes]),
        "tradeoffs": _described(card.caveats),
        "ethical_considerations": [
            {"name": text, "mitigation_strategy": mitigation}
            for text in card.ethical_considerations
        ],
    }


def _described(texts: list[str] | tuple[str, ...]) -> list[dict[str, str]]:
    return [{"description": text} for text in texts]


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: _without_empty(inner) for name, inner in value.items()}
        return {name: inner for name, inner in kept.items() if inner not in ("", [], {})}
    if isinstance(value, list):
        return [kept for inner in value if (kept := _without_empty(inner)) not in ("", [], {})]
    return value
