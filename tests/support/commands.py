"""The command line, run in this process, in one of its own, and at a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

from app.cli import main
from core import Workbench
from tests.support.processes import ROOT

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

HOSTILE: Final = "evil\x1b[31m[red]\x9b2J\u202e\nerror: all is lost"
ESCAPED: Final = r"evil\x1b[31m[red]\x9b2J\u202e\nerror: all is lost"
# a shell that starts us in the background makes us, and so our children, deaf to interrupts
_LISTENING: Final = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from app.cli import main
sys.exit(main())
"""


class Command:
    """Runs commands in this process."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Return the exit code, the output, and what was said beside it."""
        status = main(arguments)
        out, remarks = self._capture.readouterr()
        return status, out, remarks

    def lines(self, *arguments: str) -> list[list[str]]:
        """Return the cells of a table that a command prints into a pipe."""
        status, out, _ = self(*arguments)
        assert status == 0
        return [line.split("\t") for line in out.splitlines()]

    def json(self, *arguments: str, status: int = 0) -> Any:
        """Read the JSON that a command prints, and nothing else."""
        ended, out, _ = self(*arguments, "--json")
        assert ended == status
        assert out.isascii()
        return json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def started(*arguments: str) -> subprocess.Popen[str]:
    """Start a command as a process of its own."""
    command = [sys.executable, "-c", _LISTENING, *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def at_a_terminal(*arguments: str) -> str:
    """Run a command at a terminal of 80 columns and return what it wrote there."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "80"}
    command = [sys.executable, "-m", "app", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    pieces = []
    try:
        while piece := os.read(ours, 65536):
            pieces.append(piece)
    except OSError:  # how Linux says that nobody writes there any more
        pass
    os.close(ours)
    assert process.wait() == 0
    return b"".join(pieces).decode()


def log_and_die(pipe: Connection[Any, Any], folder: Path) -> None:
    """Start a run in a child process, tell its id, and wait to be killed."""
    run = Workbench(folder, actor="ana").tracker.start_run("sleep", "abandoned")
    run.log_metrics({"auc": 0.5})
    pipe.send(run.run_id)
    pipe.recv()
