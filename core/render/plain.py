"""Write a document as JSON, for programs that read reports.

{"document": 1, "title": ..., "summary": [{"kind": "callout", ...}], "sections": [...]}
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from core.render.blocks import Document

FORMAT: Final = 1


def render_json(document: Document) -> bytes:
    """Write a document as JSON in UTF-8; numbers that JSON does not have are null.

    >>> from core.render.blocks import Document
    >>> json.loads(render_json(Document("Drift")))["title"]
    'Drift'
    """
    found = {**plain(document), "document": FORMAT}
    text = json.dumps(found, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True)
    return f"{text}\n".encode()


def plain(value: Any) -> Any:
    """Return blocks and cells as dicts that name their kind, everything else as it is.

    >>> from core.render.blocks import Badge
    >>> plain(Badge("drifted", level="bad"))
    {'kind': 'badge', 'text': 'drifted', 'level': 'bad'}
    """
    if is_dataclass(value):
        named = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        return {"kind": type(value).__name__.lower(), **named}
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
