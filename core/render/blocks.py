"""What a report says, without how it looks.

    Document
      summary       blocks above the first section: what a reader in a hurry needs
      facts         a name and a value each, shown as tiles
      Section       a heading, blocks, and sections inside it
        Text  Points  Code  Facts  Table  Chart  Callout  Picture

A table's cell is a plain value, or one of

    Number   a number with a text of its own; sorted by the number
    Share    a part of a whole, 0 ... 1, with a bar
    Badge    a word with a colour
    Bars     a few numbers as tiny bars
    Link     a text that leads to a section of the same document

All text is text: markup in it is shown as it stands, wherever it came from.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Level = Literal["neutral", "info", "good", "warning", "bad"]
Style = Literal["plain", "lead", "note"]


@dataclass(frozen=True, slots=True)
class Number:
    """A number that is not written as usual: with a unit, a sign, or as `< 0.001`."""

    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, 0 ... 1."""

    value: float


@dataclass(frozen=True, slots=True)
class Badge:
    """A word with a colour. The colour only repeats what the word says."""

    text: str
    _: KW_ONLY
    level: Level = "neutral"


@dataclass(frozen=True, slots=True)
class Bars:
    """A few numbers, none below 0, as tiny bars; `description` says what they are."""

    values: Sequence[float]
    _: KW_ONLY
    description: str


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads to the section with the id `target`."""

    text: str
    _: KW_ONLY
    target: str


Cell = str | bool | int | float | None | Number | Share | Badge | Bars | Link
Fact = tuple[str, Cell]


@dataclass(frozen=True, slots=True)
class Text:
    """Paragraphs, with an empty line between them."""

    text: str
    _: KW_ONLY
    style: Style = "plain"


@dataclass(frozen=True, slots=True)
class Points:
    """A list; `numbered` when the order matters."""

    items: Sequence[str]
    _: KW_ONLY
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """Lines to copy, such as SQL."""

    text: str
    _: KW_ONLY
    language: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values, shown as tiles."""

    facts: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns. A column whose cells are numbers is aligned and sorted as numbers."""

    columns: Sequence[str]
    _: KW_ONLY
    rows: Sequence[Sequence[Cell]]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A Vega-Lite chart that carries its data (`core.charts.export.with_data`).

    Title and description default to those of the spec. Charts that follow one another stand side
    by side where there is room; a `wide` one has a row of its own.
    """

    spec: Mapping[str, Any]
    _: KW_ONLY
    title: str = ""
    description: str = ""
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Callout:
    """A message that must not be missed."""

    title: str
    _: KW_ONLY
    text: str = ""
    level: Level = "info"


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG that was drawn elsewhere; `description` is the text for who cannot see it.

    It may take colours of the page by `currentColor` and `var(--primary)`, `var(--muted)`, ... .
    """

    svg: str
    _: KW_ONLY
    description: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it. `id` is what links name; by default, the title."""

    title: str
    _: KW_ONLY
    blocks: Sequence[Block] = ()
    id: str = ""


Block = Text | Points | Code | Facts | Table | Chart | Callout | Picture | Section


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report.

    >>> Document("Drift", sections=[Section("All columns", blocks=[Text("None drifted.")])]).title
    'Drift'
    """

    title: str
    _: KW_ONLY
    subtitle: str = ""
    facts: Sequence[Fact] = ()
    summary: Sequence[Block] = ()
    sections: Sequence[Section] = ()
