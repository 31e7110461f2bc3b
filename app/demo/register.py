"""Take the best model into service: registered, judged, in production, followed by outcomes.

best run ──register──> model v1 ──> evaluation of each part it was not fitted on
                          │
                          ├──> predictions of these parts, each at its time, and its outcomes
                          └──> staging ──> production, with a reason
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from app.demo.models import NOT_ANSWERED, preprocessing_of, probability_of
from core.models.evaluation import evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from sklearn.pipeline import Pipeline

    from app.demo.cohort import Cohort
    from app.demo.models import Probabilities
    from core import Workbench
    from core.datasets.version import DatasetVersion
    from core.models.evaluated import Evaluation
    from core.models.version import ModelVersion

THRESHOLDS = (0.05, 0.1, 0.15, 0.2, 0.3)
ARTIFACT = "model/model.skops"
# the interview follows the prediction: when exactly is not published
_OBSERVED_AFTER = timedelta(days=1)


def register_best(
    workbench: Workbench, cohort: Cohort, versions: Mapping[str, DatasetVersion], run_id: str
) -> ModelVersion:
    """Register the model of a run, judge it, move it to production, and log what it said."""
    models = workbench.models
    made = models.register_model(
        cohort.name,
        run_id=run_id,
        artifact=ARTIFACT,
        description=f"Probability of {cohort.outcome_name}. {cohort.title}.",
        metadata={"outcome": cohort.outcome_name, "split": cohort.split},
    )
    models.set_stage(made, "staging", reason="Lowest log loss on the validation part.")
    pipeline = models.load_model(made)
    reference = _reference(cohort)
    for part in ("validation", *cohort.held_out):
        probability = probability_of(pipeline, cohort.features.iloc[cohort.parts[part]])
        found = _judge(cohort, part, probability, reference)
        version_id = versions[part].version_id
        models.save_evaluation(made, found, dataset_version_id=version_id, name=part)
        _log(workbench, cohort, part, made, probability)
    reason = f"Judged on {' and '.join(cohort.held_out)}, which had no part in fitting or choosing."
    return models.set_stage(made, "production", reason=reason)


def _judge(
    cohort: Cohort, part: str, probability: Probabilities, reference: Pipeline
) -> Evaluation:
    rows = cohort.parts[part]
    features = cohort.features.iloc[rows]
    return evaluate(
        cohort.outcome[rows],
        probability,
        task="binary",
        thresholds=THRESHOLDS,
        groups={name: _groups(features[name]) for name in cohort.groups},
        baselines={" + ".join(cohort.reference): probability_of(reference, features)},
    )


def _groups(column: pd.Series[Any]) -> list[str]:
    return column.fillna(NOT_ANSWERED).astype(str).tolist()


def _log(
    workbench: Workbench, cohort: Cohort, part: str, model: ModelVersion, probability: Probabilities
) -> None:
    rows, at = cohort.parts[part], cohort.moments[part]
    people = [f"{cohort.name}-{row}" for row in rows]
    said = cohort.features.iloc[rows].assign(person=people, prediction=probability)
    workbench.models.log_predictions(model, said, entity="person", time=at)
    seen = {"person": people, "outcome": cohort.outcome[rows]}
    workbench.models.log_outcomes(
        model.model_name, seen, entity="person", time=at + _OBSERVED_AFTER
    )


def _reference(cohort: Cohort) -> Pipeline:
    """Fit what a model must beat: a logistic regression on a few obvious things."""
    train = cohort.parts["train"]
    pipeline = make_pipeline(
        preprocessing_of(cohort, columns=cohort.reference), LogisticRegression(max_iter=1000)
    )
    return pipeline.fit(cohort.features.iloc[train], cohort.outcome[train])
