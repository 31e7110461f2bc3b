"""Every page opens on an empty, a small and a broken lake, and says what is the matter."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.sample_lake import EVIL_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

    from tests.support.sample_lake import SampleLake

    Opener = Callable[..., AppTest]

ROOT = Path(__file__).resolve().parents[2]

PAGES = ("home", "runs", "run", "lineage", "jobs", "settings", "compare")


def titles(app: AppTest) -> list[str]:
    assert not app.exception
    return [title.value for title in app.title]


def words(app: AppTest) -> str:
    """Everything the page says in headings, captions, texts and Markdown."""
    kinds = (app.title, app.header, app.subheader, app.caption, app.text, app.markdown)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_on_an_empty_lake(open_page: Opener, tmp_path: Path, page: str) -> None:
    assert titles(open_page(tmp_path, page)) == [page.capitalize()]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_on_a_small_lake(open_page: Opener, sample: SampleLake, page: str) -> None:
    title = {"run": "forest-4"}.get(page, page.capitalize())
    assert titles(open_page(sample.folder, page, id=sample.finished)) == [title]


@pytest.mark.parametrize("page", PAGES)
def test_a_folder_that_is_no_lake_is_a_card(open_page: Opener, tmp_path: Path, page: str) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf8")
    app = open_page(tmp_path, page)
    assert titles(app) == ["This lake cannot be opened"]
    assert "Code lake" in words(app)


def test_a_folder_that_is_not_there_is_a_card(open_page: Opener, tmp_path: Path) -> None:
    assert titles(open_page(tmp_path / "nowhere")) == ["There is no lake here"]
    assert not (tmp_path / "nowhere").exists()


def test_settings_that_are_wrong_are_a_card(
    open_page: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MHRAS_DURABILITY", "fast")
    app = open_page(None)
    assert titles(app) == ["The settings are not right"]
    assert "durability is 'fast' (environment MHRAS_DURABILITY), not" in words(app)


def test_a_damaged_file_is_a_card(open_page: Opener, tmp_path: Path) -> None:
    from tests.support.sample_lake import make_sample_lake

    make_sample_lake(tmp_path / "lake")
    for path in (tmp_path / "lake/tables/runs").rglob("*.parquet"):
        path.write_bytes(b"PAR1 nothing of the kind PAR1")
    app = open_page(tmp_path / "lake", "runs")
    assert titles(app) == ["A file of the lake is damaged"]
    assert "reference" in words(app)


def test_the_script_an_empty_lake_shows_brings_the_first_run(
    open_page: Opener, tmp_path: Path
) -> None:
    app = open_page(tmp_path)
    subprocess.run([sys.executable, "-c", app.code[0].value], check=True, capture_output=True)
    app.run()
    assert "1 run" in words(app)
    assert app.metric[0].value == "1"


def test_home_names_runs_that_failed(open_page: Opener, sample: SampleLake) -> None:
    needs = open_page(sample.folder).dataframe[0].value
    assert list(needs["what"]) == ["stumbled"]
    assert "ZeroDivisionError" in needs["why"][0]


def test_runs_are_filtered_by_an_expression(open_page: Opener, sample: SampleLake) -> None:
    app = open_page(sample.folder, "runs", filter="params.depth = '4'")
    assert app.metric[0].value == "1"
    app.text_input(key="filter").set_value("metrics.auc > 0.7").run()
    assert app.metric[0].value == "4"


def test_a_wrong_filter_is_shown_with_its_position(open_page: Opener, sample: SampleLake) -> None:
    app = open_page(sample.folder, "runs", filter="metrics.auc > 'a' or")
    assert titles(app) == ["Runs"]
    assert app.code[-1].value.splitlines()[1].strip() == "^"
    assert app.metric[0].value == "10"


def test_runs_are_sorted_by_the_order_in_the_address(open_page: Opener, sample: SampleLake) -> None:
    app = open_page(sample.folder, "runs", sort="auc, lowest first", experiment="sleep")
    runs = app.dataframe[0].value
    assert list(runs["run"])[:4] == ["forest-3", "forest-5", "forest-7", "forest-9"]


def test_only_chosen_columns_are_sent(open_page: Opener, sample: SampleLake) -> None:
    app = open_page(sample.folder, "runs", columns=["params.depth", "tags.stage"])
    names = list(app.dataframe[0].value.columns)
    assert [name for name in names if "." in name] == ["params.depth", "tags.stage"]


def test_a_status_and_a_filter_are_joined(open_page: Opener, sample: SampleLake) -> None:
    app = open_page(
        sample.folder, "runs", status=["FAILED"], filter="params.depth = '4' or name = 'stumbled'"
    )
    assert list(app.dataframe[0].value["run"]) == ["stumbled"]


def test_runs_of_the_address_are_compared(open_page: Opener, sample: SampleLake) -> None:
    app = open_page(sample.folder, "runs", run=[sample.finished, sample.failed])
    differences = app.dataframe[-1].value
    assert list(differences.columns[1:]) == ["forest-4", "stumbled"]
    assert "depth" in list(differences.iloc[:, 0])


def test_runs_that_are_gone_leave_the_comparison(open_page: Opener, sample: SampleLake) -> None:
    gone = "01938f6a-0000-7000-8000-000000000000"
    app = open_page(sample.folder, "runs", run=[sample.finished, gone])
    assert titles(app) == ["Runs"]
    assert app.session_state["chosen_runs"] == [sample.finished]


def test_charts_of_runs_are_drawn(open_page: Opener, sample: SampleLake) -> None:
    app = open_page(sample.folder, "runs", view="Charts")
    assert titles(app) == ["Runs"]
    assert [h.value for h in app.header] == ["auc by depth", "Distribution of auc", "Runs by depth"]


@pytest.mark.parametrize("run_id", ["", "nothing", "../../etc/passwd"])
def test_an_id_of_no_run_is_a_card(open_page: Opener, sample: SampleLake, run_id: str) -> None:
    app = open_page(sample.folder, "run", id=run_id)
    assert titles(app) == ["Run"]
    assert app.header[0].value == "No such run"


@pytest.mark.parametrize(
    "tab", ["Overview", "Metrics", "Artifacts", "Environment", "Notes", "Comments"]
)
def test_every_tab_of_a_run_opens(open_page: Opener, sample: SampleLake, tab: str) -> None:
    app = open_page(sample.folder, "run", id=sample.finished, tab=tab)
    assert titles(app) == ["forest-4"]
    assert len(app.header) > 0


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("plain.txt", "<script>alert(1)</script>"),
        ("broken.png", "This cannot be shown as what its name says it is."),
        ("model.bin", "Binary data; download it to use it."),
        ("report.html", "Shown without its scripts. Download it to see all of it."),
    ],
)
def test_an_artifact_is_shown_as_what_it_is(
    open_page: Opener, sample: SampleLake, path: str, shown: str
) -> None:
    app = open_page(sample.folder, "run", id=sample.finished, tab="Artifacts", artifact=path)
    assert titles(app) == ["forest-4"]
    assert shown in words(app) + "\n".join(code.value for code in app.code)


def test_names_from_anybody_are_escaped(open_page: Opener, sample: SampleLake) -> None:
    (title,) = titles(open_page(sample.folder, "run", id=sample.evil))
    assert title != EVIL_NAME
    assert r"\*\*evil\*\* \[x\]" in title


def test_a_failed_run_says_why(open_page: Opener, sample: SampleLake) -> None:
    app = open_page(sample.folder, "run", id=sample.failed)
    assert "ZeroDivisionError" in app.code[-1].value


def test_another_filter_begins_on_the_first_page(open_page: Opener, sample: SampleLake) -> None:
    app = open_page(sample.folder, "runs")
    app.session_state["page"] = 3
    app.text_input(key="filter").set_value("metrics.auc > 0").run()
    assert app.session_state["page"] == 1


def test_the_metric_chosen_becomes_the_first_column(open_page: Opener, sample: SampleLake) -> None:
    app = open_page(sample.folder, "runs")
    app.selectbox(key="metric").set_value("m[0]*").run()
    columns = [name for name in app.dataframe[0].value.columns if name.startswith("metrics.")]
    assert columns[0] == "metrics.m[0]*"
    assert app.metric[1].label == r"Highest m\[0\]\*"


def test_what_stands_on_every_page_has_keys_of_its_own() -> None:
    literal = re.compile(r"""key=f?["']([^"'{}]+)["']""")
    everywhere = {ROOT / "app/sidebar.py", ROOT / "app/search_dialog.py"}
    files = {*(ROOT / "app").glob("*.py"), *(ROOT / "pages").glob("*.py")}
    keys = {path: set(literal.findall(path.read_text(encoding="utf8"))) for path in files}
    taken = set().union(*(keys[path] for path in everywhere))
    assert taken
    assert [path.name for path in files - everywhere if keys[path] & taken] == []
