"""The part of a card that people state, and what they have not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.models.completeness import PEOPLE, completeness
from core.models.statements import STATEMENTS, USE
from core.render.blocks import Badge, Points, Section, Share, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.models.card import ModelCard
    from core.render.blocks import Block, Cell

# told in the summary, or where they are measured
_ELSEWHERE: Final = frozenset({"summary", "safety_statement", "bias_analysis", "keywords"})


def use_section(card: ModelCard) -> Iterator[Section]:
    """Return what it is for, first of all sections; none when nobody says."""
    yield from _sections(card, {USE})


def stated_sections(card: ModelCard) -> Iterator[Section]:
    """Return everything else that people state, as sections."""
    yield from _sections(card, {statement.section for statement in STATEMENTS} - {USE})


def _sections(card: ModelCard, wanted: set[str]) -> Iterator[Section]:
    for name in dict.fromkeys(statement.section for statement in STATEMENTS):
        said = [
            (statement.title, found)
            for statement in STATEMENTS
            if statement.section == name
            and name in wanted
            and statement.key not in _ELSEWHERE
            and (found := card.said(statement.key))
        ]
        if said:
            yield Section(name, blocks=_blocks(name, said))


def _blocks(name: str, said: list[tuple[str, str | tuple[str, ...]]]) -> list[Block]:
    """Return short statements as one table, and lists of several as a list each."""
    texts = [
        (title, found if isinstance(found, str) else found[0])
        for title, found in said
        if isinstance(found, str) or len(found) == 1
    ]
    lists = [
        Section(title, id=f"{name}: {title}", blocks=[Points(found)])
        for title, found in said
        if not isinstance(found, str) and len(found) > 1
    ]
    table = [Table(("", "What is said of it"), rows=texts)] if texts else []
    return [*table, *lists]


def completeness_section(card: ModelCard) -> Section:
    """Return how much of the card is filled, and what is missing."""
    found = completeness(card)
    by_section: list[tuple[Cell, ...]] = [
        (name, Share(filled / total), f"{filled} of {total}")
        for name, (filled, total) in found.sections().items()
    ]
    blocks: list[Block] = [Table(("Part", "Filled", "Entries"), rows=by_section)]
    if found.missing:
        rows: list[tuple[Cell, ...]] = [
            (
                item.title,
                item.section,
                Badge("required", level="bad") if item.required else Badge("wanted"),
                "people" if item.source == PEOPLE else "the workbench",
                item.hint,
            )
            for item in found.missing
        ]
        columns = ("Missing", "Part", "Need", "Who knows", "How to fill it")
        blocks.append(Table(columns, rows=rows))
    return Section("Completeness", blocks=blocks)
