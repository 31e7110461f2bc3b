"""The part of a card that people state, and what they have not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.models.completeness import PEOPLE, completeness
from core.models.statements import STATEMENTS, USE
from core.render.blocks import Badge, Points, Section, Share, Table, Text

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
        inner = [
            Section(statement.title, id=f"{name}: {statement.title}", blocks=[_block(said)])
            for statement in STATEMENTS
            if statement.section == name
            and name in wanted
            and statement.key not in _ELSEWHERE
            and (said := card.said(statement.key))
        ]
        if inner:
            yield Section(name, blocks=inner)


def _block(said: str | tuple[str, ...]) -> Block:
    return Text(said) if isinstance(said, str) else Points(said)


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
