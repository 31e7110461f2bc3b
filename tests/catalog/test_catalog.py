from __future__ import annotations

import threading
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from catalog.catalog import Catalog
from catalog.errors import QueryError
from catalog.mirror import HELD
from catalog.tables import SPECS, fold_runs
from catalog.view_names import VIEWS
from lake import DamagedError, Lake
from lake.segment import from_rows
from lake.spec import TableSpec
from lake.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with Lake.open(tmp_path / "lake", settle=0.0) as found:
        found.define(*SPECS.values())
        yield found


def log_run(lake: Lake, run_id: str, at: int, *, metrics: tuple[float, ...] = ()) -> None:
    start = {"kind": "start", "status": "RUNNING", "start_time": at, "event_at": at}
    row = {"run_id": run_id, "experiment_id": "e", "experiment_name": "risk", **start}
    lake.append("runs", [row], durability="process")
    points = [
        {"run_id": run_id, "metric_name": "auc", "value": value, "step": step, "logged_at": at}
        for step, value in enumerate(metrics)
    ]
    lake.append("metrics", points, durability="process")


def counts(catalog: Catalog) -> tuple[int, int]:
    query = "select (select count(*) from runs) r, (select count(*) from metrics) m"
    (row,) = catalog.sql(query).to_pylist()
    return row["r"], row["m"]


def test_an_empty_lake_has_all_views(lake: Lake) -> None:
    catalog = Catalog(lake)
    for view in VIEWS:
        assert catalog.sql(f"select * from {view}").num_rows == 0


@pytest.mark.parametrize("name", [name for name in SPECS if name != "metrics"])
def test_rows_of_an_older_and_of_a_newer_program_are_read(lake: Lake, name: str) -> None:
    first, *others = SPECS[name].columns.items()
    catalog = Catalog(lake)
    written = (dict([first]), dict([first, *others, ("not_yet_known", "string")]))
    for number, columns in enumerate(written, start=1):
        spec = TableSpec(name=name, columns=columns)
        Table(lake.store, spec, writer="another").append(from_rows([{first[0]: "x"}], spec))
        with catalog.cursor() as cursor:  # each time only the rows of one program are new
            for view in VIEWS:
                cursor.execute(f"select * from {view}").fetchall()
            kept = f"events_{name}" if name in HELD else name
            rows = cursor.execute(f"select {first[0]} from {kept}").fetchall()
        assert rows == [("x",)] * number


def test_rows_are_seen_once_through_journal_segment_and_compaction(lake: Lake) -> None:
    catalog, other = Catalog(lake), Catalog(Lake.open(lake.root))
    for number in range(6):
        log_run(lake, f"run-{number}", number + 1, metrics=(0.5, 0.6))
        wanted = (number + 1, 2 * number + 2)
        assert counts(catalog) == counts(other) == wanted
        lake.flush()
        assert counts(catalog) == counts(other) == wanted
        if number % 2:
            lake.compact(minimum=1)
            assert counts(catalog) == counts(other) == wanted
    assert counts(Catalog(lake)) == (6, 12)


def test_the_version_grows_only_with_the_lake(lake: Lake) -> None:
    catalog = Catalog(lake)
    first = catalog.refresh()
    assert catalog.refresh() == first
    log_run(lake, "a", 1)
    assert catalog.refresh() > first


def test_the_runs_view_has_the_columns_others_rely_on(lake: Lake) -> None:
    log_run(lake, "a", 1, metrics=(0.5, 0.7))
    columns = (
        "run_id, experiment_id, run_name, status, start_time, end_time, params, tags,"
        " git_commit, code_version"
    )
    (row,) = Catalog(lake).sql(f"select {columns}, metrics['auc'] as auc from runs").to_pylist()
    assert (row["run_id"], row["status"], row["auc"]) == ("a", "RUNNING", 0.7)


def test_the_metrics_of_a_run_are_in_the_order_of_their_names(lake: Lake) -> None:
    names = [f"metric {number:02}" for number in range(40)]
    for run in range(10):
        log_run(lake, f"run-{run}", run + 1)
        points = [
            {"run_id": f"run-{run}", "metric_name": name, "step": 0, "value": 0.5, "logged_at": 9}
            for name in reversed(names)
        ]
        lake.append("metrics", points, durability="process")
    runs = Catalog(lake).sql("select map_keys(metrics) as names from runs")
    assert runs["names"].to_pylist() == [names] * 10


def test_values_are_bound_by_name_and_by_place(lake: Lake) -> None:
    log_run(lake, "a' or true --", 1)
    log_run(lake, "b", 2)
    catalog = Catalog(lake)
    by_name = catalog.sql("select run_id from runs where run_id = $id", {"id": "a' or true --"})
    by_place = catalog.sql("select run_id from runs where run_id = ?", ["b"])
    assert by_name["run_id"].to_pylist() == ["a' or true --"]
    assert by_place["run_id"].to_pylist() == ["b"]


@pytest.mark.parametrize(
    "query",
    [
        "select nothing from runs",
        "selec 1",
        "",
        "create table x (i int)",
        "copy runs to 'out.csv'",
        "select 1; drop view runs",
        "attach 'other.duckdb'",
    ],
)
def test_a_query_that_fails_says_which_views_there_are(lake: Lake, query: str) -> None:
    with pytest.raises(QueryError, match="metric_summary"):
        Catalog(lake).sql(query)


def test_a_summary_knows_the_steps_of_its_extremes(lake: Lake) -> None:
    log_run(lake, "a", 1, metrics=(0.4, 0.9, float("nan"), 0.2, 0.6))
    (row,) = Catalog(lake).sql("select * from metric_summary").to_pylist()
    wanted = {"last": 0.6, "last_step": 4, "min": 0.2, "min_step": 3, "max": 0.9, "max_step": 1}
    assert {name: row[name] for name in wanted} == wanted
    assert row["points"] == 5


def test_a_damaged_segment_is_a_typed_error_and_the_catalog_recovers(lake: Lake) -> None:
    catalog = Catalog(lake)
    log_run(lake, "a", 1)
    lake.flush()
    (path,) = (lake.root / "tables/runs/tail").glob("*-*.parquet")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DamagedError, match="mhras verify"):
        catalog.sql("select * from runs")
    path.write_bytes(whole)
    assert counts(catalog) == (1, 0)


def test_many_threads_ask_at_once(lake: Lake) -> None:
    catalog = Catalog(lake)
    failures: list[BaseException] = []
    seen: list[int] = []
    doubles = "select run_id, step from metrics group by all having count(*) > 1"

    def ask() -> None:
        try:
            for _ in range(20):
                runs, metrics = counts(catalog)
                seen.append(runs)
                # a run is there before its points; points may be seen before their run
                assert 2 * (runs - 1) <= metrics <= 60
                assert catalog.sql(doubles).num_rows == 0
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(30):
        log_run(lake, f"run-{number:02}", number + 1, metrics=(0.1, 0.2))
        if number % 10 == 9:
            lake.flush()
    for thread in threads:
        thread.join()
    assert failures == []
    assert counts(catalog) == (30, 60)


VALUES = st.sampled_from(["x", "y", "z"])


def event(kind: str, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"kind": st.just(kind), **parts})


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(["a", "b"]), values, min_size=1)


EVENTS = st.lists(
    st.one_of(
        event("start", tags=some(VALUES)),
        event("params", params=some(st.just("1"))),
        event("end", status=st.sampled_from(["FINISHED", "FAILED"])),
        event("edit", tags=some(st.none() | VALUES)),
        event("edit", note=VALUES),
        event("edit", deleted=st.booleans()),
    ),
    max_size=8,
)


def completed(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events of one run in order, with what the tracker adds to each."""
    full = []
    for at, event in enumerate([{"kind": "start", "tags": {}}, *events], start=1):
        extra: dict[str, Any] = {"run_id": "r", "event_at": at * 10, "writer": "w"}
        if event["kind"] == "start":
            extra |= {"status": "RUNNING", "start_time": 10}
        if event["kind"] == "end":
            extra |= {"end_time": at * 10}
        full.append({**event, **extra})
    return full


def expected(events: list[dict[str, Any]]) -> dict[str, Any]:
    """What the events amount to, said in the plainest way."""
    state: dict[str, Any] = {"status": None, "note": None, "deleted": False, "ended": None}
    tags: dict[str, str | None] = {}
    params: dict[str, str] = {}
    for event in events:
        tags |= event.get("tags") or {}
        params |= event.get("params") or {}
        state |= {k: event[k] for k in ("status", "note", "deleted") if k in event}
        if "status" in event:
            state["ended"] = event.get("end_time")
    return {**state, "tags": {k: v for k, v in tags.items() if v is not None}, "params": params}


@given(events=EVENTS, cuts=st.sets(st.integers(1, 8)), live=st.booleans())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_events_are_cut_into_segments_the_run_is_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    events: list[dict[str, Any]],
    cuts: set[int],
    live: bool,
) -> None:
    full = completed(events)
    with Lake.open(tmp_path_factory.mktemp("lake") / "l") as lake:
        catalog = Catalog(lake)
        if live:
            catalog.refresh()
        edges = [0, *sorted(cut for cut in cuts if cut < len(full)), len(full)]
        for start, end in pairwise(edges):
            rows = fold_runs([{**row} for row in full[start:end]])
            lake.table("runs").append(from_rows(rows, SPECS["runs"]))
            if live:
                catalog.refresh()
        query = "select status, note, deleted, epoch_us(end_time) as ended, tags, params"
        (row,) = catalog.sql(f"{query} from all_runs").to_pylist(maps_as_pydicts="strict")
    row["tags"], row["params"] = row["tags"] or {}, row["params"] or {}
    assert row == expected(full)
