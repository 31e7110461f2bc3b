"""Texts and numbers that lost something on the way.

encoding_damage   letters of one encoding read in another (Ã© for é, U+FFFD)
truncation        texts that pile up at their greatest length; numbers that pile up at a limit
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow.compute as pc

from core.eda.issue import DataQualityIssue
from core.eda.quality.conditions import number, rows_where
from core.eda.quality.texts import matches_sql, matching
from core.profile import vectors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.eda.quality.examined import ExaminedColumn
    from core.eda.quality.examined_table import ExaminedTable

# What UTF-8 looks like when it is read as Latin-1 or Windows-1252, and what cannot be decoded.
MOJIBAKE: Final = (
    r"\x{FFFD}|[\x{00C2}\x{00C3}][\x{0080}-\x{00BF}]|\x{00E2}\x{20AC}|\x{00EF}\x{00BF}\x{00BD}"
    r"|\x{00C3}[\x{0192}\x{201A}\x{2018}-\x{2026}\x{0152}\x{0153}\x{0160}\x{0161}]"
)
_PILED: Final = 10  # rows at the limit, at least
_TIMES: Final = 4  # and so many times as many as at any of the places before it
_NEAR: Final = 5  # places
_LONG: Final = 12  # characters: shorter texts are categories
_LENGTHS: Final = 6  # different lengths, so that there is something to be cut off from
_DIFFERENT: Final = 20


def encoding_damage(column: ExaminedColumn, table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield an issue for texts that were read in a wrong encoding."""
    del table
    rows = matching(column, MOJIBAKE) if column.family == "text" else 0
    if rows:
        yield DataQualityIssue(
            issue_type="encoding_damage",
            severity="medium",
            column=column.name,
            description=f"{rows:,} texts hold letters that come from reading a wrong encoding.",
            affected_rows=rows,
            recommendation="Read the file again with its true encoding; do not repair the texts.",
            evidence={"rows": rows, "pattern": MOJIBAKE},
            sql=rows_where(matches_sql(column, MOJIBAKE)),
            impact=rows / column.rows,
            sampled=column.sampled,
        )


def truncation(column: ExaminedColumn, table: ExaminedTable) -> Iterator[DataQualityIssue]:
    """Yield issues for texts and numbers that pile up at a limit."""
    del table
    if column.family == "text":
        yield from _cut_texts(column)
    elif column.family == "number" and not column.is_identifier:
        yield from _top_coded(column)


def _cut_texts(column: ExaminedColumn) -> Iterator[DataQualityIssue]:
    words, counts = column.texts
    lengths = vectors.whole(pc.utf8_length(words), 0)
    if not len(lengths) or lengths.max() < _LONG or lengths.max() > 1_000_000:
        return
    longest = int(lengths.max())
    different = np.bincount(lengths)  # texts that differ, not rows: one frequent text is no limit
    if np.count_nonzero(different) < _LENGTHS or different[longest] < _PILED:
        return
    if different[longest] <= _TIMES * different[max(0, longest - _NEAR) : longest].max():
        return
    rows = int(counts[lengths == longest].sum())
    yield DataQualityIssue(
        issue_type="truncation",
        severity="medium",
        column=column.name,
        description=(
            f"{rows:,} texts have exactly {longest} characters, the most there are, and far fewer"
            " have one less: they look cut off."
        ),
        affected_rows=rows,
        recommendation="Export them again with a wider column; what was cut off is lost here.",
        evidence={"length": longest, "texts": int(different[longest])},
        sql=rows_where(f"length({column.text_sql}) = {longest}"),
        impact=rows / column.rows,
    )


def _top_coded(column: ExaminedColumn) -> Iterator[DataQualityIssue]:
    values, counts = column.values, column.counts
    if column.codes:
        kept = ~np.isin(values, column.codes.values)
        values, counts = values[kept], counts[kept]
    if len(values) < _DIFFERENT:
        return
    for side, place, before in (
        ("greatest", -1, slice(-1 - _NEAR, -1)),
        ("least", 0, slice(1, 1 + _NEAR)),
    ):
        rows, limit = int(counts[place]), float(values[place])
        if limit != 0 and rows >= _PILED and rows > _TIMES * int(counts[before].max()):
            yield DataQualityIssue(
                issue_type="truncation",
                severity="medium",
                column=column.name,
                description=(
                    f"{rows:,} values are {limit:g}, the {side} there is, and at most"
                    f" {counts[before].max():,} are any value next to it: it stands for all beyond."
                ),
                affected_rows=rows,
                recommendation=(
                    "Treat it as censored, or cut the variable into groups; its mean and its"
                    " deviation are too small."
                ),
                evidence={"limit": limit, "rows": rows, "neighbours": counts[before].tolist()},
                sql=rows_where(f"{column.sql} = {number(limit)}"),
                impact=rows / column.rows,
            )
