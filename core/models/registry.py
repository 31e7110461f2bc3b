"""Models: register, find, move between stages, open.

names       what they may be called         registration  how a run's file becomes a version
versions    finds them                      formats       what their bytes are
signature   what goes in and comes out      loading       opens those that are data only
stages      moves with who and why          prediction_log  what they said, and what came
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.dataset_search import VersionRows
from catalog.model_search import ModelRows
from core.datasets.annotations import as_json
from core.errors import ModelError
from core.models.evaluation_log import EvaluationLog
from core.models.live.kept import KeptReports
from core.models.names import check_names
from core.models.prediction_log import PredictionLog
from core.models.registration import Details, Registrar
from core.models.stages import Stages
from core.models.versions import Versions
from core.tracking.reader import RunReader
from lake.clock import now_us

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    import pyarrow as pa

    from catalog.catalog import Catalog
    from core.models.evaluated import Evaluation
    from core.models.evaluation_log import StoredEvaluation
    from core.models.live.alerts import AlertRule
    from core.models.live.report import Followed
    from core.models.version import ModelSummary, ModelVersion, StageMove
    from core.tracking.storage import StorageBackend
    from lake.lake import Durability


class ModelRegistry:
    """Registers models of runs in a lake and finds them again. Threads may share one.

    A version is asked for by its id, or as ``risk``, ``risk@v3``, ``risk@production``,
    ``risk@<alias>``. `reports` are what following models in service found, and was kept.

    >>> import tempfile
    >>> from core import Workbench
    >>> with tempfile.TemporaryDirectory() as folder, Workbench(folder + "/lake") as wb:
    ...     with wb.tracker.start_run("risk") as run:
    ...         _ = run.log_bytes('{"intercept": -2.1}', "model.json", "model")
    ...     version = wb.models.register_model("risk", run_id=run.run_id, artifact="model.json")
    ...     _ = wb.models.set_stage("risk", "production", reason="first one")
    ...     version.name, wb.models.load_model("risk@production")
    ('risk@v1', {'intercept': -2.1})
    """

    def __init__(
        self,
        storage_backend: StorageBackend,
        db_connection: Catalog,
        *,
        actor: str | None = None,
        durability: Durability = "commit",
    ) -> None:
        self._lake = db_connection.lake
        self._actor = actor
        self._durability: Durability = durability
        rows, datasets = ModelRows(db_connection), VersionRows(db_connection)
        runs = RunReader(db_connection, storage_backend)
        self._versions = Versions(rows)
        self._registrar = Registrar(
            self._lake, self._versions, runs, datasets, actor=actor, durability=durability
        )
        self._evaluations = EvaluationLog(
            self._lake, rows, datasets, actor=actor, durability=durability
        )
        self.reports = KeptReports(self._lake, rows, actor=actor, durability=durability)
        self._log = PredictionLog(db_connection, durability=durability)
        self._stages = Stages(self._lake, self._versions, actor=actor, durability=durability)

    def register_model(
        self,
        model_name: str,
        *,
        run_id: str,
        artifact: str = "model.skops",
        version: str | None = None,
        signature: Any = None,
        description: str = "",
        owner: str | None = None,
        datasets: Sequence[Any] = (),
        features: Sequence[str] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> ModelVersion:
        """Make a version of a file that a run left, or return the version it is already.

        `artifact` is the file's path in the run, its id, or its name when no other has it.
        `version` is the label, else v1, v2 ... `signature` is one, or a table as the model takes
        it; else what a skops file says of itself counts. `owner` is the actor unless given.
        `datasets` are versions it was made of, by id or as ``phq9@v3``; else the run's inputs.

        A pickle is kept, with a warning wherever it is shown, and is never opened.

        Raises ModelError, RunNotFoundError, and ModelFormatError for a damaged file.
        """
        check_names(model_name, version)
        details = Details(
            signature=signature,
            description=description,
            owner=self._actor or "" if owner is None else owner,
            datasets=datasets,
            features=features,
            metadata=metadata or {},
        )
        return self._registrar.register(model_name, run_id, artifact, version, details)

    def get_model(self, model: str | ModelVersion, version: str | None = None) -> ModelVersion:
        """Find a version by id, label, alias or stage; else the newest.

        Raises ModelNotFoundError with what there is.
        """
        return self._versions.find(model, version)

    def list_models(self) -> list[ModelSummary]:
        """Return every model in one line, by name."""
        return self._versions.models()

    def list_versions(self, model_name: str) -> list[ModelVersion]:
        """Return the versions of a model, the newest first. Raises ModelNotFoundError."""
        return self._versions.all(model_name)

    def set_stage(self, model: str | ModelVersion, stage: str, *, reason: str) -> ModelVersion:
        """Move a version to a stage: none, staging, production or archived.

        One version of a model is in production: the one that was there before is archived.
        Raises ModelError for a stage that is none, no reason or no move, and ModelNotFoundError.
        """
        return self._stages.move(self._versions.find(model), stage, reason)

    def set_alias(self, model: str | ModelVersion, alias: str, *, reason: str = "") -> ModelVersion:
        """Let an alias point to a version; it may point to another one later.

        Raises ModelError for an alias that is a stage or a version's label, ModelNotFoundError.
        """
        return self._stages.name(self._versions.find(model), alias, reason)

    def remove_alias(self, model_name: str, alias: str, *, reason: str = "") -> None:
        """Take an alias away; one that is not there is fine. Raises ModelNotFoundError."""
        self._stages.unname(model_name, alias, reason)

    def stage_history(self, model: str | ModelVersion) -> list[StageMove]:
        """Return the moves of a version, or, by the name alone, of all versions of a model.

        The first one comes first. Raises ModelNotFoundError.
        """
        found = self._versions.find(model)
        if model == found.model_name:
            return self._versions.moves(found.model_name)
        return self._versions.moves(found.model_name, found.model_id)

    def load_model(self, model: str | ModelVersion, *, trusted: Sequence[str] = ()) -> Any:
        """Open a version whose bytes are data only (core/models/loading.py says what comes back).

        `trusted` are types that a skops file may hold beside those of scikit-learn and numpy.
        Raises ModelNotFoundError, ModelFormatError that says what to do, MissingExtraError.
        """
        from core.models.loading import load  # not needed to look at models

        found = self._versions.find(model)
        return load(self.read_model(found), found.format, name=found.name, trusted=trusted)

    def read_model(self, model: str | ModelVersion) -> bytes:
        """Return the bytes of a version as they were logged, whatever they are."""
        return self._lake.objects.get(self._versions.find(model).digest)

    def describe_model(
        self,
        model: str | ModelVersion,
        *,
        description: str | None = None,
        owner: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> ModelVersion:
        """Say something else of a version; `metadata` is added to what is there.

        Raises ModelNotFoundError, and ModelError when nothing is said.
        """
        found = self._versions.find(model)
        change: dict[str, Any] = {}
        if description is not None:
            change["description"] = description
        if owner is not None:
            change["owner"] = owner
        if metadata is not None:
            change["metadata"] = as_json({**found.metadata, **metadata})
        if not change:
            raise ModelError("Nothing is said.", hint="Give description, owner or metadata.")
        self._edit(found, change)
        return self._versions.find(found.model_id)

    def delete_version(self, model: str | ModelVersion) -> None:
        """Delete a version; registering its file again brings it back under the same label.

        Raises ModelError for a version in production, ModelNotFoundError.
        """
        found = self._versions.find(model)
        if found.stage == "production":
            message = f"{found.name} is in production."
            raise ModelError(message, hint="Move it to archived first.", model_id=found.model_id)
        self._edit(found, {"deleted": True})

    def log_predictions(
        self,
        model: str | ModelVersion,
        frame: Any,
        *,
        entity: str,
        time: str | datetime | date,
        prediction: str = "prediction",
        probabilities: Mapping[str, str] | None = None,
        features: Sequence[str] | None = None,
    ) -> int:
        """Keep what a version said of each row of a frame, and return how many rows.

        `entity`, `prediction` and `time` are columns; `time`, in UTC unless it says otherwise, may
        be one moment for all rows. The prediction is the probability of the event for a model of
        two classes, the class for one of several (with `probabilities`: class to column), else a
        value. `features` are columns of inputs to keep beside it; else those of the signature, when
        the frame has them. Millions of rows or one at a time: both are fine.

        Raises ModelNotFoundError, FrameError, and PredictionError with all that is wrong with a
        frame, of which nothing is kept then.
        """
        return self._log.log_predictions(
            frame,
            self._versions.find(model),
            entity=entity,
            time=time,
            prediction=prediction,
            probabilities=probabilities,
            features=features,
        )

    def log_outcomes(
        self,
        model_name: str,
        frame: Any,
        *,
        entity: str,
        outcome: str = "outcome",
        time: str | datetime | date,
    ) -> int:
        """Keep what was observed of each row of a frame, and return how many rows.

        An outcome belongs to the last prediction of its entity at or before `time`, of each version
        of the model; the last of several counts. It is 0 or 1, true or false, or one of the two
        classes; the class; or a value. Raises as `log_predictions` does.
        """
        version = self._versions.find(model_name)
        return self._log.log_outcomes(frame, version, entity=entity, outcome=outcome, time=time)

    def predictions(
        self,
        model: str | ModelVersion,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        features: bool = False,
    ) -> pa.Table:
        """Return the predictions of a version with their outcomes, by time.

        From `since` on and before `until`. Of what was logged again for the same entity and time
        the last counts, and `times_logged` says how often it was. `outcome` is null as long as
        nothing was observed. `features` adds them, as JSON. Raises ModelNotFoundError.
        """
        found = self._versions.find(model)
        return self._log.judged(found, since=since, until=until, features=features)

    def save_evaluation(
        self,
        model: str | ModelVersion,
        evaluation: Evaluation,
        *,
        dataset_version_id: str | None = None,
        name: str = "test",
    ) -> str:
        """Keep what core.models.evaluation.evaluate found of a version, and return its id.

        `dataset_version_id`, or ``phq9@v3``, is what it was done on, `name` what to call that.
        Raises ModelNotFoundError, and ModelError for an unknown dataset.
        """
        found = self._versions.find(model)
        return self._evaluations.save(found, evaluation, dataset_version_id, name)

    def evaluations(self, model: str | ModelVersion) -> list[StoredEvaluation]:
        """Return the evaluations of a version, the newest first. Raises ModelNotFoundError."""
        return self._evaluations.all(self._versions.find(model))

    def monitor(
        self,
        model: str | ModelVersion,
        *,
        every: str | None = None,
        reference_until: datetime | None = None,
        rules: Sequence[AlertRule] | None = None,
        store: bool = True,
    ) -> Followed:
        """Follow a version over time: performance, what is expected of it, drift, and alerts.

        Time is cut into chunks of `every` 7d, 1w, 1mo, 1q or 1y, else as suits the predictions.
        They are measured by the predictions before `reference_until`, else by the first chunk.
        `rules` say when a figure has crossed a line, else core/models/live/alerts.py does.
        core/models/live/document.py makes a report of what comes back, and what it found is kept
        (`reports`) unless `store` is false.

        Raises ModelNotFoundError, and ModelError when there are not predictions of two times.
        """
        from core.models.live.follow import follow_model  # with Arrow and numpy

        found = self._versions.find(model)
        table = self._log.judged(found, features=True)
        followed = follow_model(
            found, table, every=every, reference_until=reference_until, rules=rules
        )
        if store:
            self.reports.keep(followed)
        return followed

    def _edit(self, version: ModelVersion, change: Mapping[str, Any]) -> None:
        row = {
            "model_id": version.model_id,
            "model_name": version.model_name,
            "actor": self._actor,
            "event_at": now_us(),
            "writer": self._lake.writer,
        }
        self._lake.append("model_versions", [{**row, **change}], durability=self._durability)
