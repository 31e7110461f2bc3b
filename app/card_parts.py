"""The parts of a model card's page: how it stands, what it says, and what people do with it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.document_view import show_blocks, show_section
from app.errors import show_fault
from app.layout import Kpi, card, kpis, plain, table
from app.wording import ago, counted
from core.models.completeness import completeness
from core.models.exports.document import card_document
from core.models.exports.notices import notices
from core.models.people import parse_statements, statements_template
from core.models.standing import DRAFT, PUBLISHED
from lake.errors import MhrasError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.session import View
    from core.models.card import ModelCard
    from core.models.card_store import StoredCard
    from core.models.origins import DriftFacts
    from core.models.standing import Standing

SUMMARY: Final = "Summary"
# what a reader gets: format, file name's end, media type, and what it is
_EXPORTS: Final = (
    ("html", "html", "text/html", "HTML, one file for readers"),
    ("markdown", "md", "text/markdown", "Markdown with Hugging Face metadata"),
    ("json", "json", "application/json", "JSON, the card itself"),
    ("chai", "xml", "application/xml", "CHAI Applied Model Card 0.2"),
    ("mct", "json", "application/json", "Model Card Toolkit 0.0.2"),
    ("onc", "html", "text/html", "ONC HTI-1 source attributes"),
    ("tripod", "html", "text/html", "TRIPOD+AI checklist"),
)
_PYTHON: Final = """\
from core import Workbench

with Workbench({lake!r}) as wb:
    card = wb.cards.generate_model_card({name!r}, people="model.yaml")
    wb.cards.export_card(card, "html", "card.html")"""
_SQL: Final = """\
select card_number, state, completeness, created_at, published_at, actor
from model_cards
where model_id = '{model_id}'
order by card_number desc"""


def standing_part(made_card: ModelCard, standing: Standing) -> None:
    """Draw how the card stands now: kept or not, how complete, drift, signatures."""
    found = completeness(made_card)
    drift = standing.newest_drift
    show_blocks(notices(standing), key="card-notices")
    kpis(
        [
            Kpi(
                label="Card",
                value=f"{standing.number}" if standing.number else "not kept",
                note=f"published {ago(standing.published_at)}"
                if standing.published_at is not None and standing.withdrawal is None
                else standing.state,
            ),
            Kpi(
                label="Complete",
                value=f"{found.score:.0%}",
                note=f"{len(found.blocking)} needed to publish",
                help="What a card should say and does, of what people and the lake know.",
            ),
            Kpi(
                label="Drift of the data now",
                value="none" if drift is None else counted(len(drift.drifted_columns), "column"),
                note=_drift(drift),
            ),
            Kpi(
                label="Signed",
                value=counted(len(standing.sign_offs), "time"),
                note=", ".join(each.role for each in standing.sign_offs[:3]) or "by nobody yet",
            ),
        ]
    )


def _drift(drift: DriftFacts | None) -> str:
    if drift is None:
        return "not compared yet"
    verdict = "drifted" if drift.drift_detected else "changed, no drift"
    return f"{verdict}, {drift.current.rpartition('@')[2]}"


def card_part(made_card: ModelCard, standing: Standing) -> None:
    """Draw the card as it is exported, a section at a time."""
    document = card_document(made_card, standing)
    titles = [SUMMARY, *(section.title for section in document.sections)]
    chosen = st.pills(
        "Section",
        titles,
        default=SUMMARY,
        required=True,
        key="section",
        bind="query-params",
        label_visibility="collapsed",
    )
    place = titles.index(chosen) if chosen in titles else 0
    if place == 0:
        show_blocks(document.summary, key="card-summary")
    else:
        show_section(document.sections[place - 1], key=f"card-{place}")


def exports(view: View, made_card: ModelCard, standing: Standing) -> None:
    """Offer the card as a file in every format."""
    name = f"{made_card.model_name}-{made_card.version}"
    with st.popover("Export", icon=":material/download:", help="The card as a file"):
        for kind, end, media, title in _EXPORTS:
            st.download_button(
                title,
                data=partial(view.workbench.cards.write_card, made_card, kind, standing=standing),
                file_name=f"{name}-card{'' if kind == end else f'-{kind}'}.{end}",
                mime=media,
                on_click="ignore",
                key=f"export-{kind}",
                width="stretch",
            )


def people_part(
    view: View, made_card: ModelCard, standing: Standing, kept: Sequence[StoredCard]
) -> None:
    """Draw what people do with a card: keep, publish and sign it, and the cards before."""
    cards = view.workbench.cards
    found = completeness(made_card)
    left, right = st.columns(2)
    with left, card("Keep and publish"):
        if standing.number:
            st.markdown(f"Card {standing.number} is kept: **{standing.state}**.")
        else:
            st.markdown("What the card says now is not kept yet.")
            if st.button("Keep as draft", icon=":material/save:"):
                _write(lambda: cards.save_card(made_card))
        if found.blocking:
            st.caption("To publish it, people must still say, below:")
            st.markdown(", ".join(f"**{plain(item.title)}**" for item in found.blocking))
        elif standing.state == DRAFT and st.button(
            "Publish", icon=":material/publish:", type="primary"
        ):
            _write(lambda: cards.publish_card(made_card))
    with (
        right,
        card("Sign", caption="To stand for what the card says, with name and time."),
        st.form("sign-card", border=False, clear_on_submit=True),
    ):
        role = st.text_input("Role", key="sign-role", required=True, max_chars=100)
        statement = st.text_area("Statement", key="sign-statement", max_chars=2_000)
        if st.form_submit_button("Sign", icon=":material/signature:") and role:
            _write(lambda: cards.sign_card(made_card, role=role.strip(), statement=statement))
    _statements(view, made_card)
    _signatures(standing)
    _kept(kept)
    _withdraw(view, [each for each in kept if each.state == PUBLISHED])


def _statements(view: View, made_card: ModelCard) -> None:
    """Draw what only people can say, to be edited: every question, and what is said already."""
    cards = view.workbench.cards
    said = {key: text for key, text in made_card.all_said().items() if key not in made_card.derived}
    with (
        card("What people say", caption="YAML, as in a file beside the model; * is required."),
        st.form("statements", border=False),
    ):
        text = st.text_area(
            "Statements",
            statements_template(said),
            key=f"statements-{made_card.digest[:12]}",
            height=420,
            label_visibility="collapsed",
        )
        if st.form_submit_button("Keep as draft with these", icon=":material/save:"):
            _write(
                lambda: cards.save_card(
                    cards.generate_model_card(made_card.model_id, people=parse_statements(text))
                )
            )


def _signatures(standing: Standing) -> None:
    if not standing.sign_offs:
        return
    with card("Signatures"):
        table(
            {
                "who": [each.actor for each in standing.sign_offs],
                "as": [each.role for each in standing.sign_offs],
                "when": [each.signed_at for each in standing.sign_offs],
                "statement": [each.statement for each in standing.sign_offs],
            },
            key="signatures",
            alt=counted(len(standing.sign_offs), "signature"),
            height="content",
        )


def _kept(kept: Sequence[StoredCard]) -> None:
    if not kept:
        return
    with card("Kept cards of this version"):
        table(
            {
                "card": [each.card_number for each in kept],
                "state": [each.state for each in kept],
                "complete": [f"{each.completeness:.0%}" for each in kept],
                "kept": [each.created_at for each in kept],
                "by": [each.actor for each in kept],
                "published by": [each.published_by for each in kept],
                **_withdrawals(kept),
            },
            key="kept-cards",
            alt=counted(len(kept), "card"),
            height="content",
            settings={"kept": st.column_config.DatetimeColumn("Kept", format="distance")},
        )


def _withdrawals(kept: Sequence[StoredCard]) -> dict[str, list[str]]:
    """Return the columns of cards that were taken back; none when there are no such cards."""
    taken = [each.withdrawal for each in kept]
    if not any(taken):
        return {}
    return {
        "withdrawn by": ["" if each is None else each.withdrawn_by for each in taken],
        "because": ["" if each is None else each.reason for each in taken],
    }


def _withdraw(view: View, published: Sequence[StoredCard]) -> None:
    """Draw the form that takes a published card back."""
    if not published:
        return
    told = "Nobody is to go by it any more. It is kept, and every form of it says so."
    with card("Withdraw", caption=told), st.form("withdraw-card", border=False):
        chosen = st.selectbox(
            "Card", published, format_func=lambda each: f"Card {each.card_number}", width=200
        )
        reason = st.text_input("Reason", key="withdraw-reason", required=True, max_chars=2_000)
        if st.form_submit_button("Withdraw", icon=":material/block:") and reason:
            _write(lambda: view.workbench.cards.withdraw_card(chosen, reason=reason))


def _write(change: Any) -> None:
    try:
        change()
    except MhrasError as error:
        show_fault(error)
        return
    st.rerun()


def snippets(view: View, made_card: ModelCard) -> dict[str, tuple[str, str]]:
    """Return code that makes the card again."""
    lake, name = view.workbench.lake.url, made_card.name
    return {
        "Python": ("python", _PYTHON.format(lake=lake, name=name)),
        "SQL": ("sql", _SQL.format(model_id=made_card.model_id)),
        "Terminal": ("bash", f"mhras card {name} --format html --out card.html --lake {lake}"),
    }
