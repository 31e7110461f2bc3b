"""The same document as Markdown and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from core.render.document import (
    Callout,
    Code,
    Document,
    Section,
    Share,
    Table,
    render_json,
    render_markdown,
)
from tests.core.render.documents import chart, everything

if TYPE_CHECKING:
    from markdown_it.token import Token


def test_markdown_has_everything_that_has_words() -> None:
    table = Table(("name", "n"), rows=[("a|b", 1), ("c", None)], caption="All")
    section = Section(
        "Sites", blocks=[table, chart("Rows", names=["x"]), Code("`", language="sql")]
    )
    document = Document(
        "Drift",
        facts=[("Missing", Share(0.5))],
        summary=[Callout("1 drifted", text="Look.", level="bad")],
        sections=[section],
    )
    assert render_markdown(document).split("\n\n") == [
        "# Drift",
        "> [!CAUTION]\n> **1 drifted**  \n> Look.  ",
        "- **Missing**: 50.0%",
        "## Sites",
        "*All*",
        "| name | n |\n| --- | --: |\n| a\\|b | 1 |\n| c | - |",
        "**Rows.** Bar chart: Rows. One bar for each site, its height is rows.",
        "| Site | Rows |\n| --- | --: |\n| x | 1 |",
        "```sql\n`\n```\n",
    ]


@pytest.mark.parametrize(
    "payload",
    [
        "<img src=x onerror=alert(1)>",
        "[a](javascript:b) ![c](d)",
        "**c** `d` ~~e~~ __f__",
        "# heading",
        "- item",
        "1. item",
        "---",
        "a | b",
        "&lt;",
        "```\n<b>",
    ],
)
def test_no_text_is_markup_in_markdown(payload: str) -> None:
    def kinds(word: str) -> list[str]:
        parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
        tokens = [
            t for token in parser.parse(render_markdown(everything(word))) for t in all_of(token)
        ]
        return [token.type for token in tokens if token.type not in ("text", "text_special")]

    def all_of(token: Token) -> list[Token]:
        return [token, *(token.children or [])]

    assert kinds(payload) == kinds("harmless")


def test_json_can_be_read_by_others() -> None:
    read = json.loads(render_json(everything("a")))
    assert read["document"] == 1
    assert [block["kind"] for block in read["sections"][0]["blocks"]][:3] == [
        "text",
        "points",
        "code",
    ]
    assert render_json(everything("a")) == render_json(everything("a"))
