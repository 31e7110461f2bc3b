"""What docs/comments.md shows works: its code, its commands and its query, in their order."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from core import Workbench
from core.comments import KINDS
from tests.support.commands import Command

if TYPE_CHECKING:
    import pytest

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "comments.md").read_text(encoding="utf8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_code_the_commands_and_the_query_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MHRAS_LAKE", str(tmp_path / "lake"))
    with Workbench() as wb:
        exec(compile("\n".join(blocks("python")), "docs/comments.md", "exec"), {"wb": wb})  # noqa: S102
        (query,) = blocks("sql")
        assert wb.sql(query)["anchor_name"].to_pylist() == ["score", None]
    assert "metric auc at step 4" in capsys.readouterr().out
    mhras = Command(capsys)
    lines = [shlex.split(line, comments=True) for line in "".join(blocks("sh")).splitlines()]
    newest, _added, listed = [mhras(*arguments) for _, *arguments in lines]
    assert [len(out.splitlines()) for _, out, _ in (newest, listed)] == [4, 3]
    assert "column score" in listed[1]


def test_every_kind_is_told() -> None:
    assert all(f"`{kind}`" in TEXT for kind in KINDS)
