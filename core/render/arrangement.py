"""Arrange a document for a page: an id for each section and chart, and charts side by side.

Section "Sleep" > Text, Chart, Chart, Section "Tests" > Table

Node section #sleep > Node text, Node charts > (Node chart #chart-1, Node chart #chart-2),
                      Node section #tests > Node table
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from core.render.blocks import Chart, Section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.render.blocks import Block, Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A block with its place in the page; `kind` is the class of the block in small letters."""

    kind: str
    block: Block | None = None
    anchor: str = ""
    nodes: tuple[Node, ...] = ()

    @property
    def sections(self) -> tuple[Node, ...]:
        """The sections inside it."""
        return tuple(node for node in self.nodes if node.kind == "section")


@dataclass(slots=True)
class Arrangement:
    """What is where on the page; the same for the same document."""

    document: Document
    summary: tuple[Node, ...] = ()
    sections: tuple[Node, ...] = ()
    charts: dict[str, Chart] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)  # what links name -> id in the page
    _used: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.summary = self._arrange(self.document.summary)
        self.sections = self._arrange(self.document.sections)

    def _arrange(self, blocks: Sequence[Block]) -> tuple[Node, ...]:
        nodes: list[Node] = []
        for is_chart, group in groupby(blocks, lambda block: isinstance(block, Chart)):
            placed = tuple(self._place(block) for block in group)
            nodes.extend([Node(kind="charts", nodes=placed)] if is_chart else placed)
        return tuple(nodes)

    def _place(self, block: Block) -> Node:
        kind = type(block).__name__.lower()
        if isinstance(block, Section):
            name = block.id or block.title
            anchor = self._free(slug(name))
            self.targets.setdefault(name, anchor)
            return Node(kind=kind, block=block, anchor=anchor, nodes=self._arrange(block.blocks))
        anchor = ""
        if isinstance(block, Chart):
            anchor = f"chart-{len(self.charts) + 1}"
            self.charts[anchor] = block
        return Node(kind=kind, block=block, anchor=anchor)

    def _free(self, wanted: str) -> str:
        number = self._used[wanted] = self._used.get(wanted, 0) + 1
        return wanted if number == 1 else self._free(f"{wanted}-{number}")


def slug(text: str) -> str:
    """Return a text as an id that no other part of the page has.

    >>> slug("Größe (cm)"), slug("</script>"), slug("年齢")
    ('at-grosse-cm', 'at-script', 'at')
    """
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return f"at-{re.sub(r'[^a-z0-9]+', '-', plain).strip('-')[:60]}".rstrip("-")
