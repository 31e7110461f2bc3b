"""How a file of a run becomes a version of a model."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from core.datasets.annotations import as_json
from core.errors import ModelError
from core.ids import new_id
from core.models.facts import facts_of
from core.models.formats import format_of
from core.models.signature import Signature
from lake.clock import now_us

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from catalog.dataset_search import VersionRows
    from core.models.version import ModelVersion
    from core.models.versions import Versions
    from core.tracking.reader import RunReader
    from core.tracking.run import Artifact, Run
    from lake.lake import Durability, Lake


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What is said of a version when it is registered."""

    signature: Any = None
    description: str = ""
    owner: str = ""
    datasets: Sequence[Any] = ()
    features: Sequence[str] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Registrar:
    """Makes versions of models. The same file of a run is one version of a model, however often."""

    def __init__(
        self,
        lake: Lake,
        versions: Versions,
        runs: RunReader,
        datasets: VersionRows,
        *,
        actor: str | None,
        durability: Durability,
    ) -> None:
        self._lake = lake
        self._versions = versions
        self._runs = runs
        self._datasets = datasets
        self._actor = actor
        self._durability: Durability = durability

    def register(
        self, name: str, run_id: str, artifact: str, label: str | None, details: Details
    ) -> ModelVersion:
        """Make a version of a run's file, or return the one that it is already."""
        run = self._runs.get_run(run_id)
        file = find_artifact(run, artifact)
        inputs = self._dataset_versions(details.datasets or run.inputs)
        source = f"{name}\n{run.run_id}\n{file.artifact_id}"
        held, _ = self._lake.claim("model-contents", source, {"model_id": new_id()})
        model_id = held["model_id"]
        found = self._versions.by_id(model_id)
        if found is not None:
            return _unless_labelled(found, label)
        data = self._runs.read_artifact(file.artifact_id)
        model_format = format_of(data)
        facts = facts_of(data, model_format, name=file.path)
        signature = _signature(details.signature) or facts.signature(_types(inputs))
        features = tuple(details.features) or facts.feature_names
        at = now_us()
        row = {
            "model_id": model_id,
            "model_name": name,
            "version": self._take_label(name, label, model_id),
            "model_type": facts.model_type,
            "format": model_format,
            "artifact_id": file.artifact_id,
            "artifact_path": file.path,
            # the bytes are kept for the version, also when the run is deleted
            "digest": self._lake.objects.put(data),
            "size_bytes": len(data),
            "signature": json.dumps(signature.to_dict()) if signature else None,
            "description": details.description,
            "owner": details.owner,
            "run_id": run.run_id,
            "dataset_version_ids": json.dumps([row["version_id"] for row in inputs]),
            "feature_names": json.dumps(features or (list(signature.inputs) if signature else [])),
            "code_version": run.code_version,
            "metadata": as_json(details.metadata),
            "created_at": at,
            "actor": self._actor,
            "deleted": False,  # a version that was deleted is there again when it is registered
            "event_at": at,
            "writer": self._lake.writer,
        }
        self._lake.append("model_versions", [row], durability=self._durability)
        return self._versions.find(model_id)

    def _dataset_versions(self, given: Sequence[Any]) -> list[Mapping[str, Any]]:
        """Return the rows of the dataset versions that are named. Raises ModelError for others."""
        names = [each if isinstance(each, str) else each.version_id for each in given]
        rows = [self._dataset_version(name) for name in names]
        missing = [name for name, row in zip(names, rows, strict=True) if row is None]
        if missing:
            message = f"There are no dataset versions {', '.join(map(repr, missing))}."
            hint = "Give ids, or names such as phq9@v3: `mhras datasets` lists them."
            raise ModelError(message, hint=hint, missing=tuple(missing))
        return [row for row in rows if row is not None]

    def _dataset_version(self, name: str) -> Mapping[str, Any] | None:
        dataset, _, version = name.rpartition("@")
        if dataset:
            return self._datasets.find(dataset, version)
        return self._datasets.by_id(name)

    def _take_label(self, name: str, label: str | None, model_id: str) -> str:
        """Take a label for a version: the one asked for, or the next number that is free."""
        if label is not None:
            if not self._is_ours(name, label, model_id):
                message = f"{name} has another version {label} already."
                hint = "Give another label, or none for the next number."
                raise ModelError(message, hint=hint, model=name, version=label)
            return label
        given = self._versions.labels(name)
        numbers = (f"v{number}" for number in itertools.count(1))
        free = (number for number in numbers if number not in given)
        return next(number for number in free if self._is_ours(name, number, model_id))

    def _is_ours(self, name: str, label: str, model_id: str) -> bool:
        held, _ = self._lake.claim("model-labels", f"{name}\n{label}", {"model_id": model_id})
        return bool(held["model_id"] == model_id)


def find_artifact(run: Run, artifact: str) -> Artifact:
    """Find a file of a run by its path, its id, or its name when no other file has it.

    Raises ModelError with the files there are.
    """
    files = run.artifacts
    exact = [file for file in files if artifact in {file.path, file.artifact_id}]
    named = [file for file in files if PurePosixPath(file.path).name == artifact]
    found = exact[-1:] or named  # logged twice under a path: the later one
    if len({file.path for file in found}) == 1:
        return found[-1]
    message = f"The run {run.run_name} has no file {artifact!r}."
    if found:
        message = f"The run {run.run_name} has several files called {artifact!r}."
    paths = [file.path for file in found or files if file.artifact_type != "code"]
    hint = f"Its files: {', '.join(paths[:20])}." if paths else "Log one with run.log_artifact."
    raise ModelError(message, hint=hint, run_id=run.run_id, artifact=artifact)


def _unless_labelled(found: ModelVersion, label: str | None) -> ModelVersion:
    if label is None or label == found.version:
        return found
    message = f"This file is {found.name} already."
    raise ModelError(message, hint="Give it an alias: set_alias.", model_id=found.model_id)


def _signature(given: Any) -> Signature | None:
    if given is None or isinstance(given, Signature):
        return given
    return Signature.from_frame(given)


def _types(versions: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the types of the columns that the datasets have."""
    types: dict[str, str] = {}
    for version in versions:
        types = dict(json.loads(version["schema"])) | types
    return types
