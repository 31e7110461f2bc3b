"""Apply the packaged settings of Streamlit, however the server was started.

Streamlit looks for `.streamlit/config.toml` in the home folder, in the working folder and beside
the main script. From any other folder it finds none of ours, and its own defaults send telemetry.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_APP: Final = Path(__file__).resolve().parent
# in a wheel the settings lie inside the package, in a checkout at the root
_PLACES: Final = (_APP / ".streamlit/config.toml", _APP.parent / ".streamlit/config.toml")
_ORIGIN: Final = "packaged defaults"


def packaged_settings() -> dict[str, Any]:
    """Read the settings that come with the workbench, as dotted keys.

    >>> packaged_settings()["browser.gatherUsageStats"]
    False
    """
    path = next((place for place in _PLACES if place.is_file()), None)
    if path is None:
        return {}
    return dict(_flat(tomllib.loads(path.read_text(encoding="utf8"))))


def apply_defaults() -> None:
    """Set every packaged option that nobody set by hand."""
    from streamlit import config

    for key, value in packaged_settings().items():
        if not config.is_manually_set(key):
            config.set_option(key, value, _ORIGIN)


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
