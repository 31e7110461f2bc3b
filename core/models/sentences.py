"""Figures in words, for readers of a card and for the forms of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.models.card import ModelCard
    from core.models.interval import Estimate
    from core.models.origins import CardEvaluation

TITLES: Final = {
    "auroc": "AUROC",
    "auprc": "AUPRC",
    "brier": "Brier score",
    "scaled_brier": "Scaled Brier score",
    "calibration_slope": "Calibration slope",
    "calibration_intercept": "Calibration in the large",
    "observed_expected": "Observed / expected",
    "ici": "ICI",
    "log_loss": "Log loss",
    "prevalence": "Prevalence",
    "accuracy": "Accuracy",
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R²",
    "ppv": "PPV",
    "npv": "NPV",
    "true_positive_rate": "Sensitivity",
    "false_positive_rate": "False positive rate",
    "selection_rate": "Share of alerts",
}


def title_of(metric: str) -> str:
    """Return a metric as readers know it.

    >>> title_of("auroc"), title_of("balanced_accuracy")
    ('AUROC', 'Balanced accuracy')
    """
    words = metric.replace("_", " ")
    return TITLES.get(metric, words[:1].upper() + words[1:])


def figures(metrics: dict[str, Estimate], names: Iterable[str] | None = None) -> str:
    """Write figures with their intervals, one after the other."""
    chosen = metrics if names is None else [name for name in names if name in metrics]
    return "; ".join(f"{title_of(name)} {metrics[name].text()}" for name in chosen)


def counted(each: CardEvaluation) -> str:
    """Say on how many rows an evaluation was done."""
    found = each.evaluation
    events = f", {found.events:,} events" if found.events is not None else ""
    return f"{found.rows:,} rows{events}"


def validity(card: ModelCard, *, external: bool) -> str:
    """Write the figures of the evaluations on data of this kind; empty when there are none."""
    return "\n".join(
        f"{each.name} ({each.dataset or 'data handed in'}, {counted(each)}):"
        f" {figures(each.evaluation.metrics)}."
        for each in card.evaluations
        if each.external is external
    )


def fairness(card: ModelCard, *, external: bool) -> str:
    """Write what was found of groups, on data of this kind; empty when nothing was."""
    found = [
        f"{each.name}: {' '.join(each.evaluation.fairness.findings)}"
        for each in card.evaluations
        if each.external is external
        and each.evaluation.fairness is not None
        and each.evaluation.fairness.findings
    ]
    return "\n".join(found)


def as_text(said: str | tuple[str, ...]) -> str:
    """Write a statement as one text: of a list, an item a line.

    >>> as_text(("Small sample", "One country"))
    'Small sample\\nOne country'
    """
    return said if isinstance(said, str) else "\n".join(said)


def joined(card: ModelCard, *keys: str) -> str:
    """Write several statements as one text, those that are there."""
    return "\n".join(text for key in keys if (text := as_text(card.said(key))))


def training_data(card: ModelCard) -> str:
    """Say what the model was fitted on, by the versions that are kept."""
    found = [
        f"{data.name}: {data.num_rows:,} rows, {data.num_columns:,} columns,"
        f" content {data.content_digest[:16]}"
        for data in card.datasets
        if data.role == "training"
    ]
    return "\n".join(found)
