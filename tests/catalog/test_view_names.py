"""Views under names of one's own, in the library and in an exported catalog."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from catalog.catalog import Catalog
from catalog.export import SCRIPT, export_catalog
from catalog.tables import SPECS
from catalog.view_names import INTERNAL, VIEWS, prefixed_views
from core import Workbench
from core.jobs.board import Jobs
from core.settings import Settings
from lake import InvalidNameError, Lake
from tests.support.sample_lake import make_sample_lake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# the lake is neither the default database nor called as when it was made
ATTACHED = """
import duckdb, json, sys
connection = duckdb.connect()
connection.execute("attach 'catalog.duckdb' as theirs (read_only)")
print(json.dumps([connection.execute(query).fetchall() for query in sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with rows in every view."""
    folder = make_sample_lake(tmp_path_factory.mktemp("lakes") / "sample").folder
    with Workbench(folder) as made:
        version = made.datasets.register_dataset(pa.table({"phq9": [3, 17]}), "phq9", source="us")
        made.datasets.tag("phq9", "stable", version.version)
        made.datasets.expect("phq9", {"minimum_rows": 1})
        made.datasets.detect_drift("phq9@v1", "phq9@v1")
        made.eda.analyze_dataset("phq9@v1")
        idle = Jobs(made.catalog, made.settings, start=lambda _settings: None)
        idle.submit("compaction", {})
        made.queries.save("All runs", "from runs")
        made.comments.add("dataset", "phq9", "Which items?")
        made.saved_views.save("Failed runs", "runs", "status=FAILED")
        with made.datasets.transform(inputs=[version], code="select 1 as one", name="one"):
            pass
        _log_model(made)
    return folder


def _log_model(made: Workbench) -> None:
    with made.tracker.start_run("risk") as run:
        run.log_bytes("{}", "model.json", "model")
    version = made.models.register_model("risk", run_id=run.run_id, artifact="model.json")
    made.models.set_stage(version, "staging", reason="reviewed")
    made.cards.sign_card(made.cards.generate_model_card("risk"), role="owner")
    of_model = {"model_id": version.model_id, "model_name": "risk"}
    made.lake.append("predictions", [{**of_model, "entity": "1", "predicted_at": 1}])
    made.lake.append("outcomes", [{"model_name": "risk", "entity": "1", "observed_at": 2}])
    made.lake.append("model_evaluations", [{**of_model, "name": "test"}])
    made.lake.append("model_reports", [{**of_model, "report_id": "1", "action": "keep"}])


@pytest.fixture
def wb(lake: Path) -> Iterator[Workbench]:
    settings = Settings(lake=str(lake), experiment_db_table_prefix="exp_")
    with Workbench(settings=settings) as workbench:
        yield workbench


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_is_there_with_the_prefix_too(wb: Workbench, view: str) -> None:
    rows = wb.sql(f"select * from {view} order by all")
    assert rows.num_rows > 0
    assert wb.sql(f"select * from exp_{view} order by all").equals(rows)


def test_a_prefixed_view_sees_what_is_logged_and_compacted_later(wb: Workbench) -> None:
    query = "select count(*) as n from exp_metrics"
    before = wb.sql(query).to_pylist()[0]["n"]
    with wb.tracker.start_run("sleep") as run:
        run.log_metrics({"auc": 0.5})
    assert wb.sql(query).to_pylist() == [{"n": before + 1}]
    wb.lake.flush()
    wb.lake.settle = 0.0
    wb.lake.compact(minimum=1)
    assert wb.sql(query).to_pylist() == [{"n": before + 1}]


def test_without_a_prefix_there_are_no_other_views(tmp_path: Path) -> None:
    with Workbench(tmp_path / "lake") as wb:
        wb.sql("select 1")
        held = wb.catalog._hold().connection
        views = held.execute("select view_name from duckdb_views() where not internal").fetchall()
        tables = held.execute("select table_name from duckdb_tables()").fetchall()
    assert sorted(name for (name,) in views) == sorted(VIEWS)
    assert {name for (name,) in tables} == INTERNAL


def test_an_exported_catalog_has_them_wherever_it_is_attached(wb: Workbench) -> None:
    export_catalog(wb.lake, view_prefix="exp_")
    names = [view for view in VIEWS if view != "all_runs"]
    queries = [f"select count(*) from theirs.{x}{view}" for x in ("", "exp_") for view in names]
    run = [sys.executable, "-I", "-c", ATTACHED, *queries]
    out = subprocess.run(run, cwd=wb.lake.root, capture_output=True, text=True, check=True)
    counts = json.loads(out.stdout)
    assert counts[: len(names)] == counts[len(names) :]
    assert [[0]] not in counts
    assert "create or replace view exp_runs as\nfrom runs;" in (wb.lake.root / SCRIPT).read_text()


@pytest.mark.parametrize("prefix", ["1_", "exp-", 'a"', "é", "a" * 41, " ", "exp.", "a;drop"])
def test_what_makes_no_name_is_no_prefix(prefix: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidNameError, match="is no prefix of names"):
        prefixed_views(prefix)
    with Lake.open(tmp_path / "lake") as lake, pytest.raises(InvalidNameError):
        Catalog(lake, view_prefix=prefix)


@pytest.mark.parametrize("prefix", ["all_", "ALL_", "events_", "live_"])
def test_a_prefix_takes_no_name_that_is_used_inside(prefix: str) -> None:
    with pytest.raises(InvalidNameError, match="a name that is taken"):
        prefixed_views(prefix)


def test_any_other_word_may_begin_a_name(tmp_path: Path) -> None:
    """Also those that mean something in SQL."""
    with Lake.open(tmp_path / "lake") as lake:
        lake.define(*SPECS.values())
        for prefix in ("select", "_", "order_", "main", "x"):
            asked = Catalog(lake, view_prefix=prefix)
            assert asked.sql(f"select count(*) as n from {prefix}runs").to_pylist() == [{"n": 0}]
