"""A lake with a model of two versions, judged, and a pickle: what page tests look at."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Final

from core import Workbench
from core.models.evaluation import evaluate

if TYPE_CHECKING:
    from pathlib import Path

MODEL: Final = "phq9 risk"
PICKLED: Final = "old risk"
EVIL_TEXT: Final = "**Triage** <img src=x onerror=alert(1)>"
# 200 people in whom the risk is nearly what the model says
_RISKS: Final = [(place % 20) / 25 + 0.05 for place in range(200)]
_OUTCOMES: Final = [int((place * 37) % 100 < 100 * risk) for place, risk in enumerate(_RISKS)]
_SEX: Final = ["f" if place % 3 else "m" for place in range(200)]


def make_model_lake(folder: Path) -> Path:
    """Make a lake with the models in a folder."""
    with Workbench(folder, actor="ana") as bench:
        data = bench.datasets.register_dataset(
            {"risk": _RISKS, "outcome": _OUTCOMES, "sex": _SEX}, "clinic", "made up"
        )
        for number in (1, 2):
            with bench.tracker.start_run("risk", f"fit {number}", inputs=[data]) as run:
                run.log_bytes(f'{{"intercept": -{number}}}', "model.json", "model")
            bench.models.register_model(
                MODEL, run_id=run.run_id, artifact="model.json", description=EVIL_TEXT
            )
        found = evaluate(_OUTCOMES, _RISKS, groups={"sex": _SEX}, resamples=100)
        bench.models.save_evaluation(MODEL, found, dataset_version_id="clinic@v1", name="autumn")
        bench.models.set_stage(f"{MODEL}@v1", "staging", reason="to be tried")
        with bench.tracker.start_run("risk", "old") as run:
            run.log_bytes(pickle.dumps({"intercept": -1}), "model.pkl", "model")
        bench.models.register_model(PICKLED, run_id=run.run_id, artifact="model.pkl")
    return folder
