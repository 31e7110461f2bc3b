"""Lineage as OpenLineage events.

The specification is published under Apache-2.0 and not kept here. `OPENLINEAGE_SPEC=<folder>`, with
the folder `spec` of its repository, validates the events against its JSON schemas as well.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from core.lineage.openlineage import PRODUCER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core import Workbench

SPEC = os.environ.get("OPENLINEAGE_SPEC", "")
CORE = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/"
NAMESPACE = "mhras://test"


def total(frame: Any) -> Any:
    return frame.assign(total=frame.q1)


@pytest.fixture
def events(workbench: Workbench) -> list[dict[str, Any]]:
    """Two transformations, one of them in a run, a run that reads, and one that failed."""
    datasets, tracker = workbench.datasets, workbench.tracker
    datasets.register_dataset({"id": [1, 2], "q1": [3, 4]}, "phq9", "form")
    sql = "select id, q1 + 1 as total from phq9"
    with datasets.transform(inputs=["phq9@v1"], code=sql, name="scored"):
        pass
    with (
        tracker.start_run("prepare", "a"),
        datasets.transform(
            inputs=["phq9@v1", "scored@v1"], code=total, name="both", parameters={"cut": 10}
        ) as t,
    ):
        t.output(total(t.inputs[0]))
    with tracker.start_run("risk", "b", inputs=["both@v1", "s3://elsewhere"]) as run:
        run.log_bytes(b"{}", "model.json", "model")
    tracker.start_run("risk", "c", inputs=["both@v1"]).end("FAILED", error="ValueError: no rows")
    return workbench.lineage.openlineage("both@v1", namespace=NAMESPACE)


def facets(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "_schemaURL" in value:
            yield value
        for each in value.values():
            yield from facets(each)
    elif isinstance(value, list):
        for each in value:
            yield from facets(each)


def test_sql_is_one_event_with_its_columns(events: list[dict[str, Any]]) -> None:
    event = events[0]
    place = {"namespace": NAMESPACE, "name": "phq9"}
    assert (event["eventType"], event["producer"]) == ("COMPLETE", PRODUCER)
    assert event["schemaURL"] == f"{CORE}RunEvent"
    assert (event["job"]["namespace"], event["job"]["name"]) == (NAMESPACE, "transform/scored")
    assert event["job"]["facets"]["sql"]["query"] == "select id, q1 + 1 as total from phq9"
    (source,), (output,) = event["inputs"], event["outputs"]
    assert {name: source[name] for name in place} == place
    assert source["facets"]["schema"]["fields"] == [
        {"name": "id", "type": "int64"},
        {"name": "q1", "type": "int64"},
    ]
    assert source["facets"]["version"]["datasetVersion"] == "v1"
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 2
    assert output["facets"]["columnLineage"]["fields"] == {
        "id": {"inputFields": [{**place, "field": "id"}]},
        "total": {"inputFields": [{**place, "field": "q1"}]},
    }


def test_a_function_in_a_run_has_its_source_and_its_parent(events: list[dict[str, Any]]) -> None:
    (event,) = [e for e in events if e["job"]["name"] == "transform/both"]
    assert sorted(each["name"] for each in event["inputs"]) == ["phq9", "scored"]
    source = event["job"]["facets"]["sourceCode"]
    assert (source["language"], source["sourceCode"][:10]) == ("python", "def total(")
    assert event["run"]["facets"]["mhras_parameters"]["parameters"] == {"cut": 10}
    parent = event["run"]["facets"]["parent"]
    assert parent["job"] == {"namespace": NAMESPACE, "name": "run/prepare"}
    (run,) = [e for e in events if e["job"]["name"] == "run/prepare"]
    assert parent["run"] == {"runId": run["run"]["runId"]}
    assert [each["name"] for each in run["outputs"]] == ["both"]


def test_runs_tell_what_they_read_made_and_why_they_failed(
    events: list[dict[str, Any]],
) -> None:
    done, failed = [e for e in events if e["job"]["name"] == "run/risk"]
    assert [done["eventType"], failed["eventType"]] == ["COMPLETE", "FAIL"]
    assert [each["name"] for each in done["outputs"]] == ["model.json"]
    assert [each["name"] for each in failed["inputs"]] == ["both"]
    assert failed["run"]["facets"]["errorMessage"]["message"] == "ValueError: no rows"


def test_events_keep_the_form_and_come_in_order(
    workbench: Workbench, events: list[dict[str, Any]]
) -> None:
    assert workbench.lineage.openlineage("both@v1", namespace=NAMESPACE) == events
    assert json.loads(json.dumps(events, allow_nan=False)) == events
    moments = [event["eventTime"] for event in events]
    assert moments == sorted(moments)
    assert all(datetime.fromisoformat(moment).tzinfo for moment in moments)
    assert all(str(UUID(event["run"]["runId"])) == event["run"]["runId"] for event in events)
    assert {facet["_producer"] for facet in facets(events)} == {PRODUCER}
    names = {each["namespace"] for e in events for each in (e["job"], *e["inputs"], *e["outputs"])}
    assert names == {NAMESPACE}
    other = workbench.lineage.openlineage("both@v1")[0]["job"]["namespace"]
    assert other == f"mhras://{workbench.lake.lake_id}"


@pytest.mark.skipif(not SPEC, reason="OPENLINEAGE_SPEC names no folder with the specification")
def test_events_are_valid_by_the_published_schemas(events: list[dict[str, Any]]) -> None:
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    found = [json.loads(path.read_text("utf8")) for path in Path(SPEC).rglob("*.json")]
    schemas = {each["$id"]: each for each in found if "$id" in each}
    registry: Any = Registry().with_resources(
        (url, Resource.from_contents(each)) for url, each in schemas.items()
    )
    formats = Draft202012Validator.FORMAT_CHECKER
    parts = [(event, event["schemaURL"]) for event in events]
    parts += [(facet, facet["_schemaURL"]) for facet in facets(events)]
    for part, url in parts:
        schema = {"$ref": url}
        Draft202012Validator(schema, registry=registry, format_checker=formats).validate(part)
    assert len({url for _, url in parts}) == 10
    for url in {url for _, url in parts if not url.endswith("/RunFacet")}:
        assert not Draft202012Validator({"$ref": url}, registry=registry).is_valid({})
