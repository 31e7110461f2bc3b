"""The second opinion as a section of a report: who agrees, who does not, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.drift.verdicts import verdict
from core.render.blocks import Facts, Section, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.drift.second_opinion import ColumnOpinion, SecondOpinion
    from core.render.blocks import Block, Cell


def opinion_section(opinion: SecondOpinion) -> Section:
    """Describe what Evidently says of each column, disagreement first."""
    rows = " and ".join(f"{number:,}" for number in opinion.rows)
    said = (
        f"Evidently {opinion.version} was asked for its verdict, with its own tests and thresholds,"
        f" on {rows} rows of the two tables. Where both differ, the reason is named."
    )
    blocks: list[Block] = [
        Text(said),
        Facts(
            [
                ("Columns agreed on", len(opinion.agreement)),
                ("Disagreed on", len(opinion.disagreement)),
                ("Not asked about", len(opinion.not_asked)),
            ]
        ),
        *_table("Disagreement", {name: opinion.columns[name] for name in opinion.disagreement}),
        *_table("Agreement", {name: opinion.columns[name] for name in opinion.agreement}),
    ]
    if opinion.not_asked:
        columns = ("Column", "Why Evidently was not asked")
        blocks.append(Table(columns, rows=[*opinion.not_asked.items()], caption="Not asked"))
    return Section("Second opinion: Evidently", blocks=blocks)


def _table(caption: str, columns: Mapping[str, ColumnOpinion]) -> Iterator[Table]:
    if not columns:
        return
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            verdict(drifted=column.ours),
            verdict(drifted=bool(column.theirs)),
            column.method,
            column.value,
            column.threshold,
            *([column.reason[:1].upper() + column.reason[1:]] if column.reason else []),
        )
        for name, column in columns.items()
    ]
    titles = ("Column", "Ours", "Evidently", "Its test", "Value", "Threshold")
    reasoned = any(column.reason for column in columns.values())
    yield Table((*titles, *(["Reason"] if reasoned else [])), rows=rows, caption=caption)
