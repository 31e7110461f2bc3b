"""The part of a card that is recorded: data, lineage, the run, the file, drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.render.blocks import Badge, Facts, Section, Share, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.models.card import ModelCard
    from core.render.blocks import Block, Cell, Fact


def recorded_sections(card: ModelCard) -> Iterator[Section]:
    """Return what is recorded, as sections; those of which nothing is are left out."""
    yield from _data(card)
    yield _model(card)
    yield from _drift(card)


def _data(card: ModelCard) -> Iterator[Section]:
    blocks: list[Block] = []
    if card.datasets:
        rows: list[tuple[Cell, ...]] = [
            (
                data.name,
                data.role,
                data.num_rows,
                data.num_columns,
                data.source,
                data.licence or None,
                data.content_digest[:16],
                data.version_id,
            )
            for data in card.datasets
        ]
        columns = ("Version", "Used for", "Rows", "Columns", "Source", "Licence", "Content", "Id")
        blocks.append(Table(columns, rows=rows))
        blocks.append(
            Text(
                "Content is the beginning of the SHA-256 of names, types and values.", style="note"
            )
        )
    if card.lineage:
        steps: list[tuple[Cell, ...]] = [
            (step.source, step.step, step.target) for step in card.lineage
        ]
        blocks.append(Table(("From", "Step", "To"), rows=steps, caption="Lineage"))
    if blocks:
        yield Section("Data and lineage", blocks=blocks)


def _model(card: ModelCard) -> Section:
    facts: list[Fact] = [("Model id", card.model_id), ("Type", card.model_type)]
    if card.task:
        facts.append(("Task", card.task))
    if card.artifact is not None:
        facts += [
            ("Format", card.artifact.format),
            ("Size", f"{card.artifact.size_bytes:,} bytes"),
            ("SHA-256", card.artifact.digest[:16]),
            ("File", card.artifact.path),
        ]
    blocks: list[Block] = [Facts(facts)]
    inputs = card.signature.get("inputs") or dict.fromkeys(card.features, "not recorded")
    if inputs:
        rows = [(name, str(kind)) for name, kind in inputs.items()]
        blocks.append(Table(("Input", "Type"), rows=rows))
    run = card.run
    if run is not None:
        ran: list[Fact] = [
            ("Run", f"{run.experiment_name}/{run.run_name}"),
            ("Run id", run.run_id),
            ("Started", f"{run.start_time:%Y-%m-%d %H:%M} UTC"),
            ("By", run.actor or None),
            ("Code", (run.git_commit or run.code_version)[:16] or None),
        ]
        blocks.append(Facts(ran))
        if run.params:
            params = sorted(run.params.items())
            blocks.append(Table(("Parameter", "Value"), rows=params, caption="Parameters"))
    return Section("Model", blocks=blocks)


def _drift(card: ModelCard) -> Iterator[Section]:
    if card.drift:
        rows: list[tuple[Cell, ...]] = [
            (
                one.current,
                one.reference,
                Badge("drift", level="warning")
                if one.drift_detected
                else Badge("none", level="good"),
                Share(one.drift_score),
                ", ".join(one.drifted_columns) or None,
                f"{one.created_at:%Y-%m-%d}",
            )
            for one in card.drift
        ]
        columns = ("Data", "Compared with", "Drift", "Score", "Columns", "On")
        yield Section("Drift of the data", blocks=[Table(columns, rows=rows)])
