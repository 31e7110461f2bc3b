"""What is stored as a version is read again: every type, value, category and order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import hypothesis.strategies as st
import pyarrow as pa
from hypothesis import HealthCheck, given, settings

from core.datasets.digests import column_digest
from core.datasets.encodings import choose_encodings
from core.datasets.layout import Layout
from core.datasets.reader import VersionReader
from core.datasets.writer import VersionWriter
from core.profile.column import profile_column
from core.storable import to_stored
from lake.objects import Objects
from lake.store import LocalStore
from tests.core.datasets.arrow_tables import TYPES, column, tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Drawing a table takes a while on a busy machine; the lake of an example serves the next as well.
SHARED = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


def stored(
    objects: Objects, table: pa.Table, earlier: Sequence[Layout] = (), *, average: int = 8
) -> Layout:
    """Store a table in chunks of about so many rows."""
    sample = pa.table({name: to_stored(table[name]) for name in table.column_names})
    start = Layout(
        schema=table.schema,
        anchor=(table.column_names[0],),
        average=average,
        encodings=choose_encodings(sample, "zstd"),
    )
    writer = VersionWriter(objects, start, earlier=earlier)
    for place in range(0, table.num_rows, 7):
        writer.add(table.slice(place, 7))
    return Layout.from_json(writer.finish().to_json())


def restored(objects: Objects, layout: Layout) -> pa.Table:
    return VersionReader(objects, layout).table()


def same(table: pa.Table, other: pa.Table) -> bool:
    """Tell whether both hold the same bits, NaN included, which is not equal to itself."""
    return table.schema.equals(other.schema, check_metadata=True) and all(
        column_digest(to_stored(a)) == column_digest(to_stored(b))
        for a, b in zip(table.itercolumns(), other.itercolumns(), strict=True)
    )


@SHARED
@given(table=tables())
def test_every_type_comes_back(tmp_path: Path, table: pa.Table) -> None:
    objects = Objects(LocalStore(tmp_path / "lake"))
    assert same(restored(objects, stored(objects, table)), table)


@SHARED
@given(table=tables(columns=3), data=st.data())
def test_every_version_comes_back(tmp_path: Path, table: pa.Table, data: st.DataObject) -> None:
    objects = Objects(LocalStore(tmp_path / "lake"))
    layouts: list[Layout] = []
    versions = [table]
    for _ in range(3):
        versions.append(data.draw(edited(versions[-1])))
    for version in versions:
        layouts.append(stored(objects, version, layouts[::-1]))
    for version, layout in zip(versions, layouts, strict=True):
        assert same(restored(objects, layout), version)


@st.composite
def edited(draw: st.DrawFn, table: pa.Table) -> pa.Table:
    """Draw what may become of a table: rows deleted, doubled, moved; a column changed or new."""
    rows = table.num_rows
    places = list(range(rows))
    for _ in range(draw(st.integers(0, 2))):
        if places:
            del places[draw(st.integers(0, len(places) - 1))]
    if rows and draw(st.booleans()):
        places.insert(draw(st.integers(0, len(places))), draw(st.integers(0, rows - 1)))
    found = pa.concat_tables([table.slice(p, 1) for p in places] or [table.slice(0, 0)])
    kind, values = draw(st.sampled_from(TYPES))
    match draw(st.sampled_from(["as it is", "new column", "dropped column"])):
        case "new column":
            drawn = draw(st.lists(values, min_size=len(places), max_size=len(places)))
            return found.append_column(
                f"n{found.num_columns}", pa.chunked_array([column(kind, drawn)])
            )
        case "dropped column" if found.num_columns > 1:
            return found.drop_columns([found.column_names[-1]])
    return found


@SHARED
@given(data=st.data())
def test_patched_versions_come_back(tmp_path: Path, data: st.DataObject) -> None:
    objects = Objects(LocalStore(tmp_path / "lake"))
    values = {
        "key": range(400),
        "text": [f"row {n}" for n in range(400)],
        "list": [[n] for n in range(400)],
    }
    versions = [pa.table({**values, "number": pa.array([float(n) for n in range(400)])})]
    layouts = [stored(objects, versions[0], average=256)]
    for _ in range(3):
        versions.append(data.draw(slightly_edited(versions[-1])))
        layouts.append(stored(objects, versions[-1], layouts[::-1], average=256))
    for version, layout in zip(versions, layouts, strict=True):
        assert same(restored(objects, layout), version)


@st.composite
def slightly_edited(draw: st.DrawFn, table: pa.Table) -> pa.Table:
    """Draw a few values changed, and a few rows deleted, doubled or moved."""
    rows = table.to_pylist()
    for place in draw(st.lists(st.integers(0, len(rows) - 1), max_size=3)):
        rows[place]["number"] = draw(st.sampled_from([None, float("nan"), -0.0, 0.0, 7.5]))
        rows[place]["text"] = draw(st.sampled_from([None, "", "row 7", "changed"]))
    for place in draw(st.lists(st.integers(0, len(rows) - 6), max_size=3)):
        match draw(st.sampled_from(["delete", "double", "move"])):
            case "delete":
                del rows[place]
            case "double":
                rows.insert(place, dict(rows[place]))
            case "move":
                rows.insert(draw(st.integers(0, len(rows) - 1)), rows.pop(place))
    return pa.Table.from_pylist(rows, table.schema)


def test_few_changed_rows_are_stored_as_a_patch(tmp_path: Path) -> None:
    objects = Objects(LocalStore(tmp_path / "lake"))
    table = pa.table({"key": range(4_000), "value": [0.5] * 4_000})
    changed = table.set_column(1, "value", pa.array([0.5] * 1_999 + [0.7] + [0.5] * 2_000))
    first = stored(objects, table, average=512)
    before = set(objects.all())
    second = stored(objects, changed, [first], average=512)
    added = {digest: objects.size(digest) for digest in set(objects.all()) - before}
    assert added.keys() == {second.deletions, second.insertions}
    assert [part.patched for part in second.parts].count(True) == 1
    third = stored(objects, changed, [second, first], average=512)
    assert third == second


def test_a_dropped_column_stores_nothing(tmp_path: Path) -> None:
    objects = Objects(LocalStore(tmp_path / "lake"))
    table = pa.table({"key": range(100), "a": range(100), "b": range(100)})
    first = stored(objects, table)
    before = set(objects.all())
    second = stored(objects, table.drop_columns(["a"]), [first])
    assert set(objects.all()) == before
    assert restored(objects, second) == table.drop_columns(["a"])


def test_a_new_column_is_stored_beside_the_others(tmp_path: Path) -> None:
    objects = Objects(LocalStore(tmp_path / "lake"))
    table = pa.table({"key": range(100), "a": range(100)})
    first = stored(objects, table, average=256)
    wider = table.append_column("b", pa.array(range(100)))
    second = stored(objects, wider, [first], average=256)
    assert [piece.columns for piece in second.parts[0].pieces] == [("key", "a"), ("b",)]
    assert restored(objects, second) == wider


def test_the_way_a_table_is_handed_over_does_not_change_its_digest(tmp_path: Path) -> None:
    objects = Objects(LocalStore(tmp_path / "lake"))
    table = pa.table({"key": range(300), "text": [str(n) for n in range(300)]})
    in_pieces = pa.concat_tables([table.slice(n, 11) for n in range(0, 300, 11)])
    assert stored(objects, in_pieces).content_digest == stored(objects, table).content_digest


@SHARED
@given(table=tables())
def test_every_type_has_statistics(table: pa.Table) -> None:
    for each in table.itercolumns():
        profile = profile_column(to_stored(each))
        json.dumps(profile, allow_nan=False)
        assert profile["count"] + profile["missing"] == table.num_rows
