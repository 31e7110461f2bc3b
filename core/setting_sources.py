"""Where settings are written: in `mhras.toml`, and in variables of the environment.

`mhras.toml` is looked for in the current folder, then in its parents, as git looks for `.git`; the
variable MHRAS_CONFIG names another file. An empty variable counts as one that is not set.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILE_NAME: Final = "mhras.toml"
FILE_VARIABLE: Final = "MHRAS_CONFIG"
PREFIXES: Final = ("MHRAS_", "EXPERIMENT_", "DATA_VERSION_")
# how alike two names are, by difflib, when one looks like a slip of the other
_ALIKE: Final = 0.6
_VERY_ALIKE: Final = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One value as it was written: its key, where it stands, and the folder its paths start at."""

    key: str
    raw: object
    source: str
    beside: Path | None = None


class UnreadableFileError(Exception):
    """The file of settings cannot be read; the message says which and why."""


def find_file(environment: Mapping[str, str], folder: Path | None = None) -> Path | None:
    """The file of settings that counts here, None when there is none.

    Raises UnreadableFileError when MHRAS_CONFIG names a file that is not there.
    """
    named = environment.get(FILE_VARIABLE)
    if named:
        path = Path(os.path.expanduser(named))  # noqa: PTH111 - never fails
        if not os.path.exists(path):  # noqa: PTH110 - as above
            raise UnreadableFileError(f"{FILE_VARIABLE} names {named}, which is not there")
        return path.absolute()
    try:
        start = Path.cwd() if folder is None else folder.absolute()
    except FileNotFoundError:  # the current folder was deleted
        return None
    for parent in (start, *start.parents):
        path = parent / FILE_NAME
        if os.path.isfile(path):  # noqa: PTH113 - also where we may not look: never fails
            return path
    return None


def read_file(path: Path) -> list[Entry]:
    """What a file says, with the line of each. Raises UnreadableFileError."""
    import tomllib  # 5 ms, where there is a file

    try:
        written = path.read_bytes().decode("utf8")
        values = tomllib.loads(written)
    except OSError as error:
        raise UnreadableFileError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableFileError(f"{path} is not TOML: {error}") from error
    return [
        Entry(key=key, raw=raw, source=f"{path}{_line(written, key)}", beside=path.parent)
        for key, raw in values.items()
    ]


def _line(written: str, key: str) -> str:
    name = re.escape(key)
    match = re.search(rf"""^[ \t]*\[{{0,2}}[ \t]*["']?{name}\b""", written, re.MULTILINE)
    return f", line {written.count(chr(10), 0, match.start()) + 1}" if match else ""


def read_environment(environment: Mapping[str, str], variables: Mapping[str, str]) -> list[Entry]:
    """What the environment says of the keys whose variables are given.

    >>> read_environment({"MHRAS_LAKE": "/data"}, {"MHRAS_LAKE": "lake", "MHRAS_ACTOR": "actor"})
    [Entry(key='lake', raw='/data', source='environment MHRAS_LAKE', beside=None)]
    """
    return [
        Entry(key=key, raw=raw, source=f"environment {name}")
        for name, key in variables.items()
        if (raw := environment.get(name))
    ]


def nearest_key(name: str, variables: Mapping[str, str]) -> str:
    """The key that was probably meant in a file, empty when none is near.

    >>> variables = {"MHRAS_LAKE": "lake", "MHRAS_DURABILITY": "durability"}
    >>> nearest_key("durabilty", variables), nearest_key("MHRAS_LAKE", variables)
    ('durability', 'lake')
    >>> nearest_key("colour", variables)
    ''
    """
    known = {variable.lower(): key for variable, key in variables.items()}
    known |= {key: key for key in variables.values()}
    found = _closest(name.lower(), known, _ALIKE)
    return known[found] if found else ""


def strange_variables(
    environment: Mapping[str, str], variables: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield each variable that nobody reads but looks like one of ours, and that one.

    Variables of other programs may begin as ours do, so this is no fault.

    >>> list(strange_variables({"MHRAS_LAKES": "x", "MHRAS_X": "y"}, {"MHRAS_LAKE": "lake"}))
    [('MHRAS_LAKES', 'MHRAS_LAKE')]
    """
    ours = {**{name: name for name in variables}, FILE_VARIABLE: FILE_VARIABLE}
    ours |= {f"MHRAS_{key.upper()}": name for name, key in variables.items()}
    for prefix in PREFIXES:
        stems = {
            known.removeprefix(prefix): name
            for known, name in ours.items()
            if known.startswith(prefix)
        }
        for name in sorted(environment):
            if name in variables or name == FILE_VARIABLE or not name.upper().startswith(prefix):
                continue
            meant = _closest(name.upper().removeprefix(prefix), stems, _VERY_ALIKE)
            if meant:
                yield name, stems[meant]


def _closest(name: str, known: Mapping[str, str], cutoff: float) -> str:
    import difflib  # 5 ms, where there is a slip

    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)), "")
