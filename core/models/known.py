"""What the lake knows of a model without being told: its run, its data, their lineage and drift."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from catalog.dataset_search import VersionRows
from catalog.drift_search import DriftRows
from core.datasets.drift_reports import DriftReports
from core.datasets.version import DatasetVersion
from core.lineage.registry import Lineage
from core.models.origins import (
    ArtifactFacts,
    CardEvaluation,
    DatasetFacts,
    DriftFacts,
    LineageStep,
    RunFacts,
)
from core.models.sentences import fairness
from core.tracking.run import encode_param

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from catalog.catalog import Catalog
    from core.datasets.drift_rows import DriftSummary
    from core.models.card import ModelCard
    from core.models.interval import Estimate
    from core.models.version import ModelVersion
    from core.tracking.run import Run

TRAINING: Final = "training"
TUNING: Final = "tuning"
EVALUATION: Final = "evaluation"
Facts = TypeVar("Facts", ArtifactFacts, DatasetFacts, DriftFacts, RunFacts)
# labels by which versions that settings were chosen on are known
_TUNING_LABELS: Final = frozenset({"validation", "valid", "val", "dev", "tuning"})


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """Asks a lake what it knows of models."""

    catalog: Catalog

    def run(self, run: Run) -> RunFacts:
        """Return what a run says of itself."""
        return _facts(
            RunFacts,
            run,
            params={name: encode_param(value)[0] for name, value in run.params.items()},
            git_commit=run.git_commit or "",
            code_version=run.code_version or "",
            actor=run.actor or "",
        )

    def datasets(
        self, version: ModelVersion, evaluations: Sequence[CardEvaluation]
    ) -> tuple[DatasetFacts, ...]:
        """Return the versions that the model was made of, then those it was evaluated on."""
        made_of = version.dataset_version_ids
        judged_on = [each.dataset_version_id for each in evaluations if each.dataset_version_id]
        rows = VersionRows(self.catalog).by_ids([*made_of, *judged_on])
        found = []
        for version_id in dict.fromkeys((*made_of, *judged_on)):
            if version_id in rows:
                data = DatasetVersion.from_row(rows[version_id])
                role = _role(data, is_made_of=version_id in made_of)
                found.append(_facts(DatasetFacts, data, role=role))
        return tuple(found)

    def drift(self, datasets: Sequence[DatasetFacts]) -> tuple[DriftFacts, ...]:
        """Return the newest comparison of each other data with the training data, oldest first."""
        newest: dict[str, DriftFacts] = {}
        for one in self.comparisons(datasets):
            newest.setdefault(one.current, one)
        return tuple(reversed(newest.values()))

    def comparisons(self, datasets: Sequence[DatasetFacts]) -> list[DriftFacts]:
        """Return all stored comparisons of other data with the training data, the newest first."""
        reports = DriftReports(self.catalog.lake, DriftRows(self.catalog))
        found = {
            summary.report_id: _drift(summary)
            for data in datasets
            if data.role == TRAINING
            for summary in reports.search(version_id=data.version_id)
            if summary.version1 == data.name
        }
        return sorted(found.values(), key=lambda one: (one.created_at, one.report_id), reverse=True)

    def lineage(self, version: ModelVersion) -> tuple[LineageStep, ...]:
        """Return the steps from the sources to the model, those nearest to it last."""
        graph = Lineage(self.catalog).graph(version.run_id, "upstream")
        labels = {node.id: node.label for node in graph.nodes}
        steps = [
            LineageStep(
                source=labels.get(edge.source, edge.source),
                target=labels.get(edge.target, edge.target),
                step=edge.transformation_type,
            )
            for edge in graph.edges
        ]
        run = labels.get(version.run_id, version.run_id)
        last = LineageStep(source=run, target=version.name, step="model")
        return (*dict.fromkeys(reversed(steps)), last)

    def dataset_name(self, version_id: str) -> str:
        """Return ``phq9@v3`` of an id; empty when there is no such version."""
        row = VersionRows(self.catalog).by_ids([version_id]).get(version_id)
        return DatasetVersion.from_row(row).name if row is not None else ""


def artifact_facts(version: ModelVersion) -> ArtifactFacts:
    """Return the file of a model."""
    return _facts(ArtifactFacts, version, path=version.artifact_path)


def _role(data: DatasetVersion, *, is_made_of: bool) -> str:
    if not is_made_of:
        return EVALUATION
    return TUNING if data.version.lower() in _TUNING_LABELS else TRAINING


def _drift(summary: DriftSummary) -> DriftFacts:
    return _facts(DriftFacts, summary, reference=summary.version1, current=summary.version2)


def _facts(kind: type[Facts], source: object, **others: Any) -> Facts:
    """Make facts of what has the same names in a source; `others` are named or written otherwise.

    A card keeps only a part of what there is, as it was: what is added to a source later does not
    come into cards by itself.
    """
    names = [field.name for field in fields(kind) if field.name not in others]
    return kind(**{name: getattr(source, name) for name in names}, **others)


def with_numbers(card: ModelCard) -> ModelCard:
    """Fill the plain numbers of a card, and what is derived, from what it has already."""
    trained = [data for data in card.datasets if data.role == TRAINING]
    texts = {
        "training_data_description": "\n\n".join(map(_described, trained)),
        "bias_analysis": "\n\n".join(
            text for external in (False, True) if (text := fairness(card, external=external))
        ),
    }
    filled: dict[str, Any] = {
        key: text for key, text in texts.items() if text and not card.said(key)
    }
    numbers: dict[str, Any] = _numbers(card.evaluations[-1]) if card.evaluations else {}
    return replace(
        card,
        **filled,
        **numbers,
        training_data_size=sum(data.num_rows for data in trained),
        derived=(*card.derived, *filled),
    )


def _described(data: DatasetFacts) -> str:
    size = f"{data.name}: {data.num_rows:,} rows and {data.num_columns:,} columns"
    return " ".join(part for part in (f"{size}, from {data.source}.", data.description) if part)


def _numbers(each: CardEvaluation) -> dict[str, Any]:
    found = each.evaluation
    baselines = {
        f"{baseline}: {name}": value
        for baseline, figures in found.baselines.items()
        for name, value in _values(figures).items()
    }
    report = found.fairness
    groups = {
        f"{group.attribute}: {group.group}": _values(group.metrics)
        for group in (report.groups if report is not None else ())
        if not group.suppressed
    }
    differences = {
        f"{one.attribute}: {one.group} less {one.reference}, {one.measure}": one.difference.value
        for one in (report.differences if report is not None else ())
        if one.difference.known
    }
    return {
        "metrics": _values(found.metrics),
        "baseline_comparison": baselines,
        "performance_by_group": groups,
        "fairness_metrics": differences,
    }


def _values(figures: Mapping[str, Estimate]) -> dict[str, float]:
    return {name: estimate.value for name, estimate in figures.items() if estimate.known}
