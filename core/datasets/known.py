"""What earlier versions of a dataset have stored, looked up by what is in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from core.datasets.layout import Part, Piece
from core.datasets.patch_files import read_patches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from core.datasets.layout import Layout
    from core.datasets.patches import Patch
    from lake.objects import Objects

    Patched = tuple[Part, Patch, pa.Table]


class Known:
    """The chunks of earlier versions, and those of the version being written."""

    def __init__(self, objects: Objects, earlier: Sequence[Layout]) -> None:
        self._objects = objects
        self._holders: dict[tuple[str, str], str] = {}
        self._bases: list[Part] = []
        self._marked: defaultdict[int, list[int]] = defaultdict(list)
        self._patched: dict[frozenset[tuple[str, str]], tuple[Layout, int]] = {}
        self._loaded: dict[int, Mapping[int, tuple[Patch, pa.Table]]] = {}
        for layout in reversed(earlier):  # the most recent one counts
            for place, part in enumerate(layout.parts):
                self.add(part)
                if part.patched:
                    self._patched[frozenset(part.digests.items())] = layout, place

    def add(self, part: Part) -> None:
        """Take in a part that is stored."""
        if len(part.pieces) == 1:
            for mark in part.marks:
                self._marked[mark].append(len(self._bases))
            self._bases.append(part)
        if not part.patched:
            for piece in part.pieces:
                for name in piece.columns:
                    self._holders[name, part.digests[name]] = piece.object

    def pieces(self, digests: Mapping[str, str]) -> tuple[Piece, ...]:
        """Return the objects that hold these columns, with those columns that are held."""
        found: dict[str, list[str]] = {}
        for name, digest in digests.items():
            holder = self._holders.get((name, digest))
            if holder is not None:
                found.setdefault(holder, []).append(name)
        return tuple(Piece(object=o, columns=tuple(names)) for o, names in found.items())

    def base(self, part: Part) -> Part | None:
        """Return the stored chunk that has most rows of this one, and all of its columns.

        Wherever rows were deleted or inserted, also where the cuts moved with them: the smallest
        numbers of two chunks are as alike as the chunks are (Broder: On the resemblance and
        containment of documents, 1997). Of several the most recent one is taken.
        """
        shared = Counter(place for mark in part.marks for place in self._marked.get(mark, ()))
        fitting = [
            (number, place)
            for place, number in shared.items()
            if 2 * number >= len(self._bases[place].marks)
            and set(self._bases[place].pieces[0].columns) >= set(part.digests)
        ]
        return self._bases[max(fitting)[1]] if fitting else None

    def patched(self, digests: Mapping[str, str]) -> Patched | None:
        """Return the part that was patched to hold just this, and its patch."""
        found = self._patched.get(frozenset(digests.items()))
        if found is None:
            return None
        layout, place = found
        if id(layout) not in self._loaded:
            self._loaded[id(layout)] = read_patches(self._objects, layout)
        return layout.parts[place], *self._loaded[id(layout)][place]
