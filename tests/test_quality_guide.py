"""docs/quality.md says what is so: its example prints what it says, and it names every kind."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

from tests.core.eda.planted import CASES

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "quality.md").read_text(encoding="utf8")


def test_the_example_prints_what_it_says() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    (said,) = re.findall(r"```text\n(.*?)```", TEXT, re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "docs/quality.md", "exec"), {})  # noqa: S102 - our own example
    assert printed.getvalue() == said


def test_every_kind_is_named_and_no_other() -> None:
    cells = "\n".join(line.split("|")[1] for line in TEXT.splitlines() if line.startswith("| `"))
    named = set(re.findall(r"`(\w+)`", cells))
    sources = (ROOT / "core" / "eda" / "quality").glob("*.py")
    known = "".join(path.read_text(encoding="utf8") for path in sources)
    assert named == {CASES[name]().kind for name in CASES}
    assert all(f'"{kind}"' in known for kind in named)
