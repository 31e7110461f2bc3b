"""The tests have teeth: each planted bug makes the test fail that must notice it.

The program is copied, one bug is planted, and the tests run there. They must fail, and nothing but
fail: a copy that cannot be imported proves nothing. On a copy without a bug they pass.
"""

from __future__ import annotations

import compileall
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Final

import pytest

from tests.mutation.bugs import BUGS, Bug
from tests.support.processes import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

COPIED: Final = ("lake", "catalog", "core", "app", "tests")
PATIENCE: Final = 120.0
_OUTCOME: Final = re.compile(r"^(PASSED|FAILED|ERROR|SKIPPED)\b(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Run:
    """A run of tests in a copy: its exit code, and what it says."""

    code: int
    text: str

    def outcomes(self, test: str) -> set[str]:
        """Return how a test ended, with whatever parameters."""
        named = re.compile(rf" {re.escape(test)}(\[.*)?( - .*)?")
        return {outcome for outcome, text in _OUTCOME.findall(self.text) if named.fullmatch(text)}

    def skipped(self, test: str) -> bool:
        """Tell whether tests of its file were skipped: pytest does not say which."""
        file = test.partition("::")[0]
        return any(o == "SKIPPED" and file in text for o, text in _OUTCOME.findall(self.text))


def run_tests(tree: Path, *tests: str) -> Run:
    """Run tests of a copy of the program, with its packages and no others."""
    # warnings count no more: what a test leaves open when it fails is not what it is there for
    settings = ["-o", "addopts=", "-o", "filterwarnings=", "-p", "no:cacheprovider"]
    # half of the time of a run went into plugins it does not use, and into prettier failures
    without = [f"-pno:{name}" for name in ("anyio", "hypothesispytest", "randomly", "xdist")]
    options = ["-q", "-rA", "--tb=line", "--assert=plain", *settings, *without]
    command = [sys.executable, "-m", "pytest", "--import-mode=importlib", *options, *tests]
    done = subprocess.run(
        command,
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE * len(tests),
        check=False,
    )
    return Run(done.returncode, done.stdout)


def copy_program(target: Path) -> Path:
    """Copy what the tests need, compiled: every one of the runs would do that again."""
    for name in COPIED:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, target / name, ignore=ignored)
    shutil.copy2(ROOT / "pyproject.toml", target)
    compileall.compile_dir(target, quiet=2, workers=2)
    return target


def plant(bug: Bug, program: Path, target: Path) -> Path:
    """Copy the program once more, by links, and plant a bug in it."""
    shutil.copytree(program, target, copy_function=os.link)
    for edit in bug.edits:
        path = target / edit.file
        text = path.read_text(encoding="utf8")
        assert text.count(edit.before) == 1, f"{edit.file} has not once: {edit.before}"
        path.unlink()  # it is linked to the program's own file
        path.write_text(text.replace(edit.before, edit.after), encoding="utf8")
    return target


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_program(tmp_path_factory.mktemp("program"))


@pytest.fixture(scope="module")
def sound(program: Path) -> Run:
    """Run all tests that must notice a bug, where none is planted."""
    return run_tests(program, *sorted({bug.test for bug in BUGS}))


@pytest.mark.parametrize("bug", BUGS, ids=attrgetter("name"))
def test_a_bug_is_noticed(bug: Bug, program: Path, sound: Run, tmp_path: Path) -> None:
    if not sound.outcomes(bug.test) and sound.skipped(bug.test):
        pytest.skip("the test that notices it does not run here")
    assert sound.outcomes(bug.test) == {"PASSED"}, sound.text
    found = run_tests(plant(bug, program, tmp_path / "program"), bug.test)
    assert found.code == 1, found.text
    assert "FAILED" in found.outcomes(bug.test) <= {"FAILED", "PASSED"}, found.text


def test_no_two_bugs_have_one_name() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 10
