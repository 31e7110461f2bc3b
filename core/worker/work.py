"""What each kind of job does. A function takes the parameters and says how far it is.

What it returns is JSON: ids of what it made, by which everybody finds it in the lake.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from core.datasets.cohort import compare_cohort
from core.drift.report import ALGORITHM
from core.errors import JobError
from core.jobs.uploads import forget_upload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from core.workbench import Workbench

    Progress = Callable[[str, float], None]


LEVELS: Final = ("structure", "footers", "content")
_MOST_FINDINGS: Final = 100


class Work(Protocol):
    """One kind of job."""

    def __call__(
        self, wb: Workbench, parameters: Mapping[str, Any], progress: Progress, /
    ) -> dict[str, Any]: ...


def analyze(wb: Workbench, parameters: Mapping[str, Any], progress: Progress, /) -> dict[str, Any]:
    """Analyze a version of a dataset, and keep the report: who asks again finds it."""
    version = wb.datasets.get_version(parameters["dataset"])
    report = wb.eda.telling(progress).analyze_dataset(version.name, parameters.get("target"))
    return {
        "version_id": version.version_id,
        "dataset": version.name,
        "rows": report.num_rows,
        "columns": report.num_columns,
        "issues": len(report.quality_issues),
    }


def compare(wb: Workbench, parameters: Mapping[str, Any], progress: Progress, /) -> dict[str, Any]:
    """Compare two versions, and keep the report."""
    progress("comparing the versions", 0.05)
    options = {name: parameters[name] for name in ("columns", "method") if name in parameters}
    report = wb.datasets.detect_drift(
        parameters["reference"], parameters["current"], **options, **parameters.get("options", {})
    )
    return {
        "report_id": report.report_id,
        "drift_detected": report.drift_detected,
        "drift_score": report.drift_score,
    }


def set_side_by_side(
    wb: Workbench, parameters: Mapping[str, Any], progress: Progress, /
) -> dict[str, Any]:
    """Compare the columns of two versions, or of two parts of one, and keep the comparison."""
    from core.eda.comparison import ALGORITHM  # with NumPy, which other work can do without

    first, second = parameters["first"], parameters.get("second")
    found = wb.eda.telling(progress).compare(first, second, split=parameters.get("split"))
    other = {} if second is None else {"other": wb.datasets.get_version(second).name}
    return {
        "dataset": wb.datasets.get_version(first).name,
        **other,
        "differing": sum(column.differs for column in found.columns),
        **_kept(wb, found.to_dict(), ALGORITHM),
    }


def tell_apart(
    wb: Workbench, parameters: Mapping[str, Any], progress: Progress, /
) -> dict[str, Any]:
    """Compare the rows of a condition with all others, and keep the report."""
    version = wb.datasets.get_version(parameters["dataset"])
    report = compare_cohort(wb.datasets, version, parameters["condition"], progress=progress)
    return {
        "dataset": version.name,
        "rows": report.current_rows,
        "differing": len(report.drifted_columns),
        **_kept(wb, report.to_dict(), ALGORITHM),
    }


def _kept(wb: Workbench, report: Mapping[str, Any], algorithm: int) -> dict[str, Any]:
    """Keep a report as an object, and return what `Jobs.report` finds it by."""
    text = json.dumps(report, allow_nan=False)
    return {"report": wb.lake.objects.put(text.encode()), "algorithm": algorithm}


def take_in(wb: Workbench, parameters: Mapping[str, Any], progress: Progress, /) -> dict[str, Any]:
    """Register a file as a version of a dataset.

    What was uploaded is deleted once it is in; else whoever fails may be asked once more.
    """
    path = Path(parameters["path"])
    names = ("metadata", "version", "key", "description", "owner", "licence")
    given = {name: parameters[name] for name in names if name in parameters}
    progress("reading the file", 0.0)
    version = wb.datasets.register_dataset(
        path,
        parameters["dataset"],
        parameters.get("source") or path.name,
        progress=lambda rows: progress(f"{rows:,} rows read", 0.0),  # nobody knows of how many
        **given,
    )
    if parameters.get("tag"):
        wb.datasets.tag(version.dataset_name, parameters["tag"], version.version)
    if parameters.get("temporary"):
        forget_upload(path)
    return {"version_id": version.version_id, "dataset": version.name, "rows": version.num_rows}


def merge(wb: Workbench, parameters: Mapping[str, Any], progress: Progress, /) -> dict[str, Any]:
    """Merge small files, table by table, as `mhras compact` does."""
    from lake.compact import collect, compact  # with Arrow

    wb.lake.flush()
    merged = {}
    for place, name in enumerate(sorted(wb.lake.specs)):
        progress(f"merging {name}", place / len(wb.lake.specs))
        table = wb.lake.table(name)
        minimum = int(parameters.get("minimum", 2))
        if compact(table, minimum=minimum, settle=wb.lake.settle) is not None:
            merged[name] = len(table.snapshot().files)
        collect(table)
    return {"files": merged}


def prove(wb: Workbench, parameters: Mapping[str, Any], progress: Progress, /) -> dict[str, Any]:
    """Prove the lake, as `mhras verify` does. Raises JobError for a level there is not."""
    from core.maintenance import verify_lake  # with Arrow

    level = parameters.get("level", "structure")
    if level not in LEVELS:
        message = f"There is no proof of {level!r}."
        raise JobError(message, hint=f"Ask for one of {', '.join(LEVELS)}.", level=level)
    report = verify_lake(wb, level=level, progress=progress)
    found = [
        {
            "path": finding.problem.path,
            "problem": f"{finding.problem.kind}: {finding.problem.detail}",
            "affects": "; ".join(finding.affects),
            "advice": finding.advice,
        }
        for finding in report.findings[:_MOST_FINDINGS]
    ]
    return {
        "level": level,
        "problems": len(report.findings),
        "given_up": len(report.given_up),
        "files": report.files,
        "bytes": report.bytes,
        "findings": found,
    }


WORK: Final[Mapping[str, Work]] = {
    "eda": analyze,
    "drift": compare,
    "comparison": set_side_by_side,
    "cohort": tell_apart,
    "import": take_in,
    "compaction": merge,
    "proof": prove,
}
