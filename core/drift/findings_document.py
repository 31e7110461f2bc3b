"""Sections of a drift report for what was found on request (core/drift/findings.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.charts.export import with_data
from core.charts.intervals import forest_plot
from core.charts.matrix import heat_map
from core.drift.verdicts import table_of_tests, verdict
from core.render.blocks import Badge, Chart, Facts, Number, Points, Section, Share, Table, Text
from core.render.wording import p_value, share

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.drift.findings import (
        Change,
        Clusters,
        CorrelationDrifts,
        DomainClassifier,
        Estimate,
        MultivariateDrift,
        OutcomeDrift,
        ReconstructionError,
        SubgroupDrift,
    )
    from core.drift.report import DriftReport
    from core.render.blocks import Block, Cell, Fact

_PAIRS: Final = 30  # rows of the table; all are in the report itself
_DRAWN: Final = 30  # columns of a heat map that can still be read
Names = tuple[str, str]


def requested_sections(report: DriftReport, names: Names) -> Iterator[Section]:
    """Yield a section for each analysis that was asked for."""
    if report.clusters is not None:
        yield _clusters(report.clusters, names)
    for role, outcome in (("Target", report.target), ("Prediction", report.prediction)):
        if outcome is not None:
            yield _outcome(role, outcome, names)
    if report.subgroups is not None:
        yield _subgroups(report.subgroups, names)
    if report.correlation_drifts is not None:
        yield _correlations(report.correlation_drifts, names)
    if report.multivariate is not None:
        yield _all_together(report.multivariate, names)


def _clusters(found: Clusters, names: Names) -> Section:
    within = f" within {', '.join(found.strata)}" if found.strata else ""
    said = (
        f"Rows with the same {', '.join(found.cluster)}{within} are alike: p values are corrected"
        " for how much these clusters differ, so that the luck of a few of them is no drift. The"
        " design effect of a test is by how much they raise the variance above that of as many"
        " independent rows."
    )
    facts: list[Fact] = [
        (f"Clusters in {names[0]}", found.reference),
        (f"Clusters in {names[1]}", found.current),
        ("In both", found.shared),
        ("Degrees of freedom", found.freedom),
    ]
    return Section("Clusters", blocks=[Text(said), Facts(facts)])


def _outcome(role: str, found: OutcomeDrift, names: Names) -> Section:
    facts: list[Fact] = [
        ("Verdict", verdict(drifted=found.drifted)),
        ("Rows affected", Share(found.effect)),
    ]
    blocks: list[Block] = [Facts(facts)]
    if found.summaries:
        rows = [
            (part.name.capitalize(), _interval(part.reference), _interval(part.current))
            for part in found.summaries
        ]
        blocks.append(Table(("With 95 % interval", *names), rows=rows))
    blocks.append(table_of_tests(found.tests))
    if found.relation:
        blocks.append(_relation(found.relation, names))
    title = f"{role}: {found.column}"
    return Section(title, blocks=[*blocks, *_notes(found.notes)])


def _relation(changes: Sequence[Change], names: Names) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            "AUROC" if change.name == "auroc" else change.name.capitalize(),
            _interval(change.reference),
            _interval(change.current),
            _interval(change.difference),
            p_value(change.p_adjusted),
            change.threshold,
            verdict(drifted=change.drifted),
        )
        for change in changes
    ]
    columns = ("Measure", *names, "Difference", "Adjusted p", "Threshold", "Verdict")
    caption = "How the prediction and the target belong together, with 95 % intervals."
    return Table(columns, rows=rows, caption=caption)


def _subgroups(found: SubgroupDrift, names: Names) -> Section:
    drifted = [group for group in found.groups if group.drifted_columns]
    tested = [group for group in found.groups if group.tested]
    mix = "has changed" if found.mix_drifted else "is as before"
    text = (
        f"{len(drifted)} of {len(tested)} subgroups that are large enough have drifted. Their mix"
        f" {mix}."
    )
    rows: list[tuple[Cell, ...]] = [
        (
            group.name,
            group.reference_rows,
            group.current_rows,
            verdict(drifted=bool(group.drifted_columns)) if group.tested else Badge("too small"),
            ", ".join(group.drifted_columns),
        )
        for group in found.groups
    ]
    columns = (found.by, *(f"Rows of {name}" for name in names), "Verdict", "Drifted columns")
    blocks: list[Block] = [Text(text), Table(columns, rows=rows)]
    if found.mix:
        blocks.append(Section("The mix of subgroups", blocks=[table_of_tests(found.mix)]))
    return Section(f"Subgroups by {found.by}", blocks=[*blocks, *_notes(found.notes)])


def _correlations(found: CorrelationDrifts, names: Names) -> Section:
    drifted = sum(pair.drifted for pair in found.pairs)
    if not found.pairs:
        text = "There are no two columns of numbers that could be correlated."
        return Section("Correlations", blocks=[Text(text), *_notes(found.untested)])
    blocks: list[Block] = [
        Text(
            f"{drifted} of {len(found.pairs)} correlations ({found.method.capitalize()}) changed by"
            " more than chance explains and by enough to matter."
        )
    ]
    blocks.extend(_differences(found))
    rows: list[tuple[Cell, ...]] = [
        (
            " and ".join(pair.columns),
            Number(pair.reference, f"{pair.reference:.3f}"),
            Number(pair.current, f"{pair.current:.3f}"),
            Number(pair.difference, f"{pair.difference:+.3f}"),
            p_value(pair.p_adjusted),
            pair.threshold,
            verdict(drifted=pair.drifted),
        )
        for pair in found.pairs[: max(_PAIRS, drifted)]
    ]
    columns = ("Columns", *names, "Difference", "Adjusted p", "Threshold", "Verdict")
    more = len(found.pairs) - len(rows)
    caption = f"The largest differences; {more} smaller ones are left out." if more > 0 else ""
    blocks.append(Table(columns, rows=rows, caption=caption))
    return Section("Correlations", blocks=[*blocks, *_notes(found.untested)])


def _differences(found: CorrelationDrifts) -> Iterator[Chart]:
    columns = list(dict.fromkeys(name for pair in found.pairs for name in pair.columns))
    if not 2 < len(columns) <= _DRAWN:
        return
    rows = [
        {"row": row, "column": column, "value": pair.difference}
        for pair in found.pairs
        for row, column in (pair.columns, pair.columns[::-1])
    ]
    spec = heat_map(
        "How correlations changed", rows=columns, columns=columns, value="Current less reference"
    )
    yield Chart(with_data(spec, rows))


def _all_together(found: MultivariateDrift, names: Names) -> Section:
    blocks: list[Block] = [
        Text(
            "What only all columns together show: a change of how they go together, which no column"
            " shows by itself."
        )
    ]
    if found.reconstruction is not None:
        blocks.append(_reconstruction(found.reconstruction, names))
    if found.classifier is not None:
        blocks.append(_classifier(found.classifier))
    return Section("All columns together", blocks=[*blocks, *_notes(found.notes)])


def _reconstruction(found: ReconstructionError, names: Names) -> Section:
    text = (
        f"{found.components} principal components of the reference explain"
        f" {share(found.explained)} of its {len(found.columns)} columns. Rows that they describe"
        f" less well than those of the reference are of another kind. {_imputed(found.imputed)}"
    )
    facts: list[Fact] = [
        ("Verdict", verdict(drifted=found.drifted)),
        (f"Mean error in {names[0]}", found.reference),
        (f"Mean error in {names[1]}", found.current),
        ("Difference, 99.8 % interval", _interval(found.difference)),
        ("Threshold", found.threshold),
    ]
    return Section("Reconstruction by principal components", blocks=[Text(text), Facts(facts)])


def _imputed(shares: tuple[float, float]) -> str:
    if not any(shares):
        return ""
    before, after = map(share, shares)
    return f"Missing values, {before} and {after}, were taken to be average."


def _classifier(found: DomainClassifier) -> Section:
    text = (
        "How well a model tells from which table a row is that it has not seen: AUROC 0.5 is"
        " chance, 1 is always."
    )
    facts: list[Fact] = [
        ("Verdict", verdict(drifted=found.drifted)),
        ("AUROC, 99.8 % interval", _interval(found.auroc)),
        ("Threshold", found.threshold),
    ]
    blocks: list[Block] = [Text(text), Facts(facts)]
    if found.telling:
        title = "What tells the tables apart"
        spec = forest_plot(
            title,
            value="AUROC lost without the column",
            count=len(found.telling),
            name="Column",
            reference=0,
        )
        rows = [{"name": column.name, **_bounds(column.loss)} for column in found.telling]
        blocks.append(Chart(with_data(spec, rows)))
    return Section("Domain classifier", blocks=blocks)


def _bounds(estimate: Estimate) -> dict[str, float]:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def _interval(estimate: Estimate) -> Number:
    text = f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"
    return Number(estimate.value, text)


def _notes(notes: Sequence[str]) -> Iterator[Points]:
    if notes:
        yield Points(notes)
