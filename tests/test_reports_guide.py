"""What docs/reports.md tells is so: its examples run, one after the other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "reports.md").read_text(encoding="utf8")


def test_the_examples_run(capsys: pytest.CaptureFixture[str]) -> None:
    write, drift = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names: dict[str, Any] = {}
    exec(write, names)  # noqa: S102 - the code of the document is ours
    assert names["page"].startswith(b"<!doctype html>")
    assert "| sleep | 8.0% | missing |" in names["text"]
    exec(drift, names)  # noqa: S102
    assert capsys.readouterr().out.splitlines() == re.findall(r"print\(.*\)  # (.*)", TEXT)
