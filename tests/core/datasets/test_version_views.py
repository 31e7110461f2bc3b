"""Versions in SQL: datasets."phq9@v3" has the rows that were registered, and is made when named."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import duckdb
import hypothesis.strategies as st
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from catalog.export import export_catalog
from core.datasets.reader import VersionReader
from core.datasets.version_sql import version_sql
from core.errors import DatasetNotFoundError, DataVersionError
from core.maintenance import repair_lake
from lake.objects import Objects
from lake.store import LocalStore
from tests.core.datasets.arrow_tables import tables
from tests.core.datasets.test_version_round_trip import (
    SHARED,
    edited,
    restored,
    slightly_edited,
    stored,
)

if TYPE_CHECKING:
    from pathlib import Path

    from core import Workbench
    from core.datasets.layout import Layout

PEOPLE: dict[str, list[Any]] = {"id": [1, 2, 3], "age": [30, 41, 52]}


def assert_same_rows(folder: Path, objects: Objects, layout: Layout) -> None:
    """Compare the query with one Parquet file of all rows: each as often here as there."""
    reader = VersionReader(objects, layout)
    parts = [reader.stored(place) for place in range(len(layout.parts))]
    if not parts:
        with duckdb.connect() as connection:
            assert connection.sql(version_sql(layout, str)).columns == layout.schema.names
        return
    pq.write_table(pa.concat_tables(parts), folder / "whole.parquet")
    query = version_sql(layout, lambda digest: str(objects.local_path(digest)))
    whole = f"from '{folder / 'whole.parquet'}'"
    with duckdb.connect() as connection:
        found = connection.sql(query)
        assert found.columns == layout.schema.names
        assert connection.sql(f"({query}) except all ({whole})").fetchall() == []
        assert connection.sql(f"({whole}) except all ({query})").fetchall() == []


@settings(SHARED, max_examples=25)
@given(table=tables(columns=3), data=st.data())
def test_every_version_has_its_rows(tmp_path: Path, table: pa.Table, data: st.DataObject) -> None:
    objects = Objects(LocalStore(tmp_path / "lake"))
    layouts: list[Layout] = []
    versions = [table, data.draw(edited(table))]
    for version in versions:
        layouts.append(stored(objects, version, layouts[::-1]))
    assert_same_rows(tmp_path, objects, layouts[-1])


@settings(SHARED, max_examples=25)
@given(data=st.data())
def test_patched_versions_have_their_rows(tmp_path: Path, data: st.DataObject) -> None:
    objects = Objects(LocalStore(tmp_path / "lake"))
    numbers = range(400)
    table = pa.table({"key": numbers, "text": [f"row {n}" for n in numbers]})
    table = table.append_column("number", pa.array([float(n) for n in numbers]))
    layouts = [stored(objects, table, average=64)]
    for _ in range(2):
        table = data.draw(slightly_edited(table))
        layouts.append(stored(objects, table, layouts[::-1], average=64))
    assert_same_rows(tmp_path, objects, layouts[-1])


def test_a_stored_chunk_that_two_patched_ones_stand_on_counts_twice(tmp_path: Path) -> None:
    objects = Objects(LocalStore(tmp_path / "lake"))
    table = pa.table({"key": range(200), "value": [0.5] * 200})
    first = stored(objects, table, average=256)
    twice = pa.concat_tables([table, table])
    changed = twice.set_column(1, "value", pa.array([*([0.5] * 3), 9.0, *([0.5] * 396)]))
    second = stored(objects, changed, [first], average=256)
    assert_same_rows(tmp_path, objects, second)
    assert restored(objects, second) == changed


def test_versions_tags_and_the_newest_are_views(workbench: Workbench) -> None:
    datasets = workbench.datasets
    datasets.register_dataset(PEOPLE, "people", "form")
    datasets.register_dataset({**PEOPLE, "age": [31, 41, 52]}, "people", "form")
    datasets.tag("people", "production", "v1")
    query = 'select sum(age)::int as total from datasets."people@{}"'
    asked = ("v1", "v2", "production", "latest")
    found = [workbench.sql(query.format(name)).to_pylist()[0]["total"] for name in asked]
    assert found == [123, 124, 123, 124]
    datasets.tag("people", "production", "v2")
    assert workbench.sql(query.format("production")).to_pylist() == [{"total": 124}]
    changed = workbench.sql(
        'select new.id from datasets."people@v1" old join DATASETS."people@v2" new using (id) '
        "where old.age <> new.age and new.age > $age",
        {"age": 1},
    )
    assert changed.to_pylist() == [{"id": 1}]


def test_a_version_that_is_not_there_is_named_with_what_is(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(PEOPLE, "people", "form")
    with pytest.raises(DatasetNotFoundError, match=r"no version 'v9'. Versions: v1"):
        workbench.sql('select * from datasets."people@v9"')
    text = "select 'datasets.\"people@v9\"' as said"
    assert workbench.sql(text).num_rows == 1


def test_no_name_of_a_dataset_leaves_its_quotes(workbench: Workbench) -> None:
    for name in ('a"b', "a'b", "a;b"):
        with pytest.raises(DataVersionError, match="not a name for a dataset"):
            workbench.datasets.register_dataset(PEOPLE, name, "form")


def test_columns_that_sql_cannot_tell_apart_are_named(workbench: Workbench) -> None:
    workbench.datasets.register_dataset({"age": [1], "Age": [2], 'a"b': [3]}, "people", "form")
    with pytest.raises(DataVersionError, match="age and Age are the same name in SQL"):
        workbench.sql('select * from datasets."people@v1"')
    workbench.datasets.register_dataset({'a"b': [3], "part": [4]}, "others", "form")
    assert workbench.sql('from datasets."others@v1"').to_pylist() == [{'a"b': 3, "part": 4}]


def test_only_a_query_that_names_a_version_pays_for_it(workbench: Workbench) -> None:
    asked = []

    def query(name: str) -> str:
        asked.append(name)
        return "select 1 as one"

    workbench.datasets.register_dataset(PEOPLE, "people", "form")
    workbench.catalog.show_datasets(query)
    with workbench.tracker.start_run("risk"):
        pass
    workbench.tracker.search_runs("risk")
    workbench.sql("select count(*) from runs, dataset_versions")
    assert asked == []
    assert workbench.sql('from datasets."people@v1"').to_pylist() == [{"one": 1}]
    assert asked == ["people@v1"]


STOCK = """
import sys
import duckdb
assert not {"lake", "catalog", "core", "pyarrow"} & sys.modules.keys()
connection = duckdb.connect(sys.argv[1], read_only=True)
for query in sys.argv[2:]:
    try:
        print(connection.execute(query).fetchall())
    except duckdb.Error as error:
        print(str(error)[:90])
"""


def stock(database: Path, *queries: str) -> list[str]:
    """Ask a DuckDB without anything of ours."""
    code = [sys.executable, "-I", "-c", STOCK, str(database), *queries]
    done = subprocess.run(code, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_an_exported_catalog_has_versions_and_tags_that_do_not_lie(workbench: Workbench) -> None:
    datasets = workbench.datasets
    numbers = {"id": [*range(3000)], "age": [n % 90 for n in range(3000)]}
    datasets.register_dataset(numbers, "people", "form", key="id")
    ages = [91, *numbers["age"][1:]]
    datasets.register_dataset({**numbers, "age": ages}, "people", "form")
    datasets.tag("people", "production", "v1")
    workbench.lake.flush()
    database = export_catalog(workbench.lake, datasets=datasets.views.exported)
    query = 'select count(*), max(age) from datasets."people@{}"'
    names = ("v1", "v2", "production", "latest")
    asked = [query.format(name) for name in names]
    assert stock(database, *asked) == [f"[(3000, {n})]" for n in (89, 91, 89, 91)]
    datasets.tag("people", "production", "v2")
    datasets.register_dataset({"id": [1], "age": [1]}, "people", "form")
    workbench.lake.flush()
    v1, v2, production, latest = stock(database, *asked)
    assert [v1, v2] == ["[(3000, 89)]", "[(3000, 91)]"]
    assert "people@production points to another version" in production
    assert "people@latest points to another version" in latest


def test_the_exported_script_has_relative_paths(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(PEOPLE, "people", "form")
    workbench.lake.flush()
    export_catalog(workbench.lake, datasets=workbench.datasets.views.exported)
    script = (workbench.lake.root / "catalog.sql").read_text()
    assert "read_parquet(['objects/" in script
    assert str(workbench.lake.root) not in script


def test_a_repaired_export_has_versions_too(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(PEOPLE, "people", "form")
    workbench.lake.flush()
    database = export_catalog(workbench.lake, datasets=workbench.datasets.views.exported)
    database.write_bytes(b"not a database")
    assert "catalog.duckdb" in repair_lake(workbench).report.rebuilt
    assert stock(database, 'select sum(age) from datasets."people@v1"') == ["[(123,)]"]
