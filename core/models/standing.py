"""How a card stands while it is looked at: what changes without the card changing.

The stage of the model, drift of today, who signed, and what is different from the card before. None
of it is part of the card's content, so that none of it changes the card's digest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.models.difference import CardDifference
    from core.models.origins import DriftFacts
    from core.render.blocks import Level

State = Literal["draft", "published"]
DRAFT: Final = "draft"
PUBLISHED: Final = "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """Somebody stood for a card: who, as what, when, and for which content."""

    sign_off_id: str
    card_id: str
    digest: str
    actor: str
    role: str
    statement: str
    signed_at: datetime

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Make it of a row of the view `card_sign_offs`."""
        texts = {
            name: row[name] or ""
            for name in ("sign_off_id", "card_id", "digest", "actor", "role", "statement")
        }
        return cls(**texts, signed_at=row["signed_at"].replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a card stands. `number` is that of the card of its model, 0 when it is not stored.

    `newest_drift` is the newest comparison of data with the training data, `as_of` when all this
    was looked up. `changes` are those since the card before, None when there is none.
    """

    state: State = DRAFT
    number: int = 0
    stage: str = "none"
    published_at: datetime | None = None
    newest_drift: DriftFacts | None = None
    sign_offs: tuple[SignOff, ...] = ()
    changes: CardDifference | None = None
    as_of: datetime | None = None

    @property
    def drift_badge(self) -> tuple[str, Level]:
        """The word and the level of the drift badge."""
        found = self.newest_drift
        if found is None:
            return "not looked at", "neutral"
        if found.drift_detected:
            return f"{len(found.drifted_columns)} columns drifted", "warning"
        return "none found", "good"
