"""A cohort: some rows of a version, compared with all others, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.datasets.registry import DataVersionControl
    from core.datasets.version import DatasetVersion
    from core.drift.report import DriftReport


def compare_cohort(
    datasets: DataVersionControl,
    version: DatasetVersion,
    condition: str,
    *,
    progress: Callable[[str, float], None] = lambda _text, _share: None,
) -> DriftReport:
    """Compare the rows for which a condition is true with all others, as if they had drifted.

    The condition is SQL over the columns; where it is neither true nor false a row is one of the
    others, which are the reference. Raises DataVersionError for what cannot be answered.
    """
    progress("reading the cohort", 0.0)
    name, label = version.dataset_name, version.version_id
    cohort, _ = datasets.get_dataset(name, label, where=condition, as_frame="arrow")
    progress("reading all others", 0.2)
    elsewhere = f"(({condition}\n)) is not true"
    others, _ = datasets.get_dataset(name, label, where=elsewhere, as_frame="arrow")
    progress("comparing them", 0.4)
    return datasets.detect_drift(others, cohort, store=False)
