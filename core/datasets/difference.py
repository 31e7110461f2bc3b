"""What became of a dataset from one version to another: columns, rows, statistics."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final

from core.datasets.anchor import as_key
from core.datasets.row_changes import Side, differing, find_row_changes, rows_at
from core.storable import stored_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from core.datasets.layout import Layout
    from core.datasets.row_changes import Place
    from core.datasets.version import DatasetVersion

    Row = Mapping[str, Any]

MEASURES: Final = ("missing", "distinct", "mean", "std")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedRow:
    """One row of both versions: its key, and the old and the new value of what changed."""

    key: Row
    values: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetDifference:
    """What is different in `after`, of which `before` is the other version; both as name@version.

    `added_columns` and `removed_columns` map names to types, `retyped_columns` to the old and the
    new type; `moved_columns` changed their place among the others. Rows are compared in the
    columns that both versions have, stored as the same type (`compared_columns`), and found again
    by `key`; without one a changed row is a removed and an added one. `changed_values` counts
    changed values by column. `moved_statistics` maps a column to measures, each with its value
    before and after; missing is a share. `chunks_read` of `chunks` were not known to be equal.
    `same_content` says that both hold the same rows in the same order: nothing else differs then.
    """

    before: str
    after: str
    rows_before: int
    rows_after: int
    key: tuple[str, ...]
    added_columns: Mapping[str, str]
    removed_columns: Mapping[str, str]
    retyped_columns: Mapping[str, tuple[str, str]]
    moved_columns: tuple[str, ...]
    compared_columns: tuple[str, ...]
    rows_added: int
    rows_removed: int
    rows_changed: int
    changed_values: Mapping[str, int]
    examples_added: tuple[Row, ...]
    examples_removed: tuple[Row, ...]
    examples_changed: tuple[ChangedRow, ...]
    moved_statistics: Mapping[str, Mapping[str, tuple[Any, Any]]]
    chunks: int
    chunks_read: int
    same_content: bool

    @property
    def schema_changed(self) -> bool:
        """Tell whether columns came, went, moved or changed their type."""
        parts = (self.added_columns, self.removed_columns, self.retyped_columns)
        return any(parts) or bool(self.moved_columns)

    @property
    def rows_differ(self) -> bool:
        """Tell whether any row came, went or changed."""
        return bool(self.rows_added or self.rows_removed or self.rows_changed)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain dictionaries and lists; values of rows stay what they are."""
        return asdict(self)


def find_difference(
    before: DatasetVersion,
    after: DatasetVersion,
    sides: tuple[Side, Side],
    *,
    key: str | Sequence[str] | None = None,
    examples: int = 10,
) -> DatasetDifference:
    """Compare two versions. Raises DataVersionError for a key that one of them does not have."""
    old, new = (side.layout for side in sides)
    compared = _compared(old, new)
    keys = as_key(key, compared) or next(
        (v.key for v in (after, before) if v.key and set(v.key) <= set(compared)), ()
    )
    found = find_row_changes(*sides, compared, keys, examples=examples)
    names = [name for name in new.schema.names if name in old.schema.names]
    parts = len(old.parts) + len(new.parts)
    return DatasetDifference(
        before=before.name,
        after=after.name,
        rows_before=before.num_rows,
        rows_after=after.num_rows,
        key=tuple(keys),
        added_columns={n: t for n, t in after.schema.items() if n not in before.schema},
        removed_columns={n: t for n, t in before.schema.items() if n not in after.schema},
        retyped_columns={
            name: (before.schema[name], after.schema[name])
            for name in names
            if before.schema[name] != after.schema[name]
        },
        moved_columns=_moved([n for n in old.schema.names if n in names], names),
        compared_columns=tuple(compared),
        rows_added=found.added,
        rows_removed=found.removed,
        rows_changed=found.changed,
        changed_values={n: found.by_column[n] for n in compared if found.by_column[n]},
        examples_added=_examples(sides[1], found.added_at),
        examples_removed=_examples(sides[0], found.removed_at),
        examples_changed=_changed(sides, found.changed_at, compared, keys),
        moved_statistics=_moved_statistics(before, after),
        chunks=parts,
        chunks_read=found.parts_read,
        same_content=before.content_digest == after.content_digest,
    )


def _compared(old: Layout, new: Layout) -> list[str]:
    kinds = dict(zip(old.schema.names, old.schema.types, strict=True))
    return [
        field.name
        for field in new.schema
        if field.name in kinds and stored_type(kinds[field.name]) == stored_type(field.type)
    ]


def _moved(before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    """Return the fewest names that must have moved.

    >>> _moved(["a", "b", "c"], ["c", "a", "b"])
    ('c',)
    """
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    stayed = {name for block in blocks for name in after[block.b : block.b + block.size]}
    return tuple(name for name in after if name not in stayed)


def _examples(side: Side, places: Sequence[Place]) -> tuple[Row, ...]:
    names = side.layout.schema.names
    reader = side.reader(names)
    rows = rows_at(side, places, names)
    return tuple(row for stored in rows for row in _plain(reader.restore(stored)))


def _plain(table: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _changed(
    sides: tuple[Side, Side],
    places: Sequence[tuple[Place, Place]],
    columns: Sequence[str],
    key: Sequence[str],
) -> tuple[ChangedRow, ...]:
    readers = [side.reader(columns) for side in sides]
    olds = rows_at(sides[0], [old for old, _ in places], columns)
    news = rows_at(sides[1], [new for _, new in places], columns)
    found = []
    for stored in zip(olds, news, strict=True):
        ((old,), (new,)) = (_plain(r.restore(t)) for r, t in zip(readers, stored, strict=True))
        names = [
            n for n in columns if differing(*(table[n].combine_chunks() for table in stored)).any()
        ]
        values = {name: (old[name], new[name]) for name in names}
        found.append(ChangedRow(key={name: new[name] for name in key}, values=values))
    return tuple(found)


def _moved_statistics(
    before: DatasetVersion, after: DatasetVersion
) -> dict[str, dict[str, tuple[Any, Any]]]:
    found = {}
    for name in after.schema:
        if name in before.schema:
            old, new = _measures(before, name), _measures(after, name)
            moved = {m: (old[m], new[m]) for m in MEASURES if old[m] != new[m]}
            if moved:
                found[name] = moved
    return found


def _measures(version: DatasetVersion, name: str) -> dict[str, Any]:
    found = version.statistics.get(name, {})
    measures = {measure: found.get(measure) for measure in MEASURES}
    missing = found.get("missing")
    share = None if missing is None else missing / max(1, version.num_rows)
    return measures | {"missing": share}
