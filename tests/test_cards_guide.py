"""What docs/cards.md says is so: its Python, its commands and its SQL run."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import Workbench
from core.models.people import statements_template
from core.models.statements import STATEMENTS
from tests.support.commands import Command

if TYPE_CHECKING:
    import pytest

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "cards.md").read_text(encoding="utf8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_python_commands_and_sql_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MHRAS_ACTOR", "ana")
    names: dict[str, Any] = {}
    for code in blocks("python"):
        exec(code, names)  # noqa: S102 - our own document
    assert re.fullmatch(r"screen@v1 0\.[78]\d 1 \('Intended .*\)\n", capsys.readouterr().out)
    assert Path("card.html").read_bytes().startswith(b"<!doctype html>")
    said: dict[str, Any] = {one.key: (one.title,) if one.many else one.title for one in STATEMENTS}
    del said["external_evaluations"]
    Path("screen.yaml").write_text(statements_template(said), encoding="utf8")
    with Workbench("lake", actor="ana") as wb:  # what the commands find stored
        wb.cards.save_card(names["card"])
    mhras = Command(capsys)
    for line in "".join(blocks("sh")).splitlines():
        status, _, remarks = mhras(*shlex.split(line)[1:])
        refused = {"--publish": "It lacks: Evaluation", "--withdraw": "it is a draft"}
        if why := next((refused[option] for option in refused if option in line), ""):
            assert (status, why in remarks) == (1, True)
            continue
        assert (status, "error" in remarks) == (0, False), (line, remarks)
    assert Path("README.md").read_text(encoding="utf8").startswith("---\nmodel_name: screen\n")
    assert json.loads(Path("card.json").read_bytes())["model_name"] == "screen"
    with Workbench("lake", create=False) as wb:
        queries = [query for block in blocks("sql") for query in block.split(";") if query.strip()]
        assert [wb.sql(query).num_rows for query in queries] == [2, 1]


def test_every_statement_is_told_with_its_question() -> None:
    for one in STATEMENTS:
        words = {"required": one.required, "list": one.many, "else derived": one.derived}
        marks = ", ".join(word for word, so in words.items() if so)
        assert f"| `{one.key}` | {marks} | {one.asks} |" in TEXT
