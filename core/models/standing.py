"""How a card stands while it is looked at: what changes without the card changing.

The stage of the model, drift of today, who signed, who took it back, and what is different from the
card before. None of it is part of the card's content, so that none of it changes the card's digest.

A published card is in force until it is withdrawn or its version of the model is archived. What was
signed stays signed: a signature stands for what a card says, not for using a model that is retired.
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

State = Literal["draft", "published", "withdrawn"]
DRAFT: Final = "draft"
PUBLISHED: Final = "published"
WITHDRAWN: Final = "withdrawn"


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
class Withdrawal:
    """Somebody took a published card back: when, who, and why."""

    withdrawn_at: datetime
    withdrawn_by: str
    reason: str


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
    withdrawal: Withdrawal | None = None
    newest_drift: DriftFacts | None = None
    sign_offs: tuple[SignOff, ...] = ()
    changes: CardDifference | None = None
    as_of: datetime | None = None

    @property
    def in_force(self) -> bool:
        """Whether people may go by the card: it is published, and its model is not retired."""
        return self.state == PUBLISHED and self.stage != "archived"

    @property
    def drift_badge(self) -> tuple[str, Level]:
        """The word and the level of the drift badge."""
        found = self.newest_drift
        if found is None:
            return "not looked at", "neutral"
        if found.drift_detected:
            return f"{len(found.drifted_columns)} columns drifted", "warning"
        return "none found", "good"
