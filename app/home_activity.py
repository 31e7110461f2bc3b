"""What happened lately, in one list: each line opens what it is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import streamlit as st

from app.layout import card, table
from app.link_column import click_column
from app.nav import open_page
from app.places import place_of, place_of_comment
from catalog.activity import recent_activity

if TYPE_CHECKING:
    from app.session import View
    from catalog.activity import Happened

_SHOWN: Final = 10
_MARKS: Final = re.compile(
    r"[*`#>]+|(?<!\w)_+|_+(?!\w)"
)  # of Markdown, which a cell shows as it is
_KINDS: Final = {
    "run": ("RUN", "blue"),
    "version": ("DATA", "green"),
    "model_version": ("MODEL", "violet"),
    "card": ("CARD", "violet"),
    "drift_report": ("DRIFT", "orange"),
    "comment": ("COMMENT", "gray"),
}


def recent_activity_card(view: View) -> None:
    """Draw what happened last to runs, data, models and cards, and what was said."""
    happened = view.ask(recent_activity, view.workbench.catalog, limit=_SHOWN)

    column = st.column_config
    with card("Recent activity", key="recent-activity"):
        table(
            {
                "what": [each.label for each in happened],
                "kind": [_KINDS[each.kind][0] for each in happened],
                "about": [_about(each) for each in happened],
                "who": [each.actor for each in happened],
                "when": [each.happened_at for each in happened],
            },
            key="activity",
            settings={
                "what": click_column("What", happened, _open, key="activity-open", width=210),
                "kind": column.MultiselectColumn(
                    "Kind",
                    options=[name for name, _ in dict.fromkeys(_KINDS.values())],
                    color=[colour for _, colour in dict.fromkeys(_KINDS.values())],
                    width=95,
                ),
                "about": column.TextColumn("What happened", width="large"),
                "who": column.TextColumn("Who", width=80),
                "when": column.DatetimeColumn("When", format="distance", width=110),
            },
            alt="Recent activity",
        )


def _about(each: Happened) -> str:
    """Say in one line what happened; of a comment, without the marks of Markdown."""
    said = _MARKS.sub("", each.about) if each.kind == "comment" else each.about
    return " ".join(said.split())


def _open(each: Happened) -> None:
    if each.kind == "comment":
        page, address = place_of_comment(each.subject, each.id, each.label)
    else:
        page, address = place_of(each.kind, each.id, each.label)
    open_page(page, **address)
