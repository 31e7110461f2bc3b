"""What the figures mean, in the words a card uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFINITIONS: Final = {
    "prevalence": "Share of rows with the event.",
    "mean_prediction": "Mean predicted probability.",
    "auroc": (
        "Area under the ROC curve: the chance that a row with the event is given the higher"
        " prediction than one without, ties half. 0.5 is chance."
    ),
    "auprc": (
        "Area under the precision-recall curve (average precision). Guessing has the prevalence."
    ),
    "brier": "Brier score: mean squared error of the probabilities. 0 is best.",
    "scaled_brier": (
        "1 less the Brier score by that of foretelling the prevalence to everybody. 1 is best, 0 no"
        " better than that."
    ),
    "log_loss": "Mean negative logarithm of the probability of what came. 0 is best.",
    "observed_expected": (
        "Observed events by expected ones (the sum of the probabilities). 1 is best; below 1, risks"
        " are too high."
    ),
    "calibration_intercept": (
        "Intercept of a logistic model of the outcome with the logit of the prediction as offset:"
        " calibration in the large. 0 is best; below 0, risks are too high."
    ),
    "calibration_slope": (
        "Slope of a logistic model of the outcome on the logit of the prediction. 1 is best; below"
        " 1, predictions are too extreme."
    ),
    "ici": (
        "Integrated calibration index: mean distance of the smooth calibration curve (loess, span"
        " 0.75) from the predictions. 0 is best."
    ),
    "accuracy": "Share of rows whose most probable class is theirs.",
    "balanced_accuracy": "Mean over the classes of the share of their rows that is found.",
    "macro_auroc": "Mean over the classes of the AUROC of each against all others.",
    "multiclass_brier": "Mean over rows of the summed squared errors of the probabilities.",
    "sensitivity": "Share of the rows of the class that is found.",
    "ppv": "Positive predictive value: share of the rows said to be of the class that are.",
    "rmse": "Square root of the mean squared error.",
    "mae": "Mean absolute error.",
    "r2": "Share of the variance that is explained. 1 is best, 0 no better than the mean.",
    "bias": "Mean of prediction less outcome. 0 is best.",
    "correlation": "Pearson's correlation of prediction and outcome.",
    "linear_intercept": "Intercept of the regression of the outcome on the prediction. 0 is best.",
    "linear_slope": "Slope of the regression of the outcome on the prediction. 1 is best.",
    "selection_rate": "Share of rows at or above the threshold.",
    "true_positive_rate": "Share of the rows with the event that is at or above the threshold.",
    "false_positive_rate": "Share of the rows without the event that is at or above it.",
    "equalized_odds": (
        "The larger one of the differences of true and false positive rates, without its sign."
    ),
    "mean_outcome": "Mean outcome.",
    "net_benefit": (
        "True positives a row at the threshold, less false positives at its odds. Treating nobody"
        " has 0."
    ),
}
_TOP: Final = "Share of rows whose class is among the {} most probable ones."


def definitions_of(names: Iterable[str]) -> dict[str, str]:
    """Return what each of some names means, each once; differences are those of what they name.

    >>> definitions_of(["top_2_accuracy"])
    {'top_2_accuracy': 'Share of rows whose class is among the 2 most probable ones.'}
    """
    return {
        name: _TOP.format(name.split("_")[1]) if name.startswith("top_") else DEFINITIONS[name]
        for name in dict.fromkeys(names)
        if not name.endswith("_difference")
    }
