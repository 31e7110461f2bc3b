"""What docs/lineage.md shows runs as it stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core import Workbench
from tests.support.commands import Command

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "lineage.md").read_text(encoding="utf8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def wb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    monkeypatch.chdir(tmp_path)
    with Workbench("lake", actor="ana", durability="process") as found:
        phq9 = {"id": [1, 2], **{f"q{n}": [0, 2] for n in range(1, 10)}}
        found.datasets.register_dataset(phq9, "phq9", "form")
        yield found


def test_every_block_runs_after_the_one_before(
    wb: Workbench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # as a file, since a function that was typed in has no source
    script = tmp_path / "page.py"
    script.write_text("\n".join(blocks("python")), encoding="utf8")
    space: dict[str, Any] = {"wb": wb}
    exec(compile(script.read_text("utf8"), str(script), "exec"), space)  # noqa: S102 - our own page
    assert capsys.readouterr().out.splitlines() == [
        "scored@v1",
        "('total',) True",
        "['likely@v1', 'risk@v1', 'scored@v1', 'risk/first', 'phq9@v1']",
        "likely@v1",
        "scored@v1",
        "phq9@v1",
        "['likely@v1', 'risk@v1, card 1', 'risk/first']",
    ]
    (query,) = blocks("sql")
    assert wb.sql(query.rstrip().rstrip(";")).num_rows == 4
    mhras = Command(capsys)
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    assert [mhras(*shlex.split(line)[1:])[0] for line in lines] == [0, 0, 0]
    assert {"lineage.svg", "lineage.html", "events.jsonl"} <= {
        path.name for path in tmp_path.iterdir()
    }
