"""Model cards in the catalog: their tables, their views, and how they are found.

model_cards      one row makes a card of a version of a model; a later one of its id publishes it,
                 and one after that withdraws it
card_sign_offs   one row per signature, which never changes

What a card says is in the object `digest`: cards that say the same have the same one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from catalog.records import records
from lake.spec import TableSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from catalog.catalog import Catalog

MODEL_CARDS: Final = TableSpec(
    name="model_cards",
    columns={
        "card_id": "string",
        "model_id": "string",
        "model_name": "string",
        "version": "string",
        "card_number": "int64",
        "state": "string",
        "digest": "string",
        "completeness": "double",
        "missing": "string",
        "metrics": "map<string,double>",
        "sources": "string",
        "created_at": "timestamp",
        "published_at": "timestamp",
        "withdrawn_at": "timestamp",
        "reason": "string",
        "actor": "string",
        "event_at": "timestamp",
        "writer": "string",
    },
    sort_by=("model_name", "created_at", "card_id"),
)
CARD_SIGN_OFFS: Final = TableSpec(
    name="card_sign_offs",
    columns={
        "sign_off_id": "string",
        "card_id": "string",
        "digest": "string",
        "actor": "string",
        "role": "string",
        "statement": "string",
        "signed_at": "timestamp",
        "event_at": "timestamp",
        "writer": "string",
    },
    sort_by=("card_id", "signed_at", "sign_off_id"),
)
CARD_TABLES: Final = (MODEL_CARDS, CARD_SIGN_OFFS)

_MODEL_CARDS: Final = """
select card_id, min(model_id) as model_id, min(model_name) as model_name,
       min(version) as version, min(card_number) as card_number,
       case when bool_or(state = 'withdrawn') then 'withdrawn'
            when bool_or(state = 'published') then 'published' else 'draft' end as state,
       min(digest) as digest, min(completeness) as completeness,
       arg_min(missing, event_at) as missing, arg_min(metrics, event_at) as metrics,
       arg_min(sources, event_at) as sources,
       min(created_at) as created_at, min(published_at) as published_at,
       arg_min(actor, event_at) as actor,
       arg_min(actor, event_at) filter (state = 'published') as published_by,
       min(withdrawn_at) as withdrawn_at,
       arg_min(actor, event_at) filter (state = 'withdrawn') as withdrawn_by,
       arg_min(reason, event_at) filter (state = 'withdrawn') as withdrawn_because
from {model_cards} group by card_id having min(model_id) is not null
"""
_CARD_SIGN_OFFS: Final = """
select distinct sign_off_id, card_id, digest, actor, role, statement, signed_at
from {card_sign_offs}
"""
CARD_VIEWS: Final = {
    "model_cards": "One row per card of a version of a model; the whole card is an object.",
    "card_sign_offs": "One row per signature under a card.",
}
CARD_COLUMNS: Final[dict[str, dict[str, str]]] = {
    "model_cards": {
        "card_id": "UUIDv7; sorts by time of creation",
        "model_id": "the version of a model it describes",
        "version": "of the model",
        "card_number": "1, 2 ... of the cards of this version of the model",
        "state": "draft, published or withdrawn",
        "digest": "SHA-256 of objects/<first two digits>/<SHA-256>: the card as JSON",
        "completeness": "0 to 1: the part of what a card should say that it says",
        "missing": "a JSON array: what it does not say",
        "metrics": "name to value, of its last evaluation",
        "sources": "a JSON object: kind to the ids of the things it tells of, beside its model",
        "created_at": "UTC",
        "published_at": "UTC; null for a draft",
        "actor": "who made it",
        "published_by": "who published it",
        "withdrawn_at": "UTC; null unless it was published and taken back",
        "withdrawn_by": "who took it back",
        "withdrawn_because": "why",
    },
    "card_sign_offs": {
        "digest": "SHA-256 of the content that was signed",
        "role": "as what: clinical safety officer, statistician ...",
        "statement": "what was said with it",
        "signed_at": "UTC",
    },
}

_BY_ID: Final = "select * from model_cards where card_id = $card_id"
_OF_MODEL: Final = """
select * from model_cards where model_id = $model_id order by card_number desc, card_id desc
"""
_ALL: Final = """
select * from model_cards where $name is null or model_name = $name
order by created_at desc, card_id desc
"""
_SIGNED: Final = """
select * from card_sign_offs where card_id = $card_id order by signed_at, sign_off_id
"""


def card_views(events: Callable[[str], str]) -> dict[str, str]:
    """Return the queries of the views by name; `events` returns what a table is selected from.

    >>> list(card_views(str.upper))
    ['model_cards', 'card_sign_offs']
    """
    return {
        "model_cards": _MODEL_CARDS.format(model_cards=events("model_cards")),
        "card_sign_offs": _CARD_SIGN_OFFS.format(card_sign_offs=events("card_sign_offs")),
    }


class CardRows:
    """Asks the catalog for cards, as mappings from column to value."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def by_id(self, card_id: str) -> dict[str, Any] | None:
        """Return a card."""
        return next(iter(self._ask(_BY_ID, card_id=card_id)), None)

    def of_model(self, model_id: str) -> list[dict[str, Any]]:
        """Return the cards of a version of a model, the newest first."""
        return self._ask(_OF_MODEL, model_id=model_id)

    def all(self, model_name: str | None = None) -> list[dict[str, Any]]:
        """Return the cards of all versions of a model, or of all models, the newest first."""
        return self._ask(_ALL, name=model_name)

    def sign_offs(self, card_id: str) -> list[dict[str, Any]]:
        """Return the signatures under a card, the first one first."""
        return self._ask(_SIGNED, card_id=card_id)

    def _ask(self, query: str, **values: object) -> list[dict[str, Any]]:
        return records(self._catalog, query, values)
