"""What a setting is, and what its value may look like, whoever wrote it.

A reader takes what was written and the folder of the file it was written in, None for a variable
or an argument. It returns the value, or raises ValueError with what is allowed.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from lake.address import is_folder, open_store
from lake.errors import InvalidNameError

if TYPE_CHECKING:
    from collections.abc import Callable

_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([kmgt]?)(i?)b)?", re.ASCII | re.IGNORECASE)
_POWERS: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_LARGEST: Final = 2**63 - 1
_PLACE: Final = "a folder or s3://bucket/prefix"
_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"0", "false", "no", "off"})


class Reader(Protocol):
    """Understands one kind of value."""

    def __call__(self, raw: object, beside: Path | None = None) -> Any:
        """The value. Raises ValueError saying what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One setting beside its name: its variable, what it is for, and how it is understood.

    ``otherwise`` says what happens without it, where no value stands for that, and ``usual`` finds
    out what it is then.
    """

    variable: str
    about: str
    read: Reader
    otherwise: str = ""
    usual: Callable[[], object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong with the settings: the key, where it was written, and why."""

    key: str
    source: str
    text: str

    def __str__(self) -> str:
        return self.text


def key_of(variable: str, about: str, read: Reader, **more: Any) -> dict[str, Key]:
    """The metadata of a field of the settings."""
    return {"key": Key(variable=variable, about=about, read=read, **more)}


def text(raw: object, beside: Path | None = None) -> str:  # noqa: ARG001 - a Reader
    """A text that is not blank, such as a name.

    >>> text("ana")
    'ana'
    """
    if not isinstance(raw, str) or not raw.strip() or not raw.isprintable():
        raise ValueError("a text that can be printed")
    return raw


def one_of(*words: str) -> Reader:
    """Make a reader of one of a few words, in any case.

    >>> one_of("process", "commit")("Commit")
    'commit'
    """

    def read(raw: object, beside: Path | None = None) -> str:  # noqa: ARG001 - a Reader
        word = raw.strip().lower() if isinstance(raw, str) else ""
        if word not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return word

    return read


def yes_or_no(raw: object, beside: Path | None = None) -> bool:  # noqa: ARG001 - a Reader
    """A yes or a no.

    >>> yes_or_no("off"), yes_or_no(True)
    (False, True)
    """
    word = str(raw).strip().lower()
    if word not in _YES | _NO:
        raise ValueError("true or false")
    return word in _YES


def byte_count(raw: object, beside: Path | None = None) -> int:  # noqa: ARG001 - a Reader
    """A size: bytes, or a number and its unit. A kB has 1000 bytes, a KiB 1024.

    >>> byte_count("10 GB"), byte_count("1.5 GiB"), byte_count(4096)
    (10000000000, 1610612736, 4096)
    """
    match = None if isinstance(raw, bool) else _SIZE.fullmatch(str(raw).strip())
    if match is not None:
        number, unit, binary = match.groups(default="")
        count = int(float(number) * (1024 if binary else 1000) ** _POWERS[unit.lower()])
        if 0 < count <= _LARGEST:
            return count
    raise ValueError('a size such as "10 GB", "512 MiB" or a number of bytes')


def dots_per_inch(raw: object, beside: Path | None = None) -> int:  # noqa: ARG001 - a Reader
    """A whole number from 30 to 1200.

    >>> dots_per_inch("300")
    300
    """
    written = str(raw).strip()
    if isinstance(raw, bool) or not (written.isascii() and written.isdigit()):
        raise ValueError("a whole number from 30 to 1200")
    if not 30 <= int(written) <= 1200:
        raise ValueError("a whole number from 30 to 1200")
    return int(written)


def place(raw: object, beside: Path | None = None) -> str:
    """A folder, or a prefix of a bucket. ``~`` is the home folder.

    >>> place("s3://research/risk"), place("risk", Path("/data"))
    ('s3://research/risk', '/data/risk')
    """
    if not isinstance(raw, str | Path):
        raise ValueError(_PLACE)  # noqa: TRY004 - see the module
    try:
        open_store(raw)
    except InvalidNameError:
        raise ValueError(_PLACE) from None
    except (OSError, RuntimeError):  # ~ of nobody, a current folder that was deleted
        raise ValueError(f"{_PLACE} that can be found") from None
    written = os.fspath(raw)
    if not is_folder(raw) or "://" in written:
        return written
    path = os.path.expanduser(written)  # noqa: PTH111 - a text, as it was written
    return path if beside is None else os.path.join(beside, path)  # noqa: PTH118 - as above


def folder(raw: object, beside: Path | None = None) -> Path:
    """A folder of this machine.

    >>> folder("cache", Path("/data")).as_posix()
    '/data/cache'
    """
    try:
        written = place(raw, beside)
    except ValueError:
        written = "://"
    if "://" in written:
        raise ValueError("a folder of this machine")
    return Path(written)


def file(raw: object, beside: Path | None = None) -> Path:
    """A file of this machine, which need not be there yet.

    >>> file("house.yaml", Path("/data")).as_posix()
    '/data/house.yaml'
    """
    try:
        return folder(raw, beside)
    except ValueError:
        raise ValueError("a file of this machine") from None


def view_prefix(raw: object, beside: Path | None = None) -> str:  # noqa: ARG001 - a Reader
    """How names of views begin; nothing for no names but the usual ones.

    >>> view_prefix("exp_")
    'exp_'
    """
    from catalog.view_names import prefixed_views  # for the few that set one

    if not isinstance(raw, str):
        raise ValueError("a text")  # noqa: TRY004 - see the module
    try:
        prefixed_views(raw)
    except InvalidNameError as error:
        raise ValueError(f"a prefix for names of views: {error}") from None
    return raw
