"""A report of drift, for people at a terminal and for pipes."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, Final

from app.cli_output import printable, say, say_table
from app.wording import counted

if TYPE_CHECKING:
    from core.drift.report import DriftReport, TestResult

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
