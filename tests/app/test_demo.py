"""The demonstration: its data, its models, and the lake it leaves behind."""

from __future__ import annotations

import io
import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import skops.io
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from app.demo import CohortFilesError, DemoSummary, build_demo
from app.demo.cohort import Cohort, load_rand
from app.demo.models import FAMILIES, RANGE_TEST, Design, Family, design_of, probability_of, train
from app.demo.nhanes import PHQ9, load_nhanes, recode
from core import Run, Workbench
from core.models.findings import comparisons

STEPS = 10  # enough for the range test to diverge
ROOT = Path(__file__).resolve().parents[2]
TRIALS = sum(len(family.trials) for family in FAMILIES)


@pytest.fixture(scope="module")
def rand() -> Cohort:
    return load_rand()


@pytest.fixture(scope="module")
def rand_design(rand: Cohort) -> Design:
    return design_of(rand)


@pytest.fixture(scope="module")
def nhanes_folder() -> Path:
    folder = ROOT.parent / "shared" / "data" / "nhanes"
    if not folder.is_dir():
        pytest.skip("the NHANES transport files are not here")
    return folder


@pytest.fixture(scope="module")
def nhanes(nhanes_folder: Path) -> Cohort:
    return load_nhanes(nhanes_folder)


@dataclass(frozen=True)
class Built:
    """A lake of the default demonstration, and what was said while it was built."""

    folder: Path
    summary: DemoSummary
    heard: list[float]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("demo") / "lake"
    heard: list[float] = []
    with Workbench(folder) as wb:
        summary = build_demo(wb, steps=STEPS, progress=lambda _, done: heard.append(done))
    return Built(folder, summary, heard)


def respondent(**answers: float) -> pd.DataFrame:
    """Make one NHANES respondent who answered everything, but for `answers`."""
    usual = {
        "RIDAGEYR": 40.0,
        "INDFMPIR": 2.5,
        "SLD012": 7.5,
        "BMXBMI": 24.0,
        "RIAGENDR": 2.0,
        "RIDRETH3": 3.0,
        "DMDEDUC2": 4.0,
        "DMDMARTL": 1.0,
        "SMQ020": 1.0,
        "SMQ040": 3.0,
        **{f"BPXSY{reading}": 120.0 for reading in range(1, 5)},
        **{f"BPXDI{reading}": 80.0 for reading in range(1, 5)},
        **dict.fromkeys(PHQ9, 1.0),
    }
    return pd.DataFrame([{**usual, **answers}])


def recoded(**answers: float) -> dict[str, Any]:
    [row] = recode(respondent(**answers), sleep="SLD012").to_dict("records")
    return {str(name): value for name, value in row.items()}


class TestRecoding:
    def test_a_full_set_of_answers_is_named(self) -> None:
        assert recoded() == {
            "age": 40.0,
            "income_ratio": 2.5,
            "sleep_hours": 7.5,
            "bmi": 24.0,
            "systolic": 120.0,
            "diastolic": 80.0,
            "sex": "female",
            "ethnicity": "non-Hispanic White",
            "education": "some college",
            "marital_status": "married",
            "smoking": "former",
            "phq9": 9.0,
        }

    @pytest.mark.parametrize(
        ("variable", "code", "feature"),
        [
            ("DMDEDUC2", 7, "education"),
            ("DMDEDUC2", 9, "education"),
            ("DMDMARTL", 77, "marital_status"),
            ("DMDMARTL", 99, "marital_status"),
            ("SLD012", 77, "sleep_hours"),
            ("SLD012", 99, "sleep_hours"),
            ("SMQ020", 7, "smoking"),
            ("SMQ020", 9, "smoking"),
            ("SMQ040", 7, "smoking"),
            ("DPQ010", 7, "phq9"),
            ("DPQ090", 9, "phq9"),
            ("DPQ050", math.nan, "phq9"),
        ],
    )
    def test_refused_and_unknown_are_missing(
        self, variable: str, code: float, feature: str
    ) -> None:
        assert pd.isna(recoded(**{variable: code})[feature])

    def test_a_diastolic_pressure_of_zero_is_no_reading(self) -> None:
        assert recoded(BPXDI1=0.0, BPXDI2=70.0)["diastolic"] == pytest.approx(230 / 3)
        assert np.isnan(recoded(**{f"BPXDI{n}": 0.0 for n in range(1, 5)})["diastolic"])

    def test_who_never_smoked_is_not_asked_about_now(self) -> None:
        assert recoded(SMQ020=2.0, SMQ040=math.nan)["smoking"] == "never"
        assert recoded(SMQ040=1.0)["smoking"] == recoded(SMQ040=2.0)["smoking"] == "current"

    def test_all_missing_files_are_named_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(CohortFilesError, match=r"lacks 24 of the 24.*DEMO_G.*SMQ_J"):
            load_nhanes(tmp_path)

    def test_a_file_that_is_no_transport_file_is_named(
        self, tmp_path: Path, nhanes_folder: Path
    ) -> None:
        for source in nhanes_folder.glob("*.XPT"):
            (tmp_path / source.name).symlink_to(source)
        (tmp_path / "BMX_H.XPT").unlink()
        (tmp_path / "BMX_H.XPT").write_text("<html>404</html>" * 100)
        with pytest.raises(CohortFilesError, match=r"BMX_H\.XPT is not a SAS transport file"):
            load_nhanes(tmp_path)


class TestCohorts:
    def test_a_fifth_of_the_rand_person_years_has_frequent_visits(self, rand: Cohort) -> None:
        assert (len(rand.features), rand.outcome.sum()) == (20_190, 4_039)
        assert all(rand.prevalence_of(part) == pytest.approx(0.2, abs=5e-4) for part in rand.parts)

    def test_parts_share_no_rows_and_no_answers(self, rand: Cohort) -> None:
        answers = rand.features.groupby(list(rand.features.columns)).ngroup().to_numpy()
        seen = [set(answers[rows]) for rows in rand.parts.values()]
        assert sum(map(len, rand.parts.values())) == len(rand.features)
        assert sum(map(len, seen)) == len(set().union(*seen))

    def test_the_split_is_the_same_each_time(self, rand: Cohort) -> None:
        again = load_rand()
        assert all(np.array_equal(rand.parts[name], again.parts[name]) for name in rand.parts)

    def test_nhanes_is_followed_in_time(self, nhanes: Cohort) -> None:
        sizes = {name: len(rows) for name, rows in nhanes.parts.items()}
        assert sizes == {"train": 8237, "validation": 2060, "2015_16": 5134, "2017_18": 5068}
        assert nhanes.prevalence == pytest.approx(0.0890, abs=5e-5)
        assert nhanes.prevalence_of("2015_16") == pytest.approx(0.0808, abs=5e-5)

    def test_nhanes_holds_no_codes(self, nhanes: Cohort) -> None:
        numbers = nhanes.features[list(nhanes.numeric)]
        assert numbers.min().min() >= 0
        assert numbers["age"].between(18, 80).all()
        assert numbers["sleep_hours"].max() <= 14.5
        assert numbers["diastolic"].min() > 0
        assert set(nhanes.features["sex"]) == {"male", "female"}


class TestTraining:
    def test_the_best_step_is_kept(self, rand: Cohort, rand_design: Design) -> None:
        for family in FAMILIES:
            settings = next(iter(family.trials.values()))
            curve: list[dict[str, float]] = []
            trained = train(
                family.learner(settings),
                rand_design,
                steps=STEPS,
                on_step=lambda _, figures: curve.append(figures),  # noqa: B023
            )
            losses = [figures["validation_log_loss"] for figures in curve]
            rows = rand.parts["validation"]
            kept = probability_of(trained.pipeline, rand.features.iloc[rows])
            assert len(losses) == STEPS
            assert trained.best_step == losses.index(min(losses)) + 1
            assert log_loss(rand.outcome[rows], kept) == pytest.approx(min(losses), rel=1e-9)

    @pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
    def test_training_again_gives_the_same_curve(self, rand_design: Design, family: Family) -> None:
        curves: list[list[dict[str, float]]] = [[], []]
        for curve in curves:
            learner = family.learner(next(iter(family.trials.values())))
            train(learner, rand_design, steps=3, on_step=lambda _, f, c=curve: c.append(f))
        assert curves[0] == curves[1]

    def test_a_loss_that_is_not_finite_ends_training(self, rand_design: Design) -> None:
        family = FAMILIES[0]
        steps_heard: list[int] = []
        with pytest.raises(FloatingPointError, match=r"diverged at step \d+: train_log_loss = inf"):
            train(
                family.learner(family.trials[RANGE_TEST]),
                rand_design,
                steps=STEPS,
                on_step=lambda step, _: steps_heard.append(step),
            )
        assert steps_heard == list(range(1, len(steps_heard) + 1))

    def test_medians_and_categories_come_from_the_train_part_alone(self, nhanes: Cohort) -> None:
        fitted = design_of(nhanes).preprocessing.named_transformers_["numeric"][0]
        train_part = nhanes.features.iloc[nhanes.parts["train"]]
        medians = train_part[list(nhanes.numeric)].median()
        assert fitted.statistics_ == pytest.approx(medians.to_numpy())


def file_of(wb: Workbench, run: Run, path: str) -> bytes:
    [artifact] = [artifact for artifact in run.artifacts if artifact.path == path]
    return wb.lake.objects.get(artifact.digest)


class TestLake:
    def test_every_trial_is_a_child_of_its_family(self, built: Built) -> None:
        with Workbench(built.folder) as wb:
            runs = wb.tracker.search_runs(built.summary.experiment_name)
        parents = {run.run_id: run.tags["family"] for run in runs if run.parent_run_id is None}
        children = [run for run in runs if run.parent_run_id is not None]
        assert sorted(parents.values()) == sorted(family.name for family in FAMILIES)
        assert len(children) == TRIALS
        assert all(parents[str(run.parent_run_id)] == run.tags["family"] for run in children)
        assert built.summary.runs == len(runs)

    def test_every_run_names_the_versions_it_learned_from(self, built: Built, rand: Cohort) -> None:
        with Workbench(built.folder) as wb:
            versions = {v.version: v for v in wb.datasets.list_versions(rand.name)}
            runs = wb.tracker.search_runs(built.summary.experiment_name)
            test, _ = wb.datasets.get_dataset(rand.name, "test")
            [report] = wb.sql("select version_id1, version_id2 from drift_reports").to_pylist()
        ids = {part: version.version_id for part, version in versions.items()}
        rows = {part: version.num_rows for part, version in versions.items()}
        assert rows == {part: len(places) for part, places in rand.parts.items()}
        assert {tuple(run.inputs) for run in runs} == {(ids["train"], ids["validation"])}
        assert test["outcome"].to_list() == rand.outcome[rand.parts["test"]].tolist()
        assert report == {"version_id1": ids["train"], "version_id2": ids["test"]}

    def test_the_best_model_has_a_published_card(self, built: Built, rand: Cohort) -> None:
        with Workbench(built.folder, create=False) as wb:
            kept = wb.cards.get_card(rand.name)
            card = wb.cards.load_card(kept)
            again = wb.cards.generate_model_card(rand.name)
        assert (kept.state, kept.card_number) == ("published", 1)
        assert [each.name for each in card.evaluations] == ["validation", "test"]
        assert set(card.feature_importance) == set(rand.features.columns)
        assert [(data.name, data.role) for data in card.datasets][:2] == [
            (f"{rand.name}@train", "training"),
            (f"{rand.name}@validation", "tuning"),
        ]
        assert again.digest == kept.digest

    def test_the_best_model_is_in_production_with_predictions_and_outcomes(
        self, built: Built, rand: Cohort
    ) -> None:
        with Workbench(built.folder) as wb:
            made = wb.models.get_model(f"{rand.name}@production")
            judged = {found.name: found.evaluation for found in wb.models.evaluations(made)}
            said = wb.models.predictions(made, features=True)
            moves = [(move.label, bool(move.reason)) for move in wb.models.stage_history(made)]
        assert (made.name, made.run_id) == (built.summary.model, built.summary.best_run_id)
        assert made.signature is not None
        assert (made.task, list(made.signature.inputs)) == ("binary", list(rand.features))
        assert moves == [("staging", True), ("production", True)]
        assert sorted(judged) == ["test", "validation"]
        assert judged["test"].metrics["auroc"].value == pytest.approx(built.summary.metrics["auc"])
        assert judged["test"].metrics["auroc"].value > 0.6
        assert set(judged["test"].baselines) == {"prevalence", "chronic_diseases"}
        rows = [*rand.parts["validation"], *rand.parts["test"]]
        assert said["outcome"].to_pylist().count(1.0) == rand.outcome[rows].sum()
        assert said.num_rows == len(rows)
        assert set(json.loads(said["features"][0].as_py())) == set(rand.features)

    def test_the_range_test_is_the_only_failure_and_says_why(self, built: Built) -> None:
        with Workbench(built.folder) as wb:
            [failed] = wb.tracker.search_runs(filter_string="status = 'FAILED'")
        assert failed.run_name == f"logistic_regression {RANGE_TEST}"
        assert str(failed.error).startswith("FloatingPointError: Training diverged at step")
        assert built.summary.failed == 1

    def test_learning_curves_have_a_point_for_each_step(self, built: Built) -> None:
        counted = """
            select run_name, metric_name, count(*) as points, max(step) as last
            from metrics join runs using (run_id)
            where metric_name in ('train_log_loss', 'validation_auc') and status = 'FINISHED'
            group by all"""
        with Workbench(built.folder) as wb:
            rows = wb.sql(counted).to_pylist()
        assert len(rows) == 2 * (TRIALS - 1)
        assert {(row["points"], row["last"]) for row in rows} == {(STEPS, STEPS)}

    def test_figures_are_those_of_the_saved_predictions(self, built: Built) -> None:
        with Workbench(built.folder) as wb:
            for run in wb.tracker.search_runs(filter_string="metrics.auc > 0"):
                content = file_of(wb, run, "data/predictions.parquet")
                saved = pq.read_table(io.BytesIO(content)).to_pandas()
                outcome, probability = saved["outcome"], saved["probability"]
                expected = {
                    "auc": roc_auc_score(outcome, probability),
                    "average_precision": average_precision_score(outcome, probability),
                    "brier": brier_score_loss(outcome, probability),
                    "log_loss": log_loss(outcome, probability),
                }
                found = {name: run.last_metrics[name] for name in expected}
                assert found == pytest.approx(expected, rel=1e-12)

    def test_saved_models_say_what_the_run_said(self, built: Built, rand: Cohort) -> None:
        features = rand.features.iloc[rand.parts["test"]]
        with Workbench(built.folder) as wb:
            for run in wb.tracker.search_runs(filter_string="metrics.auc > 0"):
                content = file_of(wb, run, "model/model.skops")
                unknown = skops.io.get_untrusted_types(data=content)
                assert all(name.startswith(("sklearn.", "numpy.")) for name in unknown)
                again = probability_of(skops.io.loads(content, trusted=unknown), features)
                brier = brier_score_loss(rand.outcome[rand.parts["test"]], again)
                assert brier == pytest.approx(run.last_metrics["brier"], rel=1e-12)

    def test_plots_and_curves_are_kept(self, built: Built) -> None:
        with Workbench(built.folder) as wb:
            run = wb.tracker.get_run(built.summary.best_run_id)
            roc = json.loads(file_of(wb, run, "data/curves.json"))["test"]["roc"]
            plot = ET.fromstring(file_of(wb, run, "plots/roc.svg"))  # noqa: S314 - ours
            kinds = {artifact.path: artifact.artifact_type for artifact in run.artifacts}
        area = np.trapezoid(roc["true_positive_rate"], roc["false_positive_rate"])
        assert area == pytest.approx(run.last_metrics["auc"], abs=1e-4)
        assert plot.tag.endswith("svg")
        assert kinds["plots/precision_recall.svg"] == "plot"
        assert kinds["model/preprocessing.json"] == "model"

    def test_the_best_run_beats_the_prevalence_and_has_a_note(self, built: Built) -> None:
        with Workbench(built.folder) as wb:
            [best] = wb.tracker.search_runs(filter_string="tags.stage = 'candidate'")
        figures = best.last_metrics
        assert best.run_id == built.summary.best_run_id
        assert f"| test | 4,041 | 20.0% | {figures['auc']:.3f} |" in str(best.note)
        assert figures["brier"] < figures["baseline_brier_test"]
        assert figures["log_loss"] < figures["baseline_log_loss_test"]
        assert 0.6 < figures["auc"] < 0.7

    def test_progress_only_grows_and_ends_at_one(self, built: Built) -> None:
        assert built.heard == sorted(built.heard)
        assert (built.heard[0], built.heard[-1]) == (0.0, 1.0)


def test_nhanes_models_are_judged_in_each_later_cycle(tmp_path: Path, nhanes_folder: Path) -> None:
    with Workbench(tmp_path / "lake") as wb:
        summary = build_demo(wb, nhanes=nhanes_folder, steps=STEPS)
        published = wb.cards.get_card("nhanes-depression-screen")
        decay, later = comparisons(wb.cards.load_card(published))
    auroc, slope = later.changes[:2]
    assert published.state == "published"
    assert (auroc.metric, slope.metric) == ("auroc", "calibration_slope")
    assert auroc.last.value < auroc.first.value
    assert (decay.first.name, decay.chosen_on) == ("validation", True)
    assert decay.changes[0].is_certain
    assert auroc.difference.low < auroc.last.value - auroc.first.value < auroc.difference.high
    assert slope.last.high < 1
    figures = summary.metrics
    assert 0.70 < figures["auc_2015_16"] < 0.74
    assert 0.67 < figures["auc_2017_18"] < figures["auc_2015_16"]
    assert figures["auc"] == figures["auc_2015_16"]
    assert (summary.rows, summary.failed) == (20_499, 1)


def test_the_example_prints_a_leaderboard(tmp_path: Path) -> None:
    run = [sys.executable, str(ROOT / "examples" / "track_sklearn.py")]
    here = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    out = subprocess.run(run, cwd=tmp_path, env=here, capture_output=True, text=True, check=True)
    areas = [float(line.split()[-1]) for line in out.stdout.splitlines()]
    assert areas == sorted(areas, reverse=True)
    assert len(areas) == 3


def test_the_example_is_fifteen_lines_of_code() -> None:
    source = (ROOT / "examples" / "track_sklearn.py").read_text(encoding="utf8")
    code = [line for line in source.splitlines() if line.strip() and not line.startswith('"""')]
    assert len(code) <= 15
