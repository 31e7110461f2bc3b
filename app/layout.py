"""Parts every page is made of.

Streamlit reads Markdown in titles, labels, captions and badges. Names, params, tags and messages
come from anybody, so they go through `plain` first; only notes are Markdown on purpose.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, cast

import streamlit as st

from app.arrow_tables import named_values
from app.nav import open_page
from app.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from streamlit.elements.metric import DeltaColor

    from catalog.errors import FilterError

_MARKS: Final = re.compile(r"([\\`*_\[\]<>#|~$:&^])")
_LIST_START: Final = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[-+](?:\s|$|-)))(.)")
# The browser still turns these into icons, arrows and links after Markdown was read, where a
# backslash is gone: a word joiner, which nobody sees, keeps them text.
_LIVE: Final = re.compile(
    r"(?<=:)(?=(?:material|streamlit)[\w/]*:)|(?<=[<\-])(?=[\->])|(?<=[<>~])(?==)"
    r"|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=\S)(?=@)",
    re.IGNORECASE,
)
_JOINER: Final = "\u2060"
_SPACES: Final = re.compile(r"\s+")
Colour = Literal["green", "red", "blue", "orange", "gray"]
_CHIPS: Final[dict[str, tuple[Colour, str]]] = {
    "FINISHED": ("green", ":material/check_circle:"),
    "FAILED": ("red", ":material/error:"),
    "RUNNING": ("blue", ":material/progress_activity:"),
    "STALE": ("orange", ":material/warning:"),
}


def plain(text: object) -> str:
    r"""Return text that Streamlit's Markdown shows as it is.

    >>> plain("**bold** [x](javascript:y)")
    '\\*\\*bold\\*\\* \\[x\\](javascript\\:y)'
    >>> plain("lr=0.1, depth 4")
    'lr=0.1, depth 4'
    """
    flat = _SPACES.sub(" ", str(text)).strip()
    marked = _MARKS.sub(r"\\\1", _LIVE.sub(_JOINER, flat))
    return _LIST_START.sub(r"\1\\\2", marked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One number with its trend; `better` says which direction of the delta is good news."""

    label: str
    value: str
    delta: str | float | None = None
    note: str | None = None
    trend: Sequence[float] = field(default_factory=tuple)
    chart: Literal["bar", "line", "area"] = "bar"
    better: Literal["up", "down"] | None = None
    colour: Literal["gray", "green"] = "gray"
    help: str | None = None


def kpis(cards: Sequence[Kpi]) -> None:
    """Draw numbers in a row of cards of equal height, with trends where one of them has any."""
    # a single point among nothing is no trend
    drawn = any(sum(map(bool, card.trend)) > 1 for card in cards)
    with st.grid(4, min_column_width=200):
        for card in cards:
            moved = card.delta is not None
            directed = {"up": "normal", "down": "inverse"}.get(card.better or "")
            st.metric(
                plain(card.label),
                card.value,
                delta=card.delta if moved else card.note,
                delta_color=cast("DeltaColor", (directed if moved else None) or card.colour),
                delta_arrow="auto" if moved else "off",
                delta_description=card.note if moved else None,
                chart_data=list(card.trend) if drawn and any(card.trend) else None,
                chart_type=card.chart,
                help=card.help,
                border=True,
                height="stretch",
            )


@contextmanager
def header(title: str, context: str, *, icon: str | None = None) -> Iterator[None]:
    """Draw the page's one title and a line of context; the block draws actions at its right."""
    with st.container(horizontal=True, vertical_alignment="center", key="page-header"):
        with st.container(gap=None):
            st.title(plain(title), anchor=False, icon=icon)
            st.caption(context)
        with st.container(horizontal=True, width="content", horizontal_alignment="right"):
            yield


@contextmanager
def card(
    title: str = "", *, key: str | None = None, caption: str = "", fill: bool = True
) -> Iterator[None]:
    """Draw a bordered box with a heading around what the block draws.

    `fill` makes it as tall as its neighbours; of several below each other none should be.
    """
    with st.container(border=True, height="stretch" if fill else "content", key=key):
        if title:
            st.header(plain(title), anchor=False)
        if caption:
            st.caption(caption)
        yield


def empty(title: str, text: str, *, icon: str = "inbox") -> None:
    """Say that there is nothing here yet, and what would bring something."""
    with st.container(border=True, horizontal_alignment="center"):
        st.space("small")
        st.header(plain(title), icon=f":material/{icon}:", anchor=False, width="content")
        st.caption(plain(text), width="content")
        st.space("small")


def filter_problem(error: FilterError) -> None:
    """Show under the filter box where it stops making sense, and a filter that works."""
    facts = error.facts
    text, position = str(facts.get("filter", "")), facts.get("position")
    with st.container(key="filter-error", gap="xsmall"):
        chip(error.message, colour="red", icon=":material/error:")
        if text and isinstance(position, int):
            flat = _SPACES.sub(" ", text)
            st.code(f"{flat}\n{' ' * position}^", language=None)
        advice = error.hint or (f"For example: {facts['example']}" if "example" in facts else "")
        st.caption(plain(f"{advice} Until then, runs are shown without this filter."))


def status_chip(status: str, *, stale: bool = False) -> None:
    """Draw the state of a run."""
    name = "STALE" if stale else status
    colour, icon = _CHIPS.get(name, ("gray", ":material/help:"))
    chip("RUNNING, no sign of life" if stale else status, colour=colour, icon=icon)


def chip(text: str, *, colour: Colour = "gray", icon: str = "") -> None:
    """Draw a word or two on a coloured ground; st.badge would show the backslashes of `plain`."""
    st.markdown(f":{colour}-badge[{icon} {plain(text)}]", width="content")


def pager(total: int, size: int, *, key: str) -> int:
    """Draw page numbers for `total` rows and return the first row of the chosen page."""
    pages = max(1, -(-total // size))
    with st.container(horizontal=True, vertical_alignment="center"):
        number = st.pagination(pages, key=key, bind="query-params")
        first = (min(number, pages) - 1) * size
        last = min(first + size, total)
        st.caption(f"{first + 1:,} to {last:,} of {total:,}" if total else "nothing to show")
    return first


def copy_link(address: str) -> None:
    """Offer the address that opens this very view again."""
    with st.popover("Link", icon=":material/link:", help="An address that opens this view again"):
        st.caption("Copy with the button at the right of the box.")
        st.code(address, language=None, wrap_lines=True)


def copy_code(snippets: Mapping[str, tuple[str, str]], *, help: str) -> None:  # noqa: A002
    """Offer code that asks for what is seen; `snippets` maps titles to language and text."""
    with st.popover("Code", icon=":material/code:", help=help):
        for title, (language, text) in snippets.items():
            st.caption(title)
            st.code(text, language=language)
            if language == "sql" and st.button("Open in SQL", icon=":material/terminal:"):
                open_page("sql", query=text)


def table(
    columns: Mapping[str, Sequence[Any]],
    *,
    key: str,
    alt: str,
    settings: Mapping[str, Any] | None = None,
    height: int | Literal["auto", "content"] = "auto",
) -> None:
    """Draw a quiet table of plain values; cells are text, whatever they hold."""
    import pyarrow as pa  # who has rows to show has it loaded; a dict would go through pandas, 5 ms

    st.dataframe(
        pa.table({name: list(values) for name, values in columns.items()}),
        key=key,
        alt=alt,
        hide_index=True,
        height=height,
        placeholder="",
        column_config=settings,
    )


def name_width(names: Sequence[str | None]) -> int:
    """Return how many pixels a column of names needs; a very long one is cut.

    >>> name_width(["forest", None]), name_width(["logistic_regression rate-range-test"])
    (150, 262)
    """
    longest = max((len(name) for name in names if name is not None), default=0)
    return min(340, max(150, round(6.6 * longest) + 31))


def facts(rows: dict[str, Any], *, alt: str) -> None:
    """Draw names and values as a quiet two-column list; values are shown as text."""
    shown = {plain(name): plain(value) or "-" for name, value in rows.items()}
    st.table(named_values(shown), border="horizontal", hide_index=False, hide_header=True, alt=alt)


def context_line(*parts: str) -> str:
    """Join what is worth knowing about a page.

    >>> context_line("3 runs", "", "lake a")
    '3 runs · lake a'
    """
    return " · ".join(part for part in parts if part)


def runs_line(total: int, shown: int) -> str:
    """Say how many runs are shown of how many.

    >>> runs_line(10_000, 12)
    '12 of 10,000 runs'
    """
    return counted(total, "run") if shown == total else f"{shown:,} of {counted(total, 'run')}"
