"""`mhras doctor`: whether everything the workbench needs is there and well."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import typer

from app.cli_config import file_read, remarks
from app.cli_options import JsonOption, LakeOption, open_lake, settings_of
from app.cli_output import printable, say, say_json
from app.wording import counted, size
from lake.errors import LakeError, MhrasError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lake.lake import Lake

commands = typer.Typer()
DISTRIBUTION: Final = "mhras-workbench"
_PACKAGES: Final = ("app", "catalog", "core", "lake", "pages")
_OLDEST_PYTHON: Final = (3, 11)
_REQUIREMENT: Final = re.compile(r"(?P<name>[\w.-]+?)(\[.*\])?\s*\(?(?P<bounds>[<>=!~][^)]*|)\)?")
_LEAST_FREE: Final = 500_000_000
_MANY_SEGMENTS: Final = 256

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. A note is worth knowing; what is wrong needs a hand."""

    subject: str
    state: State = "ok"
    detail: str
    advice: str = ""


@commands.command("doctor")
def doctor(*, lake: LakeOption = None, as_json: JsonOption = False) -> None:
    """Look whether all is there and well; exit with 1 when not."""
    findings = [*_python(), *_configuration(lake)]
    wrong = sum(finding.state == "wrong" for finding in findings)
    if as_json:
        say_json([asdict(finding) for finding in findings])
    else:
        width = max(len(finding.subject) for finding in findings)
        for finding in findings:
            advice = f" {finding.advice}" if finding.advice else ""
            text = f"{finding.state.ljust(5)}  {finding.subject.ljust(width)}  {finding.detail}"
            say(printable(text + advice))
        say("Something is wrong." if wrong else "All is well.")
    if wrong:
        raise typer.Exit(1)


def _python() -> Iterator[Finding]:
    from importlib import metadata  # 20 ms that --help need not wait for

    version = platform.python_version()
    if sys.version_info < _OLDEST_PYTHON:
        yield Finding(
            subject="python", state="wrong", detail=version, advice="Use Python 3.11 or newer."
        )
    else:
        yield Finding(subject="python", detail=f"{version} at {sys.executable}")
    yield _place()
    try:
        yield Finding(subject=DISTRIBUTION, detail=metadata.version(DISTRIBUTION))
        wanted = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        yield Finding(
            subject=DISTRIBUTION,
            state="note",
            detail="runs from a folder, is not installed",
            advice="Install it with `pip install -e .`.",
        )
        return
    yield from (finding for text in wanted for finding in _package(text))


def _place() -> Finding:
    """Look whether another distribution hides one of our packages: their names are general."""
    places = {name: _origin(name) for name in _PACKAGES}
    if len(set(places.values())) == 1:
        return Finding(subject="packages", detail=f"all five from {places['app']}")
    detail = ", ".join(f"{name} from {place or 'nowhere'}" for name, place in places.items())
    advice = "Something else brings a package of the same name: use an environment of its own."
    return Finding(subject="packages", state="wrong", detail=detail, advice=advice)


def _origin(name: str) -> str:
    from importlib.util import find_spec  # as above

    spec = find_spec(name)
    return str(Path(spec.origin).parents[1]) if spec is not None and spec.origin else ""


def _package(text: str) -> Iterator[Finding]:
    from importlib import metadata  # as above

    wanted, _, marker = text.partition(";")
    match = _REQUIREMENT.fullmatch(wanted.strip())
    if match is None or "extra" in marker:
        return
    name, bounds = match["name"], match["bounds"]
    advice = f"Install it: pip install '{wanted.strip()}'"
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        yield Finding(subject=name, state="wrong", detail="missing", advice=advice)
        return
    if fits(version, bounds):
        yield Finding(subject=name, detail=version)
    else:
        detail = f"{version}, but {bounds} is needed"
        yield Finding(subject=name, state="wrong", detail=detail, advice=advice)


def fits(version: str, bounds: str) -> bool:
    """Tell whether a version is within bounds, as our pyproject.toml writes them.

    >>> fits("2.3.3", ">=2.2,<3"), fits("3.0", "<3,>=2.2"), fits("2.10rc1", ">=2.9"), fits("1", "")
    (True, False, True, True)
    """
    found = _numbers(version)
    for kind, bound in re.findall(r"(>=|<)([\d.]+)", bounds):
        at_least = found >= _numbers(bound)
        if at_least is not (kind == ">="):
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(number) for number in version.partition("rc")[0].split(".") if number.isdigit()]
    while numbers and numbers[-1] == 0:
        numbers.pop()  # 3.0 is 3
    return tuple(numbers)


def _configuration(lake: str | None) -> Iterator[Finding]:
    from core.errors import SettingsError

    try:
        settings = settings_of(lake)
    except SettingsError as error:
        for fault in error.faults:
            yield Finding(subject="settings", state="wrong", detail=f"{fault}.", advice=error.hint)
        return
    yield Finding(subject="settings", detail=file_read())
    for name in ("lake", "actor"):
        detail = f"{settings.effective(name)} ({settings.source(name)})"
        yield Finding(subject=name, detail=detail)
    for text in remarks():
        yield Finding(subject="settings", state="note", detail=text)
    yield from _lake(lake)


def _lake(location: str | None) -> Iterator[Finding]:
    try:
        with open_lake(location) as lake:
            yield Finding(subject="lake id", detail=f"{lake.lake_id} at {lake.url}")
            yield _writable(lake)
            yield _disk(lake.journal.folder)
            yield from _journals(lake)
            yield from _tails(lake)
    except MhrasError as error:
        yield Finding(subject="lake", state="wrong", detail=error.message, advice=error.hint)


def _writable(lake: Lake) -> Finding:
    key = f"tmp/doctor-{os.getpid()}"
    try:
        lake.store.put(key, b"")
        lake.store.delete(key)
    except LakeError as error:
        return Finding(subject="writing", state="wrong", detail=error.message, advice=error.hint)
    return Finding(subject="writing", detail="the lake can be written")


def _disk(journals: Path) -> Finding:
    """Look where rows are logged; in the folder above, where that is not made yet."""
    place = next(folder for folder in (journals, *journals.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free < _LEAST_FREE:
        advice = "Free some space: without it nothing can be logged."
        return Finding(subject="disk", state="wrong", detail=f"{size(free)} free", advice=advice)
    return Finding(subject="disk", detail=f"{size(free)} free")


def _journals(lake: Lake) -> Iterator[Finding]:
    from lake.journal import writer_of
    from lake.recover import journal_sizes, living_writers

    sizes = journal_sizes(lake.journal.folder)
    living = living_writers(lake.journal.folder)
    dead = sorted(name for name in sizes if writer_of(name) not in living)
    yield Finding(subject="journals", detail=f"{len(sizes) - len(dead)} of living processes")
    if dead:
        detail = f"{len(dead)} of dead processes, {size(sum(sizes[name] for name in dead))}"
        advice = "Whoever reads the lake next makes them into segments; so does `mhras compact`."
        yield Finding(subject="journals", state="note", detail=detail, advice=advice)


def _tails(lake: Lake) -> Iterator[Finding]:
    for name in sorted(lake.specs):
        snapshot = lake.table(name).snapshot()
        sizes = {entry.name: entry.size for entry in lake.store.list(f"tables/{name}/tail")}
        waiting = [sizes.get(key.rpartition("/")[2], 0) for key in snapshot.tail]
        detail = (
            f"{counted(len(snapshot.data), 'data file')}, "
            f"{counted(len(waiting), 'fresh segment')} ({size(sum(waiting))})"
        )
        if len(waiting) >= _MANY_SEGMENTS:
            advice = "Run `mhras compact`: reading is faster then."
            yield Finding(subject=f"table {name}", state="note", detail=detail, advice=advice)
        else:
            yield Finding(subject=f"table {name}", detail=detail)
