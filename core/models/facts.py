"""What a model says of itself: its type, its task, its classes and the names of its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.models.loading import load_skops, untrusted_types
from core.models.signature import ANY, Signature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.models.signature import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What could be read in a model's bytes; empty where it says nothing."""

    model_type: str = ""
    task: Task | None = None
    classes: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()

    def signature(self, types: Mapping[str, str]) -> Signature | None:
        """Return the signature with types of inputs that are known elsewhere; None for nothing."""
        if self.task is None and not self.feature_names:
            return None
        output = {"prediction": "string" if self.task == "multiclass" else "double"}
        inputs = {name: types.get(name, ANY) for name in self.feature_names}
        return Signature(inputs=inputs, output=output, task=self.task, classes=self.classes)


def facts_of(data: bytes, model_format: str, *, name: str) -> ModelFacts:
    """Read what a model says of itself, when that takes trusting nobody.

    Raises ModelFormatError for a damaged skops file.
    """
    if model_format != "skops" or untrusted_types(data, name=name):
        return ModelFacts()
    model = load_skops(data, name=name)
    final = _final_step(model)
    classes = tuple(str(each) for each in _attribute(model, "classes_"))
    features = tuple(str(each) for each in _attribute(model, "feature_names_in_"))
    return ModelFacts(
        model_type=type(final).__name__,
        task=_task(final, len(classes)),
        classes=classes,
        feature_names=features,
    )


def _final_step(model: Any) -> Any:
    steps = getattr(model, "steps", None)
    return _final_step(steps[-1][1]) if steps else model


def _attribute(model: Any, name: str) -> list[Any]:
    found = getattr(model, name, None)
    return [] if found is None else list(found)


def _task(model: Any, classes: int) -> Task | None:
    from sklearn.base import is_classifier, is_regressor  # came with the model

    if is_classifier(model) and classes:
        return "binary" if classes == 2 else "multiclass"
    return "regression" if is_regressor(model) else None
