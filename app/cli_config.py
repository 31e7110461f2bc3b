"""`mhras config`: every setting, its value, and who said so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli_options import JsonOption, LakeOption, settings_of
from app.cli_output import at_terminal, printable, remark, say, say_json, say_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.settings import Settings

commands = typer.Typer()


@commands.command("config")
def config(
    *,
    lake: LakeOption = None,
    as_json: JsonOption = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the table of docs/configuration.md.")
    ] = False,
) -> None:
    """Print every setting: its value, where that came from, and what it is for."""
    if markdown:
        say(markdown_table())
        return
    from core.settings import KEYS  # as above

    settings = settings_of(lake)
    if as_json:
        say_json(
            [
                {
                    "key": name,
                    "variable": key.variable,
                    "value": getattr(settings, name),
                    "source": settings.source(name),
                    "about": key.about,
                }
                for name, key in KEYS.items()
            ]
        )
    else:
        lines = (
            (name, shown(settings, name), settings.source(name), key.about.replace("`", ""))
            for name, key in KEYS.items()
        )
        if at_terminal():  # four columns need more width than most have
            for name, value, source, about in lines:
                say(f"{name} = {printable(value)}  ({printable(source)})\n    {about}")
        else:
            say_table(("key", "value", "source", "about"), lines)
    for text in (file_read(), *remarks()):
        remark(printable(text))


def shown(settings: Settings, name: str) -> str:
    """Return a value as mhras.toml would have it, or what happens without one."""
    value = settings.effective(name)
    return str(value).lower() if isinstance(value, bool) else str(value)


def file_read() -> str:
    """Say which file of settings counts here."""
    from core.setting_sources import FILE_NAME, find_file  # as above

    path = find_file(os.environ)
    return f"no {FILE_NAME} here or above" if path is None else f"{path} was read"


def remarks() -> Iterator[str]:
    """Yield what is no fault, but probably not what somebody meant."""
    from core.setting_sources import strange_variables  # as above
    from core.settings import VARIABLES

    for name, meant in strange_variables(os.environ, VARIABLES):
        yield f"The variable {name} is not read. Did you mean {meant}?"


def markdown_table() -> str:
    """Return the table of docs/configuration.md.

    >>> markdown_table().splitlines()[2]
    '| `lake` | `MHRAS_LAKE` | `lake` | The lake: a folder or s3://bucket/prefix. |'
    """
    from core.settings import KEYS, default_of  # as above

    lines = ["| in mhras.toml | variable | without it | |", "|---|---|---|---|"]
    for name, key in KEYS.items():
        value = default_of(name)
        default = key.otherwise or f"`{str(value).lower()}`"
        lines.append(f"| `{name}` | `{key.variable}` | {default} | {key.about} |")
    return "\n".join(lines)
