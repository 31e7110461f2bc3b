"""How well a model tells from which of two tables a row is, and by which columns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.drift import intervals
from core.drift.findings import LEVEL, DomainClassifier, Estimate, TellingColumn
from core.drift.matrix import SEED

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from core.drift.features import Features

_FOLDS: Final = 5
_THRESHOLD: Final = 0.55
_ROUNDS: Final = 50
_LEAVES: Final = 15
_REPEATS: Final = 3
_NAMED: Final = 10


def tell_apart(features: Features) -> DomainClassifier | None:
    """Train a model on four fifths of the rows, five times, and judge it by the others.

    None when there are too few different rows to leave some out. The AUROC is the mean of the five:
    each is 0.5 in the long run when the tables do not differ.
    """
    # with scikit-learn, which only models need
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1):  # two threads gain nothing on so few rows
        models = [(_trained(features, ~part), part) for part in _folds(features)]
        if not models:
            return None
        found = [_judged(model, features, part) for model, part in models]
        auroc = float(np.mean([value for value, _ in found]))
        # the five models share rows, so that their mean varies more than that of five samples would
        # (Nadeau and Bengio 2003): without this, 2 % of equal tables were told apart, not 0.5 %
        each = float(np.mean([variance for _, variance in found]))
        variance = each * (1 / len(found) + 1 / (_FOLDS - 1))
        estimate = intervals.around(auroc, variance, level=LEVEL, within=(0.0, 1.0))
        drifted = auroc >= _THRESHOLD and estimate.low > 0.5
        telling = _telling(models, features) if drifted else ()
    return DomainClassifier(
        columns=features.names,
        auroc=estimate,
        telling=telling,
        threshold=_THRESHOLD,
        drifted=drifted,
        reference_rows=int((~features.is_current).sum()),
        current_rows=int(features.is_current.sum()),
    )


def _folds(features: Features) -> Iterator[npt.NDArray[np.bool_]]:
    """Yield five parts that hold both tables alike, and equal rows together.

    Where all columns are codes, equal rows are no copies of each other, and may be in any part.
    """
    group = np.arange(len(features.rows))
    if not features.is_code.all():
        group = _groups(features.rows)
    size = np.bincount(group)
    share = np.bincount(group, weights=features.is_current) / size
    luck = np.random.default_rng(SEED).random(len(size))
    fold = np.empty(len(size), dtype=int)
    fold[np.lexsort((luck, share))] = np.arange(len(size)) % _FOLDS
    for number in range(_FOLDS):
        part = fold[group] == number
        sides = [features.is_current[rows] for rows in (part, ~part)]
        if all(len(side) and side.any() and not side.all() for side in sides):
            yield part


def _groups(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Return a number for each row, the same for equal rows."""
    group = np.zeros(len(rows), dtype=np.intp)
    for values in rows.T:  # a column at a time: much faster than np.unique of rows
        known = np.where(np.isnan(values), -1, values).astype(np.intp)
        group = np.unique(group * (known.max() + 2) + known + 1, return_inverse=True)[1]
    return group


def _trained(features: Features, rows: npt.NDArray[np.bool_]) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier  # 1 s that only models need

    model = HistGradientBoostingClassifier(
        max_iter=_ROUNDS,
        max_leaf_nodes=_LEAVES,
        early_stopping=False,
        categorical_features=features.is_code,
        random_state=0,
    )
    return model.fit(features.rows[rows], features.is_current[rows])


def _judged(model: Any, features: Features, part: npt.NDArray[np.bool_]) -> tuple[float, float]:
    scores = model.decision_function(features.rows[part])
    return intervals.auroc_variance(scores, features.is_current[part])


def _telling(models: list[Any], features: Features) -> tuple[TellingColumn, ...]:
    """Return the columns without which the models are worse, by shuffling each of them."""
    from sklearn.inspection import permutation_importance  # as above

    losses = np.array(
        [
            permutation_importance(
                model,
                features.rows[part],
                features.is_current[part],
                scoring="roc_auc",
                n_repeats=_REPEATS,
                random_state=0,
            ).importances_mean
            for model, part in models
        ]
    )
    spread = losses.std(axis=0, ddof=1) / math.sqrt(len(losses)) if len(losses) > 1 else losses[0]
    found = []
    for name, values, error in zip(features.names, losses.T, spread, strict=True):
        middle, reach = float(values.mean()), 1.96 * float(error)
        if middle - reach > 0:
            loss = Estimate(value=middle, low=middle - reach, high=middle + reach)
            found.append(TellingColumn(name=name, loss=loss))
    return tuple(sorted(found, key=lambda column: -column.loss.value)[:_NAMED])
