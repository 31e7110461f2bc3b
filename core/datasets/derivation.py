"""How versions come from one another: what `DataVersionControl` asks of the lineage."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from core.datasets.transformation import Transformation
from core.errors import DataVersionError, LineageError
from core.lineage.graph import LineageNode, LineageWarning
from core.lineage.registry import Transformation as Step, checked_parameters
from core.lineage.source_code import code_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.datasets.publisher import Announce
    from core.datasets.version import DatasetVersion
    from core.datasets.versions import Versions
    from core.frames import FrameType
    from core.lineage.graph import LineageEdge, Way
    from core.lineage.registry import Lineage

    ActiveRun = Callable[[], Any]

VERSION: Final = "dataset_version"


class Derivations:
    """Records where versions come from, and finds them by it."""

    def __init__(self, lineage: Lineage, versions: Versions, active_run: ActiveRun) -> None:
        self._lineage = lineage
        self._versions = versions
        self._active_run = active_run

    def track(
        self,
        source: Any,
        target: Any,
        code: str | Callable[..., Any],
        kind: str,
        parameters: Mapping[str, Any] | None,
    ) -> LineageEdge:
        """Record one step between two things that are there."""
        ends = [self._lineage.resolve(thing) for thing in (source, target)]
        text = code if isinstance(code, str) else code_of(code).text
        step = Step(type=kind, code=text, parameters=dict(parameters or {}))
        checked_parameters(step)
        if kind.lower() == "sql" and all(end.kind == VERSION for end in ends):
            before, after = (self._versions.by_reference(end.id) for end in ends)
            name = before.dataset_name
            step = step.with_columns(
                {name: tuple(before.schema)}, {name: before.version_id}, tuple(after.schema)
            )
        (edge,) = self._lineage.edges(self._lineage.record([ends[0]], ends[1], step))
        return edge

    def follow(self, thing: Any, way: Way) -> list[DatasetVersion]:
        """Return the versions that lie that way, nearest first; warn of circles."""
        if way not in {"upstream", "downstream"}:
            message = f"{way!r} is no way to go."
            raise LineageError(message, hint="Use 'upstream' or 'downstream'.")
        graph = self._lineage.graph(thing, way)
        for cycle in graph.cycles:
            labels = " -> ".join(graph.node(node_id).label for node_id in cycle)
            text = f"Something is made of itself, as two processes recorded it: {labels}."
            warnings.warn(text, LineageWarning, stacklevel=3)
        found = [node.id for node in graph.reached(way, kind=VERSION) if not node.missing]
        return self._versions.by_ids(found)

    def begin(
        self,
        inputs: Sequence[Any] | Mapping[str, Any],
        code: str | Callable[..., Any],
        *,
        parameters: Mapping[str, Any] | None,
        as_frame: FrameType,
        register: Callable[[Any, Callable[[str], Announce]], DatasetVersion],
        run: Any,
    ) -> Transformation:
        """Make the block in which a version is made of others."""
        versions = self._inputs(inputs)
        text = code_of(code)
        step = Step(type=text.language, code=text.text, parameters=dict(parameters or {}))
        checked_parameters(step)  # before any work is done
        by = self._active_run() if run is None else run
        sources = [self._lineage.resolve(version) for version in versions.values()]

        def finish(frame: Any, step: Step) -> DatasetVersion:
            return register(frame, lambda name: self.announcing(name, sources, step, by))

        return Transformation(
            versions,
            step,
            as_frame=as_frame,
            read=self._versions.read,
            register=finish,
        )

    def _inputs(self, inputs: Sequence[Any] | Mapping[str, Any]) -> dict[str, DatasetVersion]:
        """Find the inputs, by the names SQL has for them: those of their datasets, or as given."""
        if isinstance(inputs, str) or hasattr(inputs, "version_id"):
            inputs = [inputs]  # one alone
        if not isinstance(inputs, Mapping | Iterable):
            message = f"{inputs!r} are no inputs."
            raise DataVersionError(message, hint='Give versions: inputs=["phq9@v1"].')
        named = inputs.items() if isinstance(inputs, Mapping) else ((None, i) for i in inputs)
        found: dict[str, DatasetVersion] = {}
        for name, each in named:
            version = self._versions.by_reference(str(getattr(each, "version_id", each)))
            called = version.dataset_name if name is None else str(name)
            if called.lower() in (other.lower() for other in found):
                message = f"Two inputs are called {called}."
                hint = 'Name them: inputs={"before": "phq9@v1", "after": "phq9@v2"}.'
                raise DataVersionError(message, hint=hint, inputs=tuple(found))
            found[called] = version
        if not found:
            message = "A transformation needs something to transform."
            raise DataVersionError(message, hint="Use register_dataset for what has no input here.")
        return found

    def announcing(
        self, dataset_name: str, sources: Sequence[LineageNode], step: Step | None, run: Any
    ) -> Announce:
        """Return what records the steps to a version, as soon as its id is known."""
        producer = None if run is None else self._lineage.resolve(run)

        def announce(version_id: str) -> None:
            output = LineageNode(id=version_id, kind=VERSION, label=dataset_name)
            if step is not None:
                self._lineage.record(sources, output, step)
            if producer is not None:
                self._lineage.record([producer], output, Step(type="run"))
                self._lineage.record(self._read_by(producer, sources), producer, Step(type="input"))

        return announce

    def _read_by(self, run: LineageNode, sources: Sequence[LineageNode]) -> list[LineageNode]:
        """Return what the run read, but not what it had made itself or was started with."""
        made = {node.id for node in self._lineage.graph(run, "downstream").nodes}
        known = {edge.source for edge in self._lineage.graph(run, "upstream", depth=1).edges}
        return [source for source in sources if source.id not in made | known]
