"""The catalog of a lake in a bucket: what it asks for, and what it does when copies go."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import duckdb
import pytest

import lake.snapshots
from catalog.catalog import Catalog
from catalog.export import DATABASE, SCRIPT, export_catalog
from catalog.listed_files import ListedFiles
from catalog.search import Search, find_runs
from core import Workbench
from core.settings import Settings
from lake.compact import collect, compact
from lake.errors import StoreError
from tests.support.fault_proxy import FaultProxy, fault_proxy
from tests.support.machines import Machine, log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lake.lake import Lake
    from tests.support.s3_server import S3Server

POINTS = "select count(*) as n, sum(step) as steps from metrics"


@pytest.fixture
def proxy(s3: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """Count what is asked of the server, and let it fail."""
    with fault_proxy(s3.url) as proxy:
        assert bucket
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy


@pytest.fixture
def lake_(proxy: FaultProxy, bucket: str, tmp_path: Path) -> Iterator[Lake]:
    """Give a lake with three points that are in the bucket."""
    assert proxy.url
    with Machine(tmp_path / "here").lake(f"{bucket}/lake") as opened:
        for step in (1, 2, 3):
            log(opened, step)
            opened.flush()
        yield opened


@pytest.fixture
def elsewhere(lake_: Lake, tmp_path: Path) -> Iterator[Catalog]:
    """Give what another machine knows of it."""
    with Machine(tmp_path / "elsewhere").lake(lake_.url) as opened:
        yield Catalog(opened)


def count(catalog: Catalog) -> tuple[int, int]:
    (row,) = catalog.sql(POINTS).to_pylist()
    return row["n"], row["steps"]


def asked(proxy: FaultProxy) -> list[str]:
    """Name the methods of the requests since the last time; a listing is one."""
    found = ["LIST" if "list-type=2" in r else r.partition(" ")[0] for r in proxy.requests]
    proxy.requests.clear()
    return found


# --- what it costs


def test_a_refresh_without_news_asks_little_and_reads_nothing(
    elsewhere: Catalog, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake.snapshots, "REUSED_SECONDS", 0.0)
    assert count(elsewhere) == (3, 6)
    proxy.requests.clear()
    assert count(elsewhere) == (3, 6)
    assert asked(proxy) == ["LIST", "LIST"]
    find_runs(elsewhere, Search(filter_string="metrics.loss > 0", order_by=["params.depth"]))
    assert asked(proxy) == ["LIST", "LIST"]


def test_questions_within_half_a_second_share_a_look(
    elsewhere: Catalog, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake.snapshots, "REUSED_SECONDS", 60.0)
    count(elsewhere)
    proxy.requests.clear()
    for _ in range(10):
        assert count(elsewhere) == (3, 6)
        assert find_runs(elsewhere, Search(filter_string="metrics.loss > 0")) == []
    assert asked(proxy) == []


def test_what_this_process_wrote_is_never_missing_from_a_shared_look(
    lake_: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake.snapshots, "REUSED_SECONDS", 60.0)
    catalog = Catalog(lake_)
    assert count(catalog) == (3, 6)
    log(lake_, 4)
    assert count(catalog) == (4, 10)
    lake_.flush()
    assert count(catalog) == (4, 10)
    log(lake_, 5)
    lake_.flush()
    assert count(catalog) == (5, 15)


def test_what_is_new_is_fetched_once(
    lake_: Lake, elsewhere: Catalog, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake.snapshots, "REUSED_SECONDS", 0.0)
    count(elsewhere)
    log(lake_, 4)
    lake_.flush()
    proxy.requests.clear()
    assert count(elsewhere) == count(elsewhere) == (4, 10)
    assert sorted(asked(proxy)) == ["GET", *["LIST"] * 4]


def test_what_is_merged_by_another_machine_is_counted_once(
    lake_: Lake, elsewhere: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake.snapshots, "REUSED_SECONDS", 0.0)
    assert count(elsewhere) == (3, 6)
    table = lake_.table("metrics")
    assert compact(table, minimum=1, settle=0) is not None
    assert count(elsewhere) == (3, 6)
    collect(table, grace=0)
    log(lake_, 4)
    lake_.flush()
    assert count(elsewhere) == (4, 10)


# --- copies that go


def test_copies_that_somebody_deletes_are_fetched_again(
    elsewhere: Catalog, tmp_path: Path, proxy: FaultProxy
) -> None:
    assert count(elsewhere) == (3, 6)
    shutil.rmtree(tmp_path / "elsewhere" / "cache")
    proxy.requests.clear()
    assert count(elsewhere) == (3, 6)
    assert asked(proxy).count("GET") == 3


def test_a_history_is_read_although_its_copies_went(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "copies"))
    with Workbench(f"{bucket}/lake", settings=Settings()) as workbench:
        with workbench.tracker.start_run("risk") as run:
            run.log_metrics({"auc": 0.5}, step=1)
        workbench.lake.flush()
        assert run.metrics == {"auc": [(0.5, 1)]}
        shutil.rmtree(tmp_path / "copies")
        assert run.metrics == {"auc": [(0.5, 1)]}


@pytest.mark.parametrize("cache_bytes", [0, 10])
def test_without_room_for_copies_files_are_read_where_they_are(
    lake_: Lake, tmp_path: Path, cache_bytes: int
) -> None:
    machine = Machine(tmp_path / "small", cache_bytes=cache_bytes)
    with machine.lake(lake_.url) as opened:
        catalog = Catalog(opened)
        assert count(catalog) == (3, 6)
        log(lake_, 4)
        lake_.flush()
        lake_.compact(minimum=1)
        opened.seals += 1  # look again at once
        assert count(catalog) == (4, 10)
    assert not list((tmp_path / "small" / "cache").rglob("*.parquet"))


def test_what_a_bucket_refuses_while_a_query_reads_from_it_is_said(
    lake_: Lake, tmp_path: Path, proxy: FaultProxy
) -> None:
    with Machine(tmp_path / "small", cache_bytes=0).lake(lake_.url) as opened:
        catalog = Catalog(opened)
        assert count(catalog) == (3, 6)
        proxy.order("deny", "GET .*/tail/", times=1000)
        with pytest.raises(StoreError, match="As ordered"):
            catalog.sql("select sum(value), min(run_id) from metrics")


# --- for others


def test_the_catalog_of_a_bucket_is_stored_in_it_and_elsewhere(lake_: Lake, tmp_path: Path) -> None:
    database = export_catalog(lake_)
    assert database.read_bytes() == lake_.store.get(DATABASE)
    script = lake_.store.get(SCRIPT).decode()
    assert "install httpfs" in script
    assert f"'{lake_.url}/tables/metrics/tail/*.parquet'" in script
    outside = export_catalog(lake_, folder=tmp_path / "outside")
    assert outside == tmp_path / "outside" / DATABASE
    assert (tmp_path / "outside" / SCRIPT).read_text(encoding="utf8") == script
    with duckdb.connect(outside, read_only=True) as connection:
        views = connection.execute("select view_name, sql from duckdb_views() where not internal")
        texts = dict(views.fetchall())
        assert {"runs", "metrics", "artifacts"} <= set(texts)
        assert lake_.url in texts["metrics"]
        # what httpfs would do
        connection.register_filesystem(ListedFiles(lake_.store))
        assert connection.execute(POINTS).fetchall() == [(3, 6)]
        lake_.compact(minimum=1)
        log(lake_, 4)
        lake_.flush()
        assert connection.execute(POINTS).fetchall() == [(4, 10)]


def test_versions_are_views_made_without_reading_their_files(
    proxy: FaultProxy, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "copies"))
    numbers = {"id": [*range(3000)], "age": [n % 90 for n in range(3000)], "score": [0.5] * 3000}
    patched = {**numbers, "age": [91, *numbers["age"][1:]]}
    with Workbench(f"{bucket}/lake", settings=Settings()) as workbench:
        datasets = workbench.datasets
        datasets.register_dataset(numbers, "people", "form", key="id")
        datasets.register_dataset(patched, "people", "form")
        datasets.register_dataset(
            {**patched, "visits": [[n] for n in range(3000)]}, "people", "form"
        )
        datasets.tag("people", "production", "v1")
        workbench.lake.flush()
        proxy.requests.clear()
        shutil.rmtree(tmp_path / "copies")
        database = export_catalog(workbench.lake, datasets=datasets.views.exported)
        read = {r for r in proxy.requests if r.startswith("GET") and "/objects/" in r}
        layouts = [version.storage_uri for version in datasets.list_versions("people")]
        assert len(read) == len(layouts) == 3
        assert all(any(uri[-60:] in request for request in read) for uri in layouts)
        assert "people@v1" not in workbench.lake.store.get(SCRIPT).decode()
        with duckdb.connect(database, read_only=True) as connection:
            # what httpfs would do
            connection.register_filesystem(ListedFiles(workbench.lake.store))
            query = 'select count(*), max(age) from datasets."people@{}"'
            found = [
                connection.execute(query.format(name)).fetchone()
                for name in ("v1", "v2", "v3", "production", "latest")
            ]
            assert found == [(3000, 89), (3000, 91), (3000, 91), (3000, 89), (3000, 91)]
            wide = 'select sum(visits[1]) from datasets."people@v3"'
            assert connection.execute(wide).fetchone() == (sum(range(3000)),)
