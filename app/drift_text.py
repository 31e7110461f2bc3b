"""A report of drift, for people at a terminal and for pipes."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, Final

from app.cli_output import at_terminal, printable, say, say_table
from app.wording import counted

if TYPE_CHECKING:
    from app.drift_files import ReportFiles
    from core.drift.report import DriftReport, TestResult
    from core.drift.second_opinion import SecondOpinion
    from core.render.blocks import Document

# what each test speaks of, for readers who know the columns and not the tests
_MEANINGS: Final = {
    "type": "another type",
    "missing_share": "missing values",
    "new_categories": "new values",
    "lost_categories": "values are gone",
    "chi2": "shares of values",
    "ks": "distribution",
    "mann_whitney": "distribution",
    "range": "beyond the range",
}
_WIDTH: Final = 80


def hand_over(
    report: DriftReport,
    names: tuple[str, str],
    files: ReportFiles,
    *,
    opinion: SecondOpinion | None = None,
) -> None:
    """Write the files asked for, and print the report unless its JSON was printed."""

    def document() -> Document:
        from core.drift.document import drift_document  # with charts, which few need

        return drift_document(report, names=names, opinion=opinion)

    if files.write(report, document):
        return
    terminal = at_terminal()
    say_drift(report, names=names, terminal=terminal)
    if opinion is not None:
        say_opinion(opinion, terminal=terminal)


def say_drift(report: DriftReport, *, names: tuple[str, str], terminal: bool) -> None:
    """Print the verdict, the drifted columns, and what may be behind them."""
    say(f"{printable(names[0])} -> {printable(names[1])}")
    rows = f"{report.reference_rows:,} -> {report.current_rows:,} rows"
    compared = len(report.feature_drifts)
    method = "" if report.method == "exact" else ", from what was counted at registration"
    say(f"{rows}, {counted(compared, 'column')} compared{method}")
    say(_verdict(report))
    if report.report_id:
        say(f"report {report.report_id}")
    if report.drifted_columns:
        say()
        sys.stdout.flush()
        headers = ("column", "effect", "what changed", "p adjusted")
        say_table(headers, [_line(report, name, terminal) for name in report.drifted_columns])
    for text in report.recommendations:
        say()
        _say_wrapped(text, terminal)


def say_opinion(opinion: SecondOpinion, *, terminal: bool) -> None:
    """Print on which columns Evidently agrees, on which it does not, and why."""
    agreed, disagreed = len(opinion.agreement), len(opinion.disagreement)
    say()
    asked = counted(agreed + disagreed, "column")
    say(f"Evidently {opinion.version} was asked about {asked} and agrees on {agreed:,}.")
    if disagreed:
        say()
        sys.stdout.flush()
        rows = []
        for name, reason in opinion.disagreement.items():
            ours = opinion.columns[name].ours
            rows.append((name, *(["drift", "none"] if ours else ["none", "drift"]), reason))
        say_table(("column", "ours", "Evidently", "why"), rows)
    by_reason: dict[str, list[str]] = {}
    for name, reason in opinion.not_asked.items():
        by_reason.setdefault(reason, []).append(name)
    for reason, names in by_reason.items():
        say()
        _say_wrapped(f"not asked about {', '.join(names)}: {reason}", terminal)


def _verdict(report: DriftReport) -> str:
    if not report.drift_detected:
        return "No drift."
    parts = []
    if report.drifted_columns:
        parts.append(f"{counted(len(report.drifted_columns), 'column')} drifted")
    if report.only_in_reference:
        parts.append(f"{len(report.only_in_reference)} gone")
    if report.only_in_current:
        parts.append(f"{len(report.only_in_current)} new")
    return f"Drift: {', '.join(parts) or 'see below'}; score {report.drift_score:.3f} of 1."


def _line(report: DriftReport, name: str, terminal: bool) -> tuple[object, ...]:
    tests = report.statistical_tests[name]
    judged = [test for test in _MEANINGS if tests.get(test, {}).get("drifted")]
    changed = ", ".join(dict.fromkeys(_MEANINGS[test] for test in judged))
    effect = report.feature_drifts[name]
    return (
        name,
        f"{effect:.1%}" if terminal else effect,
        changed,
        _least_p([tests[test] for test in judged], terminal),
    )


def _least_p(tests: list[TestResult], terminal: bool) -> object:
    values = [float(p) for test in tests if (p := test["p_adjusted"]) is not None]
    least = min(values, default=1.0)
    if not terminal:
        return least
    return f"{least:.2g}" if least >= 0.0001 else "< 0.0001"


def _say_wrapped(text: str, terminal: bool) -> None:
    if not terminal:
        say(printable(text))
        return
    lines = textwrap.wrap(printable(text), _WIDTH - 2, break_on_hyphens=False)
    say("\n".join(["- " + lines[0], *("  " + line for line in lines[1:])]))
