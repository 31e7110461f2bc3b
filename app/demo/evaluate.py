"""Judge a model on the people it never saw: figures, curves, and files of both."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import skops.io
from numpy.typing import NDArray
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from app.demo.models import Probabilities, log_loss, probability_of
from core.charts import export, ranking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sklearn.pipeline import Pipeline

    from app.demo.cohort import Cohort

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]

# more points than a plot has pixels only make the file larger
DRAWN_POINTS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Hold what a model said of one held-out part: `rows` are positions in the cohort."""

    part: str
    rows: NDArray[np.intp]
    outcome: NDArray[np.int64]
    probability: Probabilities

    @property
    def auroc(self) -> float:
        """Return the area under the ROC curve."""
        return float(roc_auc_score(self.outcome, self.probability))

    @property
    def average_precision(self) -> float:
        """Return the area under the precision-recall curve (average precision)."""
        return float(average_precision_score(self.outcome, self.probability))

    def figures(self) -> dict[str, float]:
        """Return all figures of this part by name."""
        return {
            "auc": self.auroc,
            "average_precision": self.average_precision,
            "brier": float(brier_score_loss(self.outcome, self.probability)),
            "log_loss": log_loss(self.outcome, self.probability),
            "observed_to_expected": float(self.outcome.mean() / self.probability.mean()),
        }

    def roc(self) -> Curve:
        """Return false positive rates and true positive rates."""
        false_positive_rate, true_positive_rate, _ = roc_curve(self.outcome, self.probability)
        return false_positive_rate, true_positive_rate

    def precision_recall(self) -> Curve:
        """Return recalls and precisions, from no recall to all."""
        precision, recall, _ = precision_recall_curve(
            self.outcome, self.probability, drop_intermediate=True
        )
        return recall[::-1], precision[::-1]


def judge(pipeline: Pipeline, cohort: Cohort) -> list[Judged]:
    """Ask the model about each held-out part of the cohort, in the order of time."""
    return [
        Judged(
            part=part,
            rows=cohort.parts[part],
            outcome=cohort.outcome[cohort.parts[part]],
            probability=probability_of(pipeline, cohort.features.iloc[cohort.parts[part]]),
        )
        for part in cohort.held_out
    ]


def final_metrics(judged: list[Judged]) -> dict[str, float]:
    """Name the figures of all held-out parts: `auc` is the first part, `auc_<part>` each."""
    named = dict(judged[0].figures())
    for part in judged:
        named |= {f"{name}_{part.part}": value for name, value in part.figures().items()}
    return named


def baseline_metrics(cohort: Cohort) -> dict[str, float]:
    """Return what one gets by telling everybody the prevalence of the train part."""
    prevalence = cohort.prevalence_of("train")
    metrics = {"train_prevalence": prevalence}
    for part in cohort.held_out:
        outcome = cohort.outcome[cohort.parts[part]]
        guess = np.full(len(outcome), prevalence)
        metrics[f"prevalence_{part}"] = cohort.prevalence_of(part)
        metrics[f"baseline_brier_{part}"] = float(brier_score_loss(outcome, guess))
        metrics[f"baseline_log_loss_{part}"] = log_loss(outcome, guess)
    return metrics


def predictions_file(judged: list[Judged]) -> bytes:
    """Write part, row, outcome and probability of every held-out person as Parquet."""
    table = pa.table(
        {
            "part": np.repeat([part.part for part in judged], [len(p.rows) for p in judged]),
            "row": np.concatenate([part.rows for part in judged]),
            "outcome": np.concatenate([part.outcome for part in judged]),
            "probability": np.concatenate([part.probability for part in judged]),
        }
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def curves_file(judged: list[Judged]) -> bytes:
    """Write the points of the ROC and precision-recall curves as JSON."""
    return _json(
        {
            part.part: {
                "roc": _points(part.roc(), "false_positive_rate", "true_positive_rate"),
                "precision_recall": _points(part.precision_recall(), "recall", "precision"),
            }
            for part in judged
        }
    )


def roc_plot(judged: list[Judged]) -> str:
    """Draw the ROC curves of all held-out parts in one SVG."""
    areas = {part.part: part.auroc for part in judged}
    points = [row for part in judged for row in _drawn(part.part, part.roc())]
    return export.to_svg(export.with_data(ranking.roc_curve(areas), points))


def precision_recall_plot(judged: list[Judged]) -> str:
    """Draw the precision-recall curves of all held-out parts in one SVG."""
    areas = {part.part: part.average_precision for part in judged}
    curves = {part.part: part.precision_recall() for part in judged}
    # at no recall precision means nothing: scikit-learn puts a 1 there, the data often a 0
    points = [row for name in curves for row in _drawn(name, curves[name]) if row["x"] > 0]
    prevalence = float(np.concatenate([part.outcome for part in judged]).mean())
    chart = ranking.precision_recall_curve(areas, prevalence=prevalence)
    return export.to_svg(export.with_data(chart, points))


def model_file(pipeline: Pipeline) -> bytes:
    """Write the model as a skops file: data only, so that opening it cannot run code."""
    return bytes(skops.io.dumps(pipeline, compression=zipfile.ZIP_DEFLATED))


def preprocessing_file(pipeline: Pipeline, cohort: Cohort) -> bytes:
    """Write what the preprocessing learned on the train part as JSON that a person can read."""
    fitted = pipeline.named_steps["preprocessing"]
    numbers = fitted.named_transformers_["numeric"]
    encoder = fitted.named_transformers_["categorical"][-1]
    return _json(
        {
            "cohort": cohort.name,
            "fitted_on": "train",
            "rows": len(cohort.parts["train"]),
            "numeric": dict(zip(cohort.numeric, _numeric_steps(numbers), strict=True)),
            "categorical": {
                column: {"one_hot": [str(level) for level in levels]}
                for column, levels in zip(cohort.categorical, encoder.categories_, strict=True)
            },
            "model_inputs": [str(name) for name in fitted.get_feature_names_out()],
        }
    )


def _numeric_steps(numbers: Pipeline) -> Iterator[Mapping[str, float]]:
    imputer, scaler = numbers[0], numbers[1]
    # the scaler also holds the missing-value indicators, which follow the columns
    learned = zip(imputer.statistics_, scaler.mean_, scaler.scale_, strict=False)
    for median, mean, scale in learned:
        yield {"median": float(median), "mean": float(mean), "scale": float(scale)}


def _drawn(series: str, curve: Curve) -> list[dict[str, Any]]:
    x, y = curve
    kept = np.unique(np.linspace(0, len(x) - 1, DRAWN_POINTS).astype(int))
    return [{"series": series, "x": float(x[i]), "y": float(y[i])} for i in kept]


def _points(curve: Curve, x: str, y: str) -> dict[str, list[float]]:
    return {x: curve[0].round(6).tolist(), y: curve[1].round(6).tolist()}


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, indent=1, ensure_ascii=False).encode()
