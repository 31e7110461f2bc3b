"""Which way a metric is better, judged by the words of its name.

The last word that tells decides: `auc_loss` is a loss, `loss_reduction` is not. A `neg` before it
turns it round, as in scikit-learn's `neg_log_loss`. A name without a telling word is a score:
higher is better. It is a guess for leaderboards and `best(...)`; who knows better asks `min(...)`
or `max(...)`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_LOWER: Final = frozenset(
    """
    loss losses error errors err errs residual residuals
    mse rmse rmsle msle mae mape smape mase wape medae rae rse
    nll bce logloss crossentropy entropy brier ece mce ace hinge deviance
    perplexity ppl aic bic bpc bpb kl kld jsd divergence distance difference wasserstein mmd
    wer cer ter eer fid kid hter fpr fnr fdr false miss misses missing mistakes misclassified
    regret penalty cost costs bias gap disparity drift psi inertia
    latency duration runtime elapsed time seconds sec secs ms millis memory rss bytes mb gb
    """.split()  # noqa: SIM905 - quotes around each word would hide them
)
_HIGHER: Final = frozenset(
    """
    auc auroc auprc roc prc ap map accuracy acc f1 f2 fbeta fscore precision recall sensitivity
    specificity ppv npv tpr tnr true kappa mcc dice iou jaccard ndcg mrr hit hits
    r2 explained likelihood correlation corr pearson spearman cindex concordance
    similarity silhouette bleu rouge meteor psnr ssim coverage throughput reward return
    skill gain gains lift uplift improvement reduction decrease savings speedup parity
    """.split()  # noqa: SIM905 - as above
)
_NEGATION: Final = frozenset({"neg", "negative", "negated", "minus", "inverse"})
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+")


@lru_cache(maxsize=4096)
def lower_is_better(metric_name: str) -> bool:
    """Say whether less of this metric is better.

    >>> [lower_is_better(name) for name in ("val_loss", "test/RMSE", "logLoss", "brier", "p99_ms")]
    [True, True, True, True, True]
    >>> [lower_is_better(name) for name in ("auc", "val.accuracy", "f1", "R2", "anything")]
    [False, False, False, False, False]
    >>> lower_is_better("neg_mean_squared_error"), lower_is_better("negative_log_likelihood")
    (False, True)
    >>> lower_is_better("brier_skill_score"), lower_is_better("false_negative_rate")
    (False, True)
    """
    words = [word.lower() for word in _WORD.findall(metric_name)]
    for index in range(len(words) - 1, -1, -1):
        if words[index] in _LOWER or words[index] in _HIGHER:
            negated = any(word in _NEGATION for word in words[:index])
            return (words[index] in _LOWER) is not negated
    return False
