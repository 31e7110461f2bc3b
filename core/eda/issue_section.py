"""What is wrong with a table, as a section of its report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.render.document import Badge, Code, Link, Section, Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.eda.issue import DataQualityIssue
    from core.render.document import Block, Cell, Level

_LEVELS: Final[dict[str, Level]] = {
    "critical": "bad",
    "high": "bad",
    "medium": "warning",
    "low": "neutral",
}
_DETAILED: Final = 40  # issues whose query is shown


def issue_section(issues: Sequence[DataQualityIssue]) -> Section | None:
    """Return the section; None where nothing is wrong."""
    if not issues:
        return None
    blocks: list[Block] = [
        Table(
            ("Severity", "What", "Column", "Rows", "Found", "What to do"),
            rows=[_row(issue) for issue in issues],
        )
    ]
    queried = [issue for issue in issues if issue.sql][:_DETAILED]
    if queried:
        text = "Each query returns the rows of one finding; `data` stands for the table."
        details: list[Block] = [Text(text, style="note")]
        for issue in queried:
            details += [Text(_said(issue)), Code(issue.sql, language="sql")]
        blocks.append(Section("The rows behind it", blocks=details))
    return Section("Quality", blocks=blocks)


def _row(issue: DataQualityIssue) -> tuple[Cell, ...]:
    sampled = "" if issue.sampled is None else f" (of {issue.sampled:,} rows looked at)"
    column: Cell = ", ".join(issue.columns)
    if issue.column is not None:
        column = Link(issue.column, target=f"column {issue.column}")
    return (
        Badge(issue.severity, level=_LEVELS[issue.severity]),
        issue.issue_type.replace("_", " "),
        column,
        issue.affected_rows,
        issue.description + sampled,
        issue.recommendation,
    )


def _said(issue: DataQualityIssue) -> str:
    return f"{issue.issue_type.replace('_', ' ')}, {', '.join(issue.columns)}: {issue.description}"
