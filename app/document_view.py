"""Draw the blocks of a report (core/render/blocks.py) on a page, as its HTML file shows them.

A report is described once. What a page adds to it are choices and clicks.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.draw import draw
from app.layout import card, facts, plain
from core.render.blocks import (
    Badge,
    Bars,
    Callout,
    Chart,
    Code,
    Facts,
    Picture,
    Points,
    Section,
    Share,
    Table,
    Text,
)
from core.render.wording import named, numeric_columns, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.layout import Colour
    from core.render.blocks import Block, Cell, Level

COLOURS: Final[dict[Level, Colour]] = {
    "neutral": "gray",
    "info": "blue",
    "good": "green",
    "warning": "orange",
    "bad": "red",
}
_ICONS: Final[dict[Level, str]] = {
    "neutral": ":material/info:",
    "info": ":material/info:",
    "good": ":material/check_circle:",
    "warning": ":material/warning:",
    "bad": ":material/error:",
}
ROW: Final = 35  # pixels
_TALLEST: Final = 12  # rows
_AXES: Final = 80  # pixels, of an axis and a legend
_AXES_OF_MATRIX: Final = 190  # with slanted names


def show_section(section: Section, *, key: str, title: str | None = None) -> None:
    """Draw a section: its charts side by side, a single one beside the words, tables below."""
    charts = [block for block in section.blocks if isinstance(block, Chart)]
    tables = [block for block in section.blocks if isinstance(block, Table)]
    others = [block for block in section.blocks if not isinstance(block, Chart | Table)]
    heading = named(section.title) if title is None else title
    if len(charts) == 1 and others:
        left, right = st.columns([3, 2])
        with left:
            show_blocks(charts, key=f"{key}-charts")
        with right, card(heading):
            show_blocks(others, key=key)
        others, heading = [], ""
    else:
        show_blocks(charts, key=f"{key}-charts")
    if others or tables:
        with card(heading):
            show_blocks([*others, *tables], key=f"{key}-rest")


def show_blocks(blocks: Sequence[Block], *, key: str) -> None:
    """Draw blocks in their order; charts that follow one another stand side by side."""
    groups = groupby(enumerate(blocks), key=lambda one: _is_narrow(one[1]))
    for narrow, group in groups:
        found = [*group]
        if narrow and len(found) > 1:
            with st.grid(2, min_column_width=380):
                for place, block in found:
                    _show(block, f"{key}-{place}")
        else:
            for place, block in found:
                _show(block, f"{key}-{place}")


def _is_narrow(block: Block) -> bool:
    return isinstance(block, Chart) and not block.wide


def _show(block: Block, key: str) -> None:
    match block:
        case Text():
            _text(block)
        case Points():
            _points(block)
        case Facts():
            facts({name: text_of(cell) for name, cell in block.facts}, alt="Facts")
        case Chart():
            titled = {"title": block.title} if block.title else {}
            spec = with_room({**block.spec, **titled})
            draw(spec, None, key=key, alt=block.description or None)
        case Callout():
            show_callout(block)
        case Table():
            show_table(block, key=key)
        case Section():
            st.subheader(plain(block.title), anchor=False)
            show_blocks(block.blocks, key=key)
        case Code():
            st.code(block.text, language=block.language or None)
        case Picture():
            st.image(block.svg, alt=block.description, width="stretch")


def with_room(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a chart of a report as high as there: on a page, its axes are part of its height."""
    layers = spec.get("layer", [spec])
    is_matrix = any(layer.get("mark", {}).get("type") == "rect" for layer in layers)
    axes = _AXES_OF_MATRIX if is_matrix else _AXES
    return {**spec, "height": int(spec.get("height", 200)) + axes}


def _points(block: Points) -> None:
    marks = (f"{n}." if block.numbered else "-" for n in range(1, len(block.items) + 1))
    lines = (f"{m} {plain(text)}" for m, text in zip(marks, block.items, strict=True))
    st.markdown("\n".join(lines))


def _text(block: Text) -> None:
    for paragraph in block.text.split("\n\n"):
        if not paragraph.strip():
            continue
        if block.style == "note":
            st.caption(plain(paragraph))
        else:
            said = plain(paragraph)
            st.markdown(f"**{said}**" if block.style == "lead" else said)


def show_callout(block: Callout) -> None:
    """Draw a message that must not be missed."""
    colour = COLOURS[block.level]
    with st.container(border=True, key=f"callout-{block.level}", gap="xsmall"):
        st.markdown(f":{colour}[{_ICONS[block.level]}] **{plain(block.title)}**")
        if block.text:
            st.markdown(plain(block.text))


def show_table(table: Table, *, key: str, **selection: Any) -> None:
    """Draw a table; shares are bars, badges are chips. `selection` is that of st.dataframe."""
    import pyarrow as pa  # loaded already, by who made the report

    numeric = numeric_columns(table)
    columns: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    for place, title in enumerate(table.columns):
        cells = [row[place] for row in table.rows]
        name = title or " " * (place + 1)
        while name in columns:
            name += " "
        values, setting = _column(name, cells, numeric=numeric[place])
        columns[name], settings[name] = values, setting
    if not table.rows:
        st.caption("There is nothing to show.")
        return
    st.dataframe(
        pa.table(columns),
        key=key,
        hide_index=True,
        placeholder="",
        row_height=ROW,
        height="content" if len(table.rows) <= _TALLEST else (_TALLEST + 1) * ROW + ROW // 2,
        column_config=settings,
        alt=table.caption or f"{', '.join(table.columns)}: {len(table.rows)} rows",
        **selection,
    )
    if table.caption:
        st.caption(plain(table.caption))


def _column(title: str, cells: Sequence[Cell], *, numeric: bool) -> tuple[Any, Any]:
    """Return the values of a column, and how they are shown."""
    import pyarrow as pa  # as above

    column = st.column_config
    known = [cell for cell in cells if cell is not None]
    if known and all(isinstance(cell, Share) for cell in known):
        shares = [100 * cell.value if isinstance(cell, Share) else None for cell in cells]
        setting = column.ProgressColumn(
            title, min_value=0, max_value=100, format="%.1f%%", width=125
        )
        return pa.array(shares, pa.float64()), setting
    if known and all(isinstance(cell, Bars) for cell in known):
        bars = [[*map(float, cell.values)] if isinstance(cell, Bars) else None for cell in cells]
        return pa.array(bars, pa.list_(pa.float64())), column.BarChartColumn(
            title, y_min=0, width=140
        )
    if known and all(isinstance(cell, Badge) for cell in known):
        levels = {cell.text: COLOURS[cell.level] for cell in known if isinstance(cell, Badge)}
        texts = [cell.text if isinstance(cell, Badge) else "" for cell in cells]
        chips = column.MultiselectColumn(
            title, options=[*levels], color=[*levels.values()], width=95
        )
        return pa.array(texts, pa.string()), chips
    if numeric and all(isinstance(cell, int | float) for cell in known):
        whole = all(isinstance(cell, int) for cell in known)
        kind = pa.int64() if whole else pa.float64()
        form = "localized" if whole else "%.4g"
        return pa.array(cells, kind), column.NumberColumn(title, format=form)
    written = ["" if cell is None else text_of(cell) for cell in cells]
    return pa.array(written, pa.string()), column.TextColumn(
        title, alignment="right" if numeric else None
    )
