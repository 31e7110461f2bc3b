"""The SQL page: what is asked is answered, kept, and opened again."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from app.sql_answer import as_python, displayed
from core import Workbench
from lake.objects import object_key
from tests.pages.test_pages import titles, words
from tests.support.damage import damage
from tests.support.four_runs import CHANCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from tests.support.sample_lake import SampleLake

    Opener = Callable[..., AppTest]


@pytest.fixture
def lake(sample: SampleLake, tmp_path: Path) -> Path:
    shutil.copytree(sample.folder, tmp_path / "lake")
    return tmp_path / "lake"


def run(app: AppTest, sql: str) -> AppTest:
    app.text_area(key="sql-text").set_value(sql).run()
    app.button(key="run-query").click().run()
    asked = app.session_state["sql-asked"]
    assert asked.wait(60)
    return app.run()


def test_the_page_opens_on_an_empty_lake(open_page: Opener, tmp_path: Path) -> None:
    app = open_page(tmp_path, "sql")
    assert titles(app) == ["SQL"]
    assert "Ask the lake" in words(app)


def test_a_query_is_answered_and_remembered(open_page: Opener, lake: Path) -> None:
    app = run(open_page(lake, "sql"), "select run_name from runs where params['depth'] = '4'")
    assert titles(app) == ["SQL"]
    assert list(app.dataframe[-1].value["run_name"]) == ["forest-4"]
    with Workbench(lake) as bench:
        (asked,) = bench.queries.history()
    assert (asked.rows, asked.error) == (1, "")
    assert asked.query_id in app.query_params["id"]


def test_an_address_asks_again(open_page: Opener, lake: Path) -> None:
    with Workbench(lake) as bench:
        kept = bench.queries.save("Depths", "select 4 + 4 as depth")
    app = open_page(lake, "sql", id=kept.query_id)
    assert app.session_state["sql-asked"].wait(60)
    app.run()
    assert app.text_area(key="sql-text").value == "select 4 + 4 as depth"
    assert list(app.dataframe[-1].value["depth"]) == [8]


def test_what_is_refused_says_why(open_page: Opener, lake: Path) -> None:
    app = run(open_page(lake, "sql"), "copy runs to '/tmp/x.csv'")
    assert "This is COPY" in words(app)
    app = run(app, "select wrong from runs")
    assert 'column "wrong" not found' in words(app)


def test_a_damaged_table_is_a_card_that_names_the_file(open_page: Opener, lake: Path) -> None:
    path = max((lake / "tables/artifacts").rglob("*.parquet"), key=lambda path: path.stat().st_size)
    damage(path, "flipped", CHANCE)
    app = open_page(lake, "sql")
    assert titles(app) == ["A file of the lake is damaged"]
    assert path.name in words(app)
    assert "mhras verify --repair" in words(app)


def test_a_damaged_version_is_told_where_the_answer_would_be(open_page: Opener, lake: Path) -> None:
    with Workbench(lake) as bench:
        version = bench.datasets.register_dataset({"score": [3, 17]}, "phq9", "form")
    damage(lake / object_key(version.storage_uri.rpartition("/")[2]), "deleted", CHANCE)
    app = run(open_page(lake, "sql"), 'from datasets."phq9@v1"')
    assert titles(app) == ["SQL"]
    assert not app.dataframe or "score" not in app.dataframe[-1].value.columns
    app = run(app, "select 4 + 4 as sum")
    assert list(app.dataframe[-1].value["sum"]) == [8]


def test_parameters_are_asked_for(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "sql")
    app.text_area(key="sql-text").set_value("select $depth * 2 as twice").run()
    app.text_input(key="value-depth").set_value("4").run()
    app = run(app, "select $depth * 2 as twice")
    assert list(app.dataframe[-1].value["twice"]) == [8]


def test_a_table_is_put_into_the_editor(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "sql", table="metrics")
    app.button(key="query-table").click().run()
    assert app.text_area(key="sql-text").value == "select *\nfrom metrics\nlimit 100"


def test_an_answer_becomes_a_version_with_its_lineage(lake: Path) -> None:
    from app.session import View
    from app.sql_dataset import keep

    with Workbench(lake) as bench:
        source = bench.datasets.register_dataset({"score": [3, 17]}, "phq9", "form")
        view = View(workbench=bench, version="1", clock=0)
        asked = bench.console.ask(
            'select score * 2 as twice from datasets."phq9@v1" where score > $low', {"low": 5}
        )
        version = keep(view, asked, "doubled", "twice as much")
        frame, _ = bench.datasets.get_dataset("doubled")
        assert frame["twice"].to_list() == [34]
        assert version.metadata["parameters"] == {"low": 5}
        assert [v.version_id for v in bench.datasets.get_lineage(version)] == [source.version_id]


def test_a_script_asks_the_same(lake: Path) -> None:
    with Workbench(lake) as bench:
        for sql in (
            "select 1 as x",
            'select "run_name" from runs order by run_id',
            "select\n  '\\' as x",
            "from\nruns order by run_id",
        ):
            code = as_python(sql, {})
            code = code.replace("Workbench()", f"Workbench({str(lake)!r})")
            names: dict[str, object] = {}
            exec(code, names)  # noqa: S102 - our own text
            assert names["table"] == bench.sql(sql)


def test_maps_are_shown_as_text(lake: Path) -> None:
    with Workbench(lake) as bench:
        table = displayed(bench.sql("select map {'a': 1} as m, {'x': 2} as s, [1, 2] as l, 1 as n"))
    assert table.to_pylist() == [{"m": "a: 1", "s": "{'x': 2}", "l": [1, 2], "n": 1}]


def test_a_link_with_a_query_shows_it_whatever_stood_in_the_editor(
    open_page: Opener, lake: Path
) -> None:
    app = open_page(lake, "sql")
    app.text_area(key="sql-text").set_value("select 'mine'").run()
    app.query_params["query"] = "select 4 + 4 as linked"
    app.run()
    assert app.session_state["sql-asked"].wait(60)
    app.run()
    assert app.text_area(key="sql-text").value == "select 4 + 4 as linked"
    assert list(app.dataframe[-1].value["linked"]) == [8]
    app.button(key="back-to-my-text").click().run()
    assert app.text_area(key="sql-text").value == "select 'mine'"
    assert "back-to-my-text" not in [button.key for button in app.button]


def test_what_is_typed_over_a_query_of_an_address_stays(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "sql", query="select $low as low")
    app.text_area(key="sql-text").set_value("select $low + 1 as low").run()
    assert app.text_area(key="sql-text").value == "select $low + 1 as low"


def test_a_link_holds_the_values_that_were_filled_in(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "sql", **{"query": "select $low * 2 as twice", "value-low": "4"})
    assert app.session_state["sql-asked"].wait(60)
    app.run()
    assert list(app.dataframe[-1].value["twice"]) == [8]
    (link,) = [code.value for code in app.code if "sql?" in str(code.value)]
    assert "value-low=4" in str(link)


def test_a_query_that_no_address_can_hold_is_not_cut(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "sql", query=f"select 1 as {'x' * 20_000}")
    assert "has more than 16,000 letters" in app.toast[0].value
    assert str(app.text_area(key="sql-text").value).startswith("select experiment_name")


def test_code_of_a_page_opens_in_sql(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "runs", filter="params.depth = '4'")
    (button,) = [each for each in app.button if each.label == "Open in SQL"]
    button.click().run()
    assert titles(app) == ["SQL"]
    asked = app.session_state["sql-asked"]
    assert asked.wait(60)
    assert asked.answer().table["run_name"].to_pylist() == ["forest-4"]
