"""What is said to differ between two versions is what differs, and no more is read than needed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given

from core.datasets.difference import ChangedRow
from core.datasets.row_changes import Side, find_row_changes
from core.errors import DatasetNotFoundError, DataVersionError
from lake.objects import Objects
from lake.store import LocalStore
from tests.core.datasets.arrow_tables import tables
from tests.core.datasets.test_version_round_trip import SHARED, edited, stored

if TYPE_CHECKING:
    from pathlib import Path

    from core import Workbench
    from core.datasets.row_changes import RowChanges

PEOPLE: dict[str, list[Any]] = {"id": [1, 2, 3], "age": [30, 41, 52], "sex": ["f", "m", "f"]}


def changes(folder: Path, versions: list[pa.Table], *, key: list[str]) -> RowChanges:
    """Compare the last of some versions with the first, stored in chunks of about eight rows."""
    objects = Objects(LocalStore(folder))
    layouts: list[Any] = []
    for version in versions:
        layouts.append(stored(objects, version, layouts[::-1]))
    first, last = (Side(objects, layout) for layout in (layouts[0], layouts[-1]))
    common = [
        field.name
        for field in versions[-1].schema
        if field.name in versions[0].column_names
        and versions[0].schema.field(field.name).type == field.type
    ]
    return find_row_changes(first, last, common, key, examples=3)


def test_columns_rows_and_statistics_are_compared(workbench: Workbench) -> None:
    register = workbench.datasets.register_dataset
    before = register(PEOPLE, "people", "form", key="id")
    now = {"age": [30, 40, 25], "id": [1, 2, 4], "sex": ["f", "m", None], "bmi": [21.5, 30.0, 25.0]}
    after = register(now, "people", "form", key="id")
    found = workbench.datasets.diff("people@v1", "people@v2")
    assert (found.before, found.after, found.key) == (before.name, after.name, ("id",))
    assert found.added_columns == {"bmi": "double"}
    assert (found.removed_columns, found.retyped_columns) == ({}, {})
    assert len(found.moved_columns) == 1
    assert (found.rows_added, found.rows_removed, found.rows_changed) == (1, 1, 1)
    assert found.changed_values == {"age": 1}
    assert found.examples_added == ({"age": 25, "id": 4, "sex": None, "bmi": 25.0},)
    assert found.examples_removed == ({"id": 3, "age": 52, "sex": "f"},)
    assert found.examples_changed == (ChangedRow(key={"id": 2}, values={"age": (41, 40)}),)
    assert found.moved_statistics["sex"] == {"missing": (0.0, 1 / 3)}
    assert found.moved_statistics["age"]["mean"] == (41.0, pytest.approx(95 / 3))


def test_equal_versions_do_not_differ(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(PEOPLE, "people", "form")
    found = workbench.datasets.diff("people@v1", "people@latest")
    assert (found.schema_changed, found.rows_differ, found.same_content) == (False, False, True)
    assert (found.chunks, found.chunks_read, found.moved_statistics) == (2, 0, {})


def test_a_column_of_another_type_is_told_and_left_out(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(PEOPLE, "people", "form", key="id")
    workbench.datasets.register_dataset({**PEOPLE, "age": ["30", "x", ""]}, "people", "form")
    found = workbench.datasets.diff("people@v1", "people@v2")
    assert found.retyped_columns == {"age": ("int64", "string")}
    assert (found.compared_columns, found.rows_differ) == (("id", "sex"), False)


def test_text_held_in_another_way_is_the_same_text(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(pd.DataFrame(PEOPLE), "people", "form", key="id")
    frame = pd.DataFrame(PEOPLE).astype({"sex": "category"}).replace({"age": {30: 31}})
    workbench.datasets.register_dataset(frame, "people", "form")
    found = workbench.datasets.diff("people@v1", "people@v2")
    assert [*found.retyped_columns] == ["sex"]
    assert (found.rows_changed, found.changed_values) == (1, {"age": 1})


def test_without_a_key_a_changed_row_is_another_one(workbench: Workbench) -> None:
    twice = {"sex": ["f", "f", "m", "f"], "age": [1, 1, 2, 2]}
    workbench.datasets.register_dataset(twice, "people", "form")
    workbench.datasets.register_dataset(
        {"sex": ["m", "f", "m"], "age": [2, 1, 3]}, "people", "form"
    )
    found = workbench.datasets.diff("people@v1", "people@v2")
    assert (found.key, found.rows_changed) == ((), 0)
    assert (found.rows_added, found.rows_removed) == (1, 2)
    assert found.examples_added == ({"sex": "m", "age": 3},)


def test_a_key_may_be_given_and_must_be_in_both(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(PEOPLE, "people", "form")
    workbench.datasets.register_dataset({**PEOPLE, "id": [7, 8, 9]}, "people", "form")
    found = workbench.datasets.diff("people@v1", "people@v2", key="age", examples=1)
    assert (found.rows_changed, len(found.examples_changed)) == (3, 1)
    with pytest.raises(DataVersionError, match="columns the data has not: ssn"):
        workbench.datasets.diff("people@v1", "people@v2", key=["id", "ssn"])
    with pytest.raises(DatasetNotFoundError):
        workbench.datasets.diff("people@v1", "people@v7")


def test_another_order_is_no_change_of_rows(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(PEOPLE, "people", "form", key="id")
    turned = {name: values[::-1] for name, values in PEOPLE.items()}
    workbench.datasets.register_dataset(turned, "people", "form")
    found = workbench.datasets.diff("people@v1", "people@v2")
    assert (found.rows_differ, found.same_content) == (False, False)


def test_chunks_that_are_shared_are_not_read(tmp_path: Path) -> None:
    table = pa.table({"key": range(4_000), "value": [0.5] * 4_000, "text": ["x"] * 4_000})
    values = [0.5] * 1_999 + [0.7] + [0.5] * 2_000
    other = table.set_column(1, "value", pa.array(values))
    objects = Objects(LocalStore(tmp_path / "lake"))
    first = stored(objects, table)
    second = stored(objects, other, [first])
    assert len(first.parts) > 200
    before, after = Side(objects, first), Side(objects, second)
    found = find_row_changes(before, after, table.column_names, ["key"], examples=0)
    assert (found.changed, found.by_column, found.parts_read) == (1, {"value": 1}, 2)
    assert [reader.columns for side in (before, after) for reader in side.readers()] == [
        ["value"],
        ["value"],
    ]


@SHARED
@given(data=st.data())
def test_changes_by_key_are_those_that_pandas_finds(tmp_path: Path, data: st.DataObject) -> None:
    versions = [data.draw(keyed_table())]
    for _ in range(data.draw(st.integers(1, 3))):
        versions.append(data.draw(keyed_edit(versions[-1])))
    found = changes(tmp_path / "lake", versions, key=["key", "also"])
    old, new = (
        version.to_pandas().set_index(["key", "also"]) for version in versions[:: len(versions) - 1]
    )
    both = old.index.intersection(new.index)
    before, after = old.loc[both], new.loc[both]
    differ = ~((before == after) | (before.isna() & after.isna()))
    assert found.added == len(new.index.difference(old.index))
    assert found.removed == len(old.index.difference(new.index))
    assert found.changed == int(differ.any(axis=1).sum())
    assert +found.by_column == {n: k for n, k in differ.sum().to_dict().items() if k}
    assert len(found.changed_at) == min(3, found.changed)


@st.composite
def keyed_table(draw: st.DrawFn) -> pa.Table:
    keys = draw(st.lists(st.tuples(st.integers(0, 60), st.sampled_from("ab")), unique=True))
    return _with_values(draw, keys)


@st.composite
def keyed_edit(draw: st.DrawFn, table: pa.Table) -> pa.Table:
    """Draw what may become of it: rows changed, deleted, put in; sometimes all in another order."""
    rows = {(row["key"], row["also"]): row for row in table.to_pylist()}
    for key in draw(st.lists(st.sampled_from(sorted(rows)), max_size=3)) if rows else []:
        rows.pop(key, None)
    fresh = draw(st.lists(st.tuples(st.integers(0, 60), st.sampled_from("ab")), max_size=3))
    for row in _with_values(draw, list(dict.fromkeys(fresh))).to_pylist():
        rows[row["key"], row["also"]] = row
    order = sorted(rows) if draw(st.booleans()) else [*rows]
    return pa.Table.from_pylist([rows[key] for key in order], table.schema)


def _with_values(draw: st.DrawFn, keys: list[tuple[int, str]]) -> pa.Table:
    number = len(keys)
    floats = st.sampled_from([0.5, 1.5, None])
    texts = st.sampled_from(["", "x", None])
    return pa.table(
        {
            "key": pa.array([key for key, _ in keys], pa.int64()),
            "also": pa.array([also for _, also in keys], pa.string()),
            "number": pa.array(
                draw(st.lists(floats, min_size=number, max_size=number)), pa.float64()
            ),
            "text": pa.array(draw(st.lists(texts, min_size=number, max_size=number)), pa.string()),
        }
    )


@SHARED
@given(table=tables(columns=3), data=st.data())
def test_rows_of_any_type_are_counted_against_each_other(
    tmp_path: Path, table: pa.Table, data: st.DataObject
) -> None:
    other = data.draw(edited(table))
    found = changes(tmp_path / "lake", [table, other], key=[])
    names = [name for name in table.column_names if name in other.column_names]
    old, new = (Counter(map(repr, each.select(names).to_pylist())) for each in (table, other))
    assert (found.added, found.removed) == ((new - old).total(), (old - new).total())
    assert len(found.added_at) == min(3, len(new - old))
