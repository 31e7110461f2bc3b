"""What stands above a card: that it was withdrawn, or that its model is retired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.models.standing import PUBLISHED
from core.render.blocks import Callout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.models.standing import Standing


def notices(standing: Standing) -> tuple[Callout, ...]:
    """Return what stands above a card in every form of it; nothing for one that is in force.

    >>> from core.models.standing import Standing
    >>> [each.title for each in notices(Standing(state="published", stage="archived"))]
    ['This model is archived.']
    """
    return tuple(_notices(standing))


def texts(standing: Standing | None) -> tuple[str, ...]:
    """Return the same as plain sentences, for forms without anything but text."""
    found = () if standing is None else notices(standing)
    return tuple(f"{each.title} {each.text}" for each in found)


def standing_facts(standing: Standing) -> dict[str, Any]:
    """Return how a card stands as JSON has it, beside what the card says."""
    withdrawal = standing.withdrawal
    taken = None
    if withdrawal is not None:
        at = withdrawal.withdrawn_at.isoformat()
        taken = {"at": at, "by": withdrawal.withdrawn_by, "reason": withdrawal.reason}
    published_at = standing.published_at
    return {
        "state": standing.state,
        "number": standing.number,
        "stage": standing.stage,
        "in_force": standing.in_force,
        "published_at": None if published_at is None else published_at.isoformat(),
        "withdrawn": taken,
        "signed_by": [{"actor": each.actor, "role": each.role} for each in standing.sign_offs],
    }


def _notices(standing: Standing) -> Iterator[Callout]:
    withdrawal = standing.withdrawal
    if withdrawal is not None:
        by = f" by {withdrawal.withdrawn_by}" if withdrawal.withdrawn_by else ""
        text = f"On {withdrawal.withdrawn_at:%Y-%m-%d}{by}: {withdrawal.reason}"
        yield Callout("This card was withdrawn: do not go by it.", text=text, level="bad")
    if standing.stage == "archived":
        text = "Do not use it for new people."
        if standing.state == PUBLISHED:
            text += " The card says what the model was while it was in use."
        if standing.sign_offs:
            text += " Signatures stand for what the card says, not for using the model now."
        yield Callout("This model is archived.", text=text, level="warning")
