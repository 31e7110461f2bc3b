"""Registering a dataset through a workbench, as one of the commit paths."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from core import Workbench

if TYPE_CHECKING:
    from pathlib import Path

    from tests.crash.commit_paths import Teller

_SQL = "select person, {number}::bigint as number from people"
_VERSIONS = "select dataset_name, version from dataset_versions"


def people(number: int) -> dict[str, list[int]]:
    """Return a table that says its number, and shares a column with all others."""
    return {"person": list(range(40)), "number": [number] * 40}


def some_dataset(folder: Path) -> None:
    """Leave a lake with a version."""
    with Workbench(folder / "lake") as workbench:
        workbench.datasets.register_dataset(people(0), "people", "form")


def register(folder: Path, first: int, teller: Teller) -> None:
    """Register two versions, which store what is new of them, and make one of another."""
    with Workbench(folder / "lake") as workbench:
        for number in (first, first + 1):
            work = partial(workbench.datasets.register_dataset, people(number), "people", "form")
            if teller.attempt(work):
                teller.acknowledge(f"people {number}")
        if teller.attempt(partial(derive, workbench, first + 2)):
            teller.acknowledge(f"derived {first + 2}")


def derive(workbench: Workbench, number: int) -> None:
    """Make a version with SQL, which is recorded before anybody sees the version."""
    sql = _SQL.format(number=number)
    with workbench.datasets.transform(inputs=["people@v1"], code=sql, name="derived"):
        pass


def read_versions(folder: Path) -> list[str]:
    """Name what the versions hold, each read whole."""
    found = []
    with Workbench(folder / "lake") as workbench:
        for row in workbench.sql(_VERSIONS).to_pylist():
            table, _ = workbench.datasets.get_dataset(
                row["dataset_name"], row["version"], as_frame="arrow"
            )
            (number,) = set(table["number"].to_pylist())
            assert table.to_pydict() == people(number)
            found.append(f"{row['dataset_name']} {number}")
            if row["dataset_name"] == "derived":
                _check_lineage(workbench, f"derived@{row['version']}", number)
    return sorted(found)


def _check_lineage(workbench: Workbench, name: str, number: int) -> None:
    """A version that was made of another is never without how."""
    (edge,) = workbench.lineage.graph(name, "upstream").edges
    assert workbench.lineage.code(edge) == _SQL.format(number=number)
    assert edge.columns == {"person": ("person",)}
    assert workbench.lineage.resolve(edge.source).label == "people@v1"
