"""The page of comparison: on nothing, on runs that are gone, on a few, and on repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core import Workbench
from tests.pages.test_pages import titles, words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from tests.support.sample_lake import SampleLake

    Opener = Callable[..., AppTest]

PARTS = (
    "Differences",
    "Parallel coordinates",
    "Scatter",
    "Contour",
    "Boxes",
    "Code and environment",
    "Is it chance?",
)
AUC = {"rf": (0.71, 0.72, 0.73), "gbm": (0.78, 0.80, 0.79), "mlp": (0.6,)}


@pytest.fixture(scope="module")
def repeated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of two models that ran three times each, one that ran once, and one that failed."""
    folder = tmp_path_factory.mktemp("lakes") / "repeated"
    with Workbench(folder, actor="ana", durability="process") as bench:
        for model, values in AUC.items():
            for seed, auc in enumerate(values):
                with bench.tracker.start_run("risk", f"{model}-{seed}") as run:
                    run.log_params({"model": model, "seed": seed, "rate": 10.0 ** -(seed + 1)})
                    run.log_metrics({"auc": auc, "loss": 1 - auc})
        failed = bench.tracker.start_run("risk", "rf-9")
        failed.log_params({"model": "rf", "seed": 9, "rate": 0.1})
        failed.log_metrics({"auc": 0.1})
        failed.end("FAILED")
    return folder


def test_an_empty_lake_says_so(open_page: Opener, tmp_path: Path) -> None:
    app = open_page(tmp_path, "compare")
    assert titles(app) == ["Compare"]
    assert app.header[0].value == "No runs yet"


@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens_on_all_runs(open_page: Opener, sample: SampleLake, part: str) -> None:
    assert titles(open_page(sample.folder, "compare", comparing=part)) == ["Compare"]


def test_ids_of_no_run_leave_the_choice(open_page: Opener, sample: SampleLake) -> None:
    gone = "01938f6a-0000-7000-8000-000000000000"
    app = open_page(sample.folder, "compare", run=[gone, "../x", sample.finished])
    assert titles(app) == ["Compare"]
    assert app.session_state["chosen_runs"] == [sample.finished]


def test_two_runs_are_told_apart_from_a_baseline(open_page: Opener, sample: SampleLake) -> None:
    app = open_page(sample.folder, "compare", run=[sample.finished, sample.evil])
    table = app.dataframe[0].value.set_index(app.dataframe[0].value.columns[0])
    assert "forest-4" in table.columns
    assert table["forest-4"]["depth"] == "4"
    assert table["forest-4"]["experiment"] == "phq9 risk"
    assert table["forest-4"]["tag stage"] == "dev"


def test_the_best_is_marked_and_others_say_how_far(open_page: Opener, repeated: Path) -> None:
    app = open_page(repeated, "compare", filter="params.seed = '0'", baseline="rf-0")
    table = app.dataframe[0].value.set_index(app.dataframe[0].value.columns[0])
    assert dict(table.loc["auc"]) == {
        "mlp-0": "0.6 (-0.11)",
        "gbm-0": "★ 0.78 (+0.07)",
        "rf-0": "0.71",
    }
    assert table["gbm-0"]["loss"] == "★ 0.22 (-0.07)"


def test_rows_that_few_runs_have_wait_behind_a_switch(
    open_page: Opener, sample: SampleLake
) -> None:
    app = open_page(sample.folder, "compare", metric="loss")
    labels = list(app.dataframe[0].value.iloc[:, 0])
    assert labels[:4] == ["experiment", "status", "duration", "loss"]  # what is asked about first
    assert "depth" in labels
    assert "*param*" not in labels
    assert "that tell little left out" in words(app)
    app = app.toggle(key="rare").set_value(True).run()
    table = app.dataframe[0].value.set_index(app.dataframe[0].value.columns[0])
    assert table.loc["*param*"]["forest-4"] == "not set"


@pytest.mark.parametrize(
    ("part", "choice"),
    [
        ("Scatter", {"x": "params.*param*", "y": "metrics.auc"}),
        ("Parallel coordinates", {"axes": ["params.*param*"], "metric": "auc"}),
    ],
)
def test_what_no_run_has_together_is_not_drawn(
    open_page: Opener, sample: SampleLake, part: str, choice: dict[str, str | list[str]]
) -> None:
    app = open_page(sample.folder, "compare", comparing=part, **choice)
    assert titles(app) == ["Compare"]
    assert "Nothing to draw" in words(app)


def test_a_filter_without_runs_says_so(open_page: Opener, repeated: Path) -> None:
    app = open_page(repeated, "compare", filter="params.seed = '77'")
    assert app.header[0].value == "No run matches"


def test_two_groups_of_repeats_are_compared(open_page: Opener, repeated: Path) -> None:
    app = open_page(repeated, "compare", comparing="Is it chance?", seeds=["seed", "rate"])
    assert titles(app) == ["Compare"]
    groups = app.dataframe[0].value
    assert list(groups["group"]) == ["model=gbm", "model=rf", "model=mlp"]
    assert list(groups["runs"]) == [3, 3, 1]  # the failed run is no repeat
    assert groups["95 % interval"][1] == "0.69516 to 0.74484"  # scipy.stats.t.interval
    assert app.metric[0].value == "+0.07"
    assert app.metric[1].value == "0.001"  # scipy.stats.ttest_ind(..., equal_var=False): 0.00101


def test_runs_without_repeats_say_how_to_make_some(open_page: Opener, repeated: Path) -> None:
    app = open_page(repeated, "compare", comparing="Is it chance?", filter="params.seed = '0'")
    assert "No repeats among these runs" in words(app)


def test_the_runs_page_opens_its_choice_here(open_page: Opener, sample: SampleLake) -> None:
    app = open_page(sample.folder, "runs", run=[sample.finished, sample.failed])
    (button,) = [b for b in app.button if b.label == "Open in Compare"]
    button.click().run()
    assert titles(app) == ["Compare"]
    assert app.multiselect[0].value == [sample.finished, sample.failed]


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of two runs with files of many kinds, some the same, some in one of them only."""
    folder = tmp_path_factory.mktemp("lakes") / "filed"
    with Workbench(folder, actor="ana", durability="process") as bench:
        for place in (1, 2):
            with bench.tracker.start_run("risk", f"run-{place}") as run:
                run.log_bytes(f'{{"depth": {place}, "model": "rf"}}', "settings.json")
                run.log_bytes(f"name,value\nage,{place}\n", "table.csv")
                run.log_bytes(f"rate = 0.1\ndepth = {place}\n", "train.py")
                run.log_bytes(bytes(range(place, 200)), "model.bin")
                run.log_bytes("{" * place, "broken.json")
                run.log_bytes("the same", "same.txt")
                run.log_bytes("here", f"only-{place}.txt")
    return folder


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("settings.json", "depth"),
        ("table.csv", "1 cell not the same"),
        ("train.py", "+depth = 1"),
        ("model.bin", "what they hold is not compared"),
        ("broken.json", "what they hold is not compared"),
        ("same.txt", "The same in both runs, byte for byte."),
        ("only-1.txt", "kept no only\\-1.txt"),
    ],
)
def test_a_file_of_two_runs_stands_side_by_side(
    open_page: Opener, filed: Path, path: str, told: str
) -> None:
    app = open_page(filed, "compare", comparing="Artifacts", file=path)
    assert titles(app) == ["Compare"]
    said = [str(frame.value.to_dict()) for frame in app.dataframe]
    said += [code.value for code in app.code]
    assert told.replace("\\-", "-") in "\n".join([words(app).replace("\\", ""), *said])


def test_a_run_is_not_compared_with_itself(open_page: Opener, repeated: Path) -> None:
    same = open_page(repeated, "compare", comparing="Artifacts", left="rf-0", right="rf-0")
    assert "Choose two different runs." in words(same)


def test_what_differs_is_a_report(repeated: Path) -> None:
    from app.compare_choice import Compared
    from app.compare_export import comparison_report

    with Workbench(repeated) as bench:
        runs = bench.tracker.search_runs(None, "params.seed = '0'")
        table = bench.runs.compare([run.run_id for run in runs])
    names = {run.run_id: run.run_name for run in runs}
    compared = Compared(table=table, names=names, metrics=["auc"], matching=len(runs))
    assert "★ 0.78" in comparison_report(compared, "auc").decode()


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of twelve runs at each of four rates and three depths, and a failed one elsewhere."""
    folder = tmp_path_factory.mktemp("lakes") / "searched"
    with Workbench(folder, actor="ana", durability="process") as bench:
        for rate in (0.0001, 0.001, 0.01, 0.1):
            for depth in (2, 4, 8):
                with bench.tracker.start_run("risk", f"tree-{depth}-{rate:g}") as run:
                    run.log_params({"rate": rate, "depth": depth, "rows": 12_114 + depth})
                    run.log_metrics({"auc": 0.6 + rate - depth / 100})
        failed = bench.tracker.start_run("risk", "stumbled")
        failed.log_params({"rate": 0.5, "depth": 4, "rows": 12_118})
        failed.log_metrics({"auc": 0.99})
        failed.end("FAILED")
    return folder


def test_a_metric_is_drawn_between_runs_of_two_params(open_page: Opener, searched: Path) -> None:
    app = open_page(
        searched, "compare", comparing="Contour", contour_x="depth", contour_y="rate", metric="auc"
    )
    assert titles(app) == ["Compare"]
    said = words(app).replace("\\", "")
    assert "The highest is 0.68 at depth 2, rate 0.1." in said
    assert "12 finished runs of 13. They also differ in rows." in said
    assert "linear over Delaunay triangles" in said


def test_too_few_runs_for_a_contour_are_told(open_page: Opener, searched: Path) -> None:
    app = open_page(searched, "compare", comparing="Contour", filter="params.depth != '8'")
    assert "Too few runs for a contour" in words(app)
    assert "The best pair of these runs has 8." in words(app)


def test_boxes_are_drawn_of_what_parts_the_runs_best(open_page: Opener, searched: Path) -> None:
    app = open_page(searched, "compare", comparing="Boxes", metric="auc")
    box = app.selectbox(key="box_by")
    assert box.value == "params.depth"
    assert "params.rate" in box.options
    assert "fewer than 5 runs have dots only" in words(app)
    app.selectbox(key="box_by").set_value("status").run()
    assert titles(app) == ["Compare"]


def test_what_counts_has_commas(open_page: Opener, searched: Path) -> None:
    app = open_page(searched, "compare", metric="auc")
    table = app.dataframe[0].value.set_index(app.dataframe[0].value.columns[0])
    assert table["stumbled"]["rows"] == "12,118"


def test_what_only_some_runs_have_and_all_the_same_is_the_last_axis() -> None:
    import pyarrow as pa

    from app.compare_choice import Compared

    columns = {"params.rows": ["9", "9", None], "params.rate": ["1", None, "2"]}
    compared = Compared(table=pa.table(columns), names={}, metrics=[], matching=3)
    assert compared.params == ["rate", "rows"]
