"""What differs in code, machine and packages between several runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from core import RunNotFoundError

if TYPE_CHECKING:
    from core import Workbench


def made_with(workbench: Workbench, name: str, facts: dict[str, Any] | None) -> str:
    """A run whose surroundings are these, as one of another day or machine."""
    lake, tracker = workbench.lake, workbench.tracker
    with tracker.start_run("risk", name) as run:
        run.log_metrics({"auc": 0.7})
    tracker.wait()
    found = tracker.get_run(run.run_id)
    digest = None if facts is None else lake.objects.put(json.dumps(facts).encode())
    event = {"run_id": run.run_id, "kind": "edit", "writer": lake.writer, "actor": "ana"}
    at = int((found.end_time or found.start_time).timestamp() * 1_000_000) + 60_000_000
    if digest is not None:
        lake.append("runs", [{**event, "event_at": at, "environment": digest}])
    return run.run_id


def facts_of(python: str, sklearn: str, **more: str) -> dict[str, Any]:
    packages = {"numpy": "2.1.0", "scikit-learn": sklearn, **more}
    return {"python": python, "cpus": 8, "pid": 7, "packages": packages, "git": {"branch": "main"}}


def test_runs_are_grouped_by_what_differs(workbench: Workbench) -> None:
    ids = [
        made_with(workbench, "first", facts_of("3.12.1", "1.5.0")),
        made_with(workbench, "second", facts_of("3.13.0", "1.6.0", polars="1.0")),
        made_with(workbench, "third", {**facts_of("3.12.1", "1.5.0"), "pid": 8}),
    ]
    found = workbench.runs.surroundings(ids)
    assert [group.run_ids for group in found.groups] == [(ids[0], ids[2]), (ids[1],)]
    assert [group.machine for group in found.groups] == [
        {"python": "3.12.1"},
        {"python": "3.13.0"},
    ]
    assert [group.packages for group in found.groups] == [
        {"polars": None, "scikit-learn": "1.5.0"},
        {"polars": "1.0", "scikit-learn": "1.6.0"},
    ]
    assert [group.code for group in found.groups] == [{}, {}]
    assert found.unknown == ()


def test_runs_made_with_the_same_are_one_group(workbench: Workbench) -> None:
    ids = [made_with(workbench, name, facts_of("3.12.1", "1.5.0")) for name in ("a", "b")]
    (group,) = workbench.runs.surroundings(ids).groups
    assert (group.code, group.machine, group.packages) == ({}, {}, {})


def test_an_unknown_run_is_named(workbench: Workbench) -> None:
    with pytest.raises(RunNotFoundError) as caught:
        workbench.runs.surroundings(["nothing", "neither"])
    assert caught.value.facts["run_ids"] == ["nothing", "neither"]
