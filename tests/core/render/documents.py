"""Documents that tests render."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.charts.bars import bars
from core.charts.export import with_data
from core.render.document import (
    Badge,
    Bars,
    Callout,
    Chart,
    Code,
    Document,
    Facts,
    Link,
    Number,
    Picture,
    Points,
    Section,
    Share,
    Table,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.render.document import Block

BOX = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>'


def chart(title: str, *, names: Sequence[str] = tuple("abc")) -> Chart:
    rows = [{"name": name, "value": place + 1} for place, name in enumerate(names)]
    return Chart(with_data(bars(title, name="Site", value="Rows"), rows))


def everything(word: str) -> Document:
    """Make a document in which the word is everywhere where a text may be."""
    cells = (
        *(word, Number(0.5, word), Badge(word, level="bad"), Share(0.25)),
        *(Bars([1, 2, 0], description=word), Link(word, target=word), None, True, 12_345, 0.1),
    )
    blocks: list[Block] = [
        Text(f"{word}\n\n{word}", style="lead"),
        Points([word, word], numbered=True),
        Code(word, language=word),
        Facts([(word, word)]),
        Table([f"{word} {i}" for i in range(len(cells))], rows=[cells, cells], caption=word),
        chart(word, names=[word, "b"]),
        Chart(chart(word, names=[word]).spec, title=word, description=word, wide=True),
        Callout(word, text=word, level="bad"),
        Picture(BOX, description=word, title=word),
    ]
    return Document(
        word,
        subtitle=word,
        facts=[(word, word)],
        summary=[Callout(word, text=word)],
        sections=[Section(word, blocks=[*blocks, Section(word, blocks=blocks)])],
    )
