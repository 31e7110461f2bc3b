"""Lineage as OpenLineage events, which are valid by the published schemas (tests/support)."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from core.lineage.openlineage import PRODUCER
from tests.core.lineage.accounts import keep_accounts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core import Workbench

SPEC = Path(__file__).parents[2] / "support" / "openlineage"
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


@pytest.fixture(scope="module")
def schemas() -> Registry[Any]:
    found = [json.loads(path.read_text("utf8")) for path in SPEC.rglob("*.json")]
    known: Registry[Any] = Registry()
    return known.with_resources((each["$id"], Resource.from_contents(each)) for each in found)


def validate(events: list[dict[str, Any]], schemas: Registry[Any]) -> set[str]:
    """Check events and all their facets, and return the schemas they say they follow."""
    parts = [(event, event["schemaURL"]) for event in events]
    parts += [(facet, facet["_schemaURL"]) for facet in facets(events)]
    for part, url in parts:
        checks = Draft202012Validator.FORMAT_CHECKER
        Draft202012Validator({"$ref": url}, registry=schemas, format_checker=checks).validate(part)
    return {url for _, url in parts}


def test_events_are_valid_by_the_published_schemas(
    events: list[dict[str, Any]], schemas: Registry[Any]
) -> None:
    used = validate(events, schemas)
    assert len(used) == 10
    for url in used:
        if not url.endswith("/RunFacet"):  # of which nothing but its producer is asked
            assert not Draft202012Validator({"$ref": url}, registry=schemas).is_valid({})


def test_reports_models_and_cards_are_events_of_what_they_tell_of(
    workbench: Workbench, schemas: Registry[Any]
) -> None:
    kept = keep_accounts(workbench)
    events = workbench.lineage.openlineage("clinic@v1", namespace=NAMESPACE)
    validate(events, schemas)
    told = {
        event["job"]["name"]: (
            sorted(each["name"] for each in event["inputs"]),
            [each["name"] for each in event["outputs"]],
        )
        for event in events
    }
    drift, autumn = "drift from clinic@v1 to clinic@v2", "autumn of risk@v1"
    analysis, card_name = "analysis of clinic@v1 for outcome", "risk@v1, card 1"
    assert told == {
        "run/risk": (["clinic"], ["model.json", "risk@v1"]),
        "model/risk@v2": (["clinic"], ["risk@v2"]),
        f"report/{drift}": (["clinic"], [drift]),
        f"eda_report/{analysis}": (["clinic"], [analysis]),
        f"evaluation/{autumn}": (["risk@v1"], [autumn]),
        f"card/{card_name}": ([autumn, "clinic", drift, "risk@v1"], [card_name]),
    }
    (card,) = [e for e in events if e["job"]["name"].startswith("card/")]
    assert card["run"]["runId"] == kept["card"]
