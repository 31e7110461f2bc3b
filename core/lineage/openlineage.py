"""Lineage as OpenLineage events, for the tools that read those.

    a transformation   one run event: job transform/<output>, its inputs, its output with columns
    a run              one run event: job run/<experiment>, what it read, what it made
    a report, a card,  one run event: job report/<label>, card/<label> ..., what it tells of
    an evaluation ...

Datasets are named as here, with the version in a facet; the namespace tells lakes apart. The same
lineage gives the same events: the id of a transformation's run is made of its steps.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from catalog.lineage_search import LineageEdge, LineageNode
    from core.lineage.graph import LineageGraph

    Event = dict[str, Any]
    Row = Mapping[str, Any]

PRODUCER: Final = "urn:mhras:workbench"
_SPEC: Final = "https://openlineage.io/spec/"
_CORE: Final = f"{_SPEC}2-0-2/OpenLineage.json#/$defs/"
# the facets that are written, and the versions of their schemas
_FACETS: Final = {
    "schema": "1-2-0/SchemaDatasetFacet",
    "version": "1-0-1/DatasetVersionDatasetFacet",
    "columnLineage": "1-2-0/ColumnLineageDatasetFacet",
    "outputStatistics": "1-0-2/OutputStatisticsOutputDatasetFacet",
    "sql": "1-1-0/SQLJobFacet",
    "sourceCode": "1-0-1/SourceCodeJobFacet",
    "parent": "1-2-0/ParentRunFacet",
    "errorMessage": "1-0-1/ErrorMessageRunFacet",
}
_STATUS: Final = {"FINISHED": "COMPLETE", "FAILED": "FAIL", "RUNNING": "RUNNING"}
_OF_RUNS: Final = frozenset({"run", "input"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What events say beyond the graph: rows of versions and of runs by id, and code by edge."""

    namespace: str
    versions: Mapping[str, Row]
    runs: Mapping[str, Row]
    code: Callable[[LineageEdge], str]


def lineage_events(graph: LineageGraph, details: Details) -> list[Event]:
    """Return the events of a lineage, the earliest first."""
    writer = _Writer(graph, details)
    events = [writer.transformation(edges) for edges in writer.transformations()]
    events += [writer.run(node) for node in graph.nodes if node.id in details.runs]
    events += writer.accounts()
    return sorted(events, key=lambda event: (event["eventTime"], event["run"]["runId"]))


class _Writer:
    def __init__(self, graph: LineageGraph, details: Details) -> None:
        self._details = details
        self._nodes = {node.id: node for node in graph.nodes}
        self._edges = graph.edges
        self._makers = {
            edge.target: edge.source for edge in graph.edges if edge.source in details.runs
        }

    def transformations(self) -> list[list[LineageEdge]]:
        """Return the steps that were made together: to one output, by the same code."""
        groups: dict[tuple[str, ...], list[LineageEdge]] = defaultdict(list)
        for edge in self._edges:
            if edge.lineage_id and edge.transformation_type not in _OF_RUNS:
                parameters = json.dumps(dict(edge.parameters), sort_keys=True)
                same = (edge.target, edge.transformation_type, edge.code or "", parameters)
                groups[same].append(edge)
        return list(groups.values())

    def transformation(self, edges: Sequence[LineageEdge]) -> Event:
        """Say how one thing was made of others."""
        first = edges[0]
        target = self._nodes[first.target]
        run: Event = {"runId": str(uuid5(NAMESPACE_URL, " ".join(e.lineage_id for e in edges)))}
        facets: Event = {}
        maker = self._makers.get(target.id)
        if maker:
            facets["parent"] = _facet(
                "parent", run={"runId": _uuid(maker)}, job=self._job_of(maker)
            )
        if first.parameters:
            facets["mhras_parameters"] = _base("RunFacet", parameters=dict(first.parameters))
        output = self._dataset(target, made=True)
        if fields := self._columns(edges):
            output["facets"]["columnLineage"] = _facet("columnLineage", fields=fields)
        moments = [edge.created_at for edge in edges if edge.created_at]
        sources = [self._nodes[edge.source] for edge in edges]
        return _event(
            "COMPLETE",
            min(moments),
            run=run | ({"facets": facets} if facets else {}),
            job=self._job(f"transform/{self._name(target)}", self._code(first)),
            inputs=[self._dataset(node) for node in sources if node.id not in self._details.runs],
            outputs=[output],
        )

    def run(self, node: LineageNode) -> Event:
        """Say what a run read and made."""
        row = self._details.runs[node.id]
        facets: Event = {}
        if row["error"]:
            facets["errorMessage"] = _facet(
                "errorMessage", message=row["error"], programmingLanguage="PYTHON"
            )
        parent = row["parent_run_id"]
        if parent and parent in self._details.runs:
            job = self._job_of(parent)
            facets["parent"] = _facet("parent", run={"runId": _uuid(parent)}, job=job)
        read = {edge.source: None for edge in self._edges if edge.target == node.id}
        made = {edge.target: None for edge in self._edges if edge.source == node.id}
        return _event(
            _STATUS[row["status"]],
            (row["end_time"] or row["start_time"]).replace(tzinfo=UTC),
            run={"runId": _uuid(node.id)} | ({"facets": facets} if facets else {}),
            job=self._job_of(node.id),
            inputs=[self._dataset(self._nodes[i]) for i in read if i not in self._details.runs],
            outputs=[
                self._dataset(self._nodes[i], made=True)
                for i in made
                if i not in self._details.runs
            ],
        )

    def accounts(self) -> list[Event]:
        """Say what reports, cards and evaluations tell of, and what data models were made of.

        No run did that, as far as is known, and no step was recorded.
        """
        told: dict[str, list[LineageNode]] = defaultdict(list)
        for edge in self._edges:
            source, target = self._nodes[edge.source], self._nodes[edge.target]
            if not edge.lineage_id and "run" not in {source.kind, target.kind}:
                told[target.id].append(source)
        return [
            _event(
                "COMPLETE",
                node.created_at,
                run={"runId": _uuid(node.id)},
                job=self._job(f"{node.kind}/{node.label}", {}),
                inputs=[self._dataset(each) for each in told[node.id]],
                outputs=[self._dataset(node, made=True)],
            )
            for node in map(self._nodes.__getitem__, told)
            if node.created_at is not None  # what is gone was made at no time that is known
        ]

    def _job(self, name: str, facets: Event) -> Event:
        job: Event = {"namespace": self._details.namespace, "name": name}
        return job | ({"facets": facets} if facets else {})

    def _job_of(self, run_id: str) -> Event:
        return self._job(f"run/{self._details.runs[run_id]['experiment_name']}", {})

    def _code(self, edge: LineageEdge) -> Event:
        if not edge.code:
            return {}
        text = self._details.code(edge)
        if edge.transformation_type.lower() == "sql":
            return {"sql": _facet("sql", query=text)}
        language = edge.transformation_type
        return {"sourceCode": _facet("sourceCode", language=language, sourceCode=text)}

    def _name(self, node: LineageNode) -> str:
        row = self._details.versions.get(node.id)
        return str(row["dataset_name"]) if row else node.label

    def _dataset(self, node: LineageNode, *, made: bool = False) -> Event:
        name = {"namespace": self._details.namespace, "name": self._name(node)}
        row = self._details.versions.get(node.id)
        if row is None:
            return {**name, "facets": {}}
        fields = [{"name": field, "type": kind} for field, kind in json.loads(row["schema"])]
        facets = {
            "schema": _facet("schema", fields=fields),
            "version": _facet("version", datasetVersion=row["version"]),
        }
        counted = _facet("outputStatistics", rowCount=row["num_rows"], size=row["size_bytes"])
        return {**name, "facets": facets} | (
            {"outputFacets": {"outputStatistics": counted}} if made else {}
        )

    def _columns(self, edges: Sequence[LineageEdge]) -> Event:
        fields: dict[str, list[Event]] = defaultdict(list)
        for edge in edges:
            source = self._nodes[edge.source]
            place = {"namespace": self._details.namespace, "name": self._name(source)}
            for output, columns in (edge.columns or {}).items():
                fields[output] += [{**place, "field": column} for column in columns]
        return {output: {"inputFields": found} for output, found in fields.items()}


def _event(kind: str, at: datetime, **parts: Any) -> Event:
    return {
        "eventType": kind,
        "eventTime": at.isoformat().replace("+00:00", "Z"),
        "producer": PRODUCER,
        "schemaURL": f"{_CORE}RunEvent",
        **parts,
    }


def _facet(name: str, **values: Any) -> Event:
    version, _, kind = _FACETS[name].partition("/")
    url = f"{_SPEC}facets/{version}/{kind}.json#/$defs/{kind}"
    return {"_producer": PRODUCER, "_schemaURL": url, **values}


def _base(kind: str, **values: Any) -> Event:
    """Return a facet of our own, of which the specification knows the kind only."""
    return {"_producer": PRODUCER, "_schemaURL": f"{_CORE}{kind}", **values}


def _uuid(run_id: str) -> str:
    """Return the id of a run as a UUID, which that of an imported run may not be."""
    try:
        return str(UUID(run_id))
    except ValueError:
        return str(uuid5(NAMESPACE_URL, run_id))
