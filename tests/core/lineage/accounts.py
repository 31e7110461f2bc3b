"""Models, evaluations, reports and a card of two versions of data, for the tests of lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.models.evaluation import evaluate

if TYPE_CHECKING:
    from core import Workbench

_RISKS = [(place % 20) / 25 + 0.05 for place in range(60)]
_OUTCOMES = [int((place * 37) % 100 < 100 * risk) for place, risk in enumerate(_RISKS)]


def keep_accounts(workbench: Workbench) -> dict[str, str]:
    """Keep one thing of each kind, and return their ids.

    clinic@v1 -> run -> risk@v1 -> autumn (on clinic@v2) -> card
    clinic@v1, clinic@v2 -> drift -> card      clinic@v1 -> analysis
    clinic@v1 -> risk@v2, of a run that did not read it
    """
    datasets, models = workbench.datasets, workbench.models
    first, second = (
        datasets.register_dataset({"risk": risks, "outcome": _OUTCOMES}, "clinic", "made up")
        for risks in (_RISKS, [risk / 2 for risk in _RISKS])
    )
    with workbench.tracker.start_run("risk", "a", inputs=[first]) as run:
        run.log_bytes(b'{"intercept": -1}', "model.json", "model")
    model = models.register_model("risk", run_id=run.run_id, artifact="model.json")
    with workbench.tracker.start_run("risk", "b") as blind:
        blind.log_bytes(b'{"intercept": -2}', "model.json", "model")
    other = models.register_model(
        "risk", run_id=blind.run_id, artifact="model.json", datasets=[first]
    )
    drift = datasets.detect_drift(first.version_id, second.version_id)
    analysis = workbench.eda.analyze_dataset("clinic@v1", target_column="outcome")
    found = evaluate(_OUTCOMES, _RISKS, resamples=100)
    evaluation = models.save_evaluation(
        model, found, dataset_version_id=second.version_id, name="autumn"
    )
    card = workbench.cards.save_card(workbench.cards.generate_model_card(model.model_id))
    return {
        "first": first.version_id,
        "second": second.version_id,
        "run": run.run_id,
        "model": model.model_id,
        "other": other.model_id,
        "drift": drift.report_id,
        "analysis": analysis.report_id,
        "evaluation": str(evaluation),
        "card": card.card_id,
    }
