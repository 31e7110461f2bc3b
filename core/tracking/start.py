"""Starting and resuming runs: ids, names, the experiment, the surroundings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.errors import RunStateError
from core.ids import new_id
from core.tracking.active import ActiveRun
from core.tracking.environment import Environment
from core.tracking.names import run_name_for
from lake.clock import now_us, to_datetime

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.tracking.artifacts import ArtifactWriter
    from core.tracking.reader import RunReader
    from core.tracking.run import Run
    from lake.lake import Durability, Lake


class RunStarter:
    """Makes active runs for one process's tracker."""

    def __init__(
        self,
        lake: Lake,
        reader: RunReader,
        artifacts: ArtifactWriter,
        *,
        actor: str | None,
        durability: Durability,
        metric_durability: Durability,
        on_end: Callable[[ActiveRun], None],
    ) -> None:
        self._lake = lake
        self._reader = reader
        self._artifacts = artifacts
        self._actor = actor
        self._durability = durability
        self._metric_durability = metric_durability
        self._on_end = on_end
        self._experiments: dict[str, str] = {}
        self._environment: Environment | None = None

    def new(
        self,
        experiment_name: str,
        run_name: str | None,
        tags: dict[str, str],
        *,
        parent_id: str | None,
        inputs: Sequence[Any],
    ) -> ActiveRun:
        """A new run of an experiment, not yet known to anybody."""
        run_id = new_id()
        environment = self._surroundings()
        return self._activate(
            run_id=run_id,
            experiment_id=self.experiment_id(experiment_name),
            experiment_name=experiment_name,
            run_name=run_name or run_name_for(run_id),
            status="RUNNING",
            start_time=to_datetime(now_us()),
            tags=tags,
            parent_run_id=parent_id,
            inputs=[str(getattr(item, "version_id", item)) for item in inputs],
            actor=self._actor,
            git_commit=environment.commit,
            code_version=environment.code_version,
            environment=environment.digest,
        )

    def resume(self, known: Run, experiment_name: str, tags: dict[str, str]) -> ActiveRun:
        """An ended run, to be logged to again."""
        if known.experiment_name != experiment_name:
            message = (
                f"Run {known.run_id} belongs to {known.experiment_name!r},"
                f" not to {experiment_name!r}."
            )
            raise RunStateError(message, hint="Resume it under its own experiment.")
        if known.deleted:
            message = f"Run {known.run_id} is deleted."
            raise RunStateError(message, hint="Bring it back first: restore_run(run_id).")
        environment = self._surroundings()
        run = self._activate(
            run_id=known.run_id,
            experiment_id=known.experiment_id,
            experiment_name=known.experiment_name,
            run_name=known.run_name,
            status="RUNNING",
            start_time=known.start_time,
            params=known.params,
            tags={**known.tags, **tags},
            last_metrics=known.last_metrics,
            parent_run_id=known.parent_run_id,
            inputs=known.inputs,
            note=known.note,
            actor=self._actor,
            git_commit=environment.commit,
            code_version=environment.code_version,
            environment=environment.digest,
        )
        run.go_on_after(known)
        run.continue_from(self._reader.last_points(known.run_id))
        return run

    def announce(self, run: ActiveRun) -> None:
        """Make a run known, and note its surroundings as soon as they are gathered."""
        environment = self._surroundings()
        run.write_start()
        if environment.digest is None:
            environment.when_ready(run.record_environment)
        else:
            run.keep_patch(environment)

    def _surroundings(self) -> Environment:
        if self._environment is None:
            self._environment = Environment(self._lake)
        return self._environment

    def _activate(self, **values: Any) -> ActiveRun:
        return ActiveRun(
            self._reader,
            self._lake,
            self._artifacts,
            durability=self._durability,
            metric_durability=self._metric_durability,
            on_end=self._on_end,
            **values,
        )

    def experiment_id(self, name: str) -> str:
        """The experiment's id: of the first who asked for the name, in any process.

        Its row is durable then, whatever happens to the others who asked.
        """
        known = self._experiments.get(name)
        if known is None:
            row = {"experiment_id": new_id(), "experiment_name": name, "created_at": now_us()}
            held, ours = self._lake.claim("experiments", name, row)
            if ours or not self._lake.is_claimed("listed_experiments", name):
                # Whoever took the name may have ended before this. Of several rows views take one.
                event = {column: held[column] for column in row}
                event |= {"event_at": held["created_at"], "writer": self._lake.writer}
                self._lake.append("experiments", [event])
                self._lake.claim("listed_experiments", name, {})
            known = self._experiments[name] = str(held["experiment_id"])
        return known

    def wait(self) -> None:
        """Wait for what is written in the background."""
        if self._environment is not None:
            self._environment.wait()
