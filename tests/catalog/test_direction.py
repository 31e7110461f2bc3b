from __future__ import annotations

import pytest

from catalog.direction import lower_is_better


@pytest.mark.parametrize(
    "name",
    [
        *("loss", "val_loss", "train/loss", "Loss", "logLoss", "log_loss", "cross_entropy"),
        *("rmse", "testRMSE", "mean_squared_error", "MAE", "mape", "err", "error_rate"),
        *("top5_error", "brier", "brier_score", "ece", "calibration_error", "hinge", "deviance"),
        *(
            "perplexity",
            "latency_p99",
            "predict_ms",
            "duration",
            "auc_loss",
            "negative_log_likelihood",
        ),
        *("false_positive_rate", "false_negative_rate", "demographic_parity_difference", "nll"),
    ],
)
def test_less_of_these_is_better(name: str) -> None:
    assert lower_is_better(name)


@pytest.mark.parametrize(
    "name",
    [
        *("auc", "val_auc", "test.AUROC", "accuracy", "f1", "F1_macro", "r2", "R2", "mAP"),
        *("precision@10", "explained_variance", "true_negative_rate", "log_likelihood", "mcc"),
        *("neg_log_loss", "neg_mean_squared_error", "brier_skill_score", "error_reduction"),
        *("time_dependent_auc", "negative_predictive_value", "loss/accuracy", "score", "x", ""),
    ],
)
def test_more_of_these_is_better(name: str) -> None:
    assert not lower_is_better(name)
