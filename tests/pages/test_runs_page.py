"""The page of runs: many edited at once and given back, in groups, as views that are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pyarrow import BufferReader, parquet

from app.run_export import python_of_runs, runs_that_match, sql_of_runs
from app.run_filters import RunColumns, RunFilter
from app.session import View
from app.table_export import csv_of, parquet_of
from core import Workbench
from tests.pages.test_pages import titles, words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from tests.support.sample_lake import SampleLake

    Opener = Callable[..., AppTest]


@pytest.fixture
def four(tmp_path: Path) -> Path:
    """A lake of four runs of two models, one of them failed."""
    with Workbench(tmp_path / "lake", actor="ana", durability="process") as bench:
        for place, model in enumerate(("rf", "rf", "it's", None)):
            run = bench.tracker.start_run("risk", f"run-{place}", {"stage": "dev"})
            if model:
                run.log_params({"model": model})
            run.log_metrics({"auc": 0.6 + place / 10})
            run.end("FAILED" if place == 1 else "FINISHED")
    return tmp_path / "lake"


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of a run and two versions of a dataset."""
    folder = tmp_path_factory.mktemp("lakes") / "full"
    with Workbench(folder, actor="ana", durability="process") as bench:
        for extra in (1, 2):
            rows = {"age": [30, 41, 52, 63] * 5, "score": [extra, 2, 3, 4] * 5}
            bench.datasets.register_dataset(rows, "phq9", source="made up")
        with bench.tracker.start_run("risk") as run:
            run.log_metrics({"auc": 0.7})
    return folder


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [each for each in app.button if each.label == label]
    return button.click().run()


def listed(app: AppTest) -> list[str]:
    frames = [frame.value for frame in app.dataframe if "run" in frame.value.columns]
    return list(frames[0]["run"]) if frames else []


def ids_of(lake: Path, *names: str) -> list[str]:
    with Workbench(lake) as bench:
        return [run.run_id for run in bench.tracker.search_runs() if run.run_name in names]


def test_the_chosen_runs_are_deleted_and_given_back(open_page: Opener, four: Path) -> None:
    chosen = ids_of(four, "run-0", "run-3")
    app = open_page(four, "runs", run=chosen)
    press(app, "Delete 2 runs")
    assert listed(app) == ["run-2", "run-1"]
    assert "2 runs deleted." in words(app)
    assert app.session_state["chosen_runs"] == []
    press(app, "Undo")
    assert listed(app) == ["run-3", "run-2", "run-1", "run-0"]
    assert app.session_state["chosen_runs"] == chosen
    assert "deleted" not in words(app)
    assert [button for button in app.button if button.label == "Undo"] == []


def test_deleted_runs_are_found_and_restored_later(open_page: Opener, four: Path) -> None:
    with Workbench(four, actor="ana") as bench:
        bench.tracker.delete_run(ids_of(four, "run-1")[0])
    app = open_page(four, "runs", show="Deleted")
    assert listed(app) == ["run-1"]
    app.radio[0].set_value("All 1 that match").run()
    press(app, "Restore 1 run")
    assert listed(app) == []
    app.selectbox(key="show").set_value("Active").run()
    assert len(listed(app)) == 4


def test_all_that_match_are_archived_and_unarchived(open_page: Opener, four: Path) -> None:
    app = open_page(four, "runs", filter="params.model = 'rf'")
    (archive,) = [button for button in app.button if button.label == "Archive runs"]
    assert archive.disabled  # nobody said yet that all are meant
    app.radio[0].set_value("All 2 that match").run()
    press(app, "Archive 2 runs")
    assert listed(app) == []
    app.selectbox(key="show").set_value("Archived").run()
    assert listed(app) == ["run-1", "run-0"]
    press(app, "Undo")
    assert listed(app) == []


def test_a_tag_is_set_and_the_one_before_comes_back(open_page: Opener, four: Path) -> None:
    app = open_page(four, "runs", run=ids_of(four, "run-0"), columns=["tags.stage"])
    app.text_input(key="bulk-tag").set_value("stage").run()
    app.text_input(key="bulk-value").set_value("final").run()
    press(app, "Set tag")
    assert list(app.dataframe[0].value["tags.stage"]) == ["dev", "dev", "dev", "final"]
    assert "1 run tagged stage\\: final." in words(app)
    assert len(app.session_state["chosen_runs"]) == 1
    press(app, "Undo")
    assert list(app.dataframe[0].value["tags.stage"]) == ["dev"] * 4


def test_an_edit_that_is_refused_is_told_in_its_place(open_page: Opener, four: Path) -> None:
    app = open_page(four, "runs", run=ids_of(four, "run-0"))
    app.text_input(key="bulk-tag").set_value("a\u0007b").run()
    press(app, "Remove tag")
    assert titles(app) == ["Runs"]
    assert any("is not a name for a tag" in error.value for error in app.error)


@pytest.mark.parametrize("text", ["metrics.auc > 'a'", "start_time > 'soon'", "auc >", "(a = 1"])
def test_a_filter_without_a_meaning_is_told_with_its_place(
    open_page: Opener, four: Path, text: str
) -> None:
    app = open_page(four, "runs", filter=text)
    assert titles(app) == ["Runs"]
    assert any(code.value.splitlines()[-1].strip() == "^" for code in app.code)
    assert len(listed(app)) == 4


def test_groups_have_their_numbers(open_page: Opener, four: Path) -> None:
    app = open_page(four, "runs", view="Groups", by="params.model")
    table = app.dataframe[0].value
    assert list(table["group"]) == ["not set", "it's", "rf"]
    assert list(table["runs"]) == [1, 1, 2]
    assert list(table["mean"]) == pytest.approx([0.9, 0.8, 0.65])
    assert table["best run"][2] == "run-1"


@pytest.mark.parametrize(
    ("page", "choice"),
    [
        ("runs", {"view": "Charts", "param": "rate"}),
        ("runs", {"view": "Groups", "by": "tags.stage"}),
        ("run", {"tab": "Artifacts", "artifact": "table.csv"}),
        ("run", {"tab": "Metrics", "smooth": "0.6", "log": "true"}),
    ],
)
def test_the_link_opens_what_is_seen(
    open_page: Opener, sample: SampleLake, page: str, choice: dict[str, str]
) -> None:
    named = {"id": sample.finished} if page == "run" else {}
    app = open_page(sample.folder, page, **named, **choice)
    (link,) = [c.value for c in app.code if str(c.value).startswith(f"/{page}?")]
    said = {name: value for name, (value,) in parse_qs(urlsplit(str(link)).query).items()}
    assert said == {**named, **choice} | ({"log": "True"} if "log" in choice else {})


def test_groups_are_at_first_by_what_parts_the_runs_best(
    open_page: Opener, sample: SampleLake
) -> None:
    app = open_page(sample.folder, "runs", view="Groups")
    assert app.selectbox(key="by").value == "params.model"  # depth is another one in each run
    assert sorted(app.dataframe[0].value["runs"]) == [2, 2, 6]
    assert "3 groups by params.model" in words(app)


@pytest.mark.parametrize(
    "by",
    ["Experiment", "Dataset version", "tags.stage"],
)
def test_runs_are_grouped_by_what_else_they_have(open_page: Opener, four: Path, by: str) -> None:
    app = open_page(four, "runs", view="Groups", by=by)
    assert titles(app) == ["Runs"]
    assert sum(app.dataframe[0].value["runs"]) == 4


@pytest.mark.parametrize(
    "address", [{}, {"view": "Groups"}, {"show": "Deleted"}, {"view": "Charts"}]
)
def test_every_view_opens_on_an_empty_lake(
    open_page: Opener, tmp_path: Path, address: dict[str, str]
) -> None:
    app = open_page(tmp_path, "runs", **address)
    assert titles(app) == ["Runs"]
    assert app.header[0].value in ("No runs yet", "No run matches")


def test_groups_of_odd_names_are_shown(open_page: Opener, sample: SampleLake) -> None:
    app = open_page(sample.folder, "runs", view="Groups", by="params.*param*")
    assert "`value`" in list(app.dataframe[0].value["group"])


def name_field(app: AppTest) -> Any:
    (field,) = [box for box in app.text_input if box.label == "Keep what is seen as"]
    return field


def test_a_view_is_kept_and_opened_again(open_page: Opener, four: Path) -> None:
    app = open_page(four, "runs", filter="params.model = 'rf'", status=["FAILED"])
    name_field(app).set_value("Failed forests")
    press(app, "Keep")
    with Workbench(four) as bench:
        (kept,) = bench.saved_views.of_page("runs")
    assert kept.name == "Failed forests"
    assert kept.query == "status=FAILED&filter=params.model+%3D+%27rf%27"
    app.text_input(key="filter").set_value("").run()
    app.selectbox(key="sort").set_value("Oldest first").run()
    press(app, "Failed forests")
    assert app.text_input(key="filter").value == "params.model = 'rf'"
    assert app.selectbox(key="sort").value == "Newest first"
    assert listed(app) == ["run-1"]


def test_a_name_that_is_taken_is_told(open_page: Opener, four: Path) -> None:
    with Workbench(four, actor="bo") as bench:
        bench.saved_views.save("Mine", "runs", "show=Archived")
    app = open_page(four, "runs")
    name_field(app).set_value("mine")
    press(app, "Keep")
    assert "There is a view" in app.error[0].value


@pytest.mark.parametrize("page", ["compare", "drift", "eda", "datasets"])
def test_other_pages_keep_views_too(open_page: Opener, full: Path, page: str) -> None:
    app = open_page(full, page)
    name_field(app).set_value(f"As {page} was")
    press(app, "Keep")
    press(app, f"As {page} was")
    assert titles(app) == [{"eda": "EDA"}.get(page, page.capitalize())]
    assert not app.error


def test_what_is_copied_finds_what_is_shown(four: Path) -> None:
    chosen = RunFilter(text="params.model = 'it''s' or metrics.auc >= 0.7", statuses=("FINISHED",))
    columns = RunColumns(metrics=("auc",), params=("model",), tags=("stage",))
    with Workbench(four) as bench:
        view = View(workbench=bench, version="1.1", clock=0)
        table = runs_that_match(view, chosen, columns, "metrics.auc desc")
        assert table["run_name"].to_pylist() == ["run-3", "run-2"]
        found = bench.sql(sql_of_runs(chosen, columns, "metrics.auc desc"))
        for name in ("run_id", "metrics.auc", "params.model", "tags.stage"):
            assert found[name].to_pylist() == table[name].to_pylist()
        code = python_of_runs(view, chosen, columns, "metrics.auc desc")
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - what the page offers to copy
    assert list(names["runs"]["run_id"]) == table["run_id"].to_pylist()
    assert csv_of(table).decode().count("\n") == 3
    assert parquet.read_table(BufferReader(parquet_of(table))).equals(table)
