"""Versions as Croissant: what mlcroissant accepts, and the rows it loads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import mlcroissant as mlc
import numpy as np
import pyarrow as pa
import pytest

if TYPE_CHECKING:
    from core import Workbench

# of rdflib, which mlcroissant reads JSON-LD with
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
PEOPLE: dict[str, list[Any]] = {"id": [1, 2], "bmi": [21.5, 30.25], 'sex "at" birth': ["f", "m"]}


def accepted(document: dict[str, Any]) -> mlc.Dataset:
    """Let mlcroissant check a document: no errors, and no warnings but those that are known."""
    dataset = mlc.Dataset(jsonld=json.loads(json.dumps(document)))
    issues = dataset.metadata.issues
    assert issues.errors == set()
    return dataset


def test_a_version_is_accepted_and_says_what_is_known(workbench: Workbench) -> None:
    said: dict[str, Any] = {"description": "Wave 1", "owner": "Ana", "licence": "CC0-1.0"}
    workbench.datasets.register_dataset(PEOPLE, "anas people", "form", **said)
    workbench.datasets.tag("anas people", "production", "v1")
    document = workbench.datasets.croissant("anas people@v1")
    metadata = accepted(document).metadata
    assert (metadata.name, metadata.version, metadata.description) == (
        "anas-people",
        "1.0.0",
        "Wave 1",
    )
    assert document["creator"]["name"] == "Ana"
    assert document["license"] == "CC0-1.0"
    assert document["keywords"] == ["production"]
    (rows,) = metadata.record_sets
    assert [field.name for field in rows.fields] == list(PEOPLE)


def test_the_rows_can_be_loaded(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(PEOPLE, "people", "form", key="id")
    document = workbench.datasets.croissant("people@v1")
    places = {file["@id"]: file["contentUrl"] for file in document["distribution"]}
    rows = [*mlc.Dataset(jsonld=document, mapping=places).records("rows")]
    assert [row["rows/id"] for row in rows] == PEOPLE["id"]
    assert [row["rows/bmi"] for row in rows] == PEOPLE["bmi"]


def test_each_stored_file_has_its_digest(workbench: Workbench) -> None:
    numbers = np.random.default_rng(0).normal(size=(400_000, 1))
    table = pa.table({"id": range(400_000), "x": numbers[:, 0]})
    workbench.datasets.register_dataset(table, "long", "form", key="id")
    document = workbench.datasets.croissant("long@v1")
    accepted(document)
    *files, together = document["distribution"]
    assert len(files) > 1
    assert together["@type"] == "cr:FileSet"
    for file in files:
        assert file["contentUrl"] == str(workbench.lake.objects.local_path(file["sha256"]))


def loaded(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the records of a record set that mlcroissant reads, by the names of their fields."""
    places = {
        file["@id"]: file["contentUrl"] for file in document["distribution"] if "sha256" in file
    }
    records = mlc.Dataset(jsonld=document, mapping=places).records(name)
    return [{field.partition("/")[2]: value for field, value in row.items()} for row in records]


def test_a_version_stored_as_patches_has_record_sets_of_its_pieces(workbench: Workbench) -> None:
    table = pa.table({"id": range(4000), "x": [0.5] * 4000})
    workbench.datasets.register_dataset(table, "long", "form", key="id")
    changed = table.set_column(1, "x", pa.array([0.7] + [0.5] * 3999)).slice(0, 3999)
    workbench.datasets.register_dataset(changed, "long", "form")
    document = workbench.datasets.croissant("long@v2")
    accepted(document)
    assert [each["name"] for each in document["variableMeasured"]] == ["id", "x"]
    assert [file["@id"] for file in document["distribution"]] == [
        "stored-1-0",
        "deletions-0",
        "insertions-0",
        "layout",
    ]
    assert [row["id"] for row in loaded(document, "stored-1")] == [*range(4000)]
    deleted = [(row["part"], row["position"]) for row in loaded(document, "deletions")]
    assert deleted == [(0, 0), (0, 3999)]
    (inserted,) = loaded(document, "insertions")
    assert (inserted["part"], inserted["position"], inserted["id"], inserted["x"]) == (0, 0, 0, 0.7)


def test_a_version_with_columns_beside_has_a_record_set_of_each(workbench: Workbench) -> None:
    rows = 400_000
    table = pa.table({"id": range(rows), "x": np.random.default_rng(0).normal(size=rows)})
    workbench.datasets.register_dataset(table, "long", "form", key="id")
    wider = table.append_column("month", pa.array(np.arange(rows) % 12))
    workbench.datasets.register_dataset(wider, "long", "form")
    document = workbench.datasets.croissant("long@v2")
    accepted(document)
    fields = {
        each["name"]: [field["name"] for field in each["field"]] for each in document["recordSet"]
    }
    assert fields == {"stored-1": ["id", "x"], "stored-2": ["month"]}
    files = [file for file in document["distribution"] if file["@type"] == "cr:FileSet"]
    assert [file["@id"] for file in files] == ["stored-1-files", "stored-2-files"]
    assert len(files[0]["containedIn"]) == len(files[1]["containedIn"]) > 1


def test_a_version_without_rows_says_what_its_columns_are(workbench: Workbench) -> None:
    workbench.datasets.register_dataset(pa.table({"id": pa.array([], "int64")}), "none", "form")
    document = workbench.datasets.croissant("none@v1")
    accepted(document)
    assert [each["name"] for each in document["variableMeasured"]] == ["id"]


def test_nested_and_odd_columns_have_fields(workbench: Workbench) -> None:
    odd = {"a b/c%": [[1], [2]], "when": [None, None], "who": [{"x": 1}, {"x": 2}]}
    workbench.datasets.register_dataset(odd, "odd", "form")
    document = workbench.datasets.croissant("odd@v1")
    accepted(document)
    fields = document["recordSet"][0]["field"]
    assert [(field["dataType"], field.get("repeated")) for field in fields] == [
        ("sc:Integer", True),
        ("sc:Text", None),
        ("sc:Text", None),
    ]


@pytest.mark.parametrize(("label", "version"), [("1.2.3", "1.2.3"), ("spring", None)])
def test_a_label_is_a_version_where_it_is_semantic(
    workbench: Workbench, label: str, version: str | None
) -> None:
    workbench.datasets.register_dataset(PEOPLE, "people", "form", version=label)
    document = workbench.datasets.croissant(f"people@{label}")
    assert document.get("version") == version
    assert document["alternateName"] == f"people@{label}"
