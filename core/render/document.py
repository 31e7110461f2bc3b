"""The door to reports: what they say (blocks), and how they are written (HTML, Markdown, JSON)."""

from __future__ import annotations

from core.render.blocks import (
    Badge,
    Bars,
    Block,
    Callout,
    Cell,
    Chart,
    Code,
    Document,
    Fact,
    Facts,
    Level,
    Link,
    Number,
    Picture,
    Points,
    Section,
    Share,
    Table,
    Text,
)
from core.render.html import render_html
from core.render.markdown import render_markdown
from core.render.plain import render_json

__all__ = [
    "Badge",
    "Bars",
    "Block",
    "Callout",
    "Cell",
    "Chart",
    "Code",
    "Document",
    "Fact",
    "Facts",
    "Level",
    "Link",
    "Number",
    "Picture",
    "Points",
    "Section",
    "Share",
    "Table",
    "Text",
    "render_html",
    "render_json",
    "render_markdown",
]
