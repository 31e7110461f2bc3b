"""What was made of what, and how: recorded once, never changed, asked for in both directions.

A step is from one thing to another, both known by their ids. It can be recorded when nothing is
made of itself by it. Two processes that record at the same time cannot know of each other: should a
circle come of that, it is found by whoever reads, and every question ends all the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Self

from catalog.dataset_search import VersionRows
from catalog.lineage_search import LineageNode, LineageRows
from core.errors import DatasetNotFoundError, LineageCycleError, LineageError
from core.lineage.graph import find_path, make_graph, whole_graph
from lake.clock import now_us
from lake.digest import digest_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from catalog.catalog import Catalog
    from catalog.lineage_search import Direction, LineageEdge
    from core.lineage.graph import LineageGraph
    from lake.lake import Durability

_ID_NAMES: Final = (
    *("card_id", "evaluation_id", "version_id", "model_id"),
    *("artifact_id", "report_id", "run_id", "id"),
)
_DIRECTIONS: Final = ("upstream", "downstream", "both")
_NEWEST: Final = ("", "latest")
_LONGEST_TYPE: Final = 64
MOST_STEPS: Final = 400  # of a whole lake: a picture of more can neither be read nor drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformation:
    """How something was made: `type` is sql, python, import ... or a word of one's own.

    `columns` are those of the output and the columns of each input they come from, by the input's
    id; `unresolved` says why, where that could not be found out.
    """

    type: str
    code: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    unresolved: Mapping[str, str] = field(default_factory=dict)

    def with_columns(
        self,
        schemas: Mapping[str, Sequence[str]],
        ids: Mapping[str, str],
        outputs: Sequence[str],
    ) -> Self:
        """Return it with the columns that its SQL makes `outputs` of.

        `schemas` and `ids` are the columns and the id of each input, by the name it has in the SQL.
        """
        from core.lineage.columns import column_sources  # with sqlglot, which only SQL needs

        found = column_sources(self.code or "", schemas, outputs)
        columns: dict[str, dict[str, list[str]]] = {input_id: {} for input_id in ids.values()}
        for output, sources in found.columns.items():
            for table, column in sources:
                columns[ids[table]].setdefault(output, []).append(column)
        return replace(self, columns=columns, unresolved=found.unresolved)


class Lineage:
    """Records steps, and answers what something was made of. Threads may share one.

    >>> import tempfile
    >>> from core import Workbench
    >>> with tempfile.TemporaryDirectory() as folder, Workbench(folder + "/lake") as wb:
    ...     raw = wb.datasets.register_dataset({"age": [30]}, "raw", "form")
    ...     clean = wb.datasets.register_dataset({"age": [31]}, "clean", "us")
    ...     edge = wb.datasets.track_transformation(
    ...         raw.version_id, clean.version_id, "select age + 1 as age from raw", "sql"
    ...     )
    ...     [node.label for node in wb.lineage.graph("raw@v1").nodes], wb.lineage.code(edge)
    (['raw@v1', 'clean@v1'], 'select age + 1 as age from raw')
    """

    def __init__(
        self,
        db_connection: Catalog,
        *,
        actor: str | None = None,
        durability: Durability = "commit",
    ) -> None:
        self._lake = db_connection.lake
        self._rows = LineageRows(db_connection)
        self._versions = VersionRows(db_connection)
        self._actor = actor
        self._durability: Durability = durability

    def resolve(self, thing: Any) -> LineageNode:
        """Find a version, run, file, report, model, evaluation or card: itself, or its id.

        Versions of datasets also as ``phq9@v3``, or ``phq9`` for the newest.

        Raises DatasetNotFoundError.
        """
        names = [name for name in _ID_NAMES if hasattr(thing, name)]
        wanted = str(getattr(thing, names[0]) if names else thing)
        found = self._rows.things([wanted]).get(wanted)
        if found is None:
            dataset_name, _, version = wanted.partition("@")
            row = self._versions.find(dataset_name, None if version in _NEWEST else version)
            if row is not None:
                found = self._rows.things([row["version_id"]]).get(row["version_id"])
        if found is None:
            message = f"Nothing in this lake has the id {wanted!r}."
            hint = "Give the id of a version, run, model, card ..., or a dataset as phq9@v3."
            raise DatasetNotFoundError(message, hint=hint, thing=wanted)
        return found

    def record(
        self, inputs: Iterable[LineageNode], output: LineageNode, step: Transformation
    ) -> list[str]:
        """Record that something was made of others, and return the ids of the steps.

        The same step again is the same one. `output` may be about to be registered.
        Raises LineageCycleError, and LineageError for a type that is none, or for parameters that
        JSON cannot hold.
        """
        sources = list({node.id: node for node in inputs}.values())
        parameters = checked_parameters(step)
        self._refuse_cycle(sources, output)
        code = None if step.code is None else self._lake.objects.put(step.code.encode())
        at = now_us()
        rows = [_row(source, output, step, code, parameters) for source in sources]
        known = self._rows.recorded(row["lineage_id"] for row in rows)
        by = {"created_at": at, "actor": self._actor, "event_at": at, "writer": self._lake.writer}
        fresh = [{**row, **by} for row in rows if row["lineage_id"] not in known]
        if fresh:
            self._lake.append("data_lineage", fresh, durability=self._durability)
        return [row["lineage_id"] for row in rows]

    def edges(self, lineage_ids: Iterable[str]) -> list[LineageEdge]:
        """Return recorded steps, in this order; those that lead to nothing yet are left out."""
        wanted = [*lineage_ids]
        found = self._rows.edges(wanted)
        return [found[lineage_id] for lineage_id in wanted if lineage_id in found]

    def _refuse_cycle(self, sources: Sequence[LineageNode], output: LineageNode) -> None:
        nodes, edges = self._rows.reached(output.id, "downstream")
        known = {node.id: node for node in (*sources, output)} | nodes
        pairs = [(edge.source, edge.target) for edge in edges]
        for source in sources:
            way = find_path(output.id, source.id, pairs)
            if way:
                ids = (source.id, *way)
                labels = tuple(known[i].label for i in ids)
                message = f"{labels[-1]} would be made of itself: {' -> '.join(labels)}."
                hint = "Equal data of one name is one version: register the output as another one."
                raise LineageCycleError(message, hint=hint, cycle=labels, ids=ids)

    def graph(
        self, thing: Any, direction: Direction = "both", *, depth: int | None = None
    ) -> LineageGraph:
        """Return what something was made of, what was made of it, or both.

        `depth` is how many steps are followed; all of them without it. Raises
        DatasetNotFoundError, and LineageError for a direction or a depth that is none.
        """
        if direction not in _DIRECTIONS:
            message = f"{direction!r} is no direction."
            raise LineageError(message, hint=f"Use one of {', '.join(_DIRECTIONS)}.")
        if depth is not None and depth < 0:
            raise LineageError(f"{depth} steps cannot be followed.", hint="Give 0 or more.")
        start = self.resolve(thing)
        nodes, edges = self._rows.reached(start.id, direction)
        return make_graph(start.id, nodes, edges, depth=depth)

    def everything(self, *, most: int = MOST_STEPS) -> LineageGraph:
        """Return the steps of the whole lake, those of the newest things when there are more.

        It has no start: `start` is empty.
        """
        nodes, edges = self._rows.everything(most)
        return whole_graph(nodes, edges)

    def openlineage(
        self,
        thing: Any,
        direction: Direction = "both",
        *,
        depth: int | None = None,
        namespace: str = "",
    ) -> list[dict[str, Any]]:
        """Return OpenLineage events of the same part, the earliest first, as JSON has them.

        The `namespace` of jobs and datasets is that of this lake unless given. Raises as `graph`.
        """
        from core.lineage.openlineage import Details, lineage_events  # rarely asked for

        graph = self.graph(thing, direction, depth=depth)
        versions = self._versions.by_ids([node.id for node in graph.nodes])
        runs = self._rows.runs([node.id for node in graph.nodes if node.kind == "run"])
        details = Details(
            namespace=namespace or f"mhras://{self._lake.lake_id}",
            versions=versions,
            runs=runs,
            code=self.code,
        )
        return lineage_events(graph, details)

    def code(self, edge: LineageEdge | str) -> str:
        """Return the text that made something, by the edge or the text's digest.

        Raises LineageError for an edge without code, NotFoundError, DamagedError.
        """
        digest = edge if isinstance(edge, str) else edge.code
        if not digest:
            message = "Nothing is known of how this was done."
            raise LineageError(message, hint="Runs and their files have no code of their own here.")
        return self._lake.objects.get(digest).decode()


def checked_parameters(step: Transformation) -> str:
    """Return the parameters as JSON has them, always in the same way. Raises LineageError."""
    faults = []
    name: object = step.type
    if (
        not isinstance(name, str)
        or not name.strip()
        or not name.isprintable()
        or len(name) > _LONGEST_TYPE
    ):
        faults.append(f"{name!r} is no type of transformation")
    text = ""
    try:
        text = json.dumps(dict(step.parameters), sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        faults.append(f"the parameters are not what JSON can hold: {error}")
    if faults:
        hint = 'Types are words such as "sql", "python" or "import".'
        raise LineageError(f"{'; '.join(faults)}.", hint=hint, faults=tuple(faults))
    return text


def _row(
    source: LineageNode,
    output: LineageNode,
    step: Transformation,
    code: str | None,
    parameters: str,
) -> dict[str, Any]:
    identity = [source.id, output.id, step.type, code, parameters]
    columns = None
    if step.columns or step.unresolved:
        document = {
            "columns": {name: list(c) for name, c in step.columns.get(source.id, {}).items()},
            "unresolved": dict(step.unresolved),
        }
        columns = json.dumps(document)
    return {
        "lineage_id": digest_bytes(json.dumps(identity).encode()),
        "input_version_id": source.id,
        "output_version_id": output.id,
        "input_kind": source.kind,
        "output_kind": output.kind,
        "transformation_type": step.type,
        "transformation_code": code,
        "parameters": parameters,
        "column_edges": columns,
    }
