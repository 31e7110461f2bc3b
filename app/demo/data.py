"""Register the people of the demonstration, a version for each part, and look for drift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.demo.cohort import Cohort
    from core import Workbench
    from core.datasets.version import DatasetVersion

OUTCOME: Final = "outcome"


def register_parts(workbench: Workbench, cohort: Cohort) -> dict[str, DatasetVersion]:
    """Make a version of each part, which bears its name; the outcome is one more column."""
    table = cohort.features.assign(**{OUTCOME: cohort.outcome})
    return {
        part: workbench.datasets.register_dataset(
            table.iloc[rows].reset_index(drop=True),
            cohort.name,
            cohort.source,
            {"outcome": cohort.outcome_name, "split": cohort.split},
            version=part,
            description=f"{cohort.title}: the {part} part",
        )
        for part, rows in cohort.parts.items()
    }


def compare_parts(
    workbench: Workbench, cohort: Cohort, versions: Mapping[str, DatasetVersion]
) -> None:
    """Compare each held-out part with the one that models learn from, and keep the reports."""
    for part in cohort.held_out:
        workbench.datasets.detect_drift(versions["train"].version_id, versions[part].version_id)
