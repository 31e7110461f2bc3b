"""Charts of an evaluation that carry their rows: for a card, a page or a file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from core.charts.export import with_data
from core.charts.intervals import forest_plot
from core.charts.operating import operating_chart
from core.charts.reliability import CURVE, RANGE, TENTH, reliability_chart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.charts.theme import Spec
    from core.models.evaluated import Evaluation
    from core.models.explain import Importance
    from core.models.interval import Estimate

_STEP: Final = 0.1  # of the axes, which end above everything that is drawn
_CURVE_POINTS: Final = 24
_FEATURES: Final = 20
_MEASURES: Final = ("Sensitivity", "Specificity", "PPV", "NPV", "Alerts")


def draw_reliability(evaluation: Evaluation, *, title: str = "Calibration") -> Spec:
    """Draw tenths, the smooth curve and the histogram of predicted risks.

    An evaluation without probabilities has none of them, and makes a chart without rows.
    """
    highest = _highest(evaluation)
    rows = [*_tenths(evaluation), *_curve(evaluation), *_ranges(evaluation, highest)]
    most = max((part.rows for part in evaluation.histogram), default=1)
    return with_data(reliability_chart(title, most=most, highest=highest), rows)


def draw_operating_points(evaluation: Evaluation, *, title: str = "At a threshold") -> Spec:
    """Draw sensitivity, specificity, predictive values and alerts by threshold."""
    rows = []
    for point in evaluation.operating_points:
        shares = (point.sensitivity, point.specificity, point.ppv, point.npv)
        for measure, share in zip(_MEASURES, (*shares, point.alerts_per_100), strict=True):
            if share.known:
                by = 0.01 if measure == "Alerts" else 1.0
                place = {"measure": measure, "threshold": point.threshold}
                rows.append({**place, **_ends(share, by)})
    return with_data(operating_chart(title, measures=_MEASURES), rows)


def draw_importance(importances: Sequence[Importance], *, title: str, value: str) -> Spec:
    """Draw how much features matter, at most 20 of them; `value` says in what.

    >>> from core.models.explain import Importance
    >>> from core.models.interval import Estimate
    >>> age = Importance(feature="age", estimate=Estimate(0.1, 0.05, 0.15, "delta"))
    >>> draw_importance([age], title="Importance", value="AUROC lost")["data"]["values"]
    [{'name': 'age', 'note': 'delta', 'value': 0.1, 'low': 0.05, 'high': 0.15}]
    """
    drawn = importances[:_FEATURES]
    spec = forest_plot(title, value=value, count=len(drawn), name="Feature", reference=0)
    rows = [
        {"name": part.feature, "note": part.estimate.method, **_ends(part.estimate)}
        for part in drawn
    ]
    return with_data(spec, rows)


def _ends(estimate: Estimate, by: float = 1.0, value: str = "value") -> dict[str, float]:
    return {value: estimate.value * by, "low": estimate.low * by, "high": estimate.high * by}


def _highest(evaluation: Evaluation) -> float:
    ends = [max(part.predicted, part.observed.high) for part in evaluation.reliability]
    ends += [max(part.predicted, part.observed.high) for part in evaluation.calibration_curve]
    return min(1.0, math.ceil(max(ends, default=1.0) / _STEP - 1e-9) * _STEP)


def _tenths(evaluation: Evaluation) -> Iterator[dict[str, Any]]:
    for part in evaluation.reliability:
        place = {"kind": TENTH, "predicted": part.predicted}
        yield {**place, **_ends(part.observed, value="observed"), "rows": part.rows}


def _curve(evaluation: Evaluation) -> Iterator[dict[str, Any]]:
    curve = evaluation.calibration_curve
    step = max(1, math.ceil(len(curve) / _CURVE_POINTS))
    for point in (*curve[:-1:step], *curve[-1:]):
        place = {"kind": CURVE, "predicted": point.predicted}
        yield {**place, **_ends(point.observed, value="observed")}


def _ranges(evaluation: Evaluation, highest: float) -> Iterator[dict[str, Any]]:
    for part in evaluation.histogram:
        if part.rows and part.low < highest:
            place = {"kind": RANGE, "predicted": part.low, "until": min(part.high, highest)}
            yield {**place, "rows": part.rows}
