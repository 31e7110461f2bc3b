"""Damage to a lake of every kind, to files of every kind, one at a time."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from lake.table import SENTINEL

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Harm = Literal["flipped", "truncated", "deleted", "zeros", "swapped"]
HARMS: Final[tuple[Harm, ...]] = ("flipped", "truncated", "deleted", "zeros", "swapped")
TRIES: Final = 100  # at what may change nothing: a file of zeros, two files with one content


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """What is done to which file; `other` is the one whose content it changes places with."""

    harm: Harm
    kind: str
    key: str
    other: str = ""
    place: int = 0

    @property
    def keys(self) -> tuple[str, ...]:
        """The files whose content is another then."""
        return (self.key, self.other) if self.other else (self.key,)


def kind_of(key: str) -> str:
    """Say what a file of a lake is.

    >>> kind_of("lake.json"), kind_of("tables/runs/log/000000000001.json")
    ('lake.json', 'log')
    """
    folder, *_ = parts = key.split("/")
    if folder == "tables" and parts[2:4] == ["data", "rollup"]:
        return "rollup"
    if folder == "tables":
        return "sentinel" if parts[-1] == SENTINEL else parts[2]
    return folder


def files_by_kind(lake: Path) -> dict[str, list[str]]:
    """List a lake's files by what they are; those in tmp/ are no part of it."""
    found: dict[str, list[str]] = {}
    for path in sorted(lake.rglob("*")):
        key = path.relative_to(lake).as_posix()
        if path.is_file() and not key.startswith("tmp/"):
            found.setdefault(kind_of(key), []).append(key)
    return found


def choose(
    files: Mapping[str, list[str]], lake: Path, chance: random.Random
) -> Iterator[Injection]:
    """Yield every harm to a file of every kind, in any order, where it changes something."""
    both = [(kind, harm) for kind in sorted(files) for harm in HARMS]
    chance.shuffle(both)
    for kind, harm in both:
        tried = (_choose(files, lake, chance, kind, harm) for _ in range(TRIES))
        yield from itertools.islice(filter(None, tried), 1)


def _choose(
    files: Mapping[str, list[str]], lake: Path, chance: random.Random, kind: str, harm: Harm
) -> Injection | None:
    key = chance.choice(files[kind])
    size = (lake / key).stat().st_size
    other = ""
    if harm == "swapped":
        # mostly with one of its own kind, which is harder to notice
        kinds = sorted(files) if chance.random() < 0.25 else [kind]
        other = chance.choice(files[chance.choice(kinds)])
    injection = Injection(
        harm=harm, kind=kind, key=key, other=other, place=chance.randrange(max(8 * size, 1))
    )
    changed = harm == "deleted" or harmed(lake, injection)[key] != (lake / key).read_bytes()
    return injection if changed else None


def harmed(lake: Path, injection: Injection) -> dict[str, bytes | None]:
    """Return what the files hold after an injection; None for no file."""
    data = bytearray((lake / injection.key).read_bytes())
    if injection.harm == "deleted":
        return {injection.key: None}
    if injection.harm == "swapped":
        return {
            injection.key: (lake / injection.other).read_bytes(),
            injection.other: bytes(data),
        }
    if injection.harm == "truncated":
        del data[injection.place // 8 :]
    elif injection.harm == "zeros":
        data = bytearray(len(data))
    elif data:
        data[injection.place // 8] ^= 1 << injection.place % 8
    return {injection.key: bytes(data)}


def inject(lake: Path, injection: Injection) -> None:
    """Change files of a copy made by `linked_copy`. Times stay as they were."""
    for key, data in harmed(lake, injection).items():
        path = lake / key
        before = path.stat()
        path.unlink()  # the link only: the original keeps its content
        if data is not None:
            path.write_bytes(data)
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
