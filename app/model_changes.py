"""Two versions of a model side by side: whatever their cards would say differently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from app.layout import card, empty, table
from app.wording import NOTHING, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.session import View
    from core.models.difference import CardDifference
    from core.models.version import ModelVersion

UNTOUCHED: Final = {"than": None, "about": None}
_MOST: Final = 20  # rows before the table has a bar of its own
_HELP: Final = "What is the same in both versions is left out."


def changes_part(view: View, version: ModelVersion, labels: Sequence[str]) -> None:
    """Draw what is different in this version from another one; `labels` has the newest first."""
    others = [label for label in labels if label != version.version]
    if not others:
        empty(
            "The only version",
            "When there is a second one, both stand side by side here: data, params, figures.",
            icon="difference",
        )
        return
    older = labels[labels.index(version.version) + 1 :]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        other = st.selectbox(
            "Compare with",
            others,
            index=others.index(older[0]) if older else 0,
            key="than",
            bind="query-params",
            width=200,
        )
        found = _difference(view, version, other)
        if not found.changes:
            st.caption(f"{version.version} says the same as {other}.")
            return
        about = st.pills("About", list(found.parts()), key="about", bind="query-params")
    changes = [change for change in found.changes if about in (None, change.part)]
    with card(f"From {other} to {version.version}", caption=_HELP):
        table(
            {
                "part": [change.part for change in changes],
                "name": [change.name for change in changes],
                "before": [change.before or NOTHING for change in changes],
                "after": [change.after or NOTHING for change in changes],
            },
            key="changes",
            alt=counted(len(changes), "change"),
            height="content" if len(changes) <= _MOST else 700,
            settings={
                "part": st.column_config.TextColumn("About", width=110),
                "name": st.column_config.TextColumn("What", width=220),
                "before": st.column_config.TextColumn(other, width="medium"),
                "after": st.column_config.TextColumn(version.version, width="medium"),
            },
        )


def _difference(view: View, version: ModelVersion, other: str) -> CardDifference:
    models, cards = view.workbench.models, view.workbench.cards
    before = view.ask(models.get_model, version.model_name, other)
    return cards.compare_cards(
        view.ask(cards.generate_model_card, before.model_id),
        view.ask(cards.generate_model_card, version.model_id),
    )
