"""How long the card of a model takes: evaluated on many rows, made, and written in every form.

    python benchmarks/cards.py [--peers] [--json FILE] [--rows N] [--repeat N] [--folder FOLDER]

Figures are wall times without imports. No peer computes intervals, calibration and groups for a
card, so `--peers` adds nothing.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchmarks._measure import times_of
from benchmarks._one_lake import run
from core.models.evaluation import evaluate
from core.models.exports.formats import FORMATS, write_card

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks._measure import Report
    from core import Workbench

_PACKAGES: Final = ("numpy", "scipy")
_THRESHOLDS: Final = (0.1, 0.2, 0.3)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the JSON when asked."""
    run("Measure model cards.", measure, packages=_PACKAGES, rows=20_000, arguments=arguments)


def measure(report: Report, workbench: Workbench, rows: int, repeat: int) -> None:
    """Evaluate, make a card, and write it."""
    given = _given(rows)
    with workbench.tracker.start_run("risk") as run:
        run.log_bytes('{"intercept": -2}', "model.json", "model")
    workbench.models.register_model("risk", run_id=run.run_id, artifact="model.json")
    evaluations = {"test": evaluate(**given)}  # which also imports what it needs
    card = workbench.cards.generate_model_card("risk", evaluations=evaluations)
    standing = workbench.cards.standing(card)
    report.begin(f"{rows:,} evaluated rows", "two attributes of groups, and three thresholds")

    def whole() -> None:
        found = {"test": evaluate(**given)}
        made = workbench.cards.generate_model_card("risk", evaluations=found)
        workbench.cards.write_card(made, "html")

    times = times_of(whole, repeat)
    report.add_times("evaluate, card, page", "evaluate, card, page", times, at_most=2.0)
    report.add_times("evaluate", "evaluate", times_of(lambda: evaluate(**given), repeat))
    times = times_of(
        lambda: workbench.cards.generate_model_card("risk", evaluations=evaluations), repeat
    )
    report.add_times("make the card", "make the card", times)
    for kind in FORMATS:
        times = times_of(partial(write_card, card, kind, standing=standing), repeat)
        report.add_times(f"write {kind}", f"write {kind}", times)


def _given(rows: int) -> dict[str, Any]:
    random = np.random.default_rng(0)
    logit = random.normal(-2, 1, rows)
    sex = np.where(random.random(rows) < 0.5, "f", "m")
    age = np.digitize(random.uniform(20, 80, rows), [40, 60]).astype(str)
    return {
        "outcome": (random.random(rows) < 1 / (1 + np.exp(-logit))).astype(int),
        "prediction": 1 / (1 + np.exp(-1.2 * logit)),
        "thresholds": _THRESHOLDS,
        "groups": {"sex": sex, "age": age},
    }


if __name__ == "__main__":
    main()
