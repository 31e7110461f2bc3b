"""The pages of datasets: find them, look into a version, compare two, register another."""

from __future__ import annotations

import io
import json
import shutil
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyarrow import parquet

from app import session
from core import Workbench
from core.jobs.records import JobRecords
from core.worker.work import WORK
from lake.objects import object_key
from tests.pages.test_pages import titles, words
from tests.support.damage import damage
from tests.support.four_runs import CHANCE
from tests.support.sample_datasets import EVIL_COLUMN, EVIL_VALUE, NAME, ROWS, make_dataset_lake

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    Opener = Callable[..., AppTest]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset_lake(tmp_path_factory.mktemp("lakes") / "data")


@pytest.fixture
def own_lake(lake: Path, tmp_path: Path) -> Path:
    shutil.copytree(lake, tmp_path / "own")
    return tmp_path / "own"


def shown_rows(app: AppTest) -> int:
    return len(app.dataframe[0].value)


@pytest.mark.parametrize("page", ["datasets", "dataset", "register"])
def test_a_page_opens_on_an_empty_lake(open_page: Opener, tmp_path: Path, page: str) -> None:
    title = {"register": "Register data"}.get(page, page.capitalize())
    assert titles(open_page(tmp_path, page)) == [title]


@pytest.mark.parametrize("page", ["datasets", "dataset", "register"])
def test_a_folder_that_is_no_lake_is_a_card(open_page: Opener, tmp_path: Path, page: str) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf8")
    assert titles(open_page(tmp_path, page)) == ["This lake cannot be opened"]


def test_the_catalogue_says_what_there_is(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "datasets")
    found = app.dataframe[0].value
    assert list(found["dataset"]) == ["sites", NAME]
    assert list(found["newest"]) == ["v1", "v2"]
    assert list(found["drift"]) == ["", "drifted"]
    assert [list(rows) for rows in found["history"]] == [[], [ROWS, ROWS]]
    assert list(found["tags"].iloc[1]) == ["reviewed v1"]
    assert app.metric[0].value == "2"


@pytest.mark.parametrize(
    ("search", "names"), [("SLEEP", [NAME]), ("autumn ana", [NAME]), ("nothing", [])]
)
def test_datasets_are_found_by_column_source_and_owner(
    open_page: Opener, lake: Path, search: str, names: list[str]
) -> None:
    app = open_page(lake, "datasets", **{"find-data": search})
    assert [name for table in app.dataframe for name in table.value["dataset"]] == names
    assert f"{len(names)} of 2 datasets" in words(app)


def test_datasets_are_found_by_tag(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "datasets", tagged=["reviewed"])
    assert list(app.dataframe[0].value["dataset"]) == [NAME]


@pytest.mark.parametrize("tab", ["Columns", "Rows", "Versions", "Quality", "About", "Comments"])
def test_every_tab_of_a_version_opens(open_page: Opener, lake: Path, tab: str) -> None:
    app = open_page(lake, "dataset", name=NAME, version="v1", tab=tab)
    assert titles(app) == [NAME]
    assert "v1, 1 of 2 · 400 rows · 7 columns" in words(app)


def test_without_a_version_the_newest_one_is_shown(open_page: Opener, lake: Path) -> None:
    assert "v2, 2 of 2 · 400 rows · 8 columns" in words(open_page(lake, "dataset", name=NAME))


@pytest.mark.parametrize("name", ["", "nothing", "../../etc/passwd"])
def test_a_name_of_no_dataset_is_a_card(open_page: Opener, lake: Path, name: str) -> None:
    app = open_page(lake, "dataset", name=name)
    assert titles(app) == ["Dataset"]
    assert app.header[0].value == "No such dataset"


def test_columns_show_what_is_missing_and_what_to_look_at(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "dataset", name=NAME, column="sleep")
    table = app.dataframe[0].value.set_index("column")
    assert table["missing"]["sleep"] == 10
    assert list(table["flags"]["sleep"]) == ["missing"]
    assert list(table["flags"]["person"]) == ["all distinct"]
    assert list(table["flags"]["wave"]) == ["constant"]
    assert sum(table["values"]["age"]) == ROWS
    assert app.selectbox(key="column").value == "sleep"
    assert "sleep in numbers" in words(app)


def test_names_and_values_from_anybody_are_text(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "dataset", name=NAME, column=EVIL_COLUMN)
    assert r"\*\*site\*\* \<b\>" in words(app)
    assert EVIL_VALUE not in words(app)


def test_rows_are_filtered_sorted_and_paged(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "dataset", name=NAME, tab="Rows", by="age", down="true")
    ages = list(app.dataframe[0].value["age"])
    assert len(ages) == 100
    assert ages == sorted(ages, reverse=True)
    app.session_state["page"] = 3
    app.run()
    assert app.dataframe[0].value["  "].iloc[0] == 201
    app.text_input(key="where").set_value("age < 30 and sex = 'f'").run()
    assert app.session_state["page"] == 1
    assert set(app.dataframe[0].value["sex"]) == {"f"}
    assert "of 400 rows match" in words(app)


def test_rows_are_searched_in_any_column(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "dataset", name=NAME, tab="Rows", search="SOUTH", shown=["age"])
    assert list(app.dataframe[0].value.columns) == ["  ", "age"]
    assert 0 < shown_rows(app) <= 100


@pytest.mark.parametrize("where", ["agee > 1", "age >", "1=1) or (select 1", "x'; drop table data"])
def test_a_condition_that_cannot_be_answered_is_explained(
    open_page: Opener, lake: Path, where: str
) -> None:
    app = open_page(lake, "dataset", name=NAME, tab="Rows", where=where)
    assert titles_of_page(app) == [NAME]
    assert "cannot be answered" in app.error[0].value


def titles_of_page(app: AppTest) -> list[str]:
    assert not app.exception
    return [title.value for title in app.title]


def test_two_versions_are_compared(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "dataset", name=NAME, tab="Versions")
    assert list(app.dataframe[0].value["version"]) == ["v2", "v1"]
    assert "1 column added" in words(app)
    assert "400 rows changed" in words(app)
    assert list(app.dataframe[1].value.iloc[0]) == ["income", "added", "double"]


def test_a_tag_is_moved_and_removed(open_page: Opener, own_lake: Path) -> None:
    app = open_page(own_lake, "dataset", name=NAME, version="v2", tab="Versions")
    app.text_input(key="tag-name").set_value("reviewed")
    app.main.button[-1].click().run()
    with Workbench(own_lake) as bench:
        assert bench.datasets.get_version(NAME, "reviewed").version == "v2"
    assert app.selectbox(key="tag-removed").value == "reviewed"
    app.main.button[-1].click().run()
    with Workbench(own_lake) as bench:
        assert bench.datasets.get_version(NAME, "v2").tags == ()


def test_a_label_is_no_tag(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "dataset", name=NAME, version="v2", tab="Versions")
    app.text_input(key="tag-name").set_value("v1")
    app.main.button[-1].click().run()
    assert "label of a version" in app.error[0].value


def test_findings_show_the_rows_behind_them(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "dataset", name=NAME, tab="Quality", finding="missing: sleep")
    assert "missing" in list(app.dataframe[0].value["what"])
    rows = app.dataframe[1].value
    assert len(rows) == 40
    assert rows["sleep"].isna().all()


def test_what_is_said_of_a_version_is_changed(open_page: Opener, own_lake: Path) -> None:
    app = open_page(own_lake, "dataset", name=NAME, version="v1", tab="About")
    next(field for field in app.text_input if field.label == "Owner").set_value("ben")
    next(button for button in app.button if button.label == "Save").click().run()
    with Workbench(own_lake) as bench:
        assert bench.datasets.get_version(NAME, "v1").owner == "ben"


def test_a_file_is_looked_at_and_registered(open_page: Opener, own_lake: Path) -> None:
    app = open_page(own_lake, "register", dataset="sites")
    app.file_uploader[0].set_value(("sites.csv", b"site,beds\na,3\nb,4\nc,5\n", "text/csv")).run()
    assert list(app.dataframe[0].value.columns) == ["site", "beds"]
    assert list(app.dataframe[1].value.iloc[0]) == ["beds", "added", "int64"]
    app.text_input(key="source").set_value("the ministry")
    app.text_input(key="tag").set_value("reviewed")
    app.main.button[-1].click().run()
    assert titles(app) == ["sites"]
    with Workbench(own_lake) as bench:
        version = bench.datasets.get_version("sites", "reviewed")
    assert (version.version, version.num_rows, version.source) == ("v2", 3, "the ministry")


def test_a_file_proposes_what_its_dataset_is_called(open_page: Opener, own_lake: Path) -> None:
    app = open_page(own_lake, "register")
    app.file_uploader[0].set_value(("Intake 2024.csv", b"site,beds\na,3\n", "text/csv")).run()
    assert app.selectbox(key="dataset").value == "Intake 2024"
    app.file_uploader[0].set_value(("sites.csv", b"site,beds\na,3\n", "text/csv")).run()
    assert app.selectbox(key="dataset").value == "sites"
    assert "Register a new version" in {button.label for button in app.main.button}
    app.file_uploader[0].set_value(None).run()
    assert app.selectbox(key="dataset").value == "sites"  # which is there, and may be meant
    app.file_uploader[0].set_value(("Intake.csv", b"site,beds\na,3\n", "text/csv")).run()
    assert app.selectbox(key="dataset").value == "sites"
    app = open_page(own_lake, "register", dataset="sites")
    app.file_uploader[0].set_value(("wards.csv", b"site,beds\na,4\n", "text/csv")).run()
    assert app.selectbox(key="dataset").value == "sites"
    app.selectbox(key="dataset").select("wards").run()
    app.main.button[-1].click().run()
    assert titles(app) == ["wards"]


def test_a_column_without_a_name_is_seen_and_can_be_chosen(
    open_page: Opener, tmp_path: Path
) -> None:
    with Workbench(tmp_path / "lake") as bench:
        for label, start in (("v1", 0), ("v2", 40)):
            rows = {"": [*range(start, start + 50)], "age": [*range(50)], "  ": ["a"] * 50}
            bench.datasets.register_dataset(rows, "blank", "made up", version=label)
    app = open_page(tmp_path / "lake", "dataset", name="blank", version="v1")
    assert list(app.dataframe[0].value["column"]) == ["(no name)", "age", "(2 blanks)"]
    app.selectbox(key="column").select("  ").run()
    assert "(2 blanks) in numbers" in words(app)
    for page in ("eda", "drift"):
        app = open_page(tmp_path / "lake", page, part="Columns", column="(no name)")
        assert titles(app) == [{"eda": "EDA", "drift": "Drift"}[page]]
        table = next(f.value for f in app.dataframe if "Column" in f.value.columns)
        assert "(no name)" in set(table["Column"])
        assert app.selectbox(key="column").value == ""
        assert "(no name) in numbers" in words(app)
    app = open_page(tmp_path / "lake", "dataset", name="blank", version="v1", tab="Rows")
    assert titles(app) == ["blank"]
    assert "a column has no name" in app.error[0].value
    app = open_page(tmp_path / "lake", "register")
    held = io.BytesIO()
    parquet.write_table(pa.table({"": [1], "age": [30]}), held)
    app.file_uploader[0].set_value(("index.parquet", held.getvalue(), "x/y")).run()
    assert "a column has no name" in words(app)


def test_a_large_file_is_taken_in_by_a_job(
    open_page: Opener, own_lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("app.upload.AT_ONCE_BYTES", 5)
    app = open_page(own_lake, "register", dataset="sites")
    bench = session.workbench()
    monkeypatch.setattr(bench.jobs, "_start_worker", lambda _settings: None)
    app.file_uploader[0].set_value(("../a/sites.csv", b"site,beds\na,3\nb,4\n", "text/csv")).run()
    app.text_input(key="tag").set_value("reviewed")
    app.main.button[-1].click().run()
    (job,) = bench.jobs.list_jobs(kind="import")
    assert job.title == "Import of sites.csv into sites"
    assert f"cancel-{job.job_id}" in {button.key for button in app.button}
    result = WORK["import"](bench, job.parameters, lambda _text, _share: None)
    JobRecords(bench.lake).end(job.job_id, "FINISHED", result=json.dumps(result))
    assert list((tmp_path / "mhras/uploads").iterdir()) == []
    app.run().button(key="open-result").click().run()
    assert titles(app) == ["sites"]
    assert bench.datasets.get_version("sites", "reviewed").num_rows == 2


def test_a_file_that_cannot_be_read_is_explained(open_page: Opener, lake: Path) -> None:
    app = open_page(lake, "register", dataset="sites")
    app.file_uploader[0].set_value(("sites.parquet", b"nothing of the kind", "x/y")).run()
    assert titles_of_page(app) == ["Register data"]
    assert len(app.error) == 1


def test_a_broken_contract_keeps_a_file_out(open_page: Opener, own_lake: Path) -> None:
    with Workbench(own_lake) as bench:
        bench.datasets.expect("sites", {"columns": {"site": {"allowed": ["a", "b"]}}})
    app = open_page(own_lake, "register", dataset="sites")
    app.file_uploader[0].set_value(("sites.csv", b"site\na\nz\n", "text/csv")).run()
    app.main.button[-1].click().run()
    assert titles_of_page(app) == ["Register data"]
    assert "site" in app.error[0].value
    with Workbench(own_lake) as bench:
        assert len(bench.datasets.list_versions("sites")) == 1


def test_a_damaged_object_is_a_card_that_says_what_to_do(open_page: Opener, own_lake: Path) -> None:
    with Workbench(own_lake) as bench:
        uri = bench.datasets.get_version(NAME).storage_uri
    damage(own_lake / object_key(uri.rpartition("/")[2]), "flipped", CHANCE)
    app = open_page(own_lake, "dataset", name=NAME)
    assert "A file of the lake is damaged" in titles_of_page(app)
    assert "mhras verify --repair" in words(app)
