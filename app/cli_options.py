"""Options that several commands share, and how a command opens its lake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from core.settings import Settings
    from core.workbench import Workbench
    from lake.address import Place
    from lake.lake import Lake

LakeOption = Annotated[
    str | None,
    typer.Option("--lake", metavar="DIR", help="The lake; else that of the settings, else ./lake."),
]
JsonOption = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print one JSON document: times in ISO 8601 UTC, "
        'NaN and infinities as "NaN", "Infinity", "-Infinity".',
    ),
]


def settings_of(lake: str | None, *, source: str = "option --lake") -> Settings:
    """Read the settings of a command. Raises SettingsError."""
    from core.settings import read_settings  # not needed for --help

    return read_settings(source=source, lake=lake)


def open_workbench(lake: str | None, *, create: bool = False) -> Workbench:
    """Open the lake a command works on. Raises LakeNotFoundError unless it may be made."""
    from core import Workbench  # as above

    return Workbench(settings=settings_of(lake), create=create)


def open_lake(lake: str | None) -> Lake:
    """Open the lake of a command that asks no questions. Raises LakeNotFoundError."""
    from catalog.tables import SPECS  # as above
    from core.workbench import open_lake as open_it

    opened = open_it(settings_of(lake), create=False)
    opened.define(*SPECS.values())
    return opened


def open_place(place: str, settings: Settings) -> Place:
    """Return the store at an address. Raises InvalidNameError."""
    from lake.address import open_store  # as above

    return open_store(place, cache=settings.bucket_options.cache())
