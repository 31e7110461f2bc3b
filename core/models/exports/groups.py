"""The part of a card that tells of groups: the newest evaluation in full, others in short.

Groups by one attribute are compared here; differences of intersections are in the card as JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from core.charts.export import with_data
from core.charts.intervals import forest_plot
from core.models.sentences import title_of
from core.render.blocks import Chart, Number, Points, Section, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.models.card import ModelCard
    from core.models.fairness import FairnessReport, GroupDifference, GroupResult
    from core.models.interval import Estimate
    from core.models.origins import CardEvaluation
    from core.render.blocks import Block, Cell

_RANKED: Final = ("auroc", "accuracy", "r2", "rmse")  # a forest shows the first that is there
_TOLD: Final = (
    *("auroc", "observed_expected", "selection_rate"),
    *("true_positive_rate", "false_positive_rate", "ppv", "accuracy", "rmse", "r2", "sensitivity"),
)
_BOTH: Final = " & "  # between the attributes of an intersection


def group_sections(card: ModelCard) -> Iterator[Section]:
    """Return what is known of groups; none when nothing is."""
    judged = [each for each in card.evaluations if each.evaluation.fairness is not None]
    inner = [
        Section(
            f"Groups in {each.name}",
            blocks=list(_of_groups(each, each.evaluation.fairness, full=not place)),
        )
        for place, each in enumerate(reversed(judged))
    ]
    if inner:
        own = card.bias_analysis if "bias_analysis" not in card.derived else ""
        said: list[Block] = [Text(own)] if own else []
        yield Section("Groups of people", blocks=[*said, *inner])


def estimate_cell(estimate: Estimate | None, digits: int = 3) -> Cell:
    """Write a figure with its interval, sorted by the figure."""
    if estimate is None:
        return None
    if not estimate.known:
        return estimate.text()
    return Number(estimate.value, estimate.text(digits))


def _of_groups(
    each: CardEvaluation, report: FairnessReport | None, *, full: bool
) -> Iterator[Block]:
    if report is None:
        return
    yield from _forest(each, report)
    if report.findings:
        yield Points(report.findings)
    if not full:
        return
    yield _table(report)
    compared = [one for one in report.differences if _BOTH not in one.attribute]
    yield from _difference_forests(compared)
    if compared:
        columns = ("Measure", "Group", "Compared with", "Difference", "Ratio")
        rows: list[tuple[Cell, ...]] = [
            (
                title_of(one.measure),
                f"{one.attribute}: {one.group}",
                one.reference,
                estimate_cell(one.difference),
                estimate_cell(one.ratio, 2),
            )
            for one in compared
            if one.measure in _TOLD
        ]
        yield Table(columns, rows=rows, caption="Differences between groups")


def _name(group: GroupResult) -> str:
    """Return a group in few words: an intersection says of what it is by itself."""
    return group.group if _BOTH in group.attribute else f"{group.attribute}: {group.group}"


def _table(report: FairnessReport) -> Table:
    known = {name for group in report.groups for name in group.metrics}
    names = [name for name in _TOLD if name in known]
    rows: list[tuple[Cell, ...]] = [
        (
            _name(group),
            group.rows,
            group.events,
            *(
                "too small" if group.suppressed else estimate_cell(group.metrics.get(name), 2)
                for name in names
            ),
        )
        for group in report.groups
    ]
    columns = ("Group", "Rows", "Events", *map(title_of, names))
    return Table(columns, rows=rows, caption=report.rule)


def _forest(each: CardEvaluation, report: FairnessReport) -> Iterator[Chart]:
    names = {name for group in report.groups for name in group.metrics}
    measure = next((name for name in _RANKED if name in names), None)
    if measure is None:
        return
    rows: list[dict[str, Any]] = []
    for group in report.groups:
        found = group.metrics.get(measure)
        if found is not None and found.known and not group.suppressed:
            note = f"{group.rows:,} rows, {group.events:,} events"
            rows.append(_interval(_name(group), found, note))
    overall = each.evaluation.metrics.get(measure)
    if rows:
        spec = forest_plot(
            f"{title_of(measure)} by group in {each.name}",
            value=title_of(measure),
            count=len(rows),
            reference=overall.value if overall is not None and overall.known else None,
        )
        yield Chart(with_data(spec, rows), wide=True)


def _difference_forests(differences: list[GroupDifference]) -> Iterator[Chart]:
    for measure in dict.fromkeys(one.measure for one in differences if one.measure in _TOLD):
        rows = [
            _interval(
                f"{one.attribute}: {one.group}", one.difference, f"compared with {one.reference}"
            )
            for one in differences
            if one.measure == measure and one.difference.known
        ]
        if rows:
            title = f"{title_of(measure)}: difference"
            spec = forest_plot(title, value="Difference", count=len(rows), reference=0.0)
            yield Chart(with_data(spec, rows))


def _interval(name: str, found: Estimate, note: str) -> dict[str, Any]:
    ends = {"value": found.value, "low": found.low, "high": found.high}
    return {"name": name, **ends, "note": note}
