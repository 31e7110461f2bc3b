"""The same from outside: a program that knows of nothing is killed or refused by the kernel.

strace injects the faults, into Python and into the libraries below it. It shows too that the points
of tests/crash/test_every_point.py are all there are.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from core import Workbench
from lake.verify import verify
from tests.crash.commit_paths import PATHS
from tests.support.processes import PATIENCE, ROOT
from tests.support.thorough import EVERY_POINT
from tests.support.workbenches import steps_by_run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

KILLS, RANDOM_KILLS = (20, 10) if EVERY_POINT else (3, 1)
# the older and the newer names of what changes a disk: libraries differ
WRITES = "write,pwrite64,writev,pwritev,pwritev2,sendfile,copy_file_range,ftruncate,fallocate"
WAITS = "fsync,fdatasync,sync_file_range"
NAMES = (
    "link,linkat,symlink,symlinkat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir"
)
CHANGES = f"{WRITES},truncate,{WAITS},{NAMES}"
REFUSED = (
    {"fsync"},
    {"fdatasync"},
    {"link", "linkat"},
    {"rename", "renameat", "renameat2"},
    {"unlink", "unlinkat"},
)
HEAD = f"""
import json, os, sys
sys.path.insert(0, {str(ROOT)!r})
def say(*what): os.write(1, (json.dumps(what) + "\\n").encode())
"""
PROGRAM = f"""{HEAD}
from core import MhrasError, Workbench
try:
    with Workbench("lake") as workbench:
        workbench.lake.settle = 0
        with workbench.tracker.start_run("risk", sys.argv[1]) as run:
            for step in range(3):
                run.log_metrics({{"loss": 0.5}}, step=step)
                say("step", step)
            run.log_bytes(b"weights", "model.bin")
        say("ended")
        workbench.lake.flush()
        workbench.lake.compact(minimum=1)
        from catalog.export import export_catalog
        export_catalog(workbench.lake)
        say("exported")
except MhrasError as error:
    say("error", type(error).__name__, str(error))
    sys.exit(3)
"""
COUNTING = f"""{HEAD}
from pathlib import Path
from tests.crash.commit_paths import PATHS, Teller
from tests.support.disk_calls import DiskCalls
folder = Path(sys.argv[1])
calls = DiskCalls(folder)
calls.install()
for name in sys.argv[2:]:
    teller = Teller(acknowledge=str, refused=sys.exit, passes=False)
    PATHS[name].work(folder / name, 100, teller)
say(*calls.calls)
"""


class Traced:
    """Programs that run under strace in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._log = folder / "strace.log"

    def run(self, code: str, *arguments: object, inject: str = "") -> tuple[int, list[Any], str]:
        """Run a program to its end: its code, what it said, and what it printed as errors."""
        trace = ["--trace", f"openat,{CHANGES}", *(["--inject", inject] if inject else [])]
        if "signal" not in inject:  # which strace 6.1 never sends when it looks at few calls only
            trace.append("--seccomp-bpf")
        command = ["strace", "--follow-forks", "--decode-fds=path", *trace]
        done = subprocess.run(
            [*command, "-o", str(self._log), sys.executable, "-c", code, *map(str, arguments)],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        if not self._log.exists() or "ptrace" in done.stderr:
            pytest.skip(f"strace cannot trace here: {done.stderr.strip()[-200:]}")
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def killed(self) -> bool:
        """Tell whether the last program was killed: strace's own code does not always say it."""
        return "+++ killed by SIGKILL" in self._log.read_text(encoding="utf8", errors="replace")

    def calls(self) -> list[tuple[str, str, bool]]:
        """The thread, the name and whether it is one below the folder, of each call, in order."""
        found = []
        for line in self._log.read_text(encoding="utf8", errors="replace").splitlines():
            call = re.match(r"(\d+) +(\w+)\((\d+<([^>]*)>)?(.*)", line)
            if call:
                thread, name, descriptor, path, rest = call.groups()
                paths = [path] if descriptor else re.findall(r'"([^"]*)"', rest)
                if name != "openat" or "O_CREAT" in rest or "O_TRUNC" in rest:
                    place = (self.folder / "lake").as_posix()
                    found.append((thread, name, any(place in p for p in paths)))
        return found


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Traced:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    return Traced(tmp_path_factory.mktemp("traced"))


def check(lake: Path, said: list[Any], name: str) -> None:
    """What the program was told is so, and another process goes on."""
    heard = {each[0] for each in said}
    steps = [each[1] for each in said if each[0] == "step"]
    with Workbench(lake) as workbench:
        found = steps_by_run(workbench).get(name, [])
        assert found == list(range(len(found)))
        assert len(found) >= len(steps)
        statuses = [run.status for run in workbench.tracker.search_runs() if run.run_name == name]
        assert statuses == ["FINISHED"] if "ended" in heard else len(statuses) <= 1
        workbench.lake.recover()
        with workbench.tracker.start_run("risk", f"after {name}") as run:
            run.log_metrics({"loss": 0.5}, step=0)
        workbench.lake.flush()
        workbench.lake.compact(minimum=1)
        after = steps_by_run(workbench)
        assert (after.get(name, []), after[f"after {name}"]) == (found, [0])
        assert verify(workbench.lake.store, workbench.lake.specs.values(), "content") == []


def test_strace_sees_no_change_that_was_not_counted(traced: Traced) -> None:
    names = ["append", "flush", "compact", "claim", "export", "backup", "repair"]
    for name in names:
        (traced.folder / "lake" / name).mkdir(parents=True)
        PATHS[name].prepare(traced.folder / "lake" / name)
    code, said, errors = traced.run(COUNTING, traced.folder / "lake", *names)
    assert code == 0, errors
    counted = Counter(call.partition(" ")[0] for call in said[-1])
    same = {"openat": "open", "replace": "rename"}
    seen = Counter(same.get(name, name) for _, name, inside in traced.calls() if inside)
    assert {same.get(name, name): count for name, count in counted.items()} == seen
    assert seen.total() > 300


@dataclass(frozen=True, slots=True)
class Point:
    """A system call by which the program changes the lake: strace counts each name apart."""

    name: str
    number: int

    def fault(self, fault: str) -> str:
        return f"{self.name}:{fault}:when={self.number}"


@pytest.fixture(scope="module")
def points(traced: Traced) -> list[Point]:
    """All such calls of the program's main thread."""
    lake = traced.folder / "lake"
    shutil.rmtree(lake, ignore_errors=True)
    traced.run(PROGRAM, "first")  # makes the lake, and what Python keeps of its modules
    lake.rename(traced.folder / "prepared")
    renewed(traced)
    code, said, errors = traced.run(PROGRAM, "second")
    assert (code, said[-1]) == (0, ["exported"]), errors
    calls, counts = traced.calls(), Counter[str]()
    found = []
    for thread, name, inside in calls:
        if thread == calls[0][0]:
            counts[name] += 1
            if inside and name != "openat":
                found.append(Point(name, counts[name]))
    return found


def renewed(traced: Traced) -> Path:
    """Give the lake of one program that ended well, to the next."""
    lake = traced.folder / "lake"
    shutil.rmtree(lake, ignore_errors=True)
    shutil.copytree(traced.folder / "prepared", lake)
    return lake


def test_a_program_killed_by_the_kernel_loses_nothing_it_was_told(
    traced: Traced, points: list[Point]
) -> None:
    assert len(points) > 60
    for point in random.sample(points, KILLS):
        print(f"killed at {point}")  # noqa: T201 - pytest -rP
        lake = renewed(traced)
        said = traced.run(PROGRAM, "killed", inject=point.fault("signal=SIGKILL"))[1]
        assert traced.killed()
        check(lake, said, "killed")


def test_what_the_kernel_refuses_is_said_with_its_file(traced: Traced, points: list[Point]) -> None:
    for names in REFUSED:
        point = random.choice([p for p in points if p.name in names])  # noqa: S311 - no secret
        print(f"refused {point}")  # noqa: T201 - pytest -rP
        lake = renewed(traced)
        code, said, errors = traced.run(PROGRAM, "refused", inject=point.fault("error=EIO"))
        told = [each for each in said if each[0] == "error"]
        if code == 0:  # the run is complete without it, and a line of log says what is not there
            assert f"{lake}/" in errors
        else:
            assert (code, [each[1] for each in told]) == (3, ["StoreError"]), errors
            assert f"{lake}/" in told[0][2]
            assert "Input/output error. The disk failed" in told[0][2]
        check(lake, said, "refused")


def test_a_program_killed_at_any_moment_loses_nothing_it_was_told(
    traced: Traced, points: list[Point]
) -> None:
    """Without strace: at moments that have nothing to do with system calls."""
    assert points
    seconds = 0.0
    for kill in range(RANDOM_KILLS + 1):
        lake = renewed(traced)
        start = time.perf_counter()
        command = [sys.executable, "-c", PROGRAM, str(kill)]
        program = subprocess.Popen(command, cwd=traced.folder, stdout=subprocess.PIPE, text=True)
        with program:
            if kill:
                time.sleep(random.uniform(0.2, 1) * seconds)  # noqa: S311 - as above
                program.kill()
            assert program.stdout is not None
            said = [json.loads(line) for line in program.stdout]
        if not kill:
            seconds = time.perf_counter() - start
            assert said[-1] == ["exported"]
        check(lake, said, str(kill))
