"""The models of a lake in a table: how far each got, how good it is, how its card stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.layout import Colour, Kpi, kpis, table
from app.link_column import link_column
from app.wording import ago, counted
from core.models.names import STAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.session import View
    from core.models.card_store import StoredCard
    from core.models.version import ModelSummary

UNTOUCHED: Final = {"find-model": "", "stage": []}
STAGE_COLOURS: Final[dict[str, Colour]] = {
    "none": "gray",
    "staging": "blue",
    "production": "green",
    "archived": "orange",
}
_CARDS: Final[dict[str, Colour]] = {"published": "green", "draft": "blue", "no card": "orange"}
_FIGURES: Final = ("auroc", "accuracy", "rmse")  # the first that a model has is shown
_SQL: Final = """\
select model_name, version, stage, production, model_type, format, owner, updated_at
from models
order by model_name"""
_PYTHON: Final = """\
from core import Workbench

with Workbench({lake!r}) as wb:
    for model in wb.models.list_models():
        print(model.model_name, model.version, model.stage, model.production)"""


def filter_bar(models: Sequence[ModelSummary]) -> list[ModelSummary]:
    """Draw the bar; the models that match, the ones that changed last first."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Search",
            key="find-model",
            bind="query-params",
            placeholder="name, description, type or owner",
            icon=":material/search:",
        )
        stages = st.multiselect(
            "Stage", STAGES, key="stage", bind="query-params", placeholder="any", width=300
        )
    words = (text or "").lower().split()
    found = [
        model
        for model in models
        if all(word in _told(model) for word in words) and (not stages or model.stage in stages)
    ]
    return sorted(found, key=lambda model: model.updated_at, reverse=True)


def _told(model: ModelSummary) -> str:
    parts = (model.model_name, model.description, model.model_type, model.owner, model.format)
    return "\n".join(parts).lower()


def catalogue_numbers(models: Sequence[ModelSummary], cards: Sequence[StoredCard]) -> None:
    """Draw how many there are, how many are in use, and how many of those can be explained."""
    used = [model for model in models if model.production]
    published = {card.model_name for card in cards if card.state == "published"}
    told = [model for model in used if model.model_name in published]
    newest = max(models, key=lambda model: model.updated_at, default=None)
    kpis(
        [
            Kpi(
                label="Models",
                value=f"{len(models):,}",
                note=counted(sum(model.versions for model in models), "version"),
            ),
            Kpi(
                label="In production",
                value=f"{len(used):,}",
                note=", ".join(f"{m.model_name}@{m.production}" for m in used[:2]) or "none",
            ),
            Kpi(
                label="With a published card",
                value=f"{len(told)} of {len(used)}",
                note="of those in production",
                help="A card says what a model is for, how good it is and for whom it is not.",
            ),
            Kpi(
                label="Newest change",
                value=ago(newest.updated_at) if newest else "-",
                note=newest.model_name if newest else "none",
            ),
        ]
    )


def catalogue_table(
    view: View, models: Sequence[ModelSummary], cards: Sequence[StoredCard]
) -> None:
    """Draw the models; a click on a name opens its newest version."""
    newest_card = {card.model_id: card.state for card in reversed(cards)}
    rows: dict[str, Sequence[Any]] = {
        "model": [model.model_name for model in models],
        "newest": [model.version for model in models],
        "stage": [model.stage for model in models],
        "production": [model.production or "" for model in models],
        "figure": [_figure(view, model) for model in models],
        "card": [newest_card.get(model.model_id, "no card") for model in models],
        "versions": [model.versions for model in models],
        "type": [model.model_type for model in models],
        "format": [model.format for model in models],
        "changed": [model.updated_at for model in models],
        "owner": [model.owner for model in models],
        "description": [model.description for model in models],
    }
    with st.container(key="models-table"):
        table(
            rows,
            key="models",
            alt=counted(len(models), "model"),
            settings=_settings([model.model_name for model in models]),
            height="content",
        )


def _figure(view: View, model: ModelSummary) -> str:
    """Return the first figure of the newest evaluation with its interval."""
    found = view.ask(view.workbench.models.evaluations, model.model_id)
    for each in found[:1]:
        for name in _FIGURES:
            estimate = each.evaluation.metrics.get(name)
            if estimate is not None and estimate.known:
                return f"{name.upper()} {estimate.text()} ({each.name})"
    return ""


def _settings(names: Sequence[str]) -> dict[str, Any]:
    column = st.column_config
    return {
        "model": link_column(
            "Model", page="model", addresses=[{"name": name} for name in names], width=200
        ),
        "newest": column.TextColumn("Newest", width=75),
        "stage": column.MultiselectColumn(
            "Stage", options=[*STAGE_COLOURS], color=[*STAGE_COLOURS.values()], width=100
        ),
        "production": column.TextColumn("Production", width=90),
        "figure": column.TextColumn(
            "Newest evaluation", width=240, help="Of the newest version, with its 95 % interval"
        ),
        "card": column.MultiselectColumn(
            "Card", options=[*_CARDS], color=[*_CARDS.values()], width=95
        ),
        "versions": column.NumberColumn("Versions", width=70),
        "type": column.TextColumn("Type", width=200),
        "format": column.TextColumn("Format", width=90),
        "changed": column.DatetimeColumn("Changed", format="distance", width=105),
        "owner": column.TextColumn("Owner", width=100),
        "description": column.TextColumn("Description", width="large"),
    }


def snippets(lake: str) -> dict[str, tuple[str, str]]:
    """Return code that lists what is seen."""
    return {
        "Python": ("python", _PYTHON.format(lake=lake)),
        "SQL": ("sql", _SQL),
        "Terminal": ("bash", f"mhras models --lake {lake}"),
    }
