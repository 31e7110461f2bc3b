"""What several runs were made with: where their code, machines and packages differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from core.tracking.compare import differing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.tracking.reader import RunReader
    from core.tracking.run import Run

_GIT: Final = {"branch": "branch", "dirty": "uncommitted changes"}
_MACHINE: Final = ("python", "implementation", "platform", "host", "cpus")


@dataclass(frozen=True, slots=True, kw_only=True)
class SameSurroundings:
    """Runs that were made with the same; a value that is not there is None."""

    run_ids: tuple[str, ...]
    code: dict[str, Any]
    machine: dict[str, Any]
    packages: dict[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Groups of runs in the order of their first; only what differs between them is told.

    `unknown` are runs of which only the commit is known: whatever surrounded them was not kept, so
    they are in none of the groups.
    """

    groups: tuple[SameSurroundings, ...]
    unknown: tuple[str, ...]


def compare_surroundings(reader: RunReader, run_ids: Sequence[str]) -> Surroundings:
    """Group runs by what they were made with. Raises RunNotFoundError."""
    runs = reader.get_runs(run_ids)
    kept = {run.environment: reader.environment(run.environment) for run in runs}
    known = [run for run in runs if kept[run.environment]]
    parts = {
        "code": [_code(run, kept[run.environment]) for run in known],
        "machine": [_machine(kept[run.environment]) for run in known],
        "packages": [kept[run.environment].get("packages", {}) for run in known],
    }
    told: list[dict[str, dict[str, Any]]] = [{} for _ in known]
    for part, values in parts.items():
        names = differing(values)
        for place, each in enumerate(values):
            told[place][part] = {name: each.get(name) for name in names}
    groups: dict[str, tuple[list[str], dict[str, dict[str, Any]]]] = {}
    for run, said in zip(known, told, strict=True):
        groups.setdefault(repr(said), ([], said))[0].append(run.run_id)
    return Surroundings(
        groups=tuple(SameSurroundings(run_ids=tuple(ids), **said) for ids, said in groups.values()),
        unknown=tuple(run.run_id for run in runs if not kept[run.environment]),
    )


def _code(run: Run, facts: dict[str, Any]) -> dict[str, Any]:
    git = facts.get("git") or {}
    script = facts.get("script") or {}
    told = {"commit": run.git_commit, "version": run.code_version, "script": script.get("path")}
    return {**told, **{label: git.get(name) for name, label in _GIT.items()}}


def _machine(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: facts.get(name) for name in _MACHINE}
