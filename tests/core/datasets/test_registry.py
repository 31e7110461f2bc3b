"""Registering datasets, and finding and reading their versions."""

from __future__ import annotations

import multiprocessing
import re
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from core import Workbench
from core.errors import DatasetNotFoundError, DataVersionError
from core.frames import FrameError
from core.maintenance import collect_garbage
from core.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from core.datasets.encodings import Compression

People = dict[str, list[Any]]
PEOPLE: People = {"id": [1, 2, 3], "age": [30, 41, 52], "sex": ["f", "m", "f"]}
OLDER: People = {"id": [1, 2, 3], "age": [30, 41, 53], "sex": ["f", "m", "f"]}


def read(workbench: Workbench, name: str, **wanted: Any) -> People:
    found: People = workbench.datasets.get_dataset(name, as_frame="arrow", **wanted)[0].to_pydict()
    return found


def test_versions_are_numbered_and_name_the_one_before(workbench: Workbench) -> None:
    first = workbench.datasets.register_dataset(PEOPLE, "people", "form", {"wave": 1})
    second = workbench.datasets.register_dataset(OLDER, "people", "form")
    assert [v.name for v in workbench.datasets.list_versions("people")] == [
        "people@v2",
        "people@v1",
    ]
    assert second.parent_version_id == first.version_id
    assert (first.num_rows, first.num_columns, first.source) == (3, 3, "form")
    assert first.schema == {"id": "int64", "age": "int64", "sex": "string"}
    assert first.statistics["age"]["mean"] == 41.0
    assert first.statistics["sex"]["top"][0] == {"value": "f", "count": 2}
    assert (first.metadata, first.actor, first.key) == ({"wave": 1}, "ana", ("id",))


def test_equal_data_is_the_same_version_and_stores_nothing(workbench: Workbench) -> None:
    first = workbench.datasets.register_dataset(PEOPLE, "people", "form")
    before = set(workbench.lake.objects.all())
    again = workbench.datasets.register_dataset(pa.table(PEOPLE), "people", "elsewhere")
    assert again == first
    assert set(workbench.lake.objects.all()) == before


def test_a_label_for_data_that_is_there_becomes_a_tag(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(PEOPLE, "people", "form")
    again = workbench.datasets.register_dataset(PEOPLE, "people", "form", version="2024.1")
    assert (again.version, again.tags) == ("v1", ("2024.1",))


def test_a_version_is_found_by_label_tag_digest_and_id(workbench: Workbench) -> None:
    datasets = workbench.datasets
    first = datasets.register_dataset(PEOPLE, "people", "form", version="2024.1")
    second = datasets.register_dataset(OLDER, "people", "form")
    datasets.tag("people", "production", "2024.1")
    wanted = [
        "2024.1",
        "production",
        first.content_digest,
        first.content_digest[:12],
        first.version_id,
    ]
    assert {datasets.get_version("people", each).version_id for each in wanted} == {
        first.version_id
    }
    assert datasets.get_version("people@production").version == "2024.1"
    assert datasets.get_version("people", "latest") == second == datasets.get_version("people")


def test_tags_move_and_versions_do_not(workbench: Workbench) -> None:
    datasets = workbench.datasets
    for people in (PEOPLE, OLDER):
        version = datasets.register_dataset(people, "people", "form")
        datasets.tag("people", "production", version.version)
    assert datasets.get_version("people@production").version == "v2"
    assert datasets.get_version("people@v1").tags == ()
    with pytest.raises(DataVersionError, match="v1 is, or may become"):
        datasets.tag("people", "v1", "v2")
    datasets.untag("people", "production")
    with pytest.raises(DatasetNotFoundError):
        datasets.get_version("people@production")


def test_a_label_is_given_once(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(PEOPLE, "people", "form", version="final")
    with pytest.raises(DataVersionError, match="people has another version final"):
        workbench.datasets.register_dataset(OLDER, "people", "form", version="final")


def test_what_is_not_there_is_named_with_what_is(workbench: Workbench) -> None:
    with pytest.raises(DatasetNotFoundError, match=r"no dataset 'people'. None is registered yet"):
        workbench.datasets.get_dataset("people")
    workbench.datasets.register_dataset(PEOPLE, "people", "form")
    with pytest.raises(DatasetNotFoundError, match=r"no version 'v2'. Versions: v1\."):
        workbench.datasets.get_dataset("people", "v2")
    with pytest.raises(KeyError):
        workbench.datasets.list_versions("poeple")


def test_columns_and_rows_are_chosen(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(PEOPLE, "people", "form")
    assert read(workbench, "people", columns=["sex", "id"]) == {
        "sex": ["f", "m", "f"],
        "id": [1, 2, 3],
    }
    found = read(workbench, "people", columns=["id"], where="age > 40 and sex = 'f'")
    assert found == {"id": [3]}
    assert read(workbench, "people", where="1 = 1") == PEOPLE


@pytest.mark.parametrize(
    "where",
    [
        "age >",
        "nothing = 1",
        "1); drop table chunk; select (1",
        "id in (select 1 from read_csv('/etc/passwd'))",
        "",
    ],
)
def test_a_bad_condition_is_refused(workbench: Workbench, where: str) -> None:
    workbench.datasets.register_dataset(PEOPLE, "people", "form")
    with pytest.raises(DataVersionError, match="Write a condition in SQL"):
        workbench.datasets.get_dataset("people", where=where)


def test_unknown_columns_are_all_named(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(PEOPLE, "people", "form")
    with pytest.raises(DataVersionError, match=r"no columns name, weight\. Columns: id, age"):
        workbench.datasets.get_dataset("people", columns=["id", "name", "weight"])
    with pytest.raises(DataVersionError, match="columns the data has not: ssn"):
        workbench.datasets.register_dataset(PEOPLE, "others", "form", key=["id", "ssn"])


def test_all_columns_that_cannot_be_stored_are_named(workbench: Workbench) -> None:
    interval = pa.array([(1, 2, 3)], pa.month_day_nano_interval())
    table = pa.table([interval, pa.array([1]), pa.array([2])], names=["gap", "id", "id"])
    with pytest.raises(DataVersionError, match=r"id: the name of 2 columns; gap: month_day_nano"):
        workbench.datasets.register_dataset(table, "people", "form")
    mixed = pd.DataFrame({"answer": [1, "two"]})
    with pytest.raises(FrameError, match="values of several types"):
        workbench.datasets.register_dataset(mixed, "people", "form")
    assert workbench.datasets.list_datasets() == []


@pytest.mark.parametrize("name", ["", "-a", "a/b", "a@b", "x" * 101, "a\n", "ein Name "])
def test_names_that_are_none_are_refused(workbench: Workbench, name: str) -> None:
    with pytest.raises(DataVersionError, match=re.escape(repr(name))):
        workbench.datasets.register_dataset(PEOPLE, name, "form")


def test_pandas_frames_come_back_as_they_were(workbench: Workbench) -> None:
    times = pd.to_datetime(["2024-03-31 01:30", "NaT", "2024-10-27 01:00"])
    frame = pd.DataFrame(
        {
            "whole": pd.array([1, None, 3], dtype="Int64"),
            "level": pd.Categorical(["b", None, "a"], categories=["c", "b", "a"], ordered=True),
            "at": times.tz_localize("Europe/Berlin"),
            "took": pd.to_timedelta([1, None, 3], unit="s"),
            "month": pd.period_range("2024-01", periods=3, freq="M"),
            "band": pd.IntervalIndex.from_breaks([0, 1, 2, 3]),
            "number": [np.nan, -0.0, np.inf],
            "flag": [True, False, True],
        },
        index=pd.Index([7, 5, 9], name="person"),
    )
    workbench.datasets.register_dataset(frame, "everything", "here")
    pd.testing.assert_frame_equal(workbench.datasets.get_dataset("everything")[0], frame)


def test_polars_frames_come_back_as_they_were(workbench: Workbench) -> None:
    frame = pl.DataFrame(
        {
            "level": pl.Series(["b", None, "a"], dtype=pl.Enum(["c", "b", "a"])),
            "kind": pl.Series(["x", None, "y"], dtype=pl.Categorical),
            "list": [[1, None], None, []],
            "struct": [{"a": 1, "b": "x"}, None, {"a": None, "b": "y"}],
            "small": pl.Series([1, None, 3], dtype=pl.UInt8),
        }
    )
    workbench.datasets.register_dataset(frame.lazy(), "everything", "here")
    found, _ = workbench.datasets.get_dataset("everything", as_frame="polars")
    assert_frame_equal(found, frame)


@pytest.mark.parametrize("suffix", ["parquet", "csv", "tsv", "jsonl", "arrow"])
def test_files_are_read_in_pieces(workbench: Workbench, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"people.{suffix}"
    table = pa.table({"id": range(100_000), "text": [f"row {n}" for n in range(100_000)]})
    if suffix == "parquet":
        pq.write_table(table, path)
    elif suffix == "arrow":
        with pa.ipc.new_file(path, table.schema) as file:
            file.write(table)
    elif suffix == "jsonl":
        pl.DataFrame(table).write_ndjson(path)
    else:
        pl.DataFrame(table).write_csv(path, separator="," if suffix == "csv" else "\t")
    rows: list[int] = []
    workbench.datasets.register_dataset(path, "people", "file", progress=rows.append)
    assert read(workbench, "people") == table.to_pydict()
    assert rows[-1] == 100_000
    assert len(rows) > 1


def test_a_number_that_turns_into_text_late_is_text(workbench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_text("code\n" + "1\n" * 50_000 + "A\n")
    version = workbench.datasets.register_dataset(path, "codes", "file")
    assert version.schema == {"code": "string"}


def test_a_query_of_duckdb_is_read(workbench: Workbench) -> None:
    with duckdb.connect() as connection:
        numbers = connection.sql("select i as id, i % 3 as rest from range(10) t(i)")
        workbench.datasets.register_dataset(numbers, "numbers", "a query")
    assert read(workbench, "numbers", where="rest = 1")["id"] == [1, 4, 7]


@pytest.mark.parametrize("name", ["none.csv", "people.doc"])
def test_a_file_that_is_none_is_refused(workbench: Workbench, tmp_path: Path, name: str) -> None:
    (tmp_path / "people.doc").write_text("people")
    with pytest.raises(FrameError, match=re.escape(name)):
        workbench.datasets.register_dataset(tmp_path / name, "people", "file")


def test_a_file_that_is_cut_off_is_refused(workbench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    pq.write_table(pa.table(PEOPLE), path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(FrameError, match="cannot be read"):
        workbench.datasets.register_dataset(path, "people", "file")


@pytest.mark.parametrize("rows", [0, 1])
def test_tables_with_hardly_a_row_are_versions(workbench: Workbench, rows: int) -> None:
    table = pa.table({"id": [1] * rows, "text": pa.array(["x"] * rows, pa.string())})
    workbench.datasets.register_dataset(table, "people", "form")
    found, version = workbench.datasets.get_dataset("people", as_frame="arrow")
    assert found == table
    assert version.num_rows == rows


def test_versions_can_be_asked_for_in_sql(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(PEOPLE, "people", "form")
    workbench.datasets.register_dataset(OLDER, "people", "form")
    query = "select dataset_name, version, num_rows from dataset_versions order by version"
    assert workbench.sql(query).to_pylist() == [
        {"dataset_name": "people", "version": "v1", "num_rows": 3},
        {"dataset_name": "people", "version": "v2", "num_rows": 3},
    ]


def test_drift_between_versions_is_found(workbench: Workbench) -> None:
    first = {"id": [*range(400)], "score": [float(n % 100) for n in range(400)]}
    second = {**first, "score": [value + 40 for value in first["score"]]}
    before = workbench.datasets.register_dataset(first, "scores", "form")
    after = workbench.datasets.register_dataset(second, "scores", "form")
    report = workbench.datasets.detect_drift(before.version_id, "scores@latest")
    assert report.drifted_columns == ("score",)
    assert (report.version_id1, report.version_id2) == (before.version_id, after.version_id)
    assert not workbench.datasets.detect_drift("scores@v1", "scores@v1").drift_detected
    with pytest.raises(DataVersionError, match="Neither table has the columns weight"):
        workbench.datasets.detect_drift("scores@v1", "scores@v2", columns=["weight"])
    with pytest.raises(DatasetNotFoundError):
        workbench.datasets.detect_drift("scores@v1", "scores@v9")


def test_versions_may_have_a_place_of_their_own(tmp_path: Path) -> None:
    lake, place = tmp_path / "lake", str(tmp_path / "place")
    with Workbench(lake) as workbench:
        inside = workbench.datasets.register_dataset(PEOPLE, "people", "form")
    settings = Settings(lake=str(lake), data_version_storage_path=place)
    with Workbench(settings=settings) as workbench:
        objects = set(workbench.lake.objects.all())
        outside = workbench.datasets.register_dataset(OLDER, "people", "form")
        assert set(workbench.lake.objects.all()) == objects
        assert outside.storage_uri.startswith(f"{place}/objects/")
        assert read(workbench, "people@v2") == OLDER
        assert read(workbench, "people", version=inside.version) == PEOPLE
        assert collect_garbage(workbench, dry_run=True).held == ""
    with Workbench(lake) as workbench, pytest.raises(DataVersionError, match="nobody looks"):
        workbench.datasets.get_dataset("people@v2")


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "lz4", "brotli"])
def test_the_compression_is_the_one_asked_for(tmp_path: Path, compression: Compression) -> None:
    settings = Settings(lake=str(tmp_path / "lake"), data_version_compression=compression)
    with Workbench(settings=settings) as workbench:
        workbench.datasets.register_dataset(PEOPLE, "people", "form")
        files = [workbench.lake.objects.local_path(d) for d in workbench.lake.objects.all()]
        stored = [pq.ParquetFile(f) for f in files if f.read_bytes().startswith(b"PAR1")]
        found = {file.metadata.row_group(0).column(0).compression for file in stored}
    assert found == {"UNCOMPRESSED" if compression == "none" else compression.upper()}


def test_garbage_collection_leaves_datasets_alone(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(PEOPLE, "people", "form")
    report = collect_garbage(workbench, dry_run=True)
    assert (report.marked, report.deleted, report.held) == ((), (), "")


def _register(folder: str, number: int) -> tuple[str, str]:
    with Workbench(folder) as workbench:
        people = {**PEOPLE, "age": [number // 2] * 3}
        version = workbench.datasets.register_dataset(people, "people", "form")
        return version.version, version.version_id


def test_processes_that_register_at_once_get_different_labels(tmp_path: Path) -> None:
    Workbench(tmp_path / "lake").close()
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        found = pool.starmap(_register, [(str(tmp_path / "lake"), number) for number in range(8)])
    assert sorted({label for label, _ in found}) == ["v1", "v2", "v3", "v4"]
    assert len({version_id for _, version_id in found}) == 4


def test_what_a_crash_left_half_done_is_gone_on_with(workbench: Workbench) -> None:
    """The claims are there, and the row is not, when a process dies between them."""
    first = workbench.datasets.register_dataset(PEOPLE, "people", "form")
    claimed = {"version_id": "01a20770-0000-7000-8000-000000000000"}
    digest = _digest_of(OLDER)
    workbench.lake.claim("dataset-contents", f"people\n{digest}", claimed)
    workbench.lake.claim("dataset-labels", "people\nv2", claimed)
    second = workbench.datasets.register_dataset(OLDER, "people", "form")
    assert (second.version, second.version_id) == ("v2", claimed["version_id"])
    assert second.parent_version_id == first.version_id


def test_the_lake_is_looked_at_once_for_all_versions_with_their_tags(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        workbench.datasets.register_dataset({"x": [number]}, "people", "form")
        workbench.datasets.tag("people", f"wave-{number}", f"v{number + 1}")
    looks, look = [], workbench.catalog.refresh

    def counted() -> int:
        looks.append(1)
        return look()

    monkeypatch.setattr(workbench.catalog, "refresh", counted)
    tags = [version.tags for version in workbench.datasets.list_versions("people")]
    assert tags == [("wave-2",), ("wave-1",), ("wave-0",)]
    assert len(looks) == 1
    workbench.datasets.detect_drift("people@v1", "people@wave-1", store=False)
    assert len(looks) == 2


def _digest_of(people: People) -> str:
    import tempfile

    with tempfile.TemporaryDirectory() as folder, Workbench(folder) as workbench:
        workbench.datasets.register_dataset(PEOPLE, "people", "form")
        return workbench.datasets.register_dataset(people, "people", "form").content_digest
