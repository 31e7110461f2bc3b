"""A run as it is read: what was logged, and what became of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from lake.clock import to_us

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

RunStatus = Literal["RUNNING", "FINISHED", "FAILED"]
STATUSES: Final = ("RUNNING", "FINISHED", "FAILED")
History = dict[str, list[tuple[float, int | None]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A file kept with a run. ``path`` is its name within the run, ``uri`` where its bytes are."""

    artifact_id: str
    run_id: str
    artifact_type: str
    path: str
    uri: str
    digest: str
    size_bytes: int
    created_at: datetime
    metadata: Mapping[str, Any] = field(default_factory=dict)


class RunDetails(Protocol):
    """Where a run gets what it does not hold: the histories and the artifacts."""

    def history(self, run_id: str) -> History:
        """All points of all metrics, by step and time."""

    def artifacts(self, run_id: str) -> list[Artifact]:
        """The run's artifacts by path."""


class Run:
    """One run. Last values are at hand; the history of `metrics` is read when asked for.

    Times are aware UTC datetimes. ``params`` have the types they were logged with.
    """

    __slots__ = (
        "_details",
        "_history",
        "actor",
        "code_version",
        "deleted",
        "end_time",
        "environment",
        "error",
        "experiment_id",
        "experiment_name",
        "git_commit",
        "heartbeat_at",
        "inputs",
        "is_stale",
        "last_metrics",
        "note",
        "params",
        "parent_run_id",
        "run_id",
        "run_name",
        "start_time",
        "status",
        "tags",
        "writer",
    )

    def __init__(self, details: RunDetails, **values: Any) -> None:
        self._details = details
        self._history: History | None = None
        self.run_id: str = values["run_id"]
        self.experiment_id: str = values["experiment_id"]
        self.experiment_name: str = values["experiment_name"]
        self.run_name: str = values["run_name"]
        self.status: RunStatus = values["status"]
        self.start_time: datetime = values["start_time"]
        self.end_time: datetime | None = values.get("end_time")
        self.params: dict[str, Any] = values.get("params") or {}
        self.tags: dict[str, str] = values.get("tags") or {}
        self.last_metrics: dict[str, float] = values.get("last_metrics") or {}
        self.git_commit: str | None = values.get("git_commit")
        self.code_version: str | None = values.get("code_version")
        self.parent_run_id: str | None = values.get("parent_run_id")
        self.environment: str | None = values.get("environment")
        self.inputs: list[str] = values.get("inputs") or []
        self.error: str | None = values.get("error")
        self.note: str | None = values.get("note")
        self.actor: str | None = values.get("actor")
        self.deleted: bool = bool(values.get("deleted"))
        self.writer: str | None = values.get("writer")
        self.heartbeat_at: datetime | None = values.get("heartbeat_at")
        self.is_stale: bool = bool(values.get("is_stale"))

    @property
    def metrics(self) -> History:
        """Every point of every metric: ``{name: [(value, step), ...]}``, by step and time."""
        if self._history is None:
            self._history = self._details.history(self.run_id)
        return self._history

    @property
    def artifacts(self) -> list[Artifact]:
        """The files kept with the run, by path."""
        return self._details.artifacts(self.run_id)

    @property
    def duration(self) -> float | None:
        """How long it took, in seconds; None while it runs."""
        return None if self.end_time is None else (self.end_time - self.start_time).total_seconds()

    def __repr__(self) -> str:
        return f"<Run {self.run_name!r} {self.status} {self.run_id}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and self.run_id == other.run_id

    def __hash__(self) -> int:
        return hash(self.run_id)


def last_heard_of(run: Run) -> int:
    """When something of a run was last logged, in microseconds since 1970 UTC."""
    return to_us(run.heartbeat_at or run.start_time)


def aware(moment: datetime | None) -> datetime | None:
    """A time of the lake, which is UTC without saying so, as one that says so."""
    return None if moment is None else moment.replace(tzinfo=UTC)


def encode_param(value: object) -> tuple[str, str | None]:
    """A param's text, as searched and shown, and its type when it is not text.

    >>> encode_param(0.01), encode_param("rf"), encode_param([1, 2]), encode_param(True)
    (('0.01', 'float'), ('rf', None), ('[1, 2]', 'json'), ('true', 'bool'))
    """
    scalar = getattr(value, "item", None)
    if callable(scalar) and getattr(value, "ndim", None) == 0:
        value = scalar()  # numpy's scalars
    if isinstance(value, str):
        return value, None
    for kind, types in _KINDS.items():
        if isinstance(value, types):
            return json.dumps(value) if kind in ("bool", "none") else repr(value), kind
    try:
        text = json.dumps(value, sort_keys=True)
    except (TypeError, ValueError):
        return str(value), None
    # what JSON would change on the way back (a tuple, a key that is a number) stays text
    return (text, "json") if json.loads(text) == value else (str(value), None)


_KINDS: Final[dict[str, type]] = {"bool": bool, "none": type(None), "int": int, "float": float}
_DECODERS: Final[dict[str, Callable[[str], Any]]] = {
    "int": int,
    "float": float,
    "bool": json.loads,
    "none": json.loads,
    "json": json.loads,
}


def decode_params(params: Mapping[str, str], types: Mapping[str, str] | None) -> dict[str, Any]:
    """Params with the types they were logged with.

    >>> decode_params({"depth": "4", "model": "rf"}, {"depth": "int"})
    {'depth': 4, 'model': 'rf'}
    """
    types = types or {}
    return {name: _DECODERS.get(types.get(name, ""), str)(text) for name, text in params.items()}


def run_from_row(details: RunDetails, fields: Sequence[str], row: Sequence[Any]) -> Run:
    """A run from what the catalog found (`catalog.search.find_runs`)."""
    values = dict(zip(fields, row, strict=True))
    for name in ("start_time", "end_time", "heartbeat_at"):
        values[name] = aware(values[name])
    document = json.loads(values.pop("document"))
    values["params"] = decode_params(document["params"] or {}, document["param_types"])
    values["tags"], values["last_metrics"] = document["tags"], document["metrics"]
    return Run(details, **values)
