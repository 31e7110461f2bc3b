"""Words from anybody stay words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from app.layout import plain

JOINER = "\u2060"


def shown(marked: str) -> str:
    """What Markdown shows of a text: backslashes before marks are gone, joiners are not seen."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", marked).replace(JOINER, "")


@given(st.text())
def test_what_is_shown_is_the_text_with_single_spaces(text: str) -> None:
    assert shown(plain(text)) == re.sub(r"\s+", " ", text).strip().replace(JOINER, "")


@given(st.text(alphabet="*_`[]<>#|~$:&^\\ab "))
def test_no_mark_is_left_bare(text: str) -> None:
    assert not re.search(r"(?<!\\)(?:\\\\)*[*_`\[\]<>#|~$:&^]", plain(text).replace(JOINER, ""))


@pytest.mark.parametrize(
    "text", [":material/home:", "-> b", "www.a.org", "http://a.org", "a@b.org"]
)
def test_what_becomes_live_after_markdown_is_broken_up(text: str) -> None:
    assert JOINER in plain(text)


@pytest.mark.parametrize("text", ["0.731", "2026-11-23 05:26:16 UTC", "learning rate, 0.1 (log)"])
def test_ordinary_words_are_hardly_touched(text: str) -> None:
    assert plain(text).replace("\\:", ":") == text
