"""What says that a folder is a lake, and which one: lake.json.

    {"created_at": 1764000000000000, "format": 1, "lake_id": "5f0c..."}

It is there before anything else, and in a copy of a lake after everything else.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from lake.clock import now_us
from lake.errors import AlreadyExistsError, DamagedError, FormatError, LakeError

if TYPE_CHECKING:
    from lake.address import Place
    from lake.store import Store

FORMAT: Final = 1
IDENTITY: Final = "lake.json"


def read_document(store: Store, key: str) -> dict[str, Any]:
    """Return a small JSON object of the lake. Raises NotFoundError and DamagedError."""
    return as_document(store.get(key), key)


def as_document(data: bytes, key: str) -> dict[str, Any]:
    """Return the JSON object in some bytes. Raises DamagedError.

    >>> as_document(b'{"name": "risk"}', "claims/experiments/1.json")
    {'name': 'risk'}
    """
    try:
        document = json.loads(data)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        message = f"{key} is damaged: it is not a JSON object."
        raise DamagedError(message, hint="Run `mhras verify --repair`.", path=key)
    return document


def read_identity(store: Store, place: object) -> dict[str, Any]:
    """Return what lake.json says of the lake at a place.

    Raises NotFoundError when there is none, DamagedError, and FormatError for a newer format.
    """
    identity = read_document(store, IDENTITY)
    version = identity.get("format")
    if not isinstance(version, int) or not isinstance(identity.get("lake_id"), str):
        message = f"{IDENTITY} of the lake at {place} is damaged: it has no format or no lake_id."
        raise DamagedError(message, hint="Run `mhras verify --repair`.", path=IDENTITY)
    if version > FORMAT:
        message = f"The lake at {place} has format {version}, newer than {FORMAT}."
        raise FormatError(message, hint="Update mhras-workbench.", format=version)
    return identity


def create_identity(place: Place) -> dict[str, Any]:
    """Make a lake at an empty place, and return its identity, or that of who was faster.

    Raises LakeError when something else is there, StoreError when names can be taken twice there.
    """
    import uuid  # 2 ms, for a new lake only

    others = [name for name in place.names() if name not in {"tmp/", IDENTITY}]
    if others:
        held = ", ".join(name.removesuffix("/") for name in others[:5])
        message = f"{place.url} is not a lake and not empty: it holds {held}."
        hint = "Name an empty or a new folder."
        raise LakeError(message, hint=hint, path=place.url)
    place.require_exclusive_create()
    identity = {"format": FORMAT, "lake_id": str(uuid.uuid4()), "created_at": now_us()}
    try:
        place.put(IDENTITY, json.dumps(identity, sort_keys=True).encode(), exclusive=True)
    except AlreadyExistsError:
        return read_identity(place, place.url)  # another process made it a moment ago
    return identity
