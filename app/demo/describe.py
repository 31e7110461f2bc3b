"""Describe the model of the demonstration in a card, and publish it.

What is known comes from the lake; what people say of it, from a file beside this one.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.demo.cohort import SEED
from app.demo.models import probability_of
from core.models.explain import permutation_importance

if TYPE_CHECKING:
    import pandas as pd

    from app.demo.cohort import Cohort
    from core import Workbench
    from core.models.card_store import StoredCard
    from core.models.version import ModelVersion

SAID: Final = Path(__file__).with_name("cards")
_EXPLAINED: Final = 2_000  # rows of the newest part
_REPEATS: Final = 5


def publish_card(workbench: Workbench, cohort: Cohort, model: ModelVersion) -> StoredCard:
    """Make the card of a registered model, and publish it. Raises CardIncompleteError."""
    pipeline = workbench.models.load_model(model)
    rows = cohort.parts[cohort.held_out[-1]][:_EXPLAINED]

    def ask(frame: pd.DataFrame) -> Any:
        return probability_of(pipeline, frame)

    importance = permutation_importance(
        ask, cohort.features.iloc[rows], cohort.outcome[rows], repeats=_REPEATS, seed=SEED
    )
    card = workbench.cards.generate_model_card(
        model, people=SAID / f"{cohort.name}.yaml", importance=importance
    )
    return workbench.cards.publish_card(card)
