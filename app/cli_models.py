"""`mhras models`: what there is, one version whole, and what is done with one."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime  # noqa: TC003 - typer reads the annotations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from app.cli_options import JsonOption, LakeOption, open_workbench
from app.cli_output import (
    at_terminal,
    remark,
    say,
    say_facts,
    say_json,
    say_table,
    say_wide_table,
)
from app.wording import ago, clock, size, when

if TYPE_CHECKING:
    from core.models.evaluation_log import StoredEvaluation
    from core.models.version import ModelSummary, ModelVersion

commands = typer.Typer(help="List the models, look at one, register and move versions.")

ModelArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME[@V]", help="V: a label, an alias or a stage; else the newest. Or an id."
    ),
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept with the move.")]
_FACTS: Final = (
    *("model_id", "model_name", "version", "stage", "aliases", "model_type", "format"),
    *("size_bytes", "description", "owner", "run_id", "artifact_path", "dataset_version_ids"),
    *("feature_names", "code_version", "metadata", "created_at", "actor", "digest"),
)
PICKLE_WARNING: Final = (
    "{name} is a pickle: loading one runs whatever is in it, so it is kept and never loaded here."
)


@commands.callback(invoke_without_command=True)
def models(context: typer.Context, *, lake: LakeOption = None, as_json: JsonOption = False) -> None:
    """List the models; what is said is of the newest version."""
    if context.invoked_subcommand is not None:
        return
    with open_workbench(lake) as wb:
        found = wb.models.list_models()
    if as_json:
        say_json([asdict(summary) for summary in found])
        return
    headers = ("model", "versions", "newest", "stage", "production", "type", "format", "registered")
    say_table(headers, [_line(summary) for summary in found])


def _line(summary: ModelSummary) -> tuple[object, ...]:
    at = ago(summary.updated_at) if at_terminal() else clock(summary.updated_at)
    return (
        summary.model_name,
        summary.versions,
        summary.version,
        summary.stage,
        summary.production or "",
        summary.model_type,
        summary.format,
        at,
    )


@commands.command("show")
def show(name: ModelArgument, *, lake: LakeOption = None, as_json: JsonOption = False) -> None:
    """Show one version: what it is, what it was made of, and how it was judged."""
    with open_workbench(lake) as wb:
        version = wb.models.get_model(name)
        versions = wb.models.list_versions(version.model_name)
        evaluations = wb.models.evaluations(version)
    if as_json:
        say_json(model_document(version) | {"evaluations": [_judged(e) for e in evaluations]})
        return
    facts = {fact: getattr(version, fact) for fact in _FACTS}
    names = ("aliases", "dataset_version_ids", "feature_names")
    texts = {name: ", ".join(facts[name]) for name in names}
    task = {"task": version.task or ""}
    times = {"size_bytes": size(version.size_bytes), "created_at": when(version.created_at)}
    say_facts({**facts, **texts, **task, **times})
    if len(versions) > 1:
        say_facts({"versions": ", ".join(f"{v.version} ({v.stage})" for v in versions)})
    for stored in evaluations:
        say()
        say(f"Evaluation {stored.name}, {stored.evaluation.rows:,} rows, {when(stored.created_at)}")
        figures = stored.evaluation.metrics.items()
        rows = [(label, e.text(), e.method if e.known else "") for label, e in figures]
        say_table(("figure", "value (95 %)", "method"), rows)
    _warn(version)


@commands.command("register")
def register(
    name: Annotated[str, typer.Argument(help="The model's name.")],
    *,
    run: Annotated[str, typer.Option("--run", metavar="ID", help="The run that left it.")],
    artifact: Annotated[
        str, typer.Option("--artifact", metavar="PATH", help="The file in the run.")
    ] = "model.skops",
    version: Annotated[
        str | None, typer.Option("--version", help="Its label; else the next number.")
    ] = None,
    description: Annotated[str, typer.Option("--description")] = "",
    owner: Annotated[str | None, typer.Option("--owner", help="Else who you are.")] = None,
    dataset: Annotated[
        list[str] | None,
        typer.Option("--dataset", metavar="NAME@V", help="May be repeated; else the run's."),
    ] = None,
    lake: LakeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a version of a file that a run left."""
    with open_workbench(lake) as wb:
        made = wb.models.register_model(
            name,
            run_id=run,
            artifact=artifact,
            version=version,
            description=description,
            owner=owner,
            datasets=dataset or (),
        )
    say_json(model_document(made)) if as_json else say(made.name)
    _warn(made)


@commands.command("stage")
def stage(
    name: ModelArgument,
    to: Annotated[str, typer.Argument(metavar="STAGE", help="none, staging, production, archived")],
    *,
    reason: ReasonOption,
    lake: LakeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Move a version to a stage; what was in production before is archived."""
    with open_workbench(lake) as wb:
        moved = wb.models.set_stage(name, to, reason=reason)
    say_json(model_document(moved)) if as_json else say(f"{moved.name} {moved.stage}")
    _warn(moved)


@commands.command("alias")
def alias(
    name: ModelArgument,
    to: Annotated[str, typer.Argument(metavar="ALIAS", help="The name to point to the version.")],
    *,
    reason: ReasonOption = "",
    lake: LakeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let an alias point to a version; it may point to another one later."""
    with open_workbench(lake) as wb:
        named = wb.models.set_alias(name, to, reason=reason)
    say_json(model_document(named)) if as_json else say(f"{named.model_name}@{to} {named.version}")


@commands.command("history")
def history(name: ModelArgument, *, lake: LakeOption = None, as_json: JsonOption = False) -> None:
    """List the moves of a version, or of all versions of a model: when, where to, who, why."""
    with open_workbench(lake) as wb:
        moves = wb.models.stage_history(name)
    if as_json:
        say_json([asdict(move) for move in moves])
        return
    headers = ("when", "version", "kind", "to", "from", "who", "why")
    say_table(
        headers,
        [
            (
                clock(move.moved_at),
                move.version,
                move.kind,
                move.label,
                move.previous if move.kind == "stage" else "",
                move.actor,
                move.reason,
            )
            for move in moves
        ],
    )


@commands.command("monitor")
def monitor(
    name: ModelArgument,
    *,
    every: Annotated[
        str | None,
        typer.Option("--every", metavar="SPAN", help="7d, 1w, 1mo, 1q or 1y."),
    ] = None,
    reference_until: Annotated[
        datetime | None,
        typer.Option("--reference-until", metavar="DAY", help="Else the first chunk of time."),
    ] = None,
    html: Annotated[
        str | None, typer.Option("--html", metavar="FILE", help="Write the report there.")
    ] = None,
    store: Annotated[bool, typer.Option("--store/--no-store", help="Keep what is found.")] = True,
    lake: LakeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Follow a version over time: performance, drift, alerts, and what to do."""
    with open_workbench(lake) as wb:
        found = wb.models.monitor(name, every=every, reference_until=reference_until, store=store)
    if html is not None:
        from app.output_file import write_whole  # not needed to print
        from core.models.live.document import live_document
        from core.render.document import render_html

        write_whole(Path(html).expanduser(), render_html(live_document(found)))
        remark(f"written: {html}")
    if as_json:
        say_json(found.to_dict())
        return
    say(f"{found.model_name}@{found.version}: {found.action}")
    for text in (*found.reasons, *found.notes):
        say(text)
    say()
    figures = list(dict.fromkeys(name for chunk in found.chunks for name in chunk.realised))
    rows = [
        (
            chunk.time,
            chunk.rows,
            chunk.outcomes,
            *(chunk.realised[n].text() if n in chunk.realised else "" for n in figures),
            ", ".join(chunk.drifted),
        )
        for chunk in found.chunks
    ]
    usual = (found.reference[n].text() if n in found.reference else "" for n in figures)
    first = (found.reference_name, found.reference_rows, "", *usual, "the reference")
    headers = ("from", "predictions", "outcomes", *(n.replace("_", " ") for n in figures), "drift")
    say_wide_table(headers, [first, *rows])


@commands.command("reports")
def reports(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Of all versions of this model.")
    ] = None,
    *,
    lake: LakeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what following models in service found, the newest first."""
    with open_workbench(lake) as wb:
        if name is not None:
            wb.models.get_model(name)
        found = wb.models.reports.all(name)
    if as_json:
        say_json([asdict(report) for report in found])
        return
    headers = ("when", "model", "to do", "alerts", "predictions", "outcomes", "from", "to", "who")
    say_table(
        headers,
        [
            (
                clock(report.created_at),
                report.name,
                report.action,
                report.alerts,
                report.predictions,
                report.outcomes,
                report.since,
                report.until,
                report.actor,
            )
            for report in found
        ],
    )


def model_document(version: ModelVersion) -> dict[str, Any]:
    """Say everything that is known of a version."""
    signature = version.signature.to_dict() if version.signature else None
    return {fact: getattr(version, fact) for fact in _FACTS} | {"signature": signature}


def _judged(stored: StoredEvaluation) -> dict[str, Any]:
    known = {
        name: [each.value, each.low, each.high, each.method]
        for name, each in stored.evaluation.metrics.items()
    }
    return {
        "evaluation_id": stored.evaluation_id,
        "name": stored.name,
        "dataset_version_id": stored.dataset_version_id,
        "num_rows": stored.evaluation.rows,
        "created_at": stored.created_at,
        "metrics": known,
    }


def _warn(version: ModelVersion) -> None:
    if version.format.startswith("pickle"):
        remark(f"warning: {PICKLE_WARNING.format(name=version.name)}")
