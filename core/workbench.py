"""The way in: one object that knows all services and wires them to one lake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from catalog.catalog import Catalog
from catalog.console import Console
from catalog.eda_search import EDARows
from core.comments import Comments
from core.datasets.registry import DataVersionControl
from core.eda.module import EDAModule, EDAOptions
from core.eda.stored import EDAReports
from core.jobs.board import Jobs
from core.lineage.registry import Lineage
from core.models.generate import ModelCardGenerator
from core.models.registry import ModelRegistry
from core.queries import Queries
from core.saved_views import SavedViews
from core.settings import Settings, read_settings
from core.tracking.board import RunBoard
from core.tracking.places import artifact_storage
from core.tracking.reader import RunReader
from core.tracking.tracker import ExperimentTracker
from lake.lake import Lake

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    import pyarrow as pa

    from lake.lake import Durability


def open_lake(settings: Settings, *, create: bool = True) -> Lake:
    """Open the lake that the settings name. Raises LakeError."""
    return Lake.open(
        settings.lake, create, compact=settings.compaction, options=settings.bucket_options
    )


class Workbench:
    """A lake and everything that can be done with it.

    ``lake`` is a folder, made when it is not there. ``actor`` is who acts. ``durability`` says what
    a returned call survives: ``"commit"`` a power loss, ``"process"`` the end of this process;
    metrics always have the latter. What is not given, the environment or `mhras.toml` says, see
    docs/configuration.md; ``settings`` takes the place of both. Raises SettingsError.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Workbench(folder + "/lake") as wb:
    ...     with wb.tracker.start_run("risk") as run:
    ...         wb.tracker.log_metrics({"auc": 0.73}, step=1)
    ...     [r.last_metrics for r in wb.tracker.search_runs("risk", "metrics.auc > 0.7")]
    [{'auc': 0.73}]
    """

    def __init__(
        self,
        lake: str | Path | None = None,
        *,
        actor: str | None = None,
        create: bool = True,
        durability: Durability | None = None,
        settings: Settings | None = None,
    ) -> None:
        read = read_settings if settings is None else settings.given
        self.settings = read(lake=lake, actor=actor, durability=durability)
        self.actor, durability = self.settings.actor, self.settings.durability
        self.lake = open_lake(self.settings, create=create)
        self.catalog = Catalog(self.lake, view_prefix=self.settings.experiment_db_table_prefix)
        storage = artifact_storage(self.lake, self.settings.experiment_artifacts_path)
        self.tracker = ExperimentTracker(
            storage, self.catalog, actor=self.actor, durability=durability
        )
        self.lineage = Lineage(self.catalog, actor=self.actor, durability=durability)
        self.datasets = DataVersionControl(
            storage,
            self.catalog,
            actor=self.actor,
            storage_path=self.settings.data_version_storage_path,
            cache=self.settings.bucket_options.cache(),
            compression=self.settings.data_version_compression,
            deduplicate=self.settings.data_version_deduplication,
            durability=durability,
            lineage=self.lineage,
            active_run=lambda: self.tracker.current_run,
        )
        self.models = ModelRegistry(storage, self.catalog, actor=self.actor, durability=durability)
        self.cards = ModelCardGenerator(
            self.models,
            self.tracker,
            actor=self.actor,
            durability=durability,
            template=self.settings.model_card_template,
            include_fairness=self.settings.model_card_include_fairness,
            include_shap=self.settings.model_card_include_shap,
        )
        self.eda = self._eda()
        self.console = Console(self.catalog)
        self.comments = Comments(self.catalog, actor=self.actor, durability=durability)
        self.queries = Queries(self.catalog, actor=self.actor)
        self.saved_views = SavedViews(self.catalog, actor=self.actor)
        self.jobs = Jobs(self.catalog, self.settings)
        self.runs = RunBoard(RunReader(self.catalog, storage))

    def _eda(self) -> EDAModule:
        return EDAModule(
            self.datasets,
            options=EDAOptions(
                max_dataset_size=self.settings.eda_max_dataset_size,
                visualization_dpi=self.settings.eda_visualization_dpi,
                report_template=self.settings.eda_report_template,
            ),
            stored=EDAReports(
                self.lake,
                EDARows(self.catalog),
                actor=self.actor,
                durability=self.settings.durability,
            ),
        )

    def sql(self, query: str, params: Sequence[Any] | Mapping[str, Any] | None = None) -> pa.Table:
        """Run one query over the lake's views; values are bound to ``$name`` or ``?``.

        Raises QueryError with DuckDB's message.
        """
        return self.catalog.sql(query, params)

    def storage_bytes(self) -> dict[str, int]:
        """Bytes in the lake by what they are for: tables, objects, journal and the rest."""
        found: dict[str, int] = {}
        for entry in self.lake.store.everything():
            kind = entry.name.partition("/")[0]
            found[kind] = found.get(kind, 0) + entry.size
        return {name: size for name, size in sorted(found.items()) if size}

    def close(self) -> None:
        """Write what is still under way, and let go of the lake."""
        self.tracker.wait()
        self.console.close()
        self.lake.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
