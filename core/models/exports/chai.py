"""The Applied Model Card of the Coalition for Health AI, version 0.2, as XML.

Elements that the schema wants and the card has nothing for say so: "Not stated". Every result is
a JSON value, `{"kind": "single", "value": ..., "low": ..., "high": ...}`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

from core.models.sentences import as_text, counted, fairness, joined, title_of, training_data

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from core.models.card import ModelCard
    from core.models.interval import Estimate

NAMESPACE: Final = "https://mc.chai.org/v0.2/schema.xsd"
NOT_STATED: Final = "Not stated"
# what XML 1.0 cannot hold, not even as a reference
_NO_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DISCRIMINATION: Final = (
    "auroc", "auprc", "brier", "scaled_brier", "accuracy", "log_loss", "rmse", "mae", "r2",
)  # fmt: skip
_RELIABILITY: Final = (
    "calibration_slope", "calibration_intercept", "observed_expected", "ici",
)  # fmt: skip
Results = list[tuple[str, "Estimate"]]


def chai_card(card: ModelCard, *, notices: Sequence[str] = ()) -> bytes:
    """Write a card as CHAI's XML in UTF-8; it validates against v0.2/schema.xsd.

    `notices` stand before the summary: the schema has no place for a card that was withdrawn.
    """
    root = ET.Element("AppliedModelCard", {"xmlns": NAMESPACE})
    _basics(root, card, notices)
    _uses(root, card)
    _trust(root, card)
    _metrics(root, card)
    resources = ET.SubElement(root, "Resources")
    _optional(resources, "EvaluationReferences", joined(card, "outcome_evaluations"))
    _optional(resources, "ClinicalTrial", joined(card, "clinical_trial", "registration"))
    _add(resources, "PeerReviewedPublications", joined(card, "publications"))
    _optional(resources, "ReimbursementStatus", joined(card, "reimbursement"))
    _add(resources, "PatientConsentOrDisclosure", joined(card, "consent"))
    _add(root, "Bibliography", joined(card, "bibliography"))
    ET.indent(root, space="\t")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _basics(root: ET.Element, card: ModelCard, notices: Sequence[str]) -> None:
    basics = ET.SubElement(root, "BasicInfo")
    _add(basics, "ModelName", card.model_name)
    _add(basics, "ModelDeveloper", joined(card, "developer"))
    _add(basics, "DeveloperContact", joined(card, "contact"))
    release = ET.SubElement(root, "ReleaseInfo")
    _add(release, "ReleaseStage", joined(card, "release_stage"))
    _add(release, "ReleaseDate", f"{card.date:%Y-%m-%d}")
    _add(release, "ReleaseVersion", card.version)
    _add(release, "GlobalAvailability", joined(card, "availability"))
    records = card.said("ehr_compatibility")
    if records:
        compatible = ET.SubElement(release, "EHRCompatibility")
        for name in records:
            _add(compatible, "EHR", name)
    _optional(release, "RegulatoryApproval", joined(card, "regulatory_status"))
    summary = ET.SubElement(root, "ModelSummary")
    _add(summary, "Summary", _lines(*notices, joined(card, "summary") or card.description))
    keywords = ET.SubElement(summary, "Keywords")
    for word in card.said("keywords"):
        _add(keywords, "Keyword", word)


def _uses(root: ET.Element, card: ModelCard) -> None:
    uses = ET.SubElement(root, "UsesAndDirections")
    _add(uses, "IntendedUseAndWorkflow", joined(card, "intended_use", "decision_role"))
    _add(uses, "PrimaryIntendedUsers", joined(card, "intended_users"))
    _add(uses, "HowToUse", joined(card, "how_to_use", "user_interaction"))
    _add(uses, "TargetedPatientPopulation", joined(card, "target_population"))
    _add(uses, "CautionedOutOfScopeSettings", joined(card, "out_of_scope_uses"))
    warnings = ET.SubElement(root, "Warnings")
    risks = joined(card, "safety_statement", "known_limitations", "failure_modes")
    _add(warnings, "KnownRisksAndLimitations", risks)
    biases = joined(card, "bias_analysis", "ethical_considerations")
    _add(warnings, "KnownBiasesOrEthicalConsiderations", biases)
    _add(warnings, "ClinicalRiskLevel", joined(card, "clinical_risk_level"))


def _trust(root: ET.Element, card: ModelCard) -> None:
    trust = ET.SubElement(root, "TrustIngredients")
    facts = ET.SubElement(trust, "AISystemFacts")
    _add(facts, "OutcomesAndOutputs", joined(card, "outcome_definition", "output_description"))
    _add(facts, "ModelType", card.model_type)
    _optional(facts, "FoundationModels", joined(card, "foundation_models"))
    _add(facts, "InputDataSource", joined(card, "predictors", "setting"))
    inputs = f"Inputs: {', '.join(card.features)}" if card.features else ""
    _add(facts, "OutputAndInputDataTypes", _lines(inputs, joined(card, "output_type")))
    described = _lines(joined(card, "training_data_description"), training_data(card))
    _add(facts, "DevelopmentDataCharacterization", described)
    _add(facts, "BiasMitigationApproaches", joined(card, "fairness_approach", "bias_mitigation"))
    _add(facts, "OngoingMaintenance", joined(card, "validity_monitoring", "update_process"))
    _optional(facts, "Security", joined(card, "security"))
    _optional(facts, "Transparency", joined(card, "data_availability", "code_availability"))
    information = ET.SubElement(trust, "TransparencyInformation")
    _add(information, "FundingSource", joined(card, "funding"))
    _optional(information, "ThirdPartyInformation", joined(card, "third_parties"))
    _add(information, "StakeholdersConsulted", joined(card, "patient_involvement"))


def _metrics(root: ET.Element, card: ModelCard) -> None:
    metrics = ET.SubElement(root, "KeyMetrics")
    _key_metric(
        ET.SubElement(metrics, "UsefulnessUsabilityEfficacy"),
        card,
        goal="Predictions tell apart who has the outcome, and are worth acting on.",
        results=_named(card, _DISCRIMINATION),
        interpretation=joined(card, "interpretation"),
    )
    _key_metric(
        ET.SubElement(metrics, "FairnessEquity"),
        card,
        goal="Groups of people are served alike.",
        results=list(_differences(card)),
        interpretation=_lines(fairness(card, external=False), fairness(card, external=True)),
    )
    _key_metric(
        ET.SubElement(metrics, "SafetyReliability"),
        card,
        goal="Predicted risks come as often as they are predicted.",
        results=_named(card, _RELIABILITY),
        interpretation=joined(card, "caveats"),
    )


def _key_metric(
    parent: ET.Element, card: ModelCard, *, goal: str, results: Results, interpretation: str
) -> None:
    _add(parent, "MetricGoal", goal)
    listed = ET.SubElement(parent, "Results")
    for label, estimate in results:
        result = ET.SubElement(listed, "MetricResult")
        _add(result, "Label", label)
        _add(result, "ValueJson", _value(estimate))
    if not results:  # the schema requires one
        result = ET.SubElement(listed, "MetricResult")
        _add(result, "Label", "Not measured")
        _add(result, "ValueJson", '{"kind":"single","value":null}')
    _add(parent, "Interpretation", interpretation)
    external = any(each.external for each in card.evaluations)
    _add(parent, "TestType", "Internal and external" if external else "Internal")
    tested = [
        f"{each.name}: {each.dataset or 'data handed in'}, {counted(each)}"
        for each in card.evaluations
    ]
    _add(parent, "TestingDataDescription", "\n".join(tested))
    methods = dict.fromkeys(estimate.method for _, estimate in results if estimate.known)
    process = f"95 % intervals: {', '.join(methods)}." if methods else ""
    _add(
        parent,
        "ValidationProcessAndJustification",
        _lines(process, joined(card, "external_process")),
    )


def _named(card: ModelCard, names: Iterable[str]) -> Results:
    return [
        (f"{title_of(name)} ({each.name})", each.evaluation.metrics[name])
        for each in card.evaluations
        for name in names
        if name in each.evaluation.metrics
    ]


def _differences(card: ModelCard) -> Iterator[tuple[str, Estimate]]:
    for each in card.evaluations:
        report = each.evaluation.fairness
        for one in report.differences if report is not None else ():
            label = f"{title_of(one.measure)}, {one.attribute}: {one.group} less {one.reference}"
            yield f"{label} ({each.name})", one.difference


def _value(estimate: Estimate) -> str:
    found: dict[str, Any]
    if not estimate.known:
        found = {"kind": "single", "value": None, "reason": estimate.why_missing}
    else:
        ends = {"low": estimate.low, "high": estimate.high}
        found = {"kind": "single", "value": estimate.value, **ends, "method": estimate.method}
    return json.dumps(found, ensure_ascii=False)


def _lines(*texts: str) -> str:
    return "\n".join(text for text in texts if text)


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _NO_XML.sub("\ufffd", as_text(text)) or NOT_STATED


def _optional(parent: ET.Element, name: str, text: str) -> None:
    if text:
        _add(parent, name, text)
