"""What the surroundings say: environment variables, read once at the edge."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

LAKE_VARIABLE: Final = "MHRAS_LAKE"
ACTOR_VARIABLE: Final = "MHRAS_ACTOR"
DEFAULT_LAKE: Final = "lake"


def lake_location(given: str | Path | None = None) -> str | Path:
    """Where the lake is: as given, else MHRAS_LAKE, else the folder ``lake`` here.

    >>> lake_location("elsewhere")
    'elsewhere'
    """
    return given if given is not None else os.environ.get(LAKE_VARIABLE, DEFAULT_LAKE)


def actor_name(given: str | None = None) -> str:
    """Who acts: as given, else MHRAS_ACTOR, else the login name.

    >>> actor_name("ana")
    'ana'
    """
    if given is not None:
        return given
    try:
        return os.environ.get(ACTOR_VARIABLE) or getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return f"uid {os.getuid()}"
