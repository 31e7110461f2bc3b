"""What tells of a target, as a section of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.charts.export import with_data
from core.charts.intervals import forest_plot
from core.eda.figures import importance_chart
from core.render.document import Badge, Callout, Chart, Facts, Link, Number, Section, Table, Text
from core.render.wording import number, p_value

if TYPE_CHECKING:
    from core.charts.theme import Spec
    from core.eda.target import Feature, TargetAnalysis
    from core.render.document import Block, Cell

_DRAWN: Final = 20
_SORTS: Final = {"outcome": "Outcome", "classes": "Classes", "measurement": "Measurement"}


def target_section(found: TargetAnalysis) -> Section:
    """Return the section."""
    facts: list[tuple[str, Cell]] = [
        ("Target", found.column),
        ("Sort", _SORTS[found.sort]),
        ("Rows looked at", found.rows),
    ]
    if found.positive:
        facts.append(
            (f"Rows where it is {found.positive} (the case)", found.classes[found.positive])
        )
    blocks: list[Block] = [Facts(facts)]
    blocks += [
        Callout(
            f"{feature.name} may give {found.column} away",
            text=f"{feature.leakage} The model below does without it.",
            level="bad",
        )
        for feature in found.features
        if feature.leakage
    ]
    charts = [information_chart(found), importance_chart(found)]
    blocks += [Chart(spec) for spec in charts if spec is not None]
    headers = (
        *("Feature", "Kind", found.measure, "Information (nats)", "95 % interval"),
        *("Where missing", "and where not", "p"),
    )
    blocks.append(Table(headers, rows=[_row(feature) for feature in found.features]))
    if found.importance is not None:
        model = found.importance
        blocks.append(
            Text(
                f"Gradient-boosted trees, two thirds of {model.rows:,} rows to learn from:"
                f" {model.measure} {model.score:.3f} on the rest. The loss of a feature is the mean"
                " of five shuffles.",
                style="note",
            )
        )
    return Section(f"What tells of {found.column}", blocks=blocks)


def _row(feature: Feature) -> tuple[Cell, ...]:
    low, high = feature.interval
    missing = feature.missing
    return (
        Link(feature.name, target=f"column {feature.name}"),
        Badge(feature.kind),
        feature.score,
        feature.information,
        Number(low, f"{number(low)} to {number(high)}"),
        None if missing is None else missing.where_missing,
        None if missing is None else missing.where_present,
        None if missing is None else p_value(missing.p_value),
    )


def information_chart(found: TargetAnalysis) -> Spec | None:
    """Return the mutual information of the most telling features, with intervals."""
    shown = found.features[:_DRAWN]
    if not shown:
        return None
    rows = [
        {
            "name": feature.name,
            "value": feature.information,
            "low": feature.interval[0],
            "high": feature.interval[1],
            "note": feature.leakage,
        }
        for feature in shown
    ]
    title = f"What each feature tells of {found.column}"
    measure = "Mutual information (nats)"
    return with_data(forest_plot(title, value=measure, count=len(rows), name="Feature"), rows)
