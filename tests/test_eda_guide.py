"""What docs/eda.md tells is so: its example runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.test_layout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TEXT = (ROOT / "docs" / "eda.md").read_text(encoding="utf8")


def test_the_example_runs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(code, {})  # noqa: S102 - the code of the document is ours
    assert capsys.readouterr().out.splitlines() == re.findall(r"print\(.*\)  # (.*)", TEXT)
    assert (tmp_path / "visits.html").read_bytes().startswith(b"<!doctype html>")


def test_every_statistic_of_a_number_is_named() -> None:
    from core.eda.module import EDAModule

    found = EDAModule().generate_summary_statistics({"x": [1.5, 2.0, 9.0]})["x"]
    named = set(TEXT.split("Numbers have `")[1].split("`")[0].split())
    assert found.keys() - named == {"missing_share"}
    assert named <= found.keys()
