"""What an evaluation is given, checked once: all that is wrong is told together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence  # noqa: TC003 - see Given
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from core.models.columns import Reading, distinct, is_numeric, listed, text_of
from core.models.sampling import Sampling

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

    from core.models.columns import Grouping

    Numbers = npt.NDArray[np.float64]

Task = Literal["binary", "multiclass", "regression"]
TASKS: Final = ("binary", "multiclass", "regression")
_ZERO_OR_ONE: Final = {0, 1}
_SUM: Final = 1e-3  # by how much the probabilities of a row may miss 1: those of float16 do
_FEWEST_RESAMPLES: Final = 100
_MOST_RESAMPLES: Final = 20_000


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a caller hands in, as it is: columns of anything that holds as many values as rows."""

    outcome: Any
    prediction: Any
    task: str | None = None
    classes: Sequence[Any] | None = None
    weights: Any = None
    clusters: Any = None
    strata: Any = None
    thresholds: Iterable[float] | None = None
    threshold: float | None = None
    groups: Mapping[str, Any] | None = None
    baselines: Mapping[str, Any] | None = None
    resamples: int = 1000
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Rows that can be judged.

    `outcome` is 0 and 1, the number of a class, or a measurement. `prediction`, and what is given
    of each baseline, has a column for each class when there are more than two. `thresholds` are in
    ascending order.
    """

    task: Task
    outcome: Numbers
    prediction: Numbers
    classes: tuple[str, ...]
    sampling: Sampling
    thresholds: tuple[float, ...] | None
    threshold: float | None
    groups: Mapping[str, Grouping]
    baselines: Mapping[str, Numbers]
    resamples: int
    seed: int
    notes: tuple[str, ...] = ()

    def taken(self, rows: npt.NDArray[np.intp]) -> Inputs:
        """Return some rows, in the order given."""
        groups = {
            name: replace(group, codes=group.codes[rows]) for name, group in self.groups.items()
        }
        return replace(
            self,
            outcome=self.outcome[rows],
            prediction=self.prediction[rows],
            sampling=self.sampling.only(rows),
            groups=groups,
            baselines={name: values[rows] for name, values in self.baselines.items()},
        )


def read_inputs(given: Given) -> Inputs:
    """Read and check everything. Raises EvaluationError that names all faults."""
    reading = Reading(rows=_rows(given.outcome))
    observed = reading.column("the outcome", given.outcome)
    foretold = _prediction(reading, "the prediction", given.prediction)
    named = None if given.classes is None else tuple(map(text_of, given.classes))
    task = _task(reading, given.task, observed, foretold, named)
    outcome, classes = _outcome(reading, observed, task, named)
    limits = _thresholds(reading, given.thresholds, given.threshold)
    groups = {
        name: reading.grouping(f"group {name!r}", part)
        for name, part in (given.groups or {}).items()
    }
    baselines = {
        name: _baseline(reading, f"baseline {name!r}", part, task, classes)
        for name, part in (given.baselines or {}).items()
    }
    if not _FEWEST_RESAMPLES <= given.resamples <= _MOST_RESAMPLES:
        allowed = f"{_FEWEST_RESAMPLES:,} to {_MOST_RESAMPLES:,}"
        reading.faults.append(f"resamples are {allowed}, not {given.resamples:,}")
    inputs = Inputs(
        task=task,
        outcome=outcome,
        prediction=_columns(reading, "the prediction", foretold, task, classes),
        classes=classes,
        sampling=_sampling(reading, given),
        thresholds=limits,
        threshold=given.threshold,
        groups=groups,
        baselines=baselines,
        resamples=given.resamples,
        seed=given.seed,
    )
    reading.stop()
    return _without_weightless(inputs)


def _rows(outcome: Any) -> int:
    try:
        return len(outcome)
    except TypeError:
        return 0


def _prediction(reading: Reading, name: str, given: Any) -> Numbers:
    """Return predictions with one or two dimensions."""
    nested = isinstance(given, list | tuple) and given and isinstance(given[0], list | tuple)
    if getattr(given, "ndim", 1) == 1 and not nested:
        return reading.numbers(name, given)
    try:
        found = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        reading.faults.append(f"{name} is no table of numbers ({error})")
        return np.zeros(reading.rows)
    if found.ndim != 2 or found.shape[0] != reading.rows or not found.shape[1]:
        reading.faults.append(
            f"{name} has the shape {found.shape}, for {reading.rows:,} rows of the outcome"
        )
        return np.zeros(reading.rows)
    found = reading.checked(name, found)
    return found[:, 0] if found.shape[1] == 1 else found


def _baseline(
    reading: Reading, name: str, given: Any, task: Task, classes: tuple[str, ...]
) -> Numbers:
    if task != "multiclass":
        return reading.numbers(name, given)
    return _columns(reading, name, _prediction(reading, name, given), task, classes)


def _task(
    reading: Reading,
    asked: str | None,
    observed: pa.Array,
    foretold: Numbers,
    classes: tuple[str, ...] | None,
) -> Task:
    """Return the task that was asked for, or the only one that fits."""
    if asked is not None and asked not in TASKS:
        reading.faults.append(f"the task is one of {', '.join(TASKS)}, not {asked!r}")
    for task in ("binary", "multiclass", "regression"):
        if asked == task:
            return task
    many = foretold.shape[1] if foretold.ndim == 2 else 1
    if classes is not None or many > 1:
        return "multiclass" if max(many, len(classes or ())) > 2 else "binary"
    values, _ = distinct(observed)
    if set(values) <= _ZERO_OR_ONE:
        return "binary"
    if not is_numeric(observed.type):
        return "binary" if len(values) == 2 else "multiclass"
    if len(values) == 2:
        said = " and ".join(map(text_of, values))
        reading.faults.append(f"the outcome is {said}: name the task, or classes=(no event, event)")
    return "regression"


def _outcome(
    reading: Reading, observed: pa.Array, task: Task, classes: tuple[str, ...] | None
) -> tuple[Numbers, tuple[str, ...]]:
    """Return the outcome as numbers, and the names of its classes."""
    if not reading.rows:
        reading.faults.append("there are no rows")
    if task == "regression":
        return reading.finite("the outcome", observed), ()
    values, codes = distinct(observed)
    missing = codes == len(values)
    reading.refuse("the outcome", missing, "missing or not finite")
    if classes is None and task == "binary":
        if not set(values) <= _ZERO_OR_ONE:
            said = listed(sorted(map(text_of, values)))
            reading.faults.append(f"which of {said} is the event? Name classes=(no event, event)")
            return np.zeros(reading.rows), ("0", "1")
        return _numbered(codes, [float(value) for value in values]), ("0", "1")
    known = classes or tuple(map(text_of, sorted(values)))
    faults = []
    if len(set(known)) != len(known) or len(known) < 2 or (task == "binary" and len(known) > 2):
        faults.append(f"these are no classes of a {task} outcome: {listed(known)}")
    others = sorted({text_of(value) for value in values} - set(known))
    if others:
        faults.append(f"the outcome holds {listed(others)}, the classes are {listed(known)}")
    reading.faults.extend(faults)
    places = [float(known.index(text_of(v))) if text_of(v) in known else 0.0 for v in values]
    return _numbered(codes, places), known


def _numbered(codes: npt.NDArray[np.intp], numbers: list[float]) -> Numbers:
    return np.array([*numbers, 0.0])[codes]  # the last is of missing values


def _columns(
    reading: Reading, name: str, foretold: Numbers, task: Task, classes: tuple[str, ...]
) -> Numbers:
    """Return one column of predictions, or one for each class that are probabilities."""
    many = foretold.shape[1] if foretold.ndim == 2 else 1
    if task != "multiclass":
        if many > 2 or (many == 2 and task == "regression"):
            reading.faults.append(f"{name} of a {task} outcome has {many} columns")
        return foretold[:, -1] if many > 1 else foretold
    if many != len(classes) or many < 2:
        said = f"{len(classes)} classes, {listed(classes)}"
        reading.faults.append(f"{name} has {many} columns for {said}")
        return foretold
    wrong = (foretold < 0).any(axis=1) | (np.abs(foretold.sum(axis=1) - 1) > _SUM)
    reading.refuse(name, wrong, "no probabilities that add up to 1")
    return foretold


def _sampling(reading: Reading, given: Given) -> Sampling:
    weights = None
    if given.weights is not None:
        weights = reading.numbers("the weights", given.weights)
        reading.refuse("the weights", weights < 0, "negative")
        if reading.rows and not (weights > 0).any():
            reading.faults.append("no weight is positive")
    units = {}
    for name, part in (("clusters", given.clusters), ("strata", given.strata)):
        if part is not None:
            column = reading.column(f"the {name}", part)
            units[name] = distinct(column)[1]
            missing = np.asarray(column.is_null())
            reading.refuse(f"the {name}", missing, "missing or not finite")
    if not reading.rows:
        return Sampling(np.ones(0), weighted=False)
    return Sampling.of(reading.rows, weights=weights, **units)


def _thresholds(
    reading: Reading, given: Iterable[float] | None, threshold: float | None
) -> tuple[float, ...] | None:
    asked = [] if given is None else [float(value) for value in given]
    if given is not None and not asked:
        reading.faults.append("there are no thresholds")
    every = [*asked, *([] if threshold is None else [threshold])]
    wrong = [f"{value:g}" for value in every if not 0 < value < 1]
    if wrong:
        reading.faults.append(f"a threshold lies between 0 and 1, not at {listed(wrong)}")
    return tuple(sorted(set(asked))) if given is not None else None


def _without_weightless(inputs: Inputs) -> Inputs:
    """Leave out the rows that stand for nobody."""
    there = np.flatnonzero(inputs.sampling.weights > 0)
    left = len(inputs.outcome) - len(there)
    if not left:
        return inputs
    word = "row has" if left == 1 else "rows have"
    note = f"{left:,} {word} the weight 0 and count for nothing."
    return replace(inputs.taken(there), notes=(note,))
