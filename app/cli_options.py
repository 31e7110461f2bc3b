"""Options that several commands share, and how a command opens its lake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from core.workbench import Workbench
    from lake.lake import Lake

LakeOption = Annotated[
    str | None,
    typer.Option("--lake", metavar="DIR", help="The lake's folder; else $MHRAS_LAKE, else ./lake."),
]
JsonOption = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print one JSON document: times in ISO 8601 UTC, "
        'NaN and infinities as "NaN", "Infinity", "-Infinity".',
    ),
]


def open_workbench(lake: str | None, *, create: bool = False) -> Workbench:
    """Open the lake a command works on. Raises LakeNotFoundError unless it may be made."""
    from core import Workbench  # not needed for --help

    return Workbench(lake, create=create)


def open_lake(lake: str | None) -> Lake:
    """Open the lake of a command that asks no questions. Raises LakeNotFoundError."""
    from catalog.tables import SPECS
    from core.settings import lake_location
    from lake.lake import Lake

    opened = Lake.open(lake_location(lake), create=False)
    opened.define(*SPECS.values())
    return opened
