"""Cards that are kept: numbered, published, signed, withdrawn; what they say never changes.

object     the card as JSON, named by its digest: the same content is kept once
claim      the number of a card of a version of a model, given once
row        that it is there (model_cards), published, or withdrawn, and each signature
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

from core.errors import CardIncompleteError, CardNotFoundError, ModelCardError
from core.ids import new_id
from core.models.card import ModelCard
from core.models.completeness import completeness
from core.models.standing import DRAFT, PUBLISHED, WITHDRAWN, SignOff, Withdrawal
from lake.clock import now_us, to_us

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.cards import CardRows
    from core.models.standing import State
    from lake.lake import Durability, Lake

_CLAIMS: Final = "model-cards"
_LONGEST: Final = 10_000  # characters of what is said with a signature or a withdrawal
_NOBODY: Final = "say who you are: actor, or MHRAS_ACTOR"
_TOO_LONG: Final = f"more than {_LONGEST:,} characters are too many"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCard:
    """A kept card in one line. `card_number` counts the cards of one version of a model."""

    card_id: str
    model_id: str
    model_name: str
    version: str
    card_number: int
    state: State
    digest: str
    completeness: float
    missing: tuple[str, ...]
    created_at: datetime
    published_at: datetime | None
    actor: str
    published_by: str
    withdrawal: Withdrawal | None = None

    @property
    def name(self) -> str:
        """The card as people call it: ``risk@v3, card 2``."""
        return f"{self.model_name}@{self.version}, card {self.card_number}"

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Make it of a row of the view `model_cards`."""
        published_at, withdrawn_at = row["published_at"], row["withdrawn_at"]
        return cls(
            card_id=row["card_id"],
            model_id=row["model_id"],
            model_name=row["model_name"],
            version=row["version"],
            card_number=row["card_number"],
            state=row["state"],
            digest=row["digest"],
            completeness=row["completeness"],
            missing=tuple(json.loads(row["missing"])),
            created_at=row["created_at"].replace(tzinfo=UTC),
            published_at=None if published_at is None else published_at.replace(tzinfo=UTC),
            actor=row["actor"] or "",
            published_by=row["published_by"] or "",
            withdrawal=None
            if withdrawn_at is None
            else Withdrawal(
                withdrawn_at=withdrawn_at.replace(tzinfo=UTC),
                withdrawn_by=row["withdrawn_by"] or "",
                reason=row["withdrawn_because"] or "",
            ),
        )


class CardStore:
    """The kept cards of a lake."""

    def __init__(
        self,
        lake: Lake,
        rows: CardRows,
        *,
        actor: str | None = None,
        durability: Durability = "commit",
    ) -> None:
        self._lake = lake
        self._rows = rows
        self._actor = actor or ""
        self._durability: Durability = durability

    def save(self, card: ModelCard) -> StoredCard:
        """Keep a card as the next of its version of a model, or return the one that says the same.

        Only the newest one counts for that: to go back to what was said before is a change too.
        """
        known = self.of_model(card.model_id)
        digest = card.digest
        if known and known[0].digest == digest:
            return known[0]
        self._lake.objects.put(card.to_json())
        number = known[0].card_number if known else 0
        while True:
            number += 1
            wanted = {"card_id": new_id(), "digest": digest}
            held, _ = self._lake.claim(_CLAIMS, f"{card.model_id}#{number}", wanted)
            if held["digest"] == digest:  # ours, or of who does the same at the same time
                break
        row = self._row(card, held["card_id"], number)
        self._append("model_cards", row)
        return self.get(held["card_id"])

    def _row(self, card: ModelCard, card_id: str, number: int) -> dict[str, Any]:
        found = completeness(card)
        return {
            "card_id": card_id,
            "model_id": card.model_id,
            "model_name": card.model_name,
            "version": card.version,
            "card_number": number,
            "state": DRAFT,
            "digest": card.digest,
            "completeness": found.score,
            "missing": json.dumps([item.title for item in found.missing]),
            "metrics": dict(card.metrics),
            "sources": json.dumps(_sources(card)),
            "created_at": now_us(),
        }

    def publish(self, stored: StoredCard) -> StoredCard:
        """Publish a card; one that is published stays as it is.

        Raises CardIncompleteError, and ModelCardError for one that was withdrawn.
        """
        if stored.state == PUBLISHED:
            return stored
        _refuse_withdrawn(stored, "published")
        blocking = completeness(self.load(stored)).blocking
        if blocking:
            missing = tuple(item.title for item in blocking)
            message = f"{stored.name} cannot be published. It lacks: {', '.join(missing)}."
            hint = "Say it in the file of statements, or measure it: `mhras card --template`."
            keys = tuple(item.key for item in blocking)
            raise CardIncompleteError(message, hint=hint, missing=missing, keys=keys)
        row = {"card_id": stored.card_id, "state": PUBLISHED, "published_at": now_us()}
        self._append("model_cards", row)
        return self.get(stored.card_id)

    def sign(self, stored: StoredCard, *, role: str, statement: str) -> SignOff:
        """Stand for the content of a card, under its digest. Raises ModelCardError."""
        _refuse_withdrawn(stored, "signed")
        role, statement = role.strip(), statement.strip()
        faults = []
        if not role:
            faults.append("say as what you sign")
        if not self._actor:
            faults.append(_NOBODY)
        if max(len(role), len(statement)) > _LONGEST:
            faults.append(_TOO_LONG)
        _stop(stored, "signed", faults)
        signed_at = now_us()
        row = {
            "sign_off_id": new_id(),
            "card_id": stored.card_id,
            "digest": stored.digest,
            "role": role,
            "statement": statement,
            "signed_at": signed_at,
        }
        self._append("card_sign_offs", row)
        return next(one for one in self.sign_offs(stored) if one.sign_off_id == row["sign_off_id"])

    def withdraw(self, stored: StoredCard, *, reason: str) -> StoredCard:
        """Take a published card back; it is kept, with who did it and why. Raises ModelCardError.

        Of two who do it at the same time the first counts.
        """
        _refuse_withdrawn(stored, "withdrawn again")
        reason = reason.strip()
        faults = []
        if stored.state != PUBLISHED:
            faults.append("it is a draft, which nobody was told to go by")
        if not reason:
            faults.append("say why")
        if not self._actor:
            faults.append(_NOBODY)
        if len(reason) > _LONGEST:
            faults.append(_TOO_LONG)
        _stop(stored, "withdrawn", faults)
        change = {"state": WITHDRAWN, "withdrawn_at": now_us(), "reason": reason}
        self._append("model_cards", {"card_id": stored.card_id, **change})
        return self.get(stored.card_id)

    def sign_offs(self, stored: StoredCard) -> tuple[SignOff, ...]:
        """Return the signatures under a card, the first one first."""
        return tuple(SignOff.from_row(row) for row in self._rows.sign_offs(stored.card_id))

    def of_model(self, model_id: str) -> list[StoredCard]:
        """Return the cards of a version of a model, the newest first."""
        return [StoredCard.from_row(row) for row in self._rows.of_model(model_id)]

    def all(self, model_name: str | None = None) -> list[StoredCard]:
        """Return the cards of a model, or of all, the newest first."""
        return [StoredCard.from_row(row) for row in self._rows.all(model_name)]

    def find(self, card_id: str) -> StoredCard | None:
        """Find a card by its id."""
        row = self._rows.by_id(card_id)
        return None if row is None else StoredCard.from_row(row)

    def get(self, card_id: str) -> StoredCard:
        """Find a card by its id. Raises CardNotFoundError."""
        found = self.find(card_id)
        if found is None:
            hint = 'List them with list_cards(), or `mhras sql "from model_cards"`.'
            raise CardNotFoundError(f"There is no card {card_id!r}.", hint=hint, card=card_id)
        return found

    def load(self, stored: StoredCard) -> ModelCard:
        """Read what a card says. Raises ModelCardError when it cannot be read."""
        try:
            return ModelCard.from_dict(json.loads(self._lake.objects.get(stored.digest)))
        except ValueError as error:
            raise ModelCardError(f"{stored.name} is no JSON: {error}.") from error

    def before(self, stored: StoredCard) -> StoredCard | None:
        """Return the card before: of the same version of the model, else the newest of an older."""
        of_same = [
            one for one in self.of_model(stored.model_id) if one.card_number < stored.card_number
        ]
        if of_same:
            return of_same[0]
        older = (
            one
            for one in self.all(stored.model_name)
            if one.model_id != stored.model_id and to_us(one.created_at) < to_us(stored.created_at)
        )
        return next(older, None)

    def _append(self, table: str, row: Mapping[str, Any]) -> None:
        event = {"actor": self._actor, "event_at": now_us(), "writer": self._lake.writer}
        self._lake.append(table, [{**row, **event}], durability=self._durability)


def _sources(card: ModelCard) -> dict[str, list[str]]:
    """Return the ids of what a card tells of, beside its model: what lineage leads to it from."""
    return {
        "evaluation": [one.evaluation_id for one in card.evaluations if one.evaluation_id],
        "dataset_version": [data.version_id for data in card.datasets],
        "report": [one.report_id for one in card.drift],
    }


def _refuse_withdrawn(stored: StoredCard, what: str) -> None:
    """Raise ModelCardError for a card that was taken back: that is for good."""
    taken = stored.withdrawal
    if taken is not None:
        by = f" by {taken.withdrawn_by}" if taken.withdrawn_by else ""
        message = f"{stored.name} was withdrawn{by}, and is not {what}: {taken.reason}"
        hint = "Say what is different now: that makes another card."
        raise ModelCardError(message, hint=hint, card=stored.card_id)


def _stop(stored: StoredCard, what: str, faults: list[str]) -> None:
    if faults:
        message = f"{stored.name} is not {what}: {'; '.join(faults)}."
        raise ModelCardError(message, faults=tuple(faults))
