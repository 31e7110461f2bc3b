"""Lakes that are damaged as disks and people do it, and made whole again."""

from __future__ import annotations

import os
import random
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Kind = Literal["flipped", "truncated", "deleted"]
KINDS: Final[tuple[Kind, ...]] = ("flipped", "truncated", "deleted")
# what holds nothing that could get lost: spare copies, lists, files on their way
_WITHOUT_CONTENT: Final = {"tmp", "gc", "inventory", "journal", "spare"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Injury:
    """What was done to which file of a lake."""

    kind: Kind
    key: str


def files_of(folder: Path) -> list[Path]:
    """Every file that a lake cannot do without."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(p for p in files if not _WITHOUT_CONTENT & {*p.relative_to(folder).parts})


def injure(folder: Path, chance: random.Random) -> Injury:
    """Flip a bit of some file, cut it off somewhere, or delete it. Its time stays as it was."""
    path, kind = chance.choice(files_of(folder)), chance.choice(KINDS)
    damage(path, kind, chance)
    return Injury(kind=kind, key=path.relative_to(folder).as_posix())


def damage(path: Path, kind: Kind, chance: random.Random) -> None:
    """Damage one file."""
    data, before = bytearray(path.read_bytes()), path.stat()
    if kind == "deleted":
        path.unlink()
        return
    if kind == "flipped":
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    else:
        del data[chance.randrange(len(data)) :]
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def injuries(original: Path, folder: Path, *, seed: int, count: int) -> Iterator[Injury]:
    """Yield one injury after the other, each of a fresh copy of a lake."""
    chance = random.Random(seed)  # noqa: S311 - the same ones every time
    for _ in range(count):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(original, folder)
        yield injure(folder, chance)
