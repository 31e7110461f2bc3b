"""A run that is being logged to.

Logging a metric is one line in the process's journal: no lock file, no query, no import. What the
run holds in memory (params, last values) is what it needs to refuse contradictions and to write
its closing row.
"""

from __future__ import annotations

import json
import math
from json.encoder import encode_basestring_ascii as quoted
from operator import index
from typing import TYPE_CHECKING, Any, Final, Self

from core.errors import InvalidMetricError, ParamConflictError, RunStateError
from core.tracking.run import (
    STATUSES,
    Run,
    RunDetails,
    RunStatus,
    encode_param,
    last_heard_of,
)
from lake.clock import now_us, to_datetime, to_us

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from core.tracking.artifacts import ArtifactWriter
    from core.tracking.environment import Environment
    from core.tracking.run import History
    from lake.lake import Durability, Lake

LONGEST_NAME: Final = 250
_SMALLEST_STEP: Final = -(2**63)
_LARGEST_STEP: Final = 2**63 - 2
_AFTER_ALL_STEPS: Final = 2**63 - 1  # the place of a point without a step
_NOT_FINITE: Final = {math.inf: "Infinity", -math.inf: "-Infinity"}


class _Series:
    """What an active run knows of one metric."""

    __slots__ = ("head", "place", "value")

    def __init__(self, head: str) -> None:
        self.head = head
        self.value = math.nan
        self.place = _SMALLEST_STEP


class ActiveRun(Run):
    """A run this process logs to. Threads may share it. A context manager: it ends with the block.

    A body that raises ends the run as FAILED, with the exception's type and message.
    """

    __slots__ = (
        "_ahead",
        "_artifact_writer",
        "_durability",
        "_lake",
        "_line_head",
        "_metric_durability",
        "_on_end",
        "_series",
        "_texts",
    )

    def __init__(
        self,
        details: RunDetails,
        lake: Lake,
        artifact_writer: ArtifactWriter,
        *,
        durability: Durability,
        metric_durability: Durability,
        on_end: Callable[[ActiveRun], None],
        **values: Any,
    ) -> None:
        super().__init__(details, **values)
        self._ahead = 0
        self._lake = lake
        self._artifact_writer = artifact_writer
        self._durability = durability
        self._metric_durability = metric_durability
        self._on_end = on_end
        self._series: dict[str, _Series] = {}
        self._texts = {name: encode_param(value)[0] for name, value in self.params.items()}
        self._line_head = (
            f'{{"t":"metrics","run_id":"{self.run_id}","experiment_id":"{self.experiment_id}",'
        )

    @property
    def metrics(self) -> History:
        """Every point logged so far, this session's included."""
        return self._details.history(self.run_id)

    def write_start(self) -> None:
        """Write the row that makes the run (or its resumption) known."""
        self._write(
            {
                "kind": "start",
                "experiment_id": self.experiment_id,
                "experiment_name": self.experiment_name,
                "run_name": self.run_name,
                "status": "RUNNING",
                "start_time": to_us(self.start_time),
                "tags": self.tags or None,
                "git_commit": self.git_commit,
                "code_version": self.code_version,
                "parent_run_id": self.parent_run_id,
                "environment": self.environment,
                "inputs": json.dumps(self.inputs) if self.inputs else None,
                "actor": self.actor,
            }
        )

    def _write(self, row: dict[str, Any]) -> None:
        event = {"run_id": self.run_id, **row, "event_at": self.now(), "writer": self._lake.writer}
        self._lake.append("runs", [event], durability=self._durability)

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Keep params; the same value twice is fine.

        Raises ParamConflictError, naming both values of every contradiction, and keeps nothing.
        """
        self._check_running()
        texts: dict[str, str] = {}
        types: dict[str, str] = {}
        conflicts = []
        for name, value in params.items():
            check_name(name, "param")
            texts[name], kind = encode_param(value)
            if kind is not None:
                types[name] = kind
            known = self._texts.get(name)
            if known is not None and known != texts[name]:
                conflicts.append(f"{name} is {known!r}, not {texts[name]!r}")
        if conflicts:
            message = f"Params of a run do not change: {'; '.join(conflicts)}."
            hint = "Start a nested run for another setting, or use a tag for what changes."
            raise ParamConflictError(message, hint=hint, conflicts=conflicts, run_id=self.run_id)
        if texts:
            self._write({"kind": "params", "params": texts, "param_types": types or None})
            self._texts.update(texts)
            self.params.update(params)

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Log values at a step; they survive this process when the call returns.

        NaN and infinities are kept as such. Raises InvalidMetricError naming everything that is
        wrong in the call, and logs nothing of it.
        """
        at = now_us() + self._ahead
        ends = f'"logged_at":{at}}}\n' if step is None else f'"step":{step},"logged_at":{at}}}\n'
        lines = []
        fresh = []
        try:
            if step is not None and not _SMALLEST_STEP <= index(step) <= _LARGEST_STEP:
                raise ValueError  # noqa: TRY301 - _explain says what of the whole call
            for name, value in metrics.items():
                series = self._series.get(name)
                if series is None:
                    series = self._new_series(name)
                number = value if type(value) is float else _number(value)
                # a finite number minus itself is zero; NaN and infinities are not
                text = repr(number) if number - number == 0.0 else _NOT_FINITE.get(number, "NaN")
                lines.append(f"{series.head}{text},{ends}")
                fresh.append((series, number))
        except (TypeError, ValueError, AttributeError) as error:
            raise _explain(metrics, step) from error
        if self.status != "RUNNING":
            self._check_running()
        self._lake.write_lines("".join(lines).encode(), durability=self._metric_durability)
        place = _AFTER_ALL_STEPS if step is None else step
        for series, number in fresh:
            if place >= series.place:
                series.value, series.place = number, place

    def now(self) -> int:
        """The time of an event of this run, in microseconds: after all earlier ones of it."""
        return now_us() + self._ahead

    def go_on_after(self, known: Run) -> None:
        """Come after what the run was, also when the clock has been set back since."""
        self._ahead = max(0, last_heard_of(known) + 1 - now_us())

    def continue_from(self, summary: Mapping[str, tuple[float, int | None]]) -> None:
        """Take over the last value and step of each metric from the sessions before."""
        for name, (value, step) in summary.items():
            series = self._new_series(name)
            series.value = value
            series.place = _AFTER_ALL_STEPS if step is None else step

    def _new_series(self, name: str) -> _Series:
        check_name(name, "metric")
        head = f'{self._line_head}"metric_name":{quoted(name)},"value":'
        return self._series.setdefault(name, _Series(head))

    def log_artifact(
        self,
        artifact_path: str | Path,
        artifact_type: str = "file",
        *,
        name: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """Keep a file, or every file of a folder; the URI of the file, or of the first one."""
        self._check_running()
        return self._artifact_writer.log_path(
            self.run_id, artifact_path, artifact_type, name=name, metadata=metadata
        )

    def log_bytes(
        self,
        data: bytes | str,
        name: str,
        artifact_type: str = "file",
        *,
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """Keep bytes, or text as UTF-8, under a name within the run; the URI."""
        self._check_running()
        content = data.encode() if isinstance(data, str) else data
        return self._artifact_writer.log_bytes(
            self.run_id, content, name, artifact_type, metadata=metadata
        )

    def record_environment(self, environment: Environment) -> None:
        """Write what is known of the surroundings now; called once they are gathered."""
        self.environment, self.code_version = environment.digest, environment.code_version
        self._write(
            {
                "kind": "environment",
                "environment": environment.digest,
                "code_version": environment.code_version,
            }
        )
        self.keep_patch(environment)

    def keep_patch(self, environment: Environment) -> None:
        """Keep the uncommitted changes of the code, when there are any, as an artifact."""
        if environment.patch_digest is not None:
            self._artifact_writer.log_object(
                self.run_id, environment.patch_digest, environment.patch_size
            )

    def end(self, status: RunStatus = "FINISHED", *, error: str | None = None) -> None:
        """End the run. Raises RunStateError when it has ended, or for a status that is none."""
        if status not in STATUSES or status == "RUNNING":
            message = f"A run does not end as {status!r}."
            raise RunStateError(message, hint="End it as FINISHED or FAILED.")
        self._check_running()
        last = {name: series.value for name, series in self._series.items()}
        end_time = self.now()
        self._write(
            {
                "kind": "end",
                "status": status,
                "end_time": end_time,
                "metrics": last or None,
                "error": error,
            }
        )
        self._lake.publish()
        self.status, self.error, self.end_time = status, error, to_datetime(end_time)
        self.last_metrics = {**self.last_metrics, **last}
        self._on_end(self)

    def _check_running(self) -> None:
        if self.status != "RUNNING":
            message = f"Run {self.run_name!r} ({self.run_id}) has ended as {self.status}."
            hint = f"Resume it with start_run({self.experiment_name!r}, run_id={self.run_id!r})."
            raise RunStateError(message, hint=hint, run_id=self.run_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.status != "RUNNING":
            return  # ended inside the block
        if kind is None:
            self.end("FINISHED")
        else:
            self.end("FAILED", error=f"{kind.__name__}: {error}")


def check_name(name: object, what: str) -> None:
    """Refuse a name that cannot be searched or shown. Raises InvalidMetricError."""
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        message = f"{name!r} is not a name for a {what}."
        raise InvalidMetricError(message, hint="Use printable text.", name=name)
    if len(name) > LONGEST_NAME:
        message = f"The {what} name {name[:40]!r}... has {len(name)} characters."
        raise InvalidMetricError(message, hint=f"Use at most {LONGEST_NAME}.", name=name)


def _number(value: object) -> float:
    """A metric's value as a float. Raises TypeError or ValueError for what is none."""
    if isinstance(value, str | bytes) or value is None:
        message = f"{value!r} is not a number"
        raise TypeError(message)
    return float(value)  # type: ignore[arg-type] # whatever it is, float says so


def _explain(metrics: object, step: object) -> InvalidMetricError:
    """Everything that is wrong with a call of log_metrics."""
    faults = []
    if not hasattr(metrics, "items"):
        faults.append(f"{type(metrics).__name__} is not a mapping of names to numbers")
    else:
        for name, value in metrics.items():
            try:
                check_name(name, "metric")
            except InvalidMetricError as error:
                faults.append(error.message.rstrip("."))
            try:
                _number(value)
            except (TypeError, ValueError, OverflowError):
                faults.append(f"the value of {name!r} is {value!r}, not a number")
    if step is not None:
        try:
            fits = _SMALLEST_STEP <= index(step) <= _LARGEST_STEP  # type: ignore[arg-type]
        except TypeError:
            fits = False
        if not fits:
            faults.append(f"step {step!r} is not a whole number of 64 bits")
    hint = 'Log numbers under names: log_metrics({"auc": 0.73}, step=1).'
    return InvalidMetricError(f"Not logged: {'; '.join(faults)}.", hint=hint, faults=faults)
