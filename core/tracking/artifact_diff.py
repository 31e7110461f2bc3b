"""Two files of two runs side by side: which there are, and what differs inside them."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from core.tracking.run import Artifact

MOST_LINES: Final = 20_000  # of both texts; finding what differs in more takes seconds
MOST_CHANGES: Final = 1000
Standing = Literal["differs", "same", "first only", "second only"]
_ORDER: Final[tuple[Standing, ...]] = ("differs", "first only", "second only", "same")
_ABSENT: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactPair:
    """What two runs have under one path; `standing` is by their digests."""

    path: str
    first: Artifact | None
    second: Artifact | None

    @property
    def standing(self) -> Standing:
        """Whether both have it, and whether it is the same in both."""
        if self.first is None or self.second is None:
            return "second only" if self.first is None else "first only"
        return "same" if self.first.digest == self.second.digest else "differs"


def artifact_pairs(first: Sequence[Artifact], second: Sequence[Artifact]) -> list[ArtifactPair]:
    """Return a pair for each path, those that differ first. The newest of a path counts."""
    kept = [{artifact.path: artifact for artifact in artifacts} for artifacts in (first, second)]
    pairs = [
        ArtifactPair(path=path, first=kept[0].get(path), second=kept[1].get(path))
        for path in sorted({*kept[0], *kept[1]})
    ]
    return sorted(pairs, key=lambda pair: _ORDER.index(pair.standing))


def text_changes(before: str, after: str) -> list[str] | None:
    """Return the lines of a unified diff, none when the texts have the same lines.

    None stands for texts that are too long to be compared here.

    >>> text_changes("depth = 4\\nrate = 0.1\\n", "depth = 6\\nrate = 0.1\\n")
    ['@@ -1,2 +1,2 @@', '-depth = 4', '+depth = 6', ' rate = 0.1']
    """
    lines = before.splitlines(), after.splitlines()
    if sum(map(len, lines)) > MOST_LINES:
        return None
    found = difflib.unified_diff(*lines, lineterm="", n=3)
    return list(found)[2:]  # without the two lines of file names


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueChange:
    """One place of a JSON document; a side that has nothing there is empty."""

    place: str
    before: str
    after: str


def json_changes(before: Any, after: Any) -> list[ValueChange]:
    """Return the places where two JSON values differ, at most `MOST_CHANGES` of them.

    >>> json_changes({"a": [1, 2], "b": 0}, {"a": [1, 3]})
    [ValueChange(place='a[1]', before='2', after='3'), ValueChange(place='b', before='0', after='')]
    """
    found: list[ValueChange] = []
    for change in _walk("", before, after):
        if len(found) == MOST_CHANGES:
            break
        found.append(change)
    return found


def _walk(place: str, before: Any, after: Any) -> Iterator[ValueChange]:
    """Go down both values at once; a pile in place of recursion, however deep they are."""
    pile = [(place, before, after)]
    while pile:
        place, one, other = pile.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            names = sorted({*one, *other}, reverse=True)
            pile += [
                (
                    f"{place}.{name}" if place else name,
                    one.get(name, _ABSENT),
                    other.get(name, _ABSENT),
                )
                for name in names
            ]
        elif isinstance(one, list) and isinstance(other, list):
            for index in reversed(range(max(len(one), len(other)))):
                here, there = (e[index] if index < len(e) else _ABSENT for e in (one, other))
                pile.append((f"{place}[{index}]", here, there))
        elif type(one) is not type(other) or one != other:
            yield ValueChange(place=place or "(all)", before=_said(one), after=_said(other))


def _said(value: Any) -> str:
    return "" if value is _ABSENT else json.dumps(value, ensure_ascii=False)[:500]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableChanges:
    """How two tables differ. `cells` counts by column the rows that differ, compared in order.

    It is empty where the tables do not have the same number of rows.
    """

    rows: tuple[int, int]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    retyped: dict[str, tuple[str, str]]
    cells: dict[str, int]


def table_changes(before: pa.Table, after: pa.Table) -> TableChanges:
    """Compare two tables by their columns, and cell by cell where they have as many rows.

    >>> import pyarrow as pa
    >>> table_changes(pa.table({"a": [1, 2]}), pa.table({"a": [1, 3], "b": [0, 0]})).cells
    {'a': 1}
    """
    shared = [name for name in before.column_names if name in after.column_names]
    kinds = {name: (str(before[name].type), str(after[name].type)) for name in shared}
    cells: dict[str, int] = {}
    if before.num_rows == after.num_rows:
        for name in shared:
            if kinds[name][0] != kinds[name][1]:
                continue
            count = _cells_that_differ(before[name], after[name])
            if count:
                cells[name] = count
    return TableChanges(
        rows=(before.num_rows, after.num_rows),
        added=tuple(name for name in after.column_names if name not in before.column_names),
        removed=tuple(name for name in before.column_names if name not in after.column_names),
        retyped={name: pair for name, pair in kinds.items() if pair[0] != pair[1]},
        cells=cells,
    )


def _cells_that_differ(one: pa.ChunkedArray, other: pa.ChunkedArray) -> int:
    """Count the rows that differ; null is like null and NaN like NaN."""
    import pyarrow as pa  # with the tables
    import pyarrow.compute as pc

    if pa.types.is_nested(one.type):  # which Arrow does not compare
        return sum(a != b for a, b in zip(one.to_pylist(), other.to_pylist(), strict=True))
    same = pc.fill_null(pc.equal(one, other), fill_value=False)
    same = pc.or_(same, pc.and_(pc.is_null(one), pc.is_null(other)))
    if pa.types.is_floating(one.type):
        nan = pc.fill_null(pc.and_(pc.is_nan(one), pc.is_nan(other)), fill_value=False)
        same = pc.or_(same, nan)
    return len(one) - int(pc.sum(same).as_py() or 0)
