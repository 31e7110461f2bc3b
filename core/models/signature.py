"""What goes into a model and what comes out: checked whenever predictions are logged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from core.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

Task = Literal["binary", "multiclass", "regression"]
TASKS: Final = ("binary", "multiclass", "regression")
ANY: Final = "any"
# what may stand for what: 3 for 3.0, a category for its text; never a text for a number
_FAMILIES: Final = {
    "number": ("int", "uint", "double", "float", "halffloat", "decimal"),
    "text": ("string", "large_string", "string_view", "dictionary"),
    "yes or no": ("bool",),
    "time": ("timestamp", "date", "time"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Inputs and output of a model: column to Arrow type, "any" where it is not known.

    `classes` are those of a classifier, in the order of its probabilities; of a binary one the
    second is the outcome whose probability is predicted. `task` is None when it is not known.
    """

    inputs: Mapping[str, str] = field(default_factory=dict)
    output: Mapping[str, str] = field(default_factory=lambda: {"prediction": "double"})
    task: Task | None = None
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.task is not None and self.task not in TASKS:
            message = f"{self.task!r} is not a task of a model."
            raise ModelError(message, hint=f"Tasks: {', '.join(TASKS)}.", task=self.task)

    @classmethod
    def from_frame(
        cls,
        inputs: Any,
        output: Any = None,
        *,
        task: Task | None = None,
        classes: Sequence[object] = (),
    ) -> Self:
        """Take the types of the tables that a model was given and gave. Raises FrameError.

        >>> Signature.from_frame({"age": [61], "sex": ["f"]}, task="binary").inputs
        {'age': 'int64', 'sex': 'string'}
        """
        given = {} if output is None else {"output": types_of(output)}
        return cls(
            inputs=types_of(inputs), task=task, classes=tuple(str(c) for c in classes), **given
        )

    def faults(self, schema: pa.Schema) -> list[str]:
        """Say what is wrong with the columns a model was given: missing ones, and other types.

        >>> import pyarrow as pa
        >>> signature = Signature(inputs={"age": "int64", "sex": "string"})
        >>> for fault in signature.faults(pa.schema({"age": pa.string()})):
        ...     print(fault)
        age is string, the model takes int64
        the input 'sex' is missing
        """
        found = []
        for name, wanted in self.inputs.items():
            if name not in schema.names:
                found.append(f"the input {name!r} is missing")
            elif not _fits(str(schema.field(name).type), wanted):
                given = schema.field(name).type
                found.append(f"{name} is {given}, the model takes {wanted}")
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` takes: JSON values only."""
        return {
            "task": self.task,
            "inputs": dict(self.inputs),
            "output": dict(self.output),
            "classes": list(self.classes),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Make a signature of what `to_dict` returned."""
        return cls(
            inputs=dict(document.get("inputs") or {}),
            output=dict(document.get("output") or {}),
            task=document.get("task"),
            classes=tuple(document.get("classes") or ()),
        )


def types_of(frame: Any) -> dict[str, str]:
    """Return the Arrow types of a table's columns. Raises FrameError."""
    from core.frames import to_arrow  # with Arrow, which logging does not need

    return {column.name: str(column.type) for column in to_arrow(frame).schema}


def _fits(given: str, wanted: str) -> bool:
    family = _family(wanted)
    return wanted == ANY or given in {wanted, "null"} or (family != "" and _family(given) == family)


def _family(kind: str) -> str:
    return next((name for name, kinds in _FAMILIES.items() if kind.startswith(kinds)), "")
