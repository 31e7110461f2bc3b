"""Build a lake that shows what the workbench does, from real data and models really fitted.

cohort ── one dataset: a version for each part, reports of drift from the first to the held-out ones
cohort ── one experiment
  ├── Logistic regression    one parent run a family
  │     ├── slow             one child run a trial: params, learning curve, figures, files
  │     └── rate-range-test  ends FAILED: its loss becomes infinite
  ├── Gradient boosting
  └── Neural network
the best run ── one model, registered, judged and in production (app/demo/register.py),
                with a published card (app/demo/describe.py)
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from app.demo import evaluate
from app.demo.cohort import SEED, Cohort, load_rand
from app.demo.data import compare_parts, register_parts
from app.demo.describe import publish_card
from app.demo.models import FAMILIES, Design, Family, Settings, Trained, design_of, train
from app.demo.nhanes import load_nhanes
from app.demo.register import register_best

if TYPE_CHECKING:
    from pathlib import Path

    from core import Run, Workbench
    from core.datasets.version import DatasetVersion

Progress = Callable[[str, float], None]
STEPS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSummary:
    """Say what `build_demo` put into the lake. `metrics` are those of the best run."""

    experiment_name: str
    title: str
    outcome_name: str
    rows: int
    prevalence: float
    runs: int
    failed: int
    best_run_id: str
    best_run_name: str
    model: str
    metrics: Mapping[str, float]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """Hold a trial that ended well, to be compared with the others."""

    run_id: str
    run_name: str
    family: Family
    best_step: int
    validation_log_loss: float
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Hold what all trials of one demonstration share."""

    workbench: Workbench
    cohort: Cohort
    versions: Mapping[str, DatasetVersion]
    design: Design
    steps: int

    @property
    def inputs(self) -> list[DatasetVersion]:
        """The versions that every run learns from."""
        return [self.versions[part] for part in ("train", "validation")]

    def tags(self, stage: str) -> dict[str, str]:
        """Return the tags that every run bears."""
        return {
            "cohort": self.cohort.name,
            "outcome": self.cohort.outcome_name,
            "split": self.cohort.split,
            "stage": stage,
        }


def build_demo(
    workbench: Workbench,
    *,
    nhanes: Path | None = None,
    progress: Progress | None = None,
    steps: int = STEPS,
) -> DemoSummary:
    """Fit three model families on real health data and track every run.

    Without `nhanes` the data is the RAND Health Insurance Experiment and needs no network;
    with it, the NHANES transport files of that folder, followed over time. `progress` hears
    what happens and the share that is done, 0 to 1. `steps` is the length of learning curves.

    Raises CohortFilesError when files in `nhanes` are missing or damaged.
    """
    begin = time.perf_counter()
    tell = progress or _silent
    tell("Reading the data", 0.0)
    cohort = load_rand() if nhanes is None else load_nhanes(nhanes)
    versions = register_parts(workbench, cohort)
    compare_parts(workbench, cohort, versions)
    sweep = Sweep(
        workbench=workbench,
        cohort=cohort,
        versions=versions,
        design=design_of(cohort),
        steps=steps,
    )
    trials = sum(len(family.trials) for family in FAMILIES)
    begun = count()
    finished = [
        trial
        for family in FAMILIES
        for trial in _run_family(sweep, family, lambda name: tell(name, next(begun) / trials))
    ]
    best = min(finished, key=lambda trial: trial.validation_log_loss)
    tell("Registering the best model", 1.0)
    model = register_best(workbench, cohort, versions, best.run_id)
    publish_card(workbench, cohort, model)
    _mark_best(sweep, best, finished)
    tell("Done", 1.0)
    return DemoSummary(
        experiment_name=cohort.name,
        title=cohort.title,
        outcome_name=cohort.outcome_name,
        rows=len(cohort.features),
        prevalence=cohort.prevalence,
        runs=trials + len(FAMILIES),
        failed=trials - len(finished),
        best_run_id=best.run_id,
        best_run_name=best.run_name,
        model=model.name,
        metrics=best.metrics,
        seconds=time.perf_counter() - begin,
    )


def _silent(what: str, done: float) -> None:
    """Report to nobody."""


def _run_family(sweep: Sweep, family: Family, tell: Callable[[str], None]) -> list[Finished]:
    """Try all settings of a family below one parent run; answer those that ended well."""
    tracker = sweep.workbench.tracker
    finished: list[Finished] = []
    best = math.inf
    with tracker.start_run(
        sweep.cohort.name,
        run_name=family.title,
        tags={**sweep.tags("sweep"), "family": family.name},
        inputs=sweep.inputs,
    ) as parent:
        parent.log_params({"trials": len(family.trials), "steps": sweep.steps, "seed": SEED})
        for trial, (name, settings) in enumerate(family.trials.items(), start=1):
            tell(f"{family.title}: {name}")
            # the tracker has marked that run as FAILED; the others go on
            with suppress(FloatingPointError):
                finished.append(_run_trial(sweep, family, name, settings, parent=parent))
                best = min(best, finished[-1].validation_log_loss)
            parent.log_metrics({"best_validation_log_loss": best}, step=trial)
    return finished


def _run_trial(
    sweep: Sweep, family: Family, name: str, settings: Settings, *, parent: Run
) -> Finished:
    """Fit one model with its learning curve, judge it, and keep its files."""
    cohort = sweep.cohort
    with sweep.workbench.tracker.start_run(
        cohort.name,
        run_name=f"{family.name} {name}",
        tags={**sweep.tags("development"), "family": family.name},
        parent=parent.run_id,
        inputs=sweep.inputs,
    ) as run:
        run.log_params({**settings, "family": family.name, "steps": sweep.steps, "seed": SEED})
        run.log_params({"train_rows": len(cohort.parts["train"])})
        trained = train(
            family.learner(settings),
            sweep.design,
            steps=sweep.steps,
            on_step=lambda step, figures: run.log_metrics(figures, step=step),
        )
        judged = evaluate.judge(trained.pipeline, cohort)
        metrics = evaluate.final_metrics(judged)
        run.log_metrics({**metrics, **evaluate.baseline_metrics(cohort)})
        run.log_metrics({"best_step": trained.best_step, **_best(trained)})
        for path, (kind, content) in _files(trained, judged, cohort).items():
            run.log_bytes(content, path, artifact_type=kind)
    return Finished(
        run_id=run.run_id,
        run_name=run.run_name,
        family=family,
        best_step=trained.best_step,
        validation_log_loss=trained.validation["validation_log_loss"],
        metrics=metrics,
    )


def _best(trained: Trained) -> dict[str, float]:
    return {f"best_{name}": value for name, value in trained.validation.items()}


def _files(
    trained: Trained, judged: list[evaluate.Judged], cohort: Cohort
) -> dict[str, tuple[str, bytes | str]]:
    """Answer type and content of each artifact by its path."""
    pipeline = trained.pipeline
    return {
        "model/model.skops": ("model", evaluate.model_file(pipeline)),
        "model/preprocessing.json": ("model", evaluate.preprocessing_file(pipeline, cohort)),
        "plots/roc.svg": ("plot", evaluate.roc_plot(judged)),
        "plots/precision_recall.svg": ("plot", evaluate.precision_recall_plot(judged)),
        "data/curves.json": ("data", evaluate.curves_file(judged)),
        "data/predictions.parquet": ("data", evaluate.predictions_file(judged)),
    }


def _mark_best(sweep: Sweep, best: Finished, finished: list[Finished]) -> None:
    """Tag the run with the lowest validation loss as candidate and say in a note why."""
    tracker = sweep.workbench.tracker
    tracker.set_tags({"stage": "candidate"}, run_id=best.run_id)
    tracker.set_note(_note(sweep.cohort, best, finished), run_id=best.run_id)


def _note(cohort: Cohort, best: Finished, finished: list[Finished]) -> str:
    """Write what was chosen, how, and how well it does on each held-out part, in Markdown."""
    return f"""\
## {cohort.title}: {best.family.title.lower()}

{cohort.description}
**Chosen** for the lowest log loss on the validation part, {best.validation_log_loss:.4f} after
step {best.best_step}, among {len(finished)} runs. The held-out figures below had no part in it.

{_held_out_table(cohort, best)}

A model that tells everybody the train prevalence has the Brier score in brackets. O/E is
observed over expected cases: below 1 the model promises too many.

Source: {cohort.source}
"""


def _held_out_table(cohort: Cohort, best: Finished) -> str:
    baseline = evaluate.baseline_metrics(cohort)
    head = ["| held-out part | rows | prevalence | AUROC | Brier | O/E |", "|---" * 6 + "|"]
    rows = [
        f"| {part} | {len(cohort.parts[part]):,} | {cohort.prevalence_of(part):.1%} "
        f"| {best.metrics[f'auc_{part}']:.3f} "
        f"| {best.metrics[f'brier_{part}']:.4f} ({baseline[f'baseline_brier_{part}']:.4f}) "
        f"| {best.metrics[f'observed_to_expected_{part}']:.2f} |"
        for part in cohort.held_out
    ]
    return "\n".join([*head, *rows])
