"""What docs/jobs.md shows works: its code and its commands run, in their order."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from core import Workbench
from core.jobs.kinds import KINDS
from tests.support.commands import Command

if TYPE_CHECKING:
    import pytest

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "jobs.md").read_text(encoding="utf8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_code_runs_and_the_commands_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MHRAS_LAKE", str(tmp_path / "lake"))
    Path("answers.csv").write_text("id,score\n1,4\n2,11\n3,7\n", encoding="utf8")
    with Workbench() as wb:
        exec(compile("\n".join(blocks("python")), "docs/jobs.md", "exec"), {"wb": wb})  # noqa: S102
    mhras = Command(capsys)
    lines = [shlex.split(line) for block in blocks("sh") for line in block.splitlines()]
    listed, newest = [mhras(*arguments) for _, *arguments in lines]
    assert [(status, "error" in said) for status, _, said in (listed, newest)] == [(0, False)] * 2
    assert "Import into phq9" in listed[1]
    assert '"kind": "eda"' in newest[1]


def test_every_kind_and_all_it_takes_is_told() -> None:
    rows = dict(re.findall(r"\| `(\w+)` \| (.*?) \| ", TEXT))
    told = {kind: set(re.findall(r"`(\w+)`", takes)) for kind, takes in rows.items()}
    assert told == {name: {*kind.required, *kind.optional} for name, kind in KINDS.items()}
