"""What is said of a version may change; what it holds does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from core import Workbench
from core.errors import DatasetNotFoundError, DataVersionError

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE: dict[str, list[Any]] = {"id": [1, 2, 3], "age": [30, 41, 52]}


def test_what_is_said_of_a_version_changes_and_nothing_else(workbench: Workbench) -> None:
    first = workbench.datasets.register_dataset(PEOPLE, "people", "form", {"wave": 1}, owner="ana")
    said = workbench.datasets.describe(
        "people", "v1", description="Wave 1", licence="CC0", metadata={"site": "A", "wave": None}
    )
    assert (said.description, said.licence, said.owner) == ("Wave 1", "CC0", "ana")
    assert said.metadata == {"site": "A"}
    for name in ("version_id", "version", "content_digest", "created_at", "actor", "statistics"):
        assert getattr(said, name) == getattr(first, name)
    assert workbench.datasets.get_version("people@v1") == said
    assert workbench.datasets.register_dataset(PEOPLE, "people", "form") == said
    assert workbench.datasets.describe("people", owner="", source="clinic").owner == ""


def test_what_is_said_outlives_compaction_and_other_processes(tmp_path: Path) -> None:
    with Workbench(tmp_path / "lake", durability="process") as workbench:
        workbench.datasets.register_dataset(PEOPLE, "people", "form")
        for owner in ("ana", "ben", "eva"):
            workbench.datasets.describe("people", owner=owner, metadata={owner: True})
    from lake.compact import compact

    with Workbench(tmp_path / "lake") as workbench:
        compact(workbench.lake.table("dataset_versions"), minimum=1, settle=0)
        found = workbench.datasets.get_version("people")
        assert (found.owner, found.metadata) == ("eva", {"ana": True, "ben": True, "eva": True})
        assert workbench.sql("select owner from dataset_versions").to_pylist() == [{"owner": "eva"}]


def test_what_cannot_be_said_is_refused(workbench: Workbench) -> None:
    with pytest.raises(DataVersionError, match="cannot be kept as JSON"):
        workbench.datasets.register_dataset(PEOPLE, "people", "form", {"wave": float("nan")})
    assert workbench.datasets.list_datasets() == []
    with pytest.raises(DatasetNotFoundError):
        workbench.datasets.describe("people", owner="ana")
    workbench.datasets.register_dataset(PEOPLE, "people", "form")
    with pytest.raises(DataVersionError, match="cannot be kept as JSON"):
        workbench.datasets.describe("people", metadata={"when": object()})
