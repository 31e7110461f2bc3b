"""What docs/models.md tells is so: its code runs, and ends as it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "models.md").read_text(encoding="utf8")


def test_the_code_of_the_guide_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec("".join(re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)), names)  # noqa: S102
    assert names["model"].name == "risk@v1"
    assert names["table"]["outcome"].null_count == 0
    assert names["live"].action == "retrain"
    assert b"risk@v1 in service" in names["html"]


def test_every_action_is_told() -> None:
    from core.models.live.report import Action

    assert set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)) == set(Action.__args__)  # type: ignore[attr-defined]
