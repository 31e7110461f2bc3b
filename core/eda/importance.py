"""What a model loses when a feature is shuffled: permutation importance (Breiman 2001).

Gradient-boosted trees learn from two thirds of at most 20,000 rows; each feature is shuffled five
times among the other third. Everything random has a seed, so that the same table gives the same
numbers. Features that say the same share what they would lose alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]

MOST_ROWS: Final = 20_000
_FEWEST: Final = 60  # rows: a third of fewer scores nothing
_REPEATS: Final = 5
_SEED: Final = 20_240


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance:
    """`score` is the model's on rows it had not seen, by `measure`: AUROC, accuracy or R².

    `losses` maps features to the mean and the standard deviation of what the score loses, the
    largest first.
    """

    measure: str
    score: float
    rows: int
    losses: Mapping[str, tuple[float, float]]


def permutation_importance(
    features: Mapping[str, Numbers], target: Numbers, sort: str
) -> Importance | None:
    """Return the importance of each feature; None where there are too few rows or features.

    `features` are numbers, or the codes of categories; missing values are NaN. `sort` of the target
    is "outcome", "classes" or "measurement".
    """
    step = max(1, -(-len(target) // MOST_ROWS))
    target = target[::step]
    if len(target) < _FEWEST or not features:
        return None
    table = np.column_stack([column[::step] for column in features.values()])
    order = np.random.default_rng(_SEED).permutation(len(target))
    cut = 2 * len(order) // 3
    train, test = order[:cut], order[cut:]
    if sort != "measurement" and set(target[test]) != set(target[train]):
        return None  # a class so rare that one side has none of it
    model, measure = _fitted(table[train], target[train], sort)
    losses = _losses(model, table[test], target[test], sort)
    names = [*features]
    means = {
        name: (float(loss.mean()), float(loss.std(ddof=1)))
        for name, loss in zip(names, losses, strict=True)
    }
    return Importance(
        measure=measure,
        score=_score(model, table[test], target[test], sort),
        rows=len(target),
        losses=dict(sorted(means.items(), key=lambda item: (-item[1][0], item[0]))),
    )


def _fitted(table: Numbers, target: Numbers, sort: str) -> tuple[Any, str]:
    # 1 s that only a target needs
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    options = {"max_iter": 60, "early_stopping": False, "random_state": _SEED}
    if sort == "measurement":
        return HistGradientBoostingRegressor(**options).fit(table, target), "R²"
    model = HistGradientBoostingClassifier(**options).fit(table, target)
    return model, "AUROC" if sort == "outcome" else "accuracy"


def _score(model: Any, table: Numbers, target: Numbers, sort: str) -> float:
    from core.eda.scores import auroc

    if sort == "outcome":
        return auroc(model.predict_proba(table)[:, 1], target == target.max()) or 0.5
    return float(model.score(table, target))


def _losses(model: Any, table: Numbers, target: Numbers, sort: str) -> list[Numbers]:
    random = np.random.default_rng(_SEED)
    whole = _score(model, table, target, sort)
    losses = []
    for place in range(table.shape[1]):
        shuffled = table.copy()
        found = []
        for _ in range(_REPEATS):
            shuffled[:, place] = random.permutation(table[:, place])
            found.append(whole - _score(model, shuffled, target, sort))
        losses.append(np.array(found))
    return losses
