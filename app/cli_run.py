"""`mhras run show`: one run whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from app.cli_options import JsonOption, LakeOption, open_workbench
from app.cli_output import printable, say, say_facts, say_json, say_table
from app.cli_runs import run_document
from app.wording import size, span, when

if TYPE_CHECKING:
    from core import Run, Workbench
    from core.tracking.changes import RunChanges

commands = typer.Typer()
_MOST_NAMED: Final = 5
_BEGINNING: Final = """
select run_id, run_name from all_runs
where starts_with(lower(run_id), lower($beginning)) order by run_id <> $beginning, run_id
"""
_SUMMARY: Final = """
select metric_name, last, last_step, min, min_step, max, max_step, points
from metric_summary where run_id = $run_id order by metric_name
"""
_CHANGED: Final = ("params", "metrics", "code", "packages")


@commands.command("show")
def show(
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID", help="Or how it begins.")],
    *,
    lake: LakeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one run: params, metrics, artifacts, surroundings, and what changed since the last."""
    with open_workbench(lake) as wb:
        run = find_run(wb, run_id)
        document = whole_document(wb, run)
        if as_json:
            say_json(document)
        else:
            _say_run(run, document)


def find_run(wb: Workbench, beginning: str) -> Run:
    """Find the one run whose id begins so. Raises RunNotFoundError for none or several."""
    from core import RunNotFoundError  # not needed for --help

    found = wb.sql(_BEGINNING, {"beginning": beginning}).to_pylist()
    if len(found) == 1 or (found and found[0]["run_id"] == beginning):
        return wb.tracker.get_run(found[0]["run_id"])
    if not found:
        message = f"No run has an id that begins with {beginning!r}."
        raise RunNotFoundError(message, hint="List them with `mhras runs`.", run_id=beginning)
    named = ", ".join(f"{row['run_id']} ({row['run_name']})" for row in found[:_MOST_NAMED])
    more = ", ..." if len(found) > _MOST_NAMED else "."
    message = f"{len(found)} runs have an id that begins with {beginning!r}: {named}{more}"
    raise RunNotFoundError(message, hint="Give more of the id.", run_id=beginning)


def whole_document(wb: Workbench, run: Run) -> dict[str, Any]:
    """Say everything the lake knows of a run; each metric with its last, least and best value."""
    changes = wb.tracker.changes_since_previous(run.run_id)
    return run_document(run) | {
        "metrics": _summaries(wb, run.run_id),
        "artifacts": [
            {
                "artifact_id": artifact.artifact_id,
                "path": artifact.path,
                "artifact_type": artifact.artifact_type,
                "size_bytes": artifact.size_bytes,
                "digest": artifact.digest,
                "uri": artifact.uri,
                "created_at": artifact.created_at,
                "metadata": artifact.metadata,
            }
            for artifact in run.artifacts
        ],
        "environment": wb.runs.environment(run.run_id),
        "changes": _changes(changes),
    }


def _summaries(wb: Workbench, run_id: str) -> dict[str, dict[str, Any]]:
    from catalog.direction import lower_is_better

    found = {}
    for row in wb.sql(_SUMMARY, {"run_id": run_id}).to_pylist():
        name = row.pop("metric_name")
        best = "min" if lower_is_better(name) else "max"
        found[name] = row | {"best": row[best], "best_step": row[f"{best}_step"]}
    return found


def _changes(changes: RunChanges) -> dict[str, Any]:
    return {
        "previous_run_id": changes.previous_run_id,
        "previous_run_name": changes.previous_run_name,
        **{kind: getattr(changes, kind) for kind in _CHANGED},
    }


def _say_run(run: Run, document: dict[str, Any]) -> None:
    status = "RUNNING (stale: its process is gone)" if run.is_stale else run.status
    say_facts(
        {
            "run": run.run_id,
            "name": run.run_name,
            "experiment": run.experiment_name,
            "status": f"{status}, deleted" if run.deleted else status,
            "started": when(run.start_time),
            "took": span(run.duration) if run.end_time else None,
            "last heard of": when(run.heartbeat_at) if run.status == "RUNNING" else None,
            "actor": run.actor,
            "parent": run.parent_run_id,
            "code": run.code_version,
            "commit": run.git_commit,
            "inputs": run.inputs,
            "error": run.error,
            "note": run.note,
        }
    )
    _say_section(
        "params",
        ("param", "value"),
        [(n, "null" if v is None else v) for n, v in sorted(run.params.items())],
    )
    _say_section("tags", ("tag", "value"), sorted(run.tags.items()))
    names = ("last", "last_step", "min", "max", "best", "best_step", "points")
    metrics = document["metrics"].items()
    rows = [(name, *(summary[column] for column in names)) for name, summary in metrics]
    _say_section("metrics", ("metric", *names), rows)
    artifacts = [
        (a.path, a.artifact_type, size(a.size_bytes), a.digest[:16]) for a in run.artifacts
    ]
    _say_section("artifacts", ("path", "type", "size", "sha256"), artifacts)
    _say_environment(document["environment"])
    _say_changes(document["changes"])


def _say_section(title: str, headers: tuple[str, ...], rows: list[Any]) -> None:
    if rows:
        say(f"\n{title}")
        say_table(headers, rows)


def _say_environment(environment: dict[str, Any]) -> None:
    if not environment:
        return
    git = environment.get("git") or {}
    say("\nenvironment")
    say_facts(
        {
            "command": environment.get("command"),
            "folder": environment.get("folder"),
            "python": environment.get("python"),
            "platform": environment.get("platform"),
            "host": environment.get("host"),
            "branch": git.get("branch"),
            "uncommitted": ", ".join(git.get("changed_files") or ()),
            "packages": f"{len(environment.get('packages') or {})}, all of them with --json",
        }
    )


def _say_changes(changes: dict[str, Any]) -> None:
    if changes["previous_run_id"] is None:
        return
    rows = [
        (kind, name, before, now)
        for kind in _CHANGED
        for name, (before, now) in changes[kind].items()
    ]
    title = f"changes since {printable(changes['previous_run_name'])}"
    if rows:
        _say_section(title, ("what", "name", "before", "now"), rows)
    else:
        say(f"\n{title}: none")
