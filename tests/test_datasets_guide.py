"""What docs/datasets.md shows works: its code and its commands run, in their order."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from tests.support.commands import Command

if TYPE_CHECKING:
    import pytest

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "datasets.md").read_text(encoding="utf8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_code_runs_and_the_commands_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MHRAS_LAKE", raising=False)
    (contract,) = blocks("toml")
    Path("phq9.toml").write_text(contract)
    code = "\n".join(blocks("python")) + "\nwb.close()\n"
    assert code.count("assert") > 12
    exec(compile(code, "docs/datasets.md", "exec"), {})  # noqa: S102 - our own text

    people = pd.DataFrame({"person": [1, 2], "score": [4, 11], "sex": ["f", "m"]})
    people.to_csv("answers.csv", index=False)
    people.assign(person=[3, 4]).to_csv("more.csv", index=False)
    mhras = Command(capsys)
    lines = [shlex.split(line) for block in blocks("sh") for line in block.splitlines()]
    outputs = [mhras(*arguments) for _, *arguments in lines]
    assert [status for status, _, _ in outputs] == [0] * len(lines)
    assert [out for _, out, _ in outputs[:2]] == ["intake@v1\n", "intake@v2\n"]
    assert outputs[-1][1].splitlines()[-1] == "4"
    assert Path("intake.json").exists()
