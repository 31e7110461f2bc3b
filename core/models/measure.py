"""The evaluations of a card: stored ones, those handed in, and those made of data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from core.errors import ModelCardError
from core.models.origins import CardEvaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa

    from core.models.evaluation import Evaluation
    from core.models.explain import Importance
    from core.models.known import KnownFacts
    from core.models.people import Said
    from core.models.registry import ModelRegistry
    from core.models.version import ModelVersion

LOGGED: Final = "logged"
_EXPLAINED: Final = 2_000  # rows: more take longer, and tell the same of the inputs
_LOST: Final = {"binary": "auroc", "regression": "r2"}  # what shuffled inputs lose, by task


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured on data handed in; empty when there were none."""

    evaluation: Evaluation | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    def named(self, name: str) -> dict[str, Evaluation]:
        """Return the evaluation by a name; nothing when there is none."""
        return {} if self.evaluation is None else {name: self.evaluation}


def card_evaluations(
    models: ModelRegistry,
    known: KnownFacts,
    version: ModelVersion,
    given: Mapping[str, Evaluation],
    said: Mapping[str, Said],
) -> tuple[CardEvaluation, ...]:
    """Return the evaluations of a version: the newest stored of each name, then those given.

    When there is neither, logged predictions whose outcomes are known are evaluated.

    What people call `external_evaluations`, and what is of a dataset that the model was not made
    of, is external. Raises ModelCardError for external ones that are not there.
    """
    found: dict[str, CardEvaluation] = {}
    for stored in sorted(models.evaluations(version), key=lambda one: one.created_at):
        dataset_id = stored.dataset_version_id or ""
        found.pop(stored.name, None)
        found[stored.name] = CardEvaluation(
            name=stored.name,
            dataset=known.dataset_name(dataset_id) if dataset_id else "",
            evaluation=stored.evaluation,
            created_at=stored.created_at,
            evaluation_id=stored.evaluation_id,
            dataset_version_id=dataset_id,
        )
    if not (given or found):
        given = _of_predictions(models, version)
    for name, evaluation in given.items():
        found.pop(name, None)
        found[name] = CardEvaluation(
            name=name, dataset="", evaluation=evaluation, created_at=version.created_at
        )
    return _with_external(tuple(found.values()), known, version, said)


def _with_external(
    found: tuple[CardEvaluation, ...],
    known: KnownFacts,
    version: ModelVersion,
    said: Mapping[str, Said],
) -> tuple[CardEvaluation, ...]:
    names = set(said.get("external_evaluations", ()))
    strange = names - {each.name for each in found}
    if strange:
        there = ", ".join(each.name for each in found) or "none"
        message = f"external_evaluations names what is not there: {', '.join(sorted(strange))}."
        raise ModelCardError(message, hint=f"Evaluations: {there}.", names=sorted(strange))
    made_of = {known.dataset_name(one).partition("@")[0] for one in version.dataset_version_ids}
    return tuple(
        replace(
            each,
            external=each.name in names
            or bool(each.dataset and made_of and each.dataset.partition("@")[0] not in made_of),
        )
        for each in found
    )


def _of_predictions(models: ModelRegistry, version: ModelVersion) -> dict[str, Evaluation]:
    """Evaluate the numbers that were logged and have an outcome; nothing when there are none."""
    import pyarrow.compute as pc  # not needed to log

    from core.models.evaluation import evaluate

    table = models.predictions(version)
    judged = table.filter(pc.and_(pc.is_valid(table["outcome"]), pc.is_valid(table["prediction"])))
    if not judged.num_rows:
        return {}
    return {LOGGED: evaluate(judged["outcome"], judged["prediction"], task=version.task)}


def measure(
    models: ModelRegistry,
    version: ModelVersion,
    data: Any,
    *,
    outcome: str | None,
    prediction: str | None,
    groups: Sequence[str] = (),
    include_shap: bool = False,
) -> Measured:
    """Evaluate a version on data; the model is asked when the data have no predictions.

    Then the importance of its inputs is measured too. Raises ModelCardError with everything that
    is wrong with the columns, FrameError, EvaluationError, and ModelFormatError.
    """
    from core.frames import to_arrow  # with Arrow, which logging does not need
    from core.models.evaluation import evaluate
    from core.models.explain import permutation_importance, shap_summary

    table = to_arrow(data)
    inputs = _inputs(version, table, outcome)
    wanted = [*groups, *([prediction] if prediction else inputs)]
    missing = [name for name in dict.fromkeys(wanted) if name not in table.column_names]
    faults = [f"there is no column {name!r}" for name in missing]
    if outcome is None:
        faults.insert(0, "the column of the outcome is not named")
    elif outcome not in table.column_names:
        faults.insert(0, f"there is no column {outcome!r}")
    if faults or outcome is None:
        message = f"The data cannot be used to evaluate {version.name}: {'; '.join(faults)}."
        hint = f"Columns: {', '.join(table.column_names)}."
        raise ModelCardError(message, hint=hint, faults=tuple(faults))
    given = {name: table[name] for name in groups}
    if prediction is not None:
        found = evaluate(table[outcome], table[prediction], task=version.task, groups=given or None)
        return Measured(evaluation=found)
    model = models.load_model(version)
    ask = _asking(model, version)
    frame = table.select(inputs).to_pandas()
    found = evaluate(table[outcome], ask(frame), task=version.task, groups=given or None)
    fields: dict[str, Any] = {}
    if found.task in _LOST:
        chosen = slice(None, None, max(1, -(-len(frame) // _EXPLAINED)))
        known = table[outcome].to_numpy()[chosen]
        lost = permutation_importance(ask, frame.iloc[chosen], known, measure=_LOST[found.task])
        fields = importance_fields(lost)
    if include_shap:
        fields |= {"shap_summary": _values(shap_summary(model, frame))}
    return Measured(evaluation=found, fields=fields)


def importance_fields(importance: Sequence[Importance]) -> dict[str, Any]:
    """Return the importance of inputs as fields of a card; none when there is none."""
    if not importance:
        return {}
    intervals = {
        one.feature: (one.estimate.low, one.estimate.high)
        for one in importance
        if one.estimate.known
    }
    methods = dict.fromkeys(one.estimate.method for one in importance)
    return {
        "feature_importance": _values(importance),
        "importance_intervals": intervals,
        "importance_method": f"What is lost when an input is shuffled: {'; '.join(methods)}.",
    }


def _values(importance: Sequence[Importance]) -> dict[str, float]:
    return {one.feature: one.estimate.value for one in importance if one.estimate.known}


def _inputs(version: ModelVersion, table: pa.Table, outcome: str | None) -> list[str]:
    if version.feature_names:
        return list(version.feature_names)
    if version.signature is not None and version.signature.inputs:
        return list(version.signature.inputs)
    return [name for name in table.column_names if name != outcome]


def _asking(model: Any, version: ModelVersion) -> Callable[[Any], Any]:
    """Return what the model says of a table: a probability, one of each class, or a value."""
    if hasattr(model, "predict_proba"):

        def ask(frame: Any) -> Any:
            found = model.predict_proba(frame)
            return found[:, 1] if found.shape[1] == 2 else found

        return ask
    if hasattr(model, "predict"):
        found: Callable[[Any], Any] = model.predict
        return found
    message = f"{version.name}, {version.format}, cannot be asked for predictions here."
    hint = "Put what it predicts into a column, and name it with prediction=... ."
    raise ModelCardError(message, hint=hint, format=version.format)
