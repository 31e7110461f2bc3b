"""Write a document as Markdown, for a pull request, a wiki or an e-mail.

Values cannot become markup: every character that Markdown or HTML knows is escaped. Charts are
their descriptions, with the numbers as a table where there are few.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from core.render.blocks import (
    Callout,
    Chart,
    Code,
    Facts,
    Picture,
    Points,
    Section,
    Table,
    Text,
)
from core.render.chart_rows import table_of
from core.render.wording import numeric_columns, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.render.blocks import Block, Cell, Document

_SPECIAL: Final = re.compile(r"([\\`*_\[\]|<>~$&])")
# What a line begins with may make it a heading, a list or a rule.
_BEGINNING: Final = re.compile(r"^([#+=-]|\d+(?=[.)](?:\s|$)))")
_ALERTS: Final = {
    "neutral": "NOTE",
    "info": "NOTE",
    "good": "TIP",
    "warning": "WARNING",
    "bad": "CAUTION",
}
_DEEPEST: Final = 6


def render_markdown(document: Document) -> str:
    """Write a document as GitHub-flavoured Markdown.

    >>> from core.render.blocks import Document
    >>> render_markdown(Document("Drift", subtitle="a | b"))
    '# Drift\\n\\na \\\\| b\\n'
    """
    parts = [f"# {escaped(document.title)}"]
    if document.subtitle:
        parts.append(_line(document.subtitle))
    parts.extend(_blocks(document.summary, 2))
    if document.facts:
        parts.extend(_blocks([Facts(document.facts)], 2))
    parts.extend(_blocks(document.sections, 2))
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Return a text on one line, in which nothing is markup.

    >>> print(escaped("<img onerror=x> a_b | *c*"))
    \\<img onerror=x\\> a\\_b \\| \\*c\\*
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _line(text: str) -> str:
    shielded = _BEGINNING.sub(lambda found: f"\\{found[0]}", escaped(text))
    return re.sub(r"^\\(\d+)", r"\1\\", shielded)


def _blocks(blocks: Sequence[Block], level: int) -> Iterator[str]:
    for block in blocks:
        yield from _block(block, level)


def _block(block: Block, level: int) -> Iterator[str]:
    match block:
        case Section():
            yield f"{'#' * min(level, _DEEPEST)} {escaped(block.title)}"
            yield from _blocks(block.blocks, level + 1)
        case Text():
            yield from map(_line, block.text.split("\n\n"))
        case Points():
            marks = (f"{i}." if block.numbered else "-" for i in range(1, len(block.items) + 1))
            yield "\n".join(f"{m} {_line(i)}" for m, i in zip(marks, block.items, strict=True))
        case Code():
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", block.text)), default=0))
            language = re.sub(r"\W", "", block.language)
            yield f"{fence}{language}\n{block.text}\n{fence}"
        case Facts():
            yield "\n".join(f"- **{escaped(name)}**: {_cell(cell)}" for name, cell in block.facts)
        case Table():
            yield from _table(block)
        case Callout():
            said = [f"**{escaped(block.title)}**", *block.text.split("\n\n")]
            lines = [said[0], *(_line(text) for text in said[1:] if text)]
            yield "\n".join([f"> [!{_ALERTS[block.level]}]", *(f"> {line}  " for line in lines)])
        case Chart() | Picture():
            yield from _figure(block)


def _figure(block: Chart | Picture) -> Iterator[str]:
    title, description = block.title, block.description
    if isinstance(block, Chart):
        title = title or str(block.spec.get("title", ""))
        description = description or str(block.spec.get("description", ""))
    yield f"**{escaped(title)}.** {escaped(description)}" if title else _line(description)
    rows = table_of(block) if isinstance(block, Chart) else None
    if rows is not None:
        yield from _table(rows)


def _table(table: Table) -> Iterator[str]:
    if table.caption:
        yield f"*{escaped(table.caption)}*"
    rule = ["--:" if number else "---" for number in numeric_columns(table)]
    rows = [[escaped(name) for name in table.columns], rule]
    rows.extend([_cell(cell) for cell in row] for row in table.rows)
    yield "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(cell: Cell) -> str:
    return escaped(text_of(cell))
