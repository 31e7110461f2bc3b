"""Measuring, and showing what was measured beside its goal and its peer.

A figure is the best of several repetitions unless its name says otherwise: other work on the
machine only ever makes things slower. The median stands in the notes. The header says how loaded
the machine was, and how fast: what a fixed loop of plain Python took before and after.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Unit = Literal["seconds", "per second", "bytes", "bytes per second", "count"]
PROCESSES: Final = Path(__file__).parent / "_processes"
_WIDTH: Final = 170  # of the table, where the output is no terminal
_MET: Final = {True: "met", False: "missed"}
_WORDS: Final = {"per second": " /s", "bytes": " B", "count": ""}


@dataclass(slots=True, kw_only=True)
class Figure:
    """One measured value, what it should be, and what the peer needs for the same."""

    key: str
    section: str
    what: str
    value: float
    unit: Unit
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""
    peer: float | None = None
    peer_note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without one."""
        if self.at_most is not None:
            return self.value <= self.at_most
        return None if self.at_least is None else self.value >= self.at_least

    @property
    def ratio(self) -> float | None:
        """How many times better than the peer; None where that says nothing."""
        if not self.peer or not self.value or self.unit == "count":
            return None
        more_is_better = self.unit.endswith("per second")
        return self.value / self.peer if more_is_better else self.peer / self.value

    @property
    def goal(self) -> str:
        """The goal as text."""
        if self.at_most is not None:
            return f"<= {show(self.at_most, self.unit)}"
        return "" if self.at_least is None else f">= {show(self.at_least, self.unit)}"


def show(value: float, unit: Unit) -> str:
    """A value as people read it.

    >>> show(0.0000042, "seconds"), show(0.25, "seconds"), show(213_456.7, "per second")
    ('4.20 us', '250 ms', '213,457 /s')
    """
    if unit == "bytes per second":
        return f"{value / 1e9:,.2f} GB/s"
    if unit != "seconds":
        digits = 0 if value >= 100 or value == int(value) else 2
        return f"{value:,.{digits}f}{_WORDS[unit]}"
    for size, word in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if value >= size or word == "us":
            scaled = value / size
            digits = 2 if scaled < 10 else 1 if scaled < 100 else 0
            return f"{scaled:,.{digits}f} {word}"
    raise AssertionError


@dataclass(slots=True)
class Report:
    """All figures of a run of the benchmark, in the order they were measured."""

    peer_name: str = "MLflow"
    figures: list[Figure] = field(default_factory=list)
    section: str = ""
    about: dict[str, str] = field(default_factory=dict)

    def begin(self, section: str, about: str = "") -> None:
        """Name what the next figures are of, and say that it is being measured."""
        self.section = section
        self.about[section] = about
        print(f"... {section}", file=sys.stderr, flush=True)

    def add(self, key: str, what: str, value: float, unit: Unit = "seconds", **rest: Any) -> None:
        """Keep a figure; ``rest`` are its goal and its note."""
        figure = Figure(key=key, section=self.section, what=what, value=value, unit=unit, **rest)
        self.figures.append(figure)

    def add_times(self, key: str, what: str, times: Sequence[float], **rest: Any) -> None:
        """Keep the best of some times, with their median in the note."""
        note = f"median {show(median(times), 'seconds')} of {len(times)}"
        extra = rest.pop("note", "")
        self.add(key, what, min(times), note=f"{extra}; {note}" if extra else note, **rest)

    def set_peer(self, key: str, value: float, note: str = "") -> None:
        """Put what the peer needs beside a figure; nothing happens when that was not measured."""
        for figure in self.figures:
            if figure.key == key:
                figure.peer, figure.peer_note = value, note

    def table(self) -> Table:
        """The figures as a table for people."""
        table = Table(header_style="bold")
        headings = ("measure", "ours", "goal", "met?", self.peer_name, "ratio", "notes")
        for heading in headings:
            right = heading in ("ours", "goal", self.peer_name, "ratio")
            table.add_column(
                heading, justify="right" if right else "left", no_wrap=heading != "notes"
            )
        section = ""
        for figure in self.figures:
            if figure.section != section:
                section = figure.section
                table.add_section()
                about = Text(self.about.get(section, ""), style="bold")
                table.add_row(Text(section, style="bold"), "", "", "", "", "", about)
            table.add_row(*self._cells(figure))
        return table

    def _cells(self, figure: Figure) -> tuple[Text | str, ...]:
        met = Text("" if figure.met is None else _MET[figure.met])
        met.stylize("green" if figure.met else "bold red")
        peer = "" if figure.peer is None else show(figure.peer, figure.unit)
        ratio = "" if figure.ratio is None else f"{figure.ratio:,.1f}x"
        their_note = f"{self.peer_name}: {figure.peer_note}" if figure.peer_note else ""
        notes = "; ".join(filter(None, (figure.note, their_note)))
        value = show(figure.value, figure.unit)
        return (f"  {figure.what}", value, figure.goal, met, peer, ratio, notes)

    def write(self, path: Path, machine: dict[str, Any]) -> None:
        """Write everything as JSON."""
        figures = [{**asdict(f), "met": f.met, "ratio": f.ratio} for f in self.figures]
        text = json.dumps({"machine": machine, "figures": figures}, indent=1)
        path.write_text(text + "\n", encoding="utf8")


def machine(packages: Sequence[str]) -> dict[str, Any]:
    """What the figures depend on: the machine and the versions of what runs on it."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "packages": {name: version(name) for name in packages},
        **state("before"),
    }


def state(when: str) -> dict[str, Any]:
    """How busy and how fast the machine is at this moment."""
    return {f"load_{when}": os.getloadavg(), f"loop_{when}": min(times_of(_loop, 5))}


def _loop() -> int:
    total = 0
    for number in range(1_000_000):
        total += number
    return total


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def print_report(report: Report, facts: dict[str, Any]) -> None:
    """Print the machine, the load and the table."""
    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH)
    packages = ", ".join(f"{name} {number}" for name, number in facts["packages"].items())
    console.print(f"{facts['cores']} cores ({facts['processor']}), Linux {facts['kernel']}")
    console.print(f"Python {facts['python']}, {packages}")
    for when in ("before", "after"):
        load = ", ".join(f"{minutes:.2f}" for minutes in facts[f"load_{when}"])
        loop = show(facts[f"loop_{when}"], "seconds")
        console.print(f"{when}: load average {load}; a million turns of a Python loop {loop}")
    console.print("figures are the best of several repetitions unless they say otherwise")
    console.print(report.table())


@contextmanager
def work_folder(parent: Path | None) -> Iterator[Path]:
    """A folder for everything that is measured, removed at the end; also the current folder.

    Being there keeps the state of this checkout (its commit, its uncommitted changes) out of the
    runs that are logged. Programs find their bytecode in it, as those of an installed package do.
    """
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=parent) as name:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = f"{name}/bytecode"
        os.chdir(name)
        try:
            yield Path(name)
        finally:
            os.chdir(before)


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep Python's garbage collector from starting inside what is timed."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def seconds_of(work: Callable[..., object], *arguments: object) -> float:
    """Seconds that one call takes."""
    begun = perf_counter()
    work(*arguments)
    return perf_counter() - begun


def times_of(work: Callable[[], object], repeat: int) -> list[float]:
    """Seconds each of some repetitions takes."""
    return [seconds_of(work) for _ in range(repeat)]


def times_in_turns(works: Sequence[Callable[[], object]], repeat: int) -> list[list[float]]:
    """Seconds of each repetition of several works: what else the machine does hits all of them."""
    turns = [[seconds_of(work) for work in works] for _ in range(repeat)]
    return [list(times) for times in zip(*turns, strict=True)]


def quantile(values: Sequence[float], share: float) -> float:
    """The value that a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def process(name: str, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    """Start one of the programs in `benchmarks/_processes` with this interpreter."""
    command = [sys.executable, str(PROCESSES / f"{name}.py"), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, **options)


def run_process(name: str, *arguments: str, most: float | None = None) -> tuple[float, str]:
    """Run a program to its end: the seconds that took, and what it printed.

    Raises RuntimeError when it fails, and TimeoutError when it takes more than `most` seconds.
    """
    begun = perf_counter()
    with process(name, *arguments) as running:
        try:
            output, _ = running.communicate(timeout=most)
        except subprocess.TimeoutExpired:
            running.kill()
            raise TimeoutError(f"stopped after {most:g} s") from None
    took = perf_counter() - begun
    if running.returncode:
        message = f"{name} failed with status {running.returncode}."
        raise RuntimeError(message)
    return took, output.decode()
