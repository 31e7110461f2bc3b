"""What a model's predictions rest on: of all rows, and of one.

permutation importance   what the model loses when a column is shuffled (Breiman 2001)
linear contributions     coefficient times distance from the mean: exact, and Shapley's
SHAP                     how far each column moves a prediction of trees (the extra `shap`)

Columns that say the same share what they would have alone: the model can make up for one of them
by the other. What a model rests on is no cause of the outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.errors import EvaluationError, MissingExtraError
from core.models.columns import listed
from core.models.influence import Figure
from core.models.interval import POSITIVE, Estimate, around
from core.models.losses import LOSSES, outcomes_of
from core.models.sampling import Sampling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Predict = Callable[[Any], Any]

SHAP_ROWS: Final = 2_000
_AT_A_TIME: Final = 200_000  # rows of one call of the model
_MOST_REPEATS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance:
    """How much a feature matters; what `estimate` is in, its method says."""

    feature: str
    estimate: Estimate


def permutation_importance(
    predict: Predict,
    data: Any,
    outcome: Any,
    *,
    repeats: int = 10,
    seed: int = 0,
    measure: str = "auroc",
    rows: int = 5_000,
) -> tuple[Importance, ...]:
    """Return what the model loses of a measure when each column is shuffled, the most first.

    `predict` is given a pandas frame, or an array of NumPy with two dimensions, as `data` is, and
    returns probabilities of the event (or a column for each of two classes) or measurements. All
    repeats of a column are predicted together. Of more than `rows`, so many are drawn with the
    seed, which the method of each estimate says: what takes time is the model's predictions. The
    interval is of both the rows, which are paired, and the shuffling. `measure` is auroc, brier,
    log_loss, accuracy (at 0.5), rmse, mae or r2: what is better when smaller is turned round, so
    that a loss is positive. Raises EvaluationError.

    >>> x = np.array([[0, 5], [1, 3], [2, 4], [3, 6]], dtype=float)
    >>> found = permutation_importance(lambda x: x[:, 0], x, [0, 0, 1, 1], repeats=2)
    >>> [importance.feature for importance in found]
    ['0', '1']
    """
    names, known = _checked(data, outcome, repeats, measure, rows)
    random = np.random.default_rng(seed)
    said = ""
    if len(known) > rows:
        chosen = np.sort(random.choice(len(known), rows, replace=False))
        said = f" of {rows:,} of {len(known):,} rows"
        data = data.iloc[chosen] if hasattr(data, "iloc") else data[chosen]
        known = known[chosen]
    # two threads gain little on so few rows, and on a busy machine wait for each other, busily
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    sampling = Sampling.of(len(known))
    score = LOSSES[measure]
    found = []
    with threadpool_limits(limits=1):
        usual = score(_predicted(predict, data, len(known)), known)
        if usual.why:
            raise EvaluationError(f"There is no {measure}: {usual.why}.", faults=(usual.why,))
        for place, name in enumerate(names):
            lost = [
                usual.less(score(scores, known))
                for scores in _shuffled(predict, data, place, repeats, random)
            ]
            estimate = _estimate(lost, sampling, f"{measure} lost{said}")
            found.append(Importance(feature=name, estimate=estimate))
    return tuple(sorted(found, key=lambda importance: -importance.estimate.value))


def _checked(
    data: Any, outcome: Any, repeats: int, measure: str, rows: int
) -> tuple[list[str], Numbers]:
    faults = []
    shape: tuple[int, ...] = getattr(data, "shape", ())
    if len(shape) != 2 or not (hasattr(data, "iloc") or isinstance(data, np.ndarray)):
        faults.append(f"the data is a {type(data).__name__}: give a pandas frame or a 2-D array")
    elif shape[0] < 2:
        faults.append(f"there are {shape[0]} rows: at least two can be shuffled")
    if not 2 <= repeats <= _MOST_REPEATS:
        faults.append(f"repeats are 2 to {_MOST_REPEATS:,}, not {repeats:,}")
    if rows < 2:
        faults.append(f"at least 2 rows are looked at, not {rows}")
    if measure not in LOSSES:
        faults.append(f"the measure is one of {', '.join(LOSSES)}, not {measure!r}")
    known = np.zeros(0)
    if not faults:
        known, more = outcomes_of(outcome, shape[0], measure)
        faults += more
    if faults:
        message = f"This cannot be explained: {'; '.join(faults)}."
        raise EvaluationError(message, faults=tuple(faults))
    columns = data.columns if hasattr(data, "columns") else range(shape[1])
    return [str(name) for name in columns], known


def _predicted(predict: Predict, data: Any, rows: int) -> Numbers:
    """Return one number for each row. Raises EvaluationError when the model does not."""
    found = np.asarray(predict(data), dtype=np.float64)
    if found.ndim == 2 and found.shape[1] <= 2:
        found = found[:, -1]
    if found.shape != (rows,) or not np.isfinite(found).all():
        fault = f"of {rows:,} rows the model makes {found.shape}, or not only finite numbers"
        raise EvaluationError(f"This cannot be explained: {fault}.", faults=(fault,))
    return found


def _shuffled(
    predict: Predict, data: Any, place: int, repeats: int, random: np.random.Generator
) -> list[Numbers]:
    """Return the predictions of each repeat in which a column is shuffled."""
    rows = len(data)
    at_once = max(1, _AT_A_TIME // rows)
    found: list[Numbers] = []
    while len(found) < repeats:
        times = min(at_once, repeats - len(found))
        order = np.concatenate([random.permutation(rows) for _ in range(times)])
        again = np.tile(np.arange(rows), times)
        if hasattr(data, "iloc"):
            mixed = data.iloc[again].reset_index(drop=True)
            column = data.iloc[order, place].reset_index(drop=True)
            mixed = mixed.assign(**{data.columns[place]: column})
        else:
            mixed = data[again]
            mixed[:, place] = data[order, place]
        found += np.split(_predicted(predict, mixed, rows * times), times)
    return found


def _estimate(lost: list[Figure], sampling: Sampling, said: str) -> Estimate:
    """Return the mean loss; it varies with the rows, and with the shuffling."""
    values = np.array([figure.value for figure in lost])
    mean = Figure(
        float(values.mean()),
        np.mean([figure.influence for figure in lost], axis=0),
        events=lost[0].events,
    )
    variance = mean.variance(sampling) + float(values.var(ddof=1)) / len(values)
    method = f"{said}, delta and {len(values)} repeats"
    return around(mean.value, variance, method=method)


def linear_contributions(
    coefficients: Mapping[str, float], means: Mapping[str, float], row: Mapping[str, float]
) -> dict[str, float]:
    """Return how far each feature moves the prediction of a row from that of the mean row.

    For a logistic model that is on the logit. The order is that of `coefficients`; they add up to
    the row's prediction less that of the means, exactly. Raises EvaluationError naming all features
    that are missing.

    >>> means = {"age": 40, "bmi": 25}
    >>> linear_contributions({"age": 0.5, "bmi": -1}, means, {"age": 42, "bmi": 24})
    {'age': 1.0, 'bmi': 1}
    """
    faults = [
        f"{said} of {listed(missing)}"
        for said, given in (("no mean", means), ("no value", row))
        if (missing := [name for name in coefficients if name not in given])
    ]
    if faults:
        message = f"This row cannot be explained: {'; '.join(faults)}."
        raise EvaluationError(message, faults=tuple(faults))
    return {name: by * (row[name] - means[name]) for name, by in coefficients.items()}


def shap_summary(model: Any, data: Any, *, seed: int = 0) -> tuple[Importance, ...]:
    """Return how far each feature moves predictions on average, the most first.

    That is the mean absolute SHAP value. `model` is a model of trees that SHAP knows, as those of
    scikit-learn, or a pipeline that ends in one; of two classes, the event's values are taken. At
    most 2,000 rows are looked at, drawn with a seed, which the method of each estimate says. Raises
    MissingExtraError without the extra, and EvaluationError for other models: linear_contributions
    explains linear ones exactly, and permutation_importance any.
    """
    try:
        import shap  # 200 MB with numba; the extra `shap`
    except ImportError as error:
        message = "SHAP is not installed."
        hint = "Install the extra: pip install 'mhras-workbench[shap]'. permutation_importance"
        hint += " explains any model without it."
        raise MissingExtraError(message, hint=hint, extra="shap") from error
    names, table, last = _of_pipeline(model, data)
    if not shap.explainers.Tree.supports_model_with_masker(last, None):
        fault = f"{type(last).__name__} is no model of trees"
        hint = "Use permutation_importance, or linear_contributions for a linear model."
        raise EvaluationError(f"SHAP: {fault}.", hint=hint, faults=(fault,))
    rows = len(table)
    if rows > SHAP_ROWS:
        table = table[np.sort(np.random.default_rng(seed).choice(rows, SHAP_ROWS, replace=False))]
    values = np.asarray(shap.TreeExplainer(last).shap_values(table), dtype=np.float64)
    if values.ndim == 3:
        if values.shape[2] != 2:
            fault = f"the model has {values.shape[2]} classes, SHAP is summed up of two"
            raise EvaluationError(f"SHAP: {fault}.", faults=(fault,))
        values = values[:, :, 1]
    return summarized(names, values, of_rows=rows)


def summarized(names: list[str], values: Numbers, *, of_rows: int) -> tuple[Importance, ...]:
    """Return the mean absolute value of each column, the greatest first, with its interval."""
    sampling = Sampling.of(len(values))
    method = f"mean |SHAP| of {len(values):,} of {of_rows:,} rows, delta"
    found = []
    for name, column in zip(names, np.abs(values).T, strict=True):
        estimate = sampling.mean_of(column, within=POSITIVE)
        ends = (estimate.value, estimate.low, estimate.high)
        found.append(Importance(feature=name, estimate=Estimate(*ends, method)))
    return tuple(sorted(found, key=lambda importance: -importance.estimate.value))


def _of_pipeline(model: Any, data: Any) -> tuple[list[str], Numbers, Any]:
    """Return the names and the values of what the last step of a pipeline is given, and that."""
    last, table = model, data
    names = [str(name) for name in getattr(data, "columns", range(np.shape(data)[1]))]
    if hasattr(model, "steps") and len(model.steps) > 1:
        before, last = model[:-1], model[-1]
        table = before.transform(data)
        names = [str(name) for name in before.get_feature_names_out()]
    return names, np.asarray(table, dtype=np.float64), last
