"""The formats of a card, and what writes each.

    html       one page that needs nothing else (core/render)
    markdown   with the metadata that Hugging Face reads
    json       the card itself, and how it stands: ModelCard.from_dict makes the card again
    chai       XML of the Coalition for Health AI, Applied Model Card 0.2
    mct        JSON of the model card toolkit, schema 0.0.2
    onc        the 31 source attributes of ONC HTI-1
    tripod     the checklist of TRIPOD+AI

Each says first of all when the card was withdrawn or its model is retired. The last two are
written as the end of the file's name says: .json, .md, else HTML.
"""

from __future__ import annotations

import json
from dataclasses import replace
from difflib import get_close_matches
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from core.errors import ModelCardError
from core.models.exports.chai import chai_card
from core.models.exports.document import card_document
from core.models.exports.huggingface import front_matter
from core.models.exports.notices import notices, standing_facts, texts
from core.models.exports.onc import onc_document, onc_table
from core.models.exports.toolkit import toolkit_card
from core.models.exports.tripod import tripod_document, tripod_table
from core.render.html import render_html
from core.render.markdown import render_markdown

if TYPE_CHECKING:
    from core.models.card import ModelCard
    from core.models.standing import Standing
    from core.render.blocks import Document

FORMATS: Final = ("html", "markdown", "json", "chai", "mct", "onc", "tripod")
_ALSO: Final = {"md": "markdown", "htm": "html", "xml": "chai", "hf": "markdown"}


def check_format(name: str) -> str:
    """Return the usual name of a format. Raises ModelCardError naming those there are."""
    found = _ALSO.get(name.lower(), name.lower())
    if found in FORMATS:
        return found
    meant = get_close_matches(found, FORMATS, n=1)
    advice = f"Did you mean {meant[0]}? " if meant else ""
    hint = f"{advice}Formats: {', '.join(FORMATS)}."
    raise ModelCardError(f"A card is not written as {name!r}.", hint=hint, format=name)


def write_card(
    card: ModelCard,
    kind: str,
    *,
    standing: Standing | None = None,
    file_name: str = "",
) -> bytes:
    """Write a card in a format; the same card in the same standing has the same bytes.

    Raises ModelCardError for a format that is not there.
    """
    name = check_format(kind)
    if name == "html":
        return render_html(card_document(card, standing))
    if name == "markdown":
        body = render_markdown(card_document(card, standing))
        return f"{front_matter(card, standing)}\n{body}".encode()
    facts = {} if standing is None else {"standing": standing_facts(standing)}
    if name == "json":
        return _json({**card.to_dict(), **facts})
    if name == "chai":
        return chai_card(card, notices=texts(standing))
    if name == "mct":
        return _json(toolkit_card(card, notices=texts(standing)))
    document, table = _LISTS[name]
    told = () if standing is None else notices(standing)
    return _as_named(replace(document(card), summary=told), {**table(card), **facts}, file_name)


def _as_named(document: Document, table: dict[str, Any], file_name: str) -> bytes:
    suffix = PurePath(file_name).suffix.lower()
    if suffix == ".json":
        return _json(table)
    if suffix in {".md", ".markdown"}:
        return render_markdown(document).encode()
    return render_html(document)


def _json(found: dict[str, Any]) -> bytes:
    text = json.dumps(found, ensure_ascii=False, indent=1, sort_keys=False, allow_nan=False)
    return f"{text}\n".encode()


_LISTS: Final[dict[str, Any]] = {
    "onc": (onc_document, onc_table),
    "tripod": (tripod_document, tripod_table),
}
