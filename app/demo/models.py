"""Three model families that learn in steps, so that each run has a real learning curve.

    settings --Family.learner--> Learner --curve()--> probabilities a step --train()--> Trained
                                    |                                                     |
                                    '--at(best step)--> fitted estimator <----------------'

All families see the same matrices: medians and categories are learned on the train part only.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from app.demo.cohort import SEED, Cohort

if TYPE_CHECKING:
    import pandas as pd

Probabilities = NDArray[np.float64]
Settings = Mapping[str, Any]
OnStep = Callable[[int, dict[str, float]], None]

CLASSES = np.array([0, 1])
TREES_A_STEP = 4
NOT_ANSWERED = "not answered"


# on tables this small two threads gain nothing, and on a busy machine wait ten times as long
_one_thread = threadpool_limits.wrap(limits=1)


class Step(NamedTuple):
    """Hold the probabilities of the outcome after one step of learning."""

    train: Probabilities
    validation: Probabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Hold the matrices that models learn from, and the preprocessing that made them."""

    preprocessing: ColumnTransformer
    train: NDArray[np.float64]
    validation: NDArray[np.float64]
    train_outcome: NDArray[np.int64]
    validation_outcome: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """Hold a model as it was at its best step: the lowest log loss on the validation part."""

    pipeline: Pipeline
    best_step: int
    validation: Mapping[str, float]


class Learner(Protocol):
    """Learn in steps. `at` is only asked for steps that `curve` has already given."""

    def curve(self, design: Design, steps: int) -> Iterator[Step]:
        """Yield what the model says after each step."""
        ...

    def at(self, step: int) -> Any:
        """Return the fitted scikit-learn estimator as it was after `step`, counted from 1."""
        ...


class EpochLearner:
    """Learn by shuffled passes over the train part (`partial_fit`), keeping each pass's model.

    `growth` multiplies the learning rate of an `SGDClassifier` after each pass.
    """

    def __init__(self, estimator: SGDClassifier | MLPClassifier, *, growth: float = 1.0) -> None:
        self._estimator = estimator
        self._growth = growth
        self._kept: list[Any] = []

    def curve(self, design: Design, steps: int) -> Iterator[Step]:
        shuffle = np.random.default_rng(SEED)
        for _ in range(steps):
            order = shuffle.permutation(len(design.train))
            self._estimator.partial_fit(
                design.train[order], design.train_outcome[order], classes=CLASSES
            )
            self._kept.append(copy.deepcopy(self._estimator))
            if self._growth != 1.0:
                self._estimator.set_params(eta0=self._estimator.eta0 * self._growth)
            yield Step(
                self._estimator.predict_proba(design.train)[:, 1],
                self._estimator.predict_proba(design.validation)[:, 1],
            )

    def at(self, step: int) -> Any:
        return self._kept[step - 1]


class BoostingLearner:
    """Learn a few trees a step; `at` fits again with the trees up to that step."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._design: Design | None = None

    def curve(self, design: Design, steps: int) -> Iterator[Step]:
        self._design = design
        model = self.at(steps)
        stages = zip(
            model.staged_predict_proba(design.train),
            model.staged_predict_proba(design.validation),
            strict=True,
        )
        for trees, (train, validation) in enumerate(stages, start=1):
            if trees % TREES_A_STEP == 0:
                yield Step(train[:, 1], validation[:, 1])

    def at(self, step: int) -> HistGradientBoostingClassifier:
        if self._design is None:
            raise RuntimeError("A boosting learner must give its curve before a model.")
        model = HistGradientBoostingClassifier(
            max_iter=step * TREES_A_STEP,
            early_stopping=False,
            random_state=SEED,
            **self._settings,
        )
        return model.fit(self._design.train, self._design.train_outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Name a kind of model, how to make one, and the settings that the demonstration tries."""

    name: str
    title: str
    learner: Callable[[Settings], Learner]
    trials: Mapping[str, Settings]


def _logistic(settings: Settings) -> Learner:
    given = {name: value for name, value in settings.items() if name != "growth"}
    # one epoch of constant small steps moves little, which is what makes a curve
    estimator = SGDClassifier(loss="log_loss", learning_rate="constant", random_state=SEED, **given)
    return EpochLearner(estimator, growth=settings.get("growth", 1.0))


def _network(settings: Settings) -> Learner:
    return EpochLearner(MLPClassifier(solver="adam", random_state=SEED, **settings))


RANGE_TEST = "rate-range-test"
FAMILIES = (
    Family(
        name="logistic_regression",
        title="Logistic regression",
        learner=_logistic,
        trials={
            "slow": {"eta0": 3e-5, "alpha": 1e-4},
            "steady": {"eta0": 3e-4, "alpha": 1e-4},
            "shrunk": {"eta0": 3e-4, "alpha": 3e-2},
            "sparse": {"eta0": 3e-4, "alpha": 2e-3, "penalty": "l1"},
            # a learning-rate range test: four times as fast each step until it diverges
            RANGE_TEST: {"eta0": 1e-4, "alpha": 1e-4, "growth": 4.0},
        },
    ),
    Family(
        name="gradient_boosting",
        title="Gradient boosting",
        learner=BoostingLearner,
        trials={
            "stumps": {"learning_rate": 0.1, "max_leaf_nodes": 2},
            "shallow": {"learning_rate": 0.05, "max_leaf_nodes": 6, "min_samples_leaf": 40},
            "medium": {"learning_rate": 0.05, "max_leaf_nodes": 15, "l2_regularization": 5.0},
            "deep": {"learning_rate": 0.15, "max_leaf_nodes": 31},
        },
    ),
    Family(
        name="neural_network",
        title="Neural network",
        learner=_network,
        trials={
            "one-layer-8": {"hidden_layer_sizes": [8], "learning_rate_init": 1e-3},
            "one-layer-32": {"hidden_layer_sizes": [32], "learning_rate_init": 1e-3},
            "two-layers": {"hidden_layer_sizes": [24, 12], "learning_rate_init": 2e-3},
            "weight-decay": {"hidden_layer_sizes": [32], "learning_rate_init": 2e-3, "alpha": 1.0},
        },
    ),
)


def design_of(cohort: Cohort) -> Design:
    """Fit the preprocessing on the train part and make the matrices of train and validation."""
    preprocessing = preprocessing_of(cohort)
    train, validation = (cohort.parts[name] for name in ("train", "validation"))
    return Design(
        train=preprocessing.fit_transform(cohort.features.iloc[train]),
        validation=preprocessing.transform(cohort.features.iloc[validation]),
        preprocessing=preprocessing,
        train_outcome=cohort.outcome[train],
        validation_outcome=cohort.outcome[validation],
    )


def preprocessing_of(
    cohort: Cohort, *, columns: Collection[str] | None = None
) -> ColumnTransformer:
    """Impute medians (with an indicator) and standardise numbers; one-hot encode categories.

    Of all columns, or of these only.
    """
    chosen = {*cohort.numeric, *cohort.categorical} if columns is None else {*columns}
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    categories = make_pipeline(
        SimpleImputer(strategy="constant", fill_value=NOT_ANSWERED, missing_values=np.nan),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    return ColumnTransformer(
        [
            ("numeric", numbers, [name for name in cohort.numeric if name in chosen]),
            ("categorical", categories, [name for name in cohort.categorical if name in chosen]),
        ]
    )


@_one_thread  # type: ignore[untyped-decorator]
def train(learner: Learner, design: Design, *, steps: int, on_step: OnStep) -> Trained:
    """Learn for `steps` steps, telling `on_step` the figures of each, and keep the best step.

    Raises FloatingPointError as soon as a loss is no longer finite: the settings diverge.
    """
    best_step, best = 0, {"validation_log_loss": math.inf}
    for step, (fitted, checked) in enumerate(learner.curve(design, steps), start=1):
        figures = {
            "train_log_loss": log_loss(design.train_outcome, fitted),
            "validation_log_loss": log_loss(design.validation_outcome, checked),
        }
        _require_finite(figures, step)
        figures["validation_auc"] = float(roc_auc_score(design.validation_outcome, checked))
        figures["validation_brier"] = float(brier_score_loss(design.validation_outcome, checked))
        on_step(step, figures)
        if figures["validation_log_loss"] < best["validation_log_loss"]:
            best_step, best = step, figures
    pipeline = Pipeline([("preprocessing", design.preprocessing), ("model", learner.at(best_step))])
    return Trained(pipeline=pipeline, best_step=best_step, validation=best)


def log_loss(outcome: NDArray[np.int64], probability: Probabilities) -> float:
    """Return the mean negative log-likelihood in nats: infinite for a sure and wrong model.

    scikit-learn clips probabilities and so never shows a model that diverged.

    >>> log_loss(np.array([1, 0]), np.array([0.0, 0.5]))
    inf
    """
    likelihood = np.where(outcome == 1, probability, 1.0 - probability)
    with np.errstate(divide="ignore"):
        return float(-np.log(likelihood).mean())


@_one_thread  # type: ignore[untyped-decorator]
def probability_of(pipeline: Pipeline, features: pd.DataFrame) -> Probabilities:
    """Return the probability of the outcome for each row of untouched features."""
    return np.asarray(pipeline.predict_proba(features)[:, 1], dtype=np.float64)


def _require_finite(figures: Mapping[str, float], step: int) -> None:
    lost = [f"{name} = {value}" for name, value in figures.items() if not math.isfinite(value)]
    if lost:
        raise FloatingPointError(
            f"Training diverged at step {step}: {', '.join(lost)}. Lower the learning rate."
        )
