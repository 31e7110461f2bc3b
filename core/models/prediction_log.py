"""Keeps what models said and what came of it, and brings the two together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from core.ids import new_id
from lake.clock import now_us, to_us

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    import pyarrow as pa

    from catalog.catalog import Catalog
    from core.models.version import ModelVersion
    from lake.lake import Durability

# above it, rows become a file of their own at once: the journal takes 20 us for each
_DIRECTLY: Final = 2_000


class PredictionLog:
    """The predictions and outcomes in a lake."""

    def __init__(self, catalog: Catalog, *, durability: Durability) -> None:
        self._catalog = catalog
        self._lake = catalog.lake
        self._durability: Durability = durability

    def log_predictions(
        self,
        frame: Any,
        version: ModelVersion,
        *,
        entity: str,
        time: str | datetime | date,
        prediction: str,
        probabilities: Mapping[str, str] | None,
        features: Sequence[str] | None,
    ) -> int:
        """Keep what a version said of each row. Raises PredictionError, and keeps nothing then."""
        from core.models.logged_frames import read_predictions  # with Arrow

        columns = read_predictions(
            frame,
            version,
            entity=entity,
            time=time,
            prediction=prediction,
            probabilities=probabilities,
            features=features,
        )
        of_model = {"model_id": version.model_id, "version": version.version}
        return self._keep("predictions", columns, {**of_model, "model_name": version.model_name})

    def log_outcomes(
        self,
        frame: Any,
        version: ModelVersion,
        *,
        entity: str,
        outcome: str,
        time: str | datetime | date,
    ) -> int:
        """Keep what was observed of each row. Raises PredictionError, and keeps nothing then."""
        from core.models.logged_frames import read_outcomes  # with Arrow

        columns = read_outcomes(frame, version, entity=entity, outcome=outcome, time=time)
        return self._keep("outcomes", columns, {"model_name": version.model_name})

    def _keep(self, table: str, columns: Mapping[str, Any], same: Mapping[str, str]) -> int:
        import pyarrow as pa  # as above

        rows = pa.table(dict(columns))
        constant = {**same, "batch_id": new_id()}
        if rows.num_rows > _DIRECTLY:
            for name, text in constant.items():
                rows = rows.append_column(name, _repeated(text, rows.num_rows))
            logged_at = pa.repeat(pa.scalar(now_us(), pa.timestamp("us")), rows.num_rows)
            self._lake.append_segment(table, rows.append_column("logged_at", logged_at))
        elif rows.num_rows:
            moments = [name for name in rows.column_names if name.endswith("_at")]
            for name in moments:
                place = rows.column_names.index(name)
                rows = rows.set_column(place, name, rows[name].cast(pa.int64()))
            constant_and_time = {**constant, "logged_at": now_us()}
            found = [{**row, **constant_and_time} for row in rows.to_pylist()]
            self._lake.append(table, found, durability=self._durability)
        return int(rows.num_rows)

    def judged(
        self,
        version: ModelVersion,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        features: bool = False,
    ) -> pa.Table:
        """Return predictions with their outcomes, by time; see `ModelRegistry.predictions`."""
        from catalog.model_views import judged_of_version

        moments = {"since": since, "until": until}
        asked = {name: None if at is None else to_us(at) for name, at in moments.items()}
        of_model = {
            "model_id": version.model_id,
            "model_name": version.model_name,
            "version": version.version,
        }
        return self._catalog.sql(judged_of_version(features=features), {**of_model, **asked})


def _repeated(text: str, count: int) -> pa.Array:
    import pyarrow as pa  # as above

    indices = pa.repeat(pa.scalar(0, pa.int32()), count)
    return pa.DictionaryArray.from_arrays(indices, pa.array([text]))
