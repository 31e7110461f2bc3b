"""Versions that come from one another, for the tests of lineage."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core import Workbench
    from core.datasets.version import DatasetVersion


def register(workbench: Workbench, *names: str) -> list[DatasetVersion]:
    """Register a version of each name, all with the same rows."""
    datasets = workbench.datasets
    return [datasets.register_dataset({"x": [1, 2]}, name, "test") for name in names]


def chain(workbench: Workbench, *names: str) -> list[DatasetVersion]:
    """Register versions, each of which was made of the one before."""
    versions = register(workbench, *names)
    for before, after in itertools.pairwise(versions):
        workbench.datasets.track_transformation(
            before.version_id, after.version_id, f"{after.dataset_name} = f(x)", "python"
        )
    return versions
