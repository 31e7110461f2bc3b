"""Turn metric histories into the rows a curve chart draws.

in:   run_id, step (may be null), value, logged_at
out:  run, step or hours or time, value, raw         (see core/charts/lines.py)
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from core.charts.series import smooth, thin

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from core.charts.lines import Along

POINTS: Final = 400  # a run; more than a chart has pixels for, few enough to hover over
_SECONDS_PER_HOUR: Final = 3600


def curve_rows(
    histories: pa.Table,
    names: Mapping[str, str],
    *,
    along: Along = "step",
    weight: float = 0,
    logarithmic: bool = False,
    points: int = POINTS,
) -> pa.Table:
    """Return at most `points` rows for each run of `names` (run id to the name in the legend).

    Values that are not finite are left out, and on a logarithmic axis those that are not positive.
    """
    import pyarrow as pa  # 100 ms that only who draws needs

    series: dict[str, list[tuple[Any, float]]] = {run_id: [] for run_id in names}
    columns = (histories.column(name).to_pylist() for name in _COLUMNS)
    for run_id, step, value, logged_at in zip(*columns, strict=True):
        if run_id in series and value is not None and math.isfinite(value):
            series[run_id].append((logged_at if along != "step" else step, value))
    rows: dict[str, list[Any]] = {"run": [], along: [], "value": [], "raw": []}
    for run_id, name in names.items():
        places, values = _ordered(series[run_id], along)
        smoothed = smooth(values, weight)
        for i in thin(smoothed, points):
            if logarithmic and smoothed[i] <= 0:
                continue
            rows["run"].append(name)
            rows[along].append(places[i])
            rows["value"].append(smoothed[i])
            rows["raw"].append(values[i])
    return pa.table(rows)


_COLUMNS: Final = ("run_id", "step", "value", "logged_at")


def _ordered(series: list[tuple[Any, float]], along: Along) -> tuple[list[Any], list[float]]:
    # metrics logged without a step are counted in the order they came
    numbered = [(i if place is None else place, value) for i, (place, value) in enumerate(series)]
    numbered.sort(key=lambda point: point[0])
    places: list[Any] = [place for place, _ in numbered]
    values = [value for _, value in numbered]
    if along == "hours" and places:
        first = places[0]
        places = [(place - first).total_seconds() / _SECONDS_PER_HOUR for place in places]
    return places, values
