"""The report of a model in service, for core/render."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from core.charts.export import with_data
from core.charts.intervals import line_with_band
from core.models.live.follow import PREDICTION
from core.render.document import (
    Badge,
    Block,
    Callout,
    Cell,
    Chart,
    Document,
    Number,
    Points,
    Section,
    Table,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.models.interval import Estimate
    from core.models.live.report import Followed, LiveChunk
    from core.render.document import Level

_TITLES: Final = {
    "auroc": "AUROC",
    "brier": "Brier score",
    "observed_expected": "Observed / expected",
    "calibration_slope": "Calibration slope",
    "prevalence": "Observed risk",
    "accuracy": "Accuracy",
    "mean_absolute_error": "Mean absolute error",
    "mean_error": "Mean error",
    "expected_auroc": "Expected AUROC",
}
_ALSO: Final = "expected_auroc"
_REALISED: Final = tuple(name for name in _TITLES if name != _ALSO)
_VERDICTS: Final[dict[str, tuple[str, Level]]] = {
    "keep": ("Nothing calls for a new model: no line is crossed now.", "good"),
    "investigate": ("Look into it: what goes in, or what is expected, is not as it was.", "info"),
    "recalibrate": ("Recalibrate: the same probability now means another risk.", "warning"),
    "retrain": ("Retrain: the model tells people apart worse than it did.", "bad"),
}
_HOW_TO_READ: Final = (
    "A figure is compared with that of the reference, in standard errors of both; drift is the part"
    " of the rows by which a column differs. An alert is raised by one chunk far beyond its line,"
    " or by two in a row beyond it, and cleared by two in a row that are well within: a single"
    " chunk near the line switches nothing.\n\nWhat is expected without outcomes sees that rows"
    " have become harder to tell apart. That the same rows now have other outcomes it cannot see."
)


def live_document(found: Followed) -> Document:
    """Return the report: what to do and why first, then the figures of every chunk of time."""
    verdict, level = _VERDICTS[found.action]
    outcomes = sum(chunk.outcomes for chunk in found.chunks)
    return Document(
        f"{found.model_name}@{found.version} in service",
        subtitle=(
            f"{found.chunks[0].time} to {found.chunks[-1].time} measured by"
            f" {found.reference_name} · {found.generated_at:%Y-%m-%d %H:%M} UTC"
        ),
        facts=[
            ("Predictions", sum(chunk.rows for chunk in found.chunks)),
            ("With outcomes", outcomes),
            ("Chunks of time", len(found.chunks)),
            ("Alerts now", len(found.active)),
            ("Rows of the reference", found.reference_rows),
        ],
        summary=[
            Callout(verdict, level=level),
            *([Points(found.reasons)] if found.reasons else []),
            *([Text("\n\n".join(found.notes), style="note")] if found.notes else []),
        ],
        sections=[
            Section("Performance over time", blocks=_performance(found)),
            Section("Drift over time", blocks=_drift(found)),
            Section("Alerts", blocks=[_alerts(found)]),
            Section(
                "How to read this",
                blocks=[Text("\n\n".join(filter(None, (_HOW_TO_READ, found.assumption))))],
            ),
        ],
    )


def _performance(found: Followed) -> list[Block]:
    names = [name for name in _REALISED if any(name in c.realised for c in found.chunks)]
    charts = [_chart(found, name) for name in names if name != "prevalence"]
    shown = [*names, *([_ALSO] if _has_expected(found) else [])]
    usual = (found.reference_name, found.reference_rows, None)
    table = Table(
        ["From", "Predictions", "Outcomes", *(_TITLES[name] for name in shown)],
        rows=[
            [*usual, *(_cell(found.reference.get(name)) for name in shown)],
            *(_row(chunk, shown) for chunk in found.chunks),
        ],
        caption="The first row is the reference, a dashed line above. In brackets, 95 % intervals.",
    )
    return [*charts, table]


def _has_expected(found: Followed) -> bool:
    return _ALSO in found.reference


def _row(chunk: LiveChunk, names: Sequence[str]) -> list[Cell]:
    expected = {f"expected_{name}": each for name, each in chunk.expected.items()}
    figures = {**chunk.realised, **expected}
    return [chunk.time, chunk.rows, chunk.outcomes, *(_cell(figures.get(n)) for n in names)]


def _cell(found: Estimate | None) -> Cell:
    return None if found is None or not found.known else Number(found.value, text=found.text())


def _chart(found: Followed, name: str) -> Chart:
    """Draw a figure over time, with what was expected of it, and the reference as a line."""
    rows = _points(((c.time, c.realised.get(name)) for c in found.chunks), "realised")
    if name == "auroc" and _has_expected(found):
        rows += _points(((c.time, c.expected.get(name)) for c in found.chunks), "expected")
    spec = line_with_band(f"{_TITLES[name]} over time", x="From", y=_TITLES[name], several=True)
    spec = _over_time(dict(spec))
    reference = found.reference.get(name)
    if reference is not None and reference.known:
        rule = {"type": "rule", "strokeDash": [4, 4]}
        at = {"y": {"datum": reference.value}, "x": None, "color": None}
        spec["layer"] = [*spec["layer"], {"mark": rule, "encoding": at}]
    return Chart(with_data(spec, rows))


def _points(values: Any, series: str) -> list[dict[str, Any]]:
    return [
        {"x": time, "value": each.value, "low": each.low, "high": each.high, "series": series}
        for time, each in values
        if each is not None and each.known
    ]


def _over_time(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a chart whose x are days."""
    days = {"field": "x", "type": "temporal", "title": "From"}
    spec["encoding"] = {**spec["encoding"], "x": {**days, "axis": {"grid": False}}}
    for layer in spec["layer"]:
        if "tooltip" in layer.get("encoding", {}):
            told = layer["encoding"]["tooltip"]
            layer["encoding"] = {**layer["encoding"], "tooltip": [days, *told[1:]]}
    return spec


def _drift(found: Followed) -> list[Block]:
    columns = [name for name in found.chunks[0].drift if name != PREDICTION]
    if not columns:
        text = "What the model was given was not logged: only its predictions are compared."
        return [Text(text, style="note"), _drift_table(found, [PREDICTION])]
    return [_drift_table(found, [PREDICTION, *columns])]


def _drift_table(found: Followed, columns: Sequence[str]) -> Table:
    return Table(
        ["Column", *(chunk.time for chunk in found.chunks)],
        rows=[[name, *(_effect(chunk, name) for chunk in found.chunks)] for name in columns],
        caption="The part of the rows by which a column differs from the reference.",
    )


def _effect(chunk: LiveChunk, name: str) -> Cell:
    effect = chunk.drift.get(name)
    if effect is None or effect != effect:  # noqa: PLR0124  # NaN: the chunk does not have it
        return None
    return Badge(f"{effect:.3f} drift", level="warning") if name in chunk.drifted else effect


def _alerts(found: Followed) -> Block:
    if not found.alerts:
        return Text("No line was crossed at any time.")
    return Table(
        ["Figure", "Since", "Until", "What crossed which line"],
        rows=[
            [alert.figure.replace("_", " "), alert.since, alert.until or "now", alert.said]
            for alert in found.alerts
        ],
    )
