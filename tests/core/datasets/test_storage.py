"""What a version stores beside what is there, and how patches are read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

from core.datasets.digests import column_digest
from core.datasets.hashing import hash_rows
from core.datasets.layout import Layout
from core.datasets.patches import Patch, apply_patch, differences
from core.datasets.writer import VersionWriter
from core.storable import to_stored
from lake.objects import Objects
from lake.store import LocalStore
from tests.core.datasets.arrow_tables import TYPES, column
from tests.core.datasets.test_version_round_trip import (
    SHARED,
    restored,
    same,
    stored as stored_layout,
)

if TYPE_CHECKING:
    from pathlib import Path

    from core import Workbench

AVERAGE = 256
NESTED = [(kind, values) for kind, values in TYPES if pa.types.is_nested(kind)]


def stored(workbench: Workbench) -> int:
    objects = workbench.lake.objects
    return sum(objects.size(digest) for digest in objects.all())


def test_rows_are_patched_though_a_version_between_has_fewer_columns(workbench: Workbench) -> None:
    values = np.random.default_rng(0).normal(size=(20_000, 3))
    table = pa.table({"id": range(20_000), **{f"x{n}": values[:, n] for n in range(3)}})
    register = workbench.datasets.register_dataset
    register(table, "drawn", "drawn", key="id")
    register(table.drop_columns(["x1"]), "drawn", "drawn", key="id")
    before = stored(workbench)
    last = register(table.slice(5), "drawn", "drawn", key="id")
    assert stored(workbench) - before < 0.1 * before
    assert workbench.datasets.get_dataset("drawn", last.version, as_frame="arrow")[0].equals(
        table.slice(5)
    )


def without_cuts(rows: int) -> pa.Table:
    """Return rows none of which starts a chunk: every cut is made because a chunk is full."""
    ids = np.arange(2 * rows, dtype=np.int64)
    ids = ids[hash_rows([pa.array(ids)]) >= np.uint64(2**64 // AVERAGE)][:rows]
    return pa.table({"id": ids, "x": np.random.default_rng(1).normal(size=rows)})


def test_chunks_are_patched_though_their_cuts_moved_at_both_ends(tmp_path: Path) -> None:
    objects, table = Objects(LocalStore(tmp_path)), without_cuts(10 * AVERAGE)
    first = stored_layout(objects, table, average=AVERAGE)
    assert [part.rows for part in first.parts] == [2 * AVERAGE] * 5
    start = Layout(schema=table.schema, anchor=("id",), average=AVERAGE, encodings={})
    writer = VersionWriter(objects, start, earlier=[first])
    writer.add(table.slice(3))
    second = writer.finish()
    assert writer.ways == {"patch": 5}
    assert restored(objects, second).equals(table.slice(3))


def test_a_chunk_of_a_layout_without_smallest_numbers_is_found_by_one_end(tmp_path: Path) -> None:
    objects, table = Objects(LocalStore(tmp_path)), without_cuts(AVERAGE)
    (part,) = (first := stored_layout(objects, table, average=AVERAGE)).parts
    earlier = replace(first, parts=(replace(part, least=()),))
    start = Layout(schema=table.schema, anchor=("id",), average=AVERAGE, encodings={})
    writer = VersionWriter(objects, start, earlier=[earlier])
    writer.add(table.slice(0, AVERAGE - 2))
    writer.finish()
    assert writer.ways == {"patch": 1}


@given(data=st.data())
def test_a_patch_gives_the_rows_it_was_made_for(data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, 400))
    deleted = sorted(data.draw(st.sets(st.integers(0, rows - 1), max_size=min(rows - 1, 6))))
    number = data.draw(st.integers(0, 6))
    places = st.integers(0, rows - len(deleted) + number - 1)
    inserted = sorted(data.draw(st.sets(places, min_size=number, max_size=number)))
    expected = [f"old {n}" for n in range(rows) if n not in deleted]
    for place in inserted:
        expected.insert(place, f"new {place}")
    patch = Patch(np.array(deleted, dtype=np.int64), np.array(inserted, dtype=np.int64))
    old = pa.table({"x": pa.array([f"old {n}" for n in range(rows)], pa.large_string())})
    new = pa.table({"x": pa.array([f"new {n}" for n in inserted], pa.large_string())})
    assert apply_patch(old, patch, new)["x"].to_pylist() == expected


@settings(SHARED, max_examples=25)
@given(data=st.data())
def test_rows_with_nested_values_are_patched(tmp_path: Path, data: st.DataObject) -> None:
    kind, values = data.draw(st.sampled_from(NESTED))
    few = data.draw(st.lists(st.none() | values, min_size=2, max_size=4))
    first = [few[place % len(few)] for place in range(100)]
    second = list(first)
    for place in data.draw(st.sets(st.integers(0, 99), min_size=1, max_size=1)):
        second[place] = data.draw(st.none() | values)
    tables = [
        pa.table({"id": pa.array(range(100), pa.int64()), "x": column(kind, each)})
        for each in (first, second, second)
    ]
    tables[1] = tables[1].slice(data.draw(st.integers(0, 2)))  # rows are deleted, or not
    tables[2] = tables[2].slice(1)
    objects = Objects(LocalStore(tmp_path))
    layouts = [stored_layout(objects, tables[0], average=AVERAGE)]
    for table in tables[1:]:
        start = Layout(schema=table.schema, anchor=("id",), average=AVERAGE, encodings={})
        writer = VersionWriter(objects, start, earlier=layouts[::-1])
        writer.add(table)
        layouts.append(writer.finish())
        assert writer.ways.keys() <= {"reuse", "inherit", "patch"}
    assert all(same(restored(objects, each), t) for each, t in zip(layouts, tables, strict=True))


@settings(SHARED, max_examples=60)
@given(data=st.data())
def test_rows_differ_just_when_a_bit_of_them_does(data: st.DataObject) -> None:
    kind, values = data.draw(st.sampled_from(NESTED))
    drawn = st.lists(st.none() | values, min_size=6, max_size=6)
    before, after = (to_stored(column(kind, data.draw(drawn))).slice(1) for _ in range(2))
    digests = [[column_digest(each.slice(n, 1)) for n in range(5)] for each in (before, after)]
    assert differences(before, after).tolist() == [a != b for a, b in zip(*digests, strict=True)]
    assert not differences(before, before).any()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([1.0, 2.5, np.inf] * 40, [1, 2, 3] * 40),
        ([1.0, 2.0, 3.0] * 40, [1, 2, 3] * 40),
        ([1, 2, 3] * 40, ["1", "2", "3"] * 40),
        ([[1.0]] * 120, [[1]] * 120),
        ([{"a": 1}] * 120, [{"b": 1}] * 120),
    ],
)
def test_a_column_of_another_type_is_stored_anew(
    tmp_path: Path, before: list[object], after: list[object]
) -> None:
    objects = Objects(LocalStore(tmp_path))
    tables = [pa.table({"id": range(120), "x": column}) for column in (before, after)]
    first = stored_layout(objects, tables[0], average=AVERAGE)
    start = Layout(schema=tables[1].schema, anchor=("id",), average=AVERAGE, encodings={})
    writer = VersionWriter(objects, start, earlier=[first])
    writer.add(tables[1])
    second = writer.finish()
    assert writer.ways.keys() <= {"overlay", "full"}
    assert restored(objects, second).equals(tables[1])
    assert restored(objects, first).equals(tables[0])
