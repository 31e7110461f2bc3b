"""What a card knows of the things a model was made of, and from them."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - from_dict reads the fields
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - as above

from core.models.evaluation import Evaluation  # noqa: TC001 - as above


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactFacts:
    """The file of the model: its name in the run, its form, its SHA-256, and its size."""

    artifact_id: str
    path: str
    format: str
    digest: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """The run that made the model. `params` are written as texts."""

    run_id: str
    run_name: str
    experiment_name: str
    status: str
    start_time: datetime
    end_time: datetime | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    git_commit: str = ""
    code_version: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetFacts:
    """A version of a dataset, and what it was used for: "training", "evaluation", ... ."""

    version_id: str
    name: str
    role: str
    source: str
    num_rows: int
    num_columns: int
    content_digest: str
    created_at: datetime
    description: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFacts:
    """What a stored comparison of the training data with other data found."""

    report_id: str
    reference: str
    current: str
    drift_detected: bool
    drift_score: float
    drifted_columns: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageStep:
    """One step on the way to the model: what was made of what, and how."""

    source: str
    target: str
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEvaluation:
    """An evaluation, the data it was done on, and where it is stored (empty when it is not).

    `external` says that these data are of another source or time than those of training.
    """

    name: str
    dataset: str
    evaluation: Evaluation
    created_at: datetime
    evaluation_id: str = ""
    dataset_version_id: str = ""
    external: bool = False
