"""Performance over time before outcomes come, and beside the realised one when they have.

    reference   rows with outcomes    -> are the probabilities calibrated? If not, they are made so
    chunks      rows without          -> what is expected of them (core/models/expected.py)

An alert says that a chunk's expected AUROC is lower than the reference's by more than three
standard errors of both. It sees that rows have become harder to tell apart; that the same rows now
have other outcomes it cannot see (concept drift): for that, outcomes must come.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from core.drift.plain import to_plain
from core.drift.series import chunks_of
from core.errors import DataVersionError
from core.models.calibration import calibration_figures, logit
from core.models.columns import Reading, distinct, listed, text_of
from core.models.discrimination import auroc
from core.models.expected import Expected, expected_figures
from core.models.interval import SHARE, Estimate
from core.models.logistic import Logistic
from core.models.sampling import Sampling

if TYPE_CHECKING:
    import numpy.typing as npt

    from core.models.influence import Figure

    Numbers = npt.NDArray[np.float64]
    Places = npt.NDArray[np.intp]

ASSUMPTION: Final = (
    "The probabilities are taken to be calibrated: of rows with a probability of 0.3, three in ten"
    " have the event. Where that no longer holds, the estimate is wrong, and nothing here shows it."
)
_ERRORS: Final = 3.0
_CHUNK: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimatedChunk:
    """What is expected of some rows, and what was realised where outcomes have come.

    `name` is a date, or the first and the last row; `outcomes` have come. The interval of an
    expectation is where the realised figure of these rows will lie. `alert` is None without a
    reference.
    """

    name: str
    rows: int
    outcomes: int
    estimated: dict[str, Estimate]
    realised: dict[str, Estimate]
    alert: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimatedPerformance:
    """Expected performance, chunk by chunk; `assumption` says what it rests on.

    `recalibrated` says whether the probabilities were corrected by the reference first, `threshold`
    where they count as positive. `reference` are the reference's own figures.
    """

    chunks: tuple[EstimatedChunk, ...]
    assumption: str
    recalibrated: bool
    threshold: float
    reference: dict[str, Estimate]
    undated: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        plain: dict[str, Any] = to_plain(self)
        return plain


def estimate_performance(
    prediction: Any,
    *,
    times: Any = None,
    every: str = "1mo",
    chunk_size: int = _CHUNK,
    outcome: Any = None,
    reference: tuple[Any, Any] | None = None,
    threshold: float = 0.5,
) -> EstimatedPerformance:
    """Estimate AUROC, accuracy, ... of probabilities without outcomes.

    Chunks are of `chunk_size` rows, or of `times`: `every` 7d, 1w, 1mo, 1q or 1y. A last part of
    less than half a chunk joins the one before. `outcome` is missing (None) where it has not come;
    realised figures are those of the rows that have one. `reference` are the outcomes and
    probabilities of rows that are known, such as those of validation. Raises EvaluationError.

    >>> found = estimate_performance([0.1, 0.2, 0.8, 0.9] * 50)
    >>> found.chunks[0].estimated["auroc"].text(2)
    '0.88 (0.83 to 0.92)'
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # as evaluate has it

    reading = Reading(rows=len(prediction))
    risk = _probabilities(reading, "the prediction", prediction)
    known = np.full(reading.rows, np.nan) if outcome is None else _outcomes(reading, outcome)
    beside = None if reference is None else _reference(reading, *reference)
    if not 0 < threshold < 1:
        reading.faults.append(f"a threshold lies between 0 and 1, not at {threshold:g}")
    if chunk_size < 2:
        reading.faults.append(f"a chunk has 2 rows or more, not {chunk_size}")
    if not reading.rows:
        reading.faults.append("there are no rows")
    parts, undated = _parts(reading, times, every, chunk_size)
    reading.stop()
    with threadpool_limits(limits=1):  # two threads gain nothing on so few numbers
        return _estimated(
            risk, known, parts, reference=beside, threshold=threshold, undated=undated
        )


def _estimated(
    risk: Numbers,
    known: Numbers,
    parts: list[tuple[str, Places]],
    *,
    reference: tuple[Numbers, Numbers] | None,
    threshold: float,
    undated: int,
) -> EstimatedPerformance:
    correction = None if reference is None else _correction(*reference)
    if correction is not None:
        risk = _corrected(risk, correction)
    usual = None if reference is None else _usual(reference[1], correction, threshold)
    return EstimatedPerformance(
        chunks=tuple(
            _chunk(name, risk[rows], known[rows], usual, threshold) for name, rows in parts
        ),
        assumption=ASSUMPTION,
        recalibrated=correction is not None,
        threshold=threshold,
        reference={} if reference is None else _realised(*reference, threshold),
        undated=undated,
    )


def _chunk(
    name: str, risk: Numbers, known: Numbers, usual: Expected | None, threshold: float
) -> EstimatedChunk:
    expected = expected_figures(risk, threshold)
    there = np.isfinite(known)
    return EstimatedChunk(
        name=name,
        rows=len(risk),
        outcomes=int(there.sum()),
        estimated={
            figure: found.realised_within(risk)
            if isinstance(found, Expected)
            else Estimate.missing(found.why)
            for figure, found in expected.items()
        },
        realised=_realised(known[there], risk[there], threshold) if there.any() else {},
        alert=None if usual is None else _worse(expected["auroc"], usual),
    )


def _worse(found: Expected | Figure, usual: Expected) -> bool:
    """Whether a chunk is expected to do worse than the reference was, beyond chance."""
    if not isinstance(found, Expected):
        return False
    return found.value < usual.value - _ERRORS * math.sqrt(found.variance + usual.variance)


def _usual(
    risk: Numbers, correction: tuple[float, float] | None, threshold: float
) -> Expected | None:
    """Return the AUROC that is expected of the reference, corrected as the chunks are."""
    corrected = risk if correction is None else _corrected(risk, correction)
    found = expected_figures(corrected, threshold)["auroc"]
    return found if isinstance(found, Expected) else None


def _corrected(risk: Numbers, correction: tuple[float, float]) -> Numbers:
    from scipy.special import expit  # 50 ms that only evaluations need

    slope, intercept = correction
    return np.asarray(expit(slope * logit(risk) + intercept))


def _correction(outcome: Numbers, risk: Numbers) -> tuple[float, float] | None:
    """Return slope and intercept on the logit; None where the reference is calibrated already."""
    events, simple = outcome == 1, Sampling.of(len(outcome))
    figures = calibration_figures(risk, events, simple)
    slope, level = (
        figures[name].estimate(simple) for name in ("calibration_slope", "calibration_intercept")
    )
    if not slope.known or (slope.low <= 1 <= slope.high and level.low <= 0 <= level.high):
        return None
    logits = logit(risk)
    ones = np.ones(len(logits))
    start, flat = np.array([1.0, 0.0]), np.zeros(len(logits))
    both = [
        Logistic(np.column_stack(columns), flat, events, ones).first_coefficient(first)
        for columns, first in (((logits, ones), start), ((ones, logits), start[::-1]))
    ]
    return both[0].value, both[1].value


def _realised(outcome: Numbers, risk: Numbers, threshold: float) -> dict[str, Estimate]:
    """Return the figures of rows whose outcome is known, with their intervals."""
    events, alerts = outcome == 1, risk >= threshold
    simple = Sampling.of(len(outcome))
    return {
        "auroc": auroc(risk, events, simple.weights).estimate(simple),
        "prevalence": simple.share_of(events),
        "accuracy": simple.share_of(alerts == events),
        "brier": simple.mean_of((risk - outcome) ** 2, within=SHARE),
        "true_positive_rate": simple.share_of(alerts, events),
        "false_positive_rate": simple.share_of(alerts, ~events),
        "ppv": simple.share_of(events, alerts),
    }


def _probabilities(reading: Reading, name: str, given: Any) -> Numbers:
    values = reading.numbers(name, given)
    reading.refuse(name, (values < 0) | (values > 1), "no probability, from 0 to 1")
    return values


def _outcomes(reading: Reading, given: Any) -> Numbers:
    """Return outcomes of 0 and 1, NaN where they have not come."""
    column = reading.column("the outcome", given)
    values, codes = distinct(column)
    if not set(values) <= {0, 1}:
        others = listed(sorted(text_of(value) for value in values if value not in {0, 1}))
        reading.faults.append(f"the outcome holds {others}, not only 0 and 1")
        return np.full(reading.rows, np.nan)
    return np.array([*(float(value) for value in values), np.nan])[codes]


def _reference(reading: Reading, outcome: Any, prediction: Any) -> tuple[Numbers, Numbers]:
    """Return outcomes and probabilities of the reference, all of which must be known."""
    inner = Reading(rows=len(prediction))
    known = _outcomes(inner, outcome)
    inner.refuse("the outcome", np.isnan(known), "missing or not finite")
    risk = _probabilities(inner, "the prediction", prediction)
    if not inner.faults and len(np.unique(known)) < 2:
        inner.faults.append("the outcome is all the same")
    reading.faults += [f"of the reference, {fault}" for fault in inner.faults]
    return known, risk


def _parts(
    reading: Reading, times: Any, every: str, size: int
) -> tuple[list[tuple[str, Places]], int]:
    """Return the name and the rows of each chunk, and how many rows have no time."""
    rows = reading.rows
    if times is None:
        if size < 2 or not rows:
            return [], 0
        starts = [*range(0, rows, size)]
        if len(starts) > 1 and rows - starts[-1] < size / 2:
            starts.pop()
        ends = [*starts[1:], rows]
        return [(f"{a}-{b - 1}", np.arange(a, b)) for a, b in zip(starts, ends, strict=True)], 0
    column = reading.column("times", times)
    if not len(column):
        return [], 0
    try:
        cut = chunks_of({"time": column, "row": np.arange(len(column))}, "time", every=every)
    except DataVersionError as error:
        reading.faults.append(f"{error.message.removesuffix('.')} ({error.hint.removesuffix('.')})")
        return [], 0
    return [(name, np.asarray(part["row"])) for name, part in cut.parts.items()], cut.undated
