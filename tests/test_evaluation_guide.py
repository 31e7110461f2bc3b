"""What docs/evaluation.md tells is so: its examples run, and say what they are said to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "evaluation.md").read_text(encoding="utf8")


def test_the_examples_run_and_print_what_they_say(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    code = "".join(re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL))
    exec(code, names)  # noqa: S102
    printed = capsys.readouterr().out
    for said in re.findall(r"print\(.*\)  # (.+)", code):
        assert said in printed
    assert "calibrated" in names["live"].assumption


def test_every_figure_of_an_event_is_defined() -> None:
    from core.models.definitions import DEFINITIONS
    from core.models.evaluation import evaluate

    found = evaluate(
        [0, 1] * 40, [0.1, 0.4, 0.5, 0.8] * 20, groups={"half": ["a", "a", "b", "b"] * 20}
    )
    assert found.fairness is not None
    named = {*found.metrics, *found.fairness.measures(), "net_benefit"}
    assert named == set(found.definitions) <= set(DEFINITIONS)
