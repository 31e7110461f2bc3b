"""The part of a card that was measured: figures, curves, thresholds, groups and importance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from core.charts.decision import MODEL, TREAT_ALL, TREAT_NONE, decision_curve
from core.charts.export import with_data
from core.charts.intervals import forest_plot
from core.charts.ranking import roc_curve
from core.models.drawings import draw_reliability
from core.models.exports.groups import estimate_cell, group_sections
from core.models.sentences import counted, title_of
from core.render.blocks import Callout, Chart, Number, Points, Section, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.models.card import ModelCard
    from core.models.interval import Estimate
    from core.models.origins import CardEvaluation
    from core.render.blocks import Block, Cell

_RANKED: Final = (
    "auroc",
    "accuracy",
    "r2",
    "rmse",
)  # what a forest of groups shows, the first there
# what is compared with baselines; their other figures are in the card as JSON
_COMPARED: Final = (
    *("auroc", "scaled_brier", "net_benefit"),
    *("macro_auroc", "multiclass_brier", "accuracy"),
    *("rmse", "r2"),
)
_IMPORTANT: Final = 25  # inputs drawn
_CURVE: Final = 200  # points of a curve drawn


def measured_sections(card: ModelCard) -> Iterator[Section]:
    """Return what was measured, as sections; those of a risk only where there is one."""
    if not card.evaluations:
        yield Section("Performance", blocks=[Callout("Nothing was measured.", level="warning")])
        return
    yield _performance(card.evaluations)
    yield from _calibration(card.evaluations)
    yield from _decisions(card.evaluations)
    yield from _operating_points(card.evaluations)
    yield from group_sections(card)
    yield from _importance(card)
    yield _definitions(card.evaluations)


def _performance(evaluations: Sequence[CardEvaluation]) -> Section:
    names = dict.fromkeys(name for each in evaluations for name in each.evaluation.metrics)
    heads = [f"{each.name} ({counted(each)})" for each in evaluations]
    rows: list[tuple[Cell, ...]] = [
        (
            title_of(name),
            *(estimate_cell(each.evaluation.metrics.get(name)) for each in evaluations),
            _methods(evaluations, name),
        )
        for name in names
    ]
    blocks: list[Block] = [
        Table(
            ("Figure", *heads, "Interval by"),
            rows=rows,
            caption="Each figure with its 95 % interval",
        )
    ]
    blocks.extend(_roc(evaluations))
    blocks.extend(_baselines(evaluations))
    notes = [f"{each.name}: {note}" for each in evaluations for note in each.evaluation.notes]
    if notes:
        blocks.append(Points(notes))
    return Section("Performance", blocks=blocks)


def _methods(evaluations: Sequence[CardEvaluation], name: str) -> str:
    found = (each.evaluation.metrics.get(name) for each in evaluations)
    return ", ".join(dict.fromkeys(one.method for one in found if one is not None and one.known))


def _roc(evaluations: Sequence[CardEvaluation]) -> Iterator[Chart]:
    drawn = {
        each.name: each.evaluation
        for each in evaluations
        if each.evaluation.roc is not None and "auroc" in each.evaluation.metrics
    }
    rows: list[dict[str, Any]] = []
    for name, found in drawn.items():
        if found.roc is not None:
            points = list(zip(found.roc.x, found.roc.y, strict=True))
            rows += [{"series": name, "x": x, "y": y} for x, y in _thinned(points)]
    if rows:
        areas = {name: found.metrics["auroc"].value for name, found in drawn.items()}
        yield Chart(with_data(roc_curve(areas), rows))


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    step = max(1, math.ceil(len(points) / _CURVE))
    return [*points[:-1:step], *points[-1:]]


def _baselines(evaluations: Sequence[CardEvaluation]) -> Iterator[Table]:
    rows: list[tuple[Cell, ...]] = [
        (
            each.name,
            baseline,
            title_of(name),
            estimate_cell(each.evaluation.metrics.get(name)),
            estimate_cell(figures[name]),
            estimate_cell(figures.get(f"{name}_difference")),
        )
        for each in evaluations
        for baseline, figures in each.evaluation.baselines.items()
        for name in _COMPARED
        if name in figures and figures[name].known
    ]
    if rows:
        columns = ("Evaluation", "Baseline", "Figure", "Model", "Baseline's", "Difference")
        yield Table(columns, rows=rows, caption="The model beside what it must beat")


def _calibration(evaluations: Sequence[CardEvaluation]) -> Iterator[Section]:
    drawn = [each for each in evaluations if each.evaluation.reliability]
    if not drawn:
        return
    charts = [
        Chart(draw_reliability(each.evaluation, title=f"Calibration in {each.name}"))
        for each in drawn
    ]
    read = Text(
        "Points are tenths of the predictions, the line is smooth over all of them. Below the"
        " dashed line fewer had the outcome than was predicted. A slope below 1 means predictions"
        " too far apart: high ones too high, low ones too low.",
        style="note",
    )
    yield Section("Calibration", blocks=[*charts, read])


def _decisions(evaluations: Sequence[CardEvaluation]) -> Iterator[Section]:
    charts = [
        Chart(with_data(decision_curve(f"Decision curve in {each.name}"), _benefits(each)))
        for each in evaluations
        if each.evaluation.decision_curve
    ]
    if charts:
        text = (
            "Net benefit is in true positives a row, each false positive counted against them by"
            " the odds of the threshold (Vickers and Elkin 2006). Where the model's line is not"
            " above the others, deciding without it is as good."
        )
        yield Section("Worth of acting on it", blocks=[*charts, Text(text, style="note")])


def _benefits(each: CardEvaluation) -> list[dict[str, Any]]:
    curve = each.evaluation.decision_curve
    most = max(abs(point.model.high) for point in curve if point.model.known)
    rows: list[dict[str, Any]] = []
    for point in curve:
        series = {MODEL: point.model, TREAT_ALL: point.treat_all}
        for name, found in series.items():
            # far below zero nothing is told but that it is far below
            if found.known and (name == MODEL or found.value > -most / 2):
                ends = (found.low, found.high) if name == MODEL else (found.value, found.value)
                rows.append(_benefit(name, point.threshold, found.value, *ends))
        rows.append(_benefit(TREAT_NONE, point.threshold, 0.0, 0.0, 0.0))
    return rows


def _benefit(series: str, threshold: float, *values: float) -> dict[str, Any]:
    named = dict(zip(("benefit", "low", "high"), values, strict=True))
    return {"series": series, "threshold": threshold, **named}


def _operating_points(evaluations: Sequence[CardEvaluation]) -> Iterator[Section]:
    columns = (
        *("Threshold", "Sensitivity", "Specificity", "PPV", "NPV", "Alerts per 100"),
        *("Needed to evaluate", "True +", "False +", "False -", "True -"),
    )
    tables = [
        Table(
            columns,
            rows=[
                (
                    Number(point.threshold, f"{point.threshold:.1%}"),
                    *map(estimate_cell, (point.sensitivity, point.specificity)),
                    *map(estimate_cell, (point.ppv, point.npv)),
                    _in_ones(point.alerts_per_100),
                    _in_ones(point.number_needed_to_evaluate),
                    *(point.true_positives, point.false_positives),
                    *(point.false_negatives, point.true_negatives),
                )
                for point in each.evaluation.operating_points
            ],
            caption=f"{each.name}, {counted(each)}",
        )
        for each in evaluations
        if each.evaluation.operating_points
    ]
    if tables:
        text = (
            "What happens when everybody at or above a threshold is looked at. Needed to evaluate:"
            " how many are looked at to find one who has the outcome."
        )
        yield Section("At a threshold", blocks=[Text(text, style="note"), *tables])


def _in_ones(estimate: Estimate) -> Cell:
    return Number(estimate.value, estimate.text(1)) if estimate.known else estimate.text()


def _importance(card: ModelCard) -> Iterator[Section]:
    if not card.feature_importance:
        return
    ranked = sorted(card.feature_importance.items(), key=lambda pair: -pair[1])
    rows = []
    for feature, value in ranked[:_IMPORTANT]:
        low, high = card.importance_intervals.get(feature, (value, value))
        rows.append({"name": feature, "value": value, "low": low, "high": high, "note": ""})
    spec = forest_plot(
        "Importance of inputs",
        value="Loss of performance",
        count=len(rows),
        name="Input",
        reference=0.0,
    )
    blocks: list[Block] = [Chart(with_data(spec, rows), wide=True)]
    if card.importance_method:
        blocks.append(Text(card.importance_method, style="note"))
    if card.shap_summary:
        shap = sorted(card.shap_summary.items(), key=lambda pair: -pair[1])
        caption = "SHAP: mean absolute contribution to a prediction"
        blocks.append(Table(("Input", "Mean |SHAP|"), rows=shap, caption=caption))
    yield Section("What it looks at", blocks=blocks)


def _definitions(evaluations: Sequence[CardEvaluation]) -> Section:
    said: dict[str, str] = {}
    for each in evaluations:
        said |= each.evaluation.definitions
    rows = [(title_of(name), text) for name, text in said.items()]
    return Section("What the figures mean", blocks=[Table(("Figure", "Meaning"), rows=rows)])
