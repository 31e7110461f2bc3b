"""A report of drift as a document, in the order in which somebody responsible reads it.

verdict    in one sentence
what changed   columns, by how much, the likely cause and the next step
each of them   both distributions, and every test with p, adjusted p and threshold
on request     correlations, all columns together, ... (core/drift/findings_document.py)
all columns    also those that did not change
how to read    what the tests ask, and when they say yes
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from core.charts.comparison import paired_names, paired_ranges
from core.charts.export import with_data
from core.drift.findings_document import requested_sections
from core.drift.glossary import MEANINGS
from core.drift.opinion_document import opinion_section
from core.drift.verdicts import decides, table_of_tests, verdict
from core.render.blocks import (
    Bars,
    Callout,
    Chart,
    Document,
    Facts,
    Link,
    Number,
    Points,
    Section,
    Share,
    Table,
    Text,
)
from core.render.wording import named, p_value, share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.drift.distributions import Distributions
    from core.drift.report import DriftReport
    from core.drift.second_opinion import SecondOpinion
    from core.render.blocks import Block, Cell, Fact

_LONGEST_NAME: Final = 30  # of a side, in a legend
_NAMED: Final = 5  # drifted columns in the first sentence
_LABEL: Final = (
    "tells the tables apart and nothing about the rows"  # as core/drift/causes.py has it
)
Names = tuple[str, str]
Advice = dict[str, tuple[str, str]]  # column -> what is said, and the first it is said of


def drift_document(
    report: DriftReport, *, names: Names | None = None, opinion: SecondOpinion | None = None
) -> Document:
    """Describe a report for readers; `names` are what they call reference and current.

    `opinion` is what Evidently says of it, when it was asked.

    >>> from core.drift.detect import detect_drift
    >>> report = detect_drift({"age": range(300)}, {"age": range(90, 390)})
    >>> drift_document(report).summary[0].title
    'Drift: 1 of 1 columns has changed.'
    """
    before, after = names or (report.version_id1, report.version_id2)
    short = short_names((before, after))
    advice = advice_by_column(report)
    made = f"{report.generated_at:%Y-%m-%d %H:%M} UTC"
    return Document(
        "Drift report",
        subtitle=f"{after} compared with {before} · {made}",
        facts=[
            ("Columns compared", len(report.feature_drifts)),
            ("Columns drifted", len(report.drifted_columns)),
            ("Drift score, 0 to 1", report.drift_score),
            (f"Rows of {short[0]}", report.reference_rows),
            (f"Rows of {short[1]}", report.current_rows),
        ],
        summary=[verdict_callout(report)],
        sections=[
            *_what_changed(report, advice),
            *_drifted_columns(report, short, advice),
            *requested_sections(report, short),
            *([opinion_section(opinion)] if opinion is not None else []),
            all_columns(report, short),
            how_to_read(),
        ],
    )


def short_names(names: Names) -> Names:
    """Return what reference and current are called in a legend.

    >>> short_names(("2013", "2015")), short_names(("2013", "2013"))
    (('2013', '2015'), ('reference', 'current'))
    """
    same = names[0] == names[1]
    return ("reference", "current") if same or max(map(len, names)) > _LONGEST_NAME else names


def verdict_callout(report: DriftReport) -> Callout:
    """Say in one sentence whether there is drift, and below it why."""
    compared, drifted = len(report.feature_drifts), report.drifted_columns
    if not report.drift_detected:
        return Callout(
            "No drift was found.",
            text=(
                f"None of {compared} columns differs by more than chance explains and by enough"
                " to matter."
            ),
            level="good",
        )
    said = []
    labels = [name for name, (text, _) in advice_by_column(report).items() if _LABEL in text]
    telling = [name for name in drifted if name not in labels]
    if telling:
        more = len(telling) - _NAMED
        listed = ", ".join(map(named, telling[:_NAMED])) + (f" and {more} more" if more > 0 else "")
        said.append(f"More than chance explains, and by enough to matter: {listed}.")
    if labels:
        said.append(f"Labels of the tables, which say nothing about rows: {', '.join(labels)}.")
    for gone, columns in (("gone", report.only_in_reference), ("new", report.only_in_current)):
        if columns:
            is_so = "column is" if len(columns) == 1 else "columns are"
            said.append(f"{len(columns)} {is_so} {gone}: {', '.join(columns)}.")
    said.extend(_requested(report))
    if not drifted:
        title = f"Drift, but none of {compared} columns has changed by itself."
    else:
        verb = "has" if len(drifted) == 1 else "have"
        title = f"Drift: {len(drifted)} of {compared} columns {verb} changed."
    return Callout(title, text=" ".join(said), level="warning")


def _requested(report: DriftReport) -> Iterator[str]:
    for role, outcome in (("target", report.target), ("prediction", report.prediction)):
        if outcome is not None and outcome.drifted:
            yield f"The {role}, {outcome.column}, has drifted."
        if outcome is not None and any(change.drifted for change in outcome.relation):
            yield "Prediction and target belong together in another way than before."
    if report.subgroups is not None and report.subgroups.drifted:
        yield f"Subgroups by {report.subgroups.by} have drifted, or their mix has."
    if report.correlation_drifts is not None and report.correlation_drifts.drifted:
        yield "Columns go together in another way than before."
    if report.multivariate is not None and report.multivariate.drifted:
        yield "All columns together tell the tables apart."


def _what_changed(report: DriftReport, advice: Advice) -> Iterator[Section]:
    if not report.drift_detected:
        return
    rows: list[tuple[Cell, ...]] = [
        (
            Link(name, target=_section_id(name)),
            *([report.labels.get(name, "")] if report.labels else []),
            ", ".join(_changes(report, name)),
            Share(report.feature_drifts[name]),
            _said_once(name, advice),
        )
        for name in report.drifted_columns
    ]
    blocks: list[Block] = []
    if rows:
        columns = ("What changed", "Rows affected", "Likely cause and next step")
        head = ("Column", "Label") if report.labels else ("Column",)
        blocks.append(Table((*head, *columns), rows=rows))
    others = [text for text in report.recommendations if not _concerned(text, report)[0]]
    if others:
        blocks.append(Points(others))
    blocks.extend(_unmatched(report))
    yield Section("What changed", blocks=blocks)


def _unmatched(report: DriftReport) -> Iterator[Table]:
    """Say in words what the columns are called that only one of the tables has."""
    sides = (("gone", report.only_in_reference), ("new", report.only_in_current))
    named = [(name, found) for found, names in sides for name in names]
    if any(name in report.labels for name, _ in named):
        rows = [(name, report.labels.get(name, ""), found) for name, found in named]
        yield Table(("Column", "Label", "Gone or new"), rows=rows)


def advice_by_column(report: DriftReport) -> Advice:
    """Return what is recommended for each column, and the first column it is said of."""
    found: dict[str, tuple[str, str]] = {}
    for text in report.recommendations:
        names, said = _concerned(text, report)
        for name in names:
            found.setdefault(name, (said[:1].upper() + said[1:], names[0]))
    return found


def _concerned(text: str, report: DriftReport) -> tuple[list[str], str]:
    """Take "a, b: both changed" apart; no names where it does not begin with drifted columns."""
    names: list[str] = []
    longest_first = sorted(report.drifted_columns, key=len, reverse=True)
    while True:
        for name in longest_first:
            if text.startswith(f"{name}: "):
                return [*names, name], text.removeprefix(f"{name}: ")
            if text.startswith(f"{name}, "):
                names.append(name)
                text = text.removeprefix(f"{name}, ")
                break
        else:
            return [], text


def _said_once(column: str, advice: Advice) -> str:
    text, first = advice.get(column, ("", column))
    return text if first == column else f"Together with {first}."


def _changes(report: DriftReport, column: str) -> list[str]:
    """Say in what ways a column drifted; distances, which decide nothing, are left out."""
    tests = report.statistical_tests[column]
    judged = [name for name, test in tests.items() if test["drifted"] and decides(test)]
    return list(dict.fromkeys(MEANINGS[name].change for name in MEANINGS if name in judged))


def _drifted_columns(report: DriftReport, names: Names, advice: Advice) -> Iterator[Section]:
    if report.drifted_columns:
        said = {name: text for name, (text, _) in advice.items()}
        sections = [
            column_section(report, name, names, said.get(name, ""))
            for name in report.drifted_columns
        ]
        yield Section("Drifted columns", blocks=sections)


def column_section(report: DriftReport, column: str, names: Names, advice: str) -> Section:
    """Describe one column: both distributions, and every test."""
    label = report.labels.get(column, "")
    facts: list[Fact] = [("Label", label)] if label else []
    facts.append(("Rows affected", Share(report.feature_drifts[column])))
    charts: list[Chart] = []
    found = report.distributions.get(column)
    if found is not None:
        facts.extend(_missing(report, found, names))
        charts.extend(_chart(column, found, names))
    blocks: list[Block] = [Text(advice), Facts(facts), *charts]
    blocks.append(table_of_tests(report.statistical_tests[column]))
    return Section(column, id=_section_id(column), blocks=blocks)


def _section_id(column: str) -> str:
    return f"column {column}"


def _missing(report: DriftReport, found: Distributions, names: Names) -> list[tuple[str, Cell]]:
    rows = (report.reference_rows, report.current_rows)
    sides = zip(names, found.missing, rows, strict=True)
    return [(f"Missing in {name}", Share(n / max(1, of))) for name, n, of in sides]


def _chart(column: str, found: Distributions, names: Names) -> Iterator[Chart]:
    shares = found.shares
    rows: list[dict[str, Any]]
    if found.kind == "number" and found.edges:
        ranges = zip(pairwise(found.edges), *shares, strict=True)
        rows = [
            {"low": low, "high": high, "reference": before, "current": after}
            for (low, high), before, after in ranges
        ]
        spec = paired_ranges(column, value=column, names=names, beyond=found.beyond)
        yield Chart(with_data(spec, rows))
    elif found.kind == "category" and found.names:
        rows = [
            {"name": name, "reference": before, "current": after}
            for name, before, after in zip(found.labels, *shares, strict=True)
        ]
        spec = paired_names(column, value=column, names=names, count=len(found.labels))
        yield Chart(with_data(spec, rows))


def all_columns(report: DriftReport, names: Names) -> Section:
    """Return a row for each column, the drifted ones first."""
    drifted = {name: i for i, name in enumerate(report.drifted_columns)}
    effects = report.feature_drifts
    chances = {name: _least_p(report, name) for name in effects}

    def place(name: str) -> tuple[float, ...]:
        chance = chances[name]
        return drifted.get(name, len(drifted)), 1.0 if chance is None else chance, -effects[name]

    order = sorted(effects, key=place)
    rows = [_row(report, name, names, is_drifted=name in drifted) for name in order]
    head = ("Column", "Label") if report.labels else ("Column",)
    found = ("Kind", "Verdict", "Rows affected", "Least adjusted p", "Missing")
    return Section("All columns", blocks=[Table((*head, *found, *names), rows=rows)])


def _row(report: DriftReport, name: str, names: Names, *, is_drifted: bool) -> tuple[Cell, ...]:
    found = report.distributions.get(name)
    missing: Cell = None
    bars: tuple[Cell, Cell] = (None, None)
    if found is not None:
        rows = (report.reference_rows, report.current_rows)
        shares = [n / max(1, of) for n, of in zip(found.missing, rows, strict=True)]
        missing = Number(shares[1], " → ".join(map(share, shares)))
        if found.reference:
            before, after = (
                Bars(side, description=f"Distribution in {side_name}")
                for side, side_name in zip(found.shares, names, strict=True)
            )
            bars = (before, after)
    return (
        Link(name, target=_section_id(name)) if is_drifted else name,
        *([report.labels.get(name, "")] if report.labels else []),
        found.kind if found is not None else None,
        verdict(drifted=is_drifted),
        Share(report.feature_drifts[name]),
        p_value(_least_p(report, name)),
        missing,
        *bars,
    )


def _least_p(report: DriftReport, column: str) -> float | None:
    tests = report.statistical_tests[column].values()
    return min((p for test in tests if (p := test["p_adjusted"]) is not None), default=None)


def how_to_read() -> Section:
    """Say what the numbers mean, and when a test says yes."""
    rule = (
        "A column has drifted when a difference is both significant and large. Significant: its"
        " p value, adjusted for the number of columns (Benjamini and Hochberg), is below 0.05."
        " Large: its effect reaches the threshold of its kind. Significance alone would flag every"
        " large table, effect alone every small one."
    )
    score = (
        "Rows affected is the part of the rows, 0 to 100 %, by which the two tables differ in this"
        " column: of all rows for missing values, else of those that have a value, which may be"
        " few. The drift score adds it up over the drifted columns and divides by the number of"
        " columns."
    )
    rows = [(m.title, m.question, m.verdict) for m in MEANINGS.values()]
    table = Table(("Test", "What it asks", "Drifted when"), rows=rows)
    return Section("How to read this", blocks=[Text(f"{rule}\n\n{score}"), table])
