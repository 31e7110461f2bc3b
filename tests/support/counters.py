"""Whole numbers that processes share, and that outlive the one that wrote them."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_BYTES = 8


class Counters:
    """As many numbers as asked for, all 0 at first, in a file of their own.

    What a killed process stored is there: the page belongs to the file, not to the process.
    """

    def __init__(self, path: Path, count: int = 1) -> None:
        if not path.exists():
            path.write_bytes(bytes(_BYTES * count))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)
        self._numbers = memoryview(self._map).cast("q")

    def __getitem__(self, place: int) -> int:
        return int(self._numbers[place])

    def __setitem__(self, place: int, number: int) -> None:
        self._numbers[place] = number

    def __len__(self) -> int:
        return len(self._numbers)

    def all(self) -> list[int]:
        """Every number."""
        return list(map(int, self._numbers))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._numbers.release()
        self._map.close()
