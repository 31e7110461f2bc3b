"""Cards that tests look at: one in which a word is everywhere where a text may be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from core.models.calibration import ReliabilityBin, SmoothPoint
from core.models.card import ModelCard
from core.models.decision import NetBenefit
from core.models.discrimination import Curve
from core.models.evaluation import Evaluation
from core.models.fairness import FairnessReport, GroupDifference, GroupResult
from core.models.interval import Estimate
from core.models.operating import OperatingPoint
from core.models.origins import (
    ArtifactFacts,
    CardEvaluation,
    DatasetFacts,
    DriftFacts,
    LineageStep,
    RunFacts,
)
from core.models.standing import SignOff, Standing
from core.models.statements import STATEMENTS

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
SLOPE = Estimate(0.82, 0.70, 0.94, "delta")
AUROC = Estimate(0.731, 0.706, 0.757, "DeLong")
LATER = Estimate(0.703, 0.678, 0.728, "DeLong")


def an_evaluation(word: str = "sex", auroc: Estimate = AUROC) -> Evaluation:
    point = OperatingPoint(
        threshold=0.2,
        **dict.fromkeys(
            (
                *("sensitivity", "specificity", "ppv", "npv"),
                *("alerts_per_100", "number_needed_to_evaluate"),
            ),
            SLOPE,
        ),
        true_positives=40,
        false_positives=60,
        true_negatives=300,
        false_negatives=20,
    )
    groups = (
        GroupResult(
            attribute=word, group=word, rows=300, events=40, suppressed=False,
            metrics={"auroc": auroc, "sensitivity": SLOPE},
        ),
        GroupResult(
            attribute=word, group=f"{word} 2", rows=3, events=1, suppressed=True, metrics={}
        ),
    )  # fmt: skip
    gap = GroupDifference(
        attribute=word, measure="sensitivity", group=word, reference=word, difference=SLOPE,
        ratio=Estimate.missing(word),
    )  # fmt: skip
    return Evaluation(
        task="binary",
        rows=420,
        events=60,
        weighted=False,
        metrics={
            "auroc": auroc,
            "brier": Estimate(0.07, 0.06, 0.08, "delta"),
            "calibration_slope": SLOPE,
            "observed_expected": Estimate(0.98, 0.9, 1.1, "delta"),
            "ici": Estimate.missing(word),
        },
        definitions={"auroc": word},
        classes=("0", "1"),
        reliability=(
            ReliabilityBin(
                low=0.0, high=0.1, predicted=0.05, observed=Estimate(0.06, 0.04, 0.08, "Wilson"),
                rows=210, events=12,
            ),
            ReliabilityBin(
                low=0.1, high=0.4, predicted=0.2, observed=Estimate(0.23, 0.19, 0.27, "Wilson"),
                rows=210, events=48,
            ),
        ),
        calibration_curve=(SmoothPoint(predicted=0.1, observed=SLOPE),),
        decision_curve=tuple(
            NetBenefit(
                threshold=step / 100,
                model=Estimate(0.1 - step / 1000, 0.05, 0.12, "delta"),
                treat_all=Estimate(0.1 - step / 100, 0.0, 0.12, "delta"),
                advantage=Estimate(0.05, 0.01, 0.06, "delta"),
            )
            for step in range(1, 30)
        ),
        operating_points=(point,),
        roc=Curve(x=(0.0, 0.2, 1.0), y=(0.0, 0.7, 1.0), thresholds=(1.0, 0.2, 0.0)),
        baselines={word: {"auroc": SLOPE, "auroc_difference": SLOPE}},
        fairness=FairnessReport(
            groups=groups, differences=(gap,), findings=(word,), threshold=0.2, rule=word
        ),
        notes=(word,),
    )  # fmt: skip


def a_card(word: str = "words") -> ModelCard:
    """Make a card that says everything, with the word in every text."""
    own = set(ModelCard.__dataclass_fields__)
    said = {one.key: (word, f"{word} 2") if one.many else word for one in STATEMENTS}
    fields = {key: value for key, value in said.items() if key in own}
    statements = {
        key: (value,) if isinstance(value, str) else value
        for key, value in said.items()
        if key not in own
    }
    evaluations = tuple(
        CardEvaluation(
            name=f"{word} {place}",
            dataset=word,
            evaluation=an_evaluation(word, auroc),
            created_at=NOW,
            evaluation_id=word,
            dataset_version_id=word,
            external=bool(place),
        )
        for place, auroc in enumerate((AUROC, LATER))
    )
    return ModelCard(
        model_id=word,
        model_name=word,
        model_type=word,
        version=word,
        date=NOW,
        **fields,  # type: ignore[arg-type]
        training_data_size=1000,
        metrics={word: 0.1},
        performance_by_group={word: {word: 0.1}},
        baseline_comparison={word: 0.1},
        fairness_metrics={word: 1 / 3},
        feature_importance={word: 0.2, f"{word} 2": 0.1},
        shap_summary={word: 0.1},
        description=word,
        task="binary",
        statements=statements,
        features=(word,),
        signature={"inputs": {word: word}, "output": {word: word}},
        artifact=ArtifactFacts(
            artifact_id=word, path=word, format=word, digest=word, size_bytes=12
        ),
        run=RunFacts(
            run_id=word, run_name=word, experiment_name=word, status="FINISHED",
            start_time=NOW, params={word: word}, git_commit=word, code_version=word, actor=word,
        ),
        datasets=(
            DatasetFacts(
                version_id=word, name=word, role="training", source=word, num_rows=1000,
                num_columns=5, content_digest=word, created_at=NOW, description=word, licence=word,
            ),
        ),
        lineage=(LineageStep(source=word, target=word, step=word),),
        evaluations=evaluations,
        importance_intervals={word: (0.1, 0.3)},
        importance_method=word,
        drift=(
            DriftFacts(
                report_id=word, reference=word, current=word, drift_detected=True,
                drift_score=0.25, drifted_columns=(word,), created_at=NOW,
            ),
        ),
    )  # fmt: skip


def a_standing(word: str = "words") -> Standing:
    """Make a standing with the word in every text."""
    from core.models.difference import compare_cards

    changed = replace(a_card(word), intended_use=f"{word} before")
    signed = SignOff(
        sign_off_id=word, card_id=word, digest=word, actor=word, role=word, statement=word,
        signed_at=NOW,
    )  # fmt: skip
    return Standing(
        state="published",
        number=2,
        stage=word,
        published_at=NOW,
        newest_drift=a_card(word).drift[0],
        sign_offs=(signed,),
        changes=compare_cards(changed, a_card(word)),
        as_of=NOW,
    )
