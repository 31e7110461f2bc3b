"""Which datasets wait for data: their newest version is older than they promise, or than usual.

promise   ``fresh_within_days`` in the metadata of the newest version, a number
usual     without one: twice the median time between versions, when there were at least three,
          a day at least, so that a morning of corrections makes nobody wait for the next
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from catalog.catalog import Catalog

PROMISE: Final = "fresh_within_days"
_FEWEST: Final = 3  # versions that make a habit
_SHORTEST: Final = timedelta(days=1)
_AGES: Final = """
select dataset_name, arg_max(version, (created_at, version_id)) as newest,
       arg_max(metadata, (created_at, version_id)) as metadata,
       list(created_at order by created_at) as made
from dataset_versions group by dataset_name order by dataset_name
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How old a dataset may get: `within` is None when nothing says so."""

    dataset_name: str
    newest: str
    made_at: datetime
    within: timedelta | None
    promised: bool

    def is_stale(self, now: datetime) -> bool:
        """Tell whether a new version was to be expected by now."""
        return self.within is not None and now - self.made_at > self.within


def freshness(catalog: Catalog) -> list[Freshness]:
    """Return how old each dataset may get, by name.

    >>> import tempfile
    >>> from core import Workbench
    >>> with tempfile.TemporaryDirectory() as folder, Workbench(folder + "/lake") as wb:
    ...     _ = wb.datasets.register_dataset(
    ...         {"phq9": [3]}, "diary", "app", metadata={"fresh_within_days": 7})
    ...     [(each.newest, each.within.days, each.promised) for each in freshness(wb.catalog)]
    [('v1', 7, True)]
    """
    with catalog.cursor() as cursor:
        rows = cursor.execute(_AGES).fetchall()
    found = []
    for name, newest, metadata, made in rows:
        promise = _promised(json.loads(metadata or "{}"))
        found.append(
            Freshness(
                dataset_name=name,
                newest=newest,
                made_at=made[-1].replace(tzinfo=UTC),
                within=_usual(made) if promise is None else promise,
                promised=promise is not None,
            )
        )
    return found


def _promised(metadata: dict[str, Any]) -> timedelta | None:
    days = metadata.get(PROMISE)
    if not isinstance(days, int | float) or isinstance(days, bool):
        return None
    # anybody writes metadata: what is no number of days promises nothing
    return timedelta(days=days) if 0 < days < timedelta.max.days else None


def _usual(made: Sequence[datetime]) -> timedelta | None:
    """Return twice the usual time between versions.

    >>> from datetime import datetime
    >>> _usual([datetime(2026, 1, day) for day in (1, 8, 15, 29)]).days
    14
    """
    if len(made) < _FEWEST:
        return None
    seconds = median((later - earlier).total_seconds() for earlier, later in pairwise(made))
    return 2 * max(timedelta(seconds=seconds), _SHORTEST)
