"""Follow a model: performance, expectation and drift of each chunk of time, on one axis.

    predictions with outcomes ──cut by time──> reference | chunk | chunk | ...
                                                   └─ figures, signals, alerts, what to do

performance   realised, of the rows whose outcomes have come
expectation   estimated from probabilities alone (core/models/estimated.py)
drift         of predictions and of inputs (core/drift/series.py)
concept       the same probability now means another risk: observed / expected, slope
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from core.drift.series import chunks_of, drift_over_time
from core.errors import EvaluationError, ModelError
from core.models.estimated import ASSUMPTION, estimate_performance
from core.models.live.alerts import RULES, AlertRule, follow
from core.models.live.performance import realised, signal
from core.models.live.report import Action, Alert, Followed, LiveChunk
from lake.clock import to_us

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from core.models.interval import Estimate
    from core.models.version import ModelVersion

PREDICTION: Final = "prediction"
_TIME: Final = "predicted_at"
_UNITS: Final = ("1d", "1w", "1mo", "1q", "1y")
_MOST_CHUNKS: Final = 24
_FEW_ROWS: Final = 100  # a chunk of fewer says little
_ACTIONS: Final[tuple[tuple[str, Action], ...]] = (
    ("performance", "retrain"),
    ("calibration", "recalibrate"),
    ("expectation", "investigate"),
    ("drift", "investigate"),
)


@dataclass(frozen=True, slots=True)
class _Part:
    """The rows of a chunk: what was said, what came of it, and what the model was given."""

    name: str
    table: pa.Table
    inputs: pa.Table | None

    @property
    def column(self) -> str:
        """Where the prediction is: classes are in a column of their own."""
        return "label" if self.table[PREDICTION].null_count == len(self.table) else PREDICTION

    def judged(self) -> tuple[Any, Any]:
        """Return predictions and outcomes of the rows whose outcomes have come."""
        outcome = "outcome_label" if self.column == "label" else "outcome"
        known = self.table.filter(pc.is_valid(self.table[outcome]))
        return known[self.column].to_numpy(), known[outcome].to_numpy()

    def compared(self) -> pa.Table:
        """Return the table whose drift is looked at."""
        given = (
            {}
            if self.inputs is None
            else dict(zip(self.inputs.column_names, self.inputs.columns, strict=True))
        )
        return pa.table({**given, PREDICTION: self.table[self.column]})


def follow_model(
    version: ModelVersion,
    table: pa.Table,
    *,
    every: str | None = None,
    reference_until: datetime | None = None,
    rules: Sequence[AlertRule] | None = None,
) -> Followed:
    """Follow a version by its predictions, as `ModelRegistry.predictions` returns them.

    See `ModelRegistry.monitor`. Raises ModelError.
    """
    task = version.task or _task(table)
    every = every or _unit(table)
    before, parts = _cut(table, every, reference_until)
    reference = realised(task, *before.judged())
    expected, notes = _expected(task, before, parts)
    drift = drift_over_time(before.compared(), {part.name: part.compared() for part in parts})
    chunks = tuple(
        LiveChunk(
            time=part.name,
            rows=len(part.table),
            outcomes=len(part.judged()[1]),
            realised=realised(task, *part.judged()),
            expected=expected.get(part.name, {}),
            drift={name: found[place] for name, found in drift.effects.items()},
            drifted=tuple(name for name, found in drift.drifted.items() if found[place]),
        )
        for place, part in enumerate(parts)
    )
    chosen = tuple(rules if rules is not None else RULES[task])
    reference |= {f"expected_{name}": each for name, each in expected.get("", {}).items()}
    signals = {rule.figure: _signals(rule, chunks, reference) for rule in chosen}
    raised = {rule.figure: follow(rule, np.array(signals[rule.figure])) for rule in chosen}
    alerts = [
        alert
        for rule in chosen
        for alert in _alerts(rule, chunks, signals[rule.figure], raised[rule.figure], reference)
    ]
    action, reasons = _advice(alerts)
    return Followed(
        model_id=version.model_id,
        model_name=version.model_name,
        version=version.version,
        task=task,
        every=every,
        reference_name=before.name,
        reference_rows=len(before.table),
        reference=reference,
        chunks=chunks,
        rules=chosen,
        signals=signals,
        raised={figure: tuple(states.tolist()) for figure, states in raised.items()},
        alerts=tuple(sorted(alerts, key=lambda alert: (alert.since, alert.figure))),
        action=action,
        reasons=reasons,
        assumption=ASSUMPTION if expected else "",
        notes=(*notes, *_notes(table, reference, parts)),
    )


def _task(table: pa.Table) -> str:
    """Tell the task of a model that does not say it, by what was logged."""
    if not table["label"].null_count:
        return "multiclass"
    outcomes = pc.unique(table["outcome"].drop_null()).to_pylist()
    ends = pc.min_max(table[PREDICTION]).as_py()
    said = ends["min"] is not None and 0 <= ends["min"] <= ends["max"] <= 1
    return "binary" if outcomes and set(outcomes) <= {0.0, 1.0} and said else "regression"


def _unit(table: pa.Table) -> str:
    """Choose the shortest chunks that are not too many, and mostly not too small."""
    for unit in _UNITS:
        parts = chunks_of(table.select([_TIME]), _TIME, every=unit).parts
        rows = sorted(len(part) for part in parts.values())
        if len(rows) <= _MOST_CHUNKS and rows and rows[len(rows) // 2] >= _FEW_ROWS:
            return unit
    return _UNITS[-1]


def _cut(table: pa.Table, every: str, until: datetime | None) -> tuple[_Part, list[_Part]]:
    """Return the reference and the chunks after it. Raises ModelError when there are none."""
    inputs = _inputs(table)
    numbered = table.append_column("row", pa.array(np.arange(len(table))))
    earlier, name = pa.array([], pa.int64()), ""
    if until is not None:
        cut = pa.scalar(to_us(until), pa.int64()).cast(pa.timestamp("us"))
        earlier = numbered.filter(pc.less(numbered[_TIME], cut))["row"]
        numbered = numbered.filter(pc.greater_equal(numbered[_TIME], cut))
        name = f"before {until:%Y-%m-%d}"
    pieces = dict(chunks_of(numbered, _TIME, every=every).parts) if len(numbered) else {}
    if until is None and pieces:
        name = next(iter(pieces))
        earlier = pieces.pop(name)["row"]
    if not len(earlier) or not pieces:
        message = "There are not predictions of two times: one to measure by, and one to measure."
        hint = "Log more of them, cut time into shorter pieces, or move the end of the reference."
        raise ModelError(message, hint=hint)
    before, *parts = (
        _Part(called, table.take(rows), None if inputs is None else inputs.take(rows))
        for called, rows in ((name, earlier), *((n, p["row"]) for n, p in pieces.items()))
    )
    return before, parts


def _inputs(table: pa.Table) -> pa.Table | None:
    """Return what the model was given as columns; None when that was not logged."""
    texts = table["features"].to_pylist()
    if not any(texts):
        return None
    lines = "\n".join(text or "{}" for text in texts)
    options = pyarrow.json.ReadOptions(block_size=max(1 << 20, len(lines.encode()) + 1))
    return pyarrow.json.read_json(io.BytesIO(lines.encode()), read_options=options)


def _expected(
    task: str, before: _Part, parts: Sequence[_Part]
) -> tuple[dict[str, Mapping[str, Estimate]], list[str]]:
    """Return what is expected of each chunk without its outcomes; "" is the reference."""
    if task != "binary":
        return {}, []
    prediction, outcome = before.judged()
    try:
        found = {
            part.name: estimate_performance(
                part.table[PREDICTION].to_numpy(),
                chunk_size=max(2, len(part.table)),
                reference=(outcome, prediction),
            ).chunks[0]
            for part in (before, *parts)
        }
    except EvaluationError as error:
        return {}, [f"Nothing is expected without outcomes: {error.message}"]
    named = {name: chunk.estimated for name, chunk in found.items()}
    return {"": named.pop(before.name), **named}, []


def _signals(
    rule: AlertRule, chunks: Sequence[LiveChunk], reference: Mapping[str, Estimate]
) -> tuple[float, ...]:
    return tuple(_signal(rule, chunk, reference) for chunk in chunks)


def _signal(rule: AlertRule, chunk: LiveChunk, reference: Mapping[str, Estimate]) -> float:
    if rule.kind == "drift":
        columns = [
            name
            for name in chunk.drift
            if (name == PREDICTION) == (rule.figure == "prediction_drift")
        ]
        effects = [chunk.drift[name] for name in columns if name in chunk.drifted]
        return max(effects, default=0.0 if columns else math.nan)
    return signal(rule, _figure(rule, chunk), reference.get(rule.figure))


def _figure(rule: AlertRule, chunk: LiveChunk) -> Estimate | None:
    if rule.kind == "expectation":
        return chunk.expected.get(rule.figure.removeprefix("expected_"))
    return chunk.realised.get(rule.figure)


def _alerts(
    rule: AlertRule,
    chunks: Sequence[LiveChunk],
    signals: Sequence[float],
    raised: Any,
    reference: Mapping[str, Estimate],
) -> list[Alert]:
    found: list[Alert] = []
    start: int | None = None
    for place, now in enumerate([*raised.tolist(), False]):
        if now and start is None:
            start = place
        elif not now and start is not None:
            found.append(
                Alert(
                    figure=rule.figure,
                    kind=rule.kind,
                    since=chunks[start].time,
                    until=chunks[place].time if place < len(chunks) else None,
                    signal=signals[start],
                    said=_said(rule, chunks[start], signals[start], reference),
                )
            )
            start = None
    return found


def _said(rule: AlertRule, chunk: LiveChunk, size: float, reference: Mapping[str, Estimate]) -> str:
    """Say which figure crossed which line."""
    line = rule.at_once if size >= rule.at_once else rule.raise_at
    times = "" if size >= rule.at_once else f", {rule.raise_after} times in a row"
    name = rule.figure.replace("_", " ")
    if rule.kind == "drift":
        columns = [n for n in chunk.drifted if (n == PREDICTION) == ("prediction" in rule.figure)]
        largest = max(columns, key=lambda n: chunk.drift[n])
        return (
            f"{name} of {chunk.time}: {largest} differs from the reference by {size:.2f} of the"
            f" rows; the line is {line:g}{times}."
        )
    found, usual = _figure(rule, chunk), reference[rule.figure]
    value = found.text() if found is not None else ""
    return (
        f"{name} of {chunk.time} is {value}, {size:.1f} standard errors from the reference's"
        f" {usual.text()}; the line is {line:g}{times}."
    )


def _advice(alerts: Sequence[Alert]) -> tuple[Action, tuple[str, ...]]:
    """Say what to do now, and which lines were crossed that call for it."""
    active = [alert for alert in alerts if alert.until is None]
    for kind, action in _ACTIONS:
        reasons = [alert.said for alert in active if alert.kind == kind]
        if reasons:
            return action, tuple(reasons)
    return "keep", ()


def _notes(table: pa.Table, reference: Mapping[str, Estimate], parts: Sequence[_Part]) -> list[str]:
    notes = []
    repeated = pc.sum(pc.greater(table["times_logged"], 1)).as_py() or 0
    if repeated:
        notes.append(f"{repeated:,} predictions were logged more than once: the last one counts.")
    if not reference:
        notes.append("No outcome of the reference has come: performance is compared to nothing.")
    small = [part.name for part in parts if len(part.table) < _FEW_ROWS]
    if small:
        notes.append(f"Fewer than {_FEW_ROWS} predictions: {', '.join(small[:5])}.")
    return notes
