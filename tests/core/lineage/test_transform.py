"""A block that makes a version: all of it is recorded, or nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from core.errors import DataVersionError, LineageCycleError, LineageError

if TYPE_CHECKING:
    from core import Workbench
    from core.datasets.version import DatasetVersion

PHQ9 = {"id": [1, 2, 3], "q1": [0, 3, 1], "q2": [2, 2, 0]}
SCORE = "select id, q1 + q2 as total from phq9 order by id"


def score(frame: Any, extra: int = 0) -> Any:
    return frame.assign(total=frame.q1 + frame.q2 + extra)[["id", "total"]]


@pytest.fixture
def phq9(workbench: Workbench) -> DatasetVersion:
    return workbench.datasets.register_dataset(PHQ9, "phq9", "form")


def test_a_function_is_kept_with_what_it_made(workbench: Workbench, phq9: DatasetVersion) -> None:
    with workbench.datasets.transform(
        inputs=[phq9], code=score, name="scored", parameters={"extra": 1}
    ) as t:
        t.output(score(t.inputs[0], extra=1))
    frame, version = workbench.datasets.get_dataset("scored")
    assert version == t.version
    assert frame["total"].tolist() == [3, 6, 2]
    (edge,) = workbench.lineage.graph(version).edges
    assert (edge.source, edge.target) == (phq9.version_id, version.version_id)
    assert (edge.transformation_type, edge.parameters) == ("python", {"extra": 1})
    assert workbench.lineage.code(edge).startswith("def score(frame: Any, extra: int = 0)")


def test_sql_is_run_and_read_for_its_columns(workbench: Workbench, phq9: DatasetVersion) -> None:
    with workbench.datasets.transform(inputs=["phq9@v1"], code=SCORE, name="scored") as t:
        pass
    frame, _ = workbench.datasets.get_dataset("scored", as_frame="arrow")
    assert frame.to_pydict() == {"id": [1, 2, 3], "total": [2, 5, 1]}
    (edge,) = workbench.lineage.graph(t.version).edges
    assert edge.columns == {"id": ("id",), "total": ("q1", "q2")}
    assert (edge.unresolved, workbench.lineage.code(edge)) == ({}, SCORE)
    assert workbench.datasets.get_lineage("scored@v1") == [phq9]


def test_inputs_have_names_of_ones_own(workbench: Workbench, phq9: DatasetVersion) -> None:
    later = workbench.datasets.register_dataset({**PHQ9, "q1": [3, 3, 3]}, "phq9", "form")
    both = {"before": phq9, "after": later}
    sql = 'select a.q1 - b.q1 as change from "after" a join before b using (id) order by id'
    with workbench.datasets.transform(inputs=both, code=sql, name="change", as_frame="arrow") as t:
        assert t.input("before").equals(t.inputs[0])
    found, _ = workbench.datasets.get_dataset("change", as_frame="arrow")
    assert found["change"].to_pylist() == [3, 0, 2]
    edges = {edge.source: edge.columns for edge in workbench.lineage.graph(t.version).edges}
    assert edges == {v.version_id: {"change": ("q1",)} for v in (phq9, later)}
    with pytest.raises(DataVersionError, match="Two inputs are called phq9"):
        workbench.datasets.transform(inputs=[phq9, later], code=sql, name="change")


def test_an_exception_registers_nothing(workbench: Workbench, phq9: DatasetVersion) -> None:
    block = workbench.datasets.transform(inputs=[phq9], code=score, name="scored")
    with pytest.raises(AttributeError, match="assign"), block as t:  # noqa: PT012 - the block
        t.output(score(*t.inputs))
        score(None)
    assert workbench.datasets.list_datasets() == ["phq9"]
    assert workbench.lineage.graph(phq9).edges == ()
    with pytest.raises(DataVersionError, match="Nothing is registered"):
        _ = block.version


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select nope from phq9", "cannot be answered"),
        ("select 1; select 2", "SELECT and SELECT"),
        ("create table t as select 1", "one SELECT is wanted"),
        ("select * from read_text('/etc/hostname')", "cannot be answered"),
        ("select * from PHQ9_FRAME", "cannot be answered"),
        ("copy phq9 to 'here.csv'", "one SELECT is wanted"),
        ("select id, id from phq9", "the name of 2 columns"),
        ("set enable_external_access = true", "one SELECT is wanted"),
    ],
)
def test_sql_that_is_none_or_looks_elsewhere_is_refused(
    workbench: Workbench, phq9: DatasetVersion, sql: str, message: str
) -> None:
    PHQ9_FRAME = pa.table(PHQ9)  # noqa: F841, N806 - DuckDB could find a variable by its name
    block = workbench.datasets.transform(inputs=[phq9], code=sql, name="scored")
    with pytest.raises(DataVersionError, match=message), block:
        pass
    assert workbench.datasets.list_datasets() == ["phq9"]


def test_outputs_are_handed_over_once(workbench: Workbench, phq9: DatasetVersion) -> None:
    transform = partial(workbench.datasets.transform, inputs=[phq9], name="scored")
    with pytest.raises(DataVersionError, match="without an output"), transform(code=score):
        pass
    twice = transform(code=score)
    twice.output(PHQ9)
    with pytest.raises(DataVersionError, match="output already"):
        twice.output(PHQ9)
    with pytest.raises(DataVersionError, match="what the SQL selects"), transform(code=SCORE) as t:
        t.output(PHQ9)
    with pytest.raises(DataVersionError, match="no input 'visits'"), transform(code=SCORE) as t:
        t.input("visits")
    with pytest.raises(DataVersionError, match="something to transform"):
        workbench.datasets.transform(inputs=[], code=score, name="scored")
    with pytest.raises(DataVersionError, match="no inputs"):
        workbench.datasets.transform(inputs=3, code=score, name="scored")  # type: ignore[arg-type]
    with pytest.raises(LineageError, match="JSON"):
        transform(code=score, parameters={"x": object()})
    assert workbench.datasets.list_datasets() == ["phq9"]


def test_an_output_that_is_its_input_is_refused(workbench: Workbench, phq9: DatasetVersion) -> None:
    block = workbench.datasets.transform(inputs=[phq9], code="from phq9", name="phq9")
    with pytest.raises(LineageCycleError, match="phq9@v1 would be made of itself"), block:
        pass
    assert workbench.lineage.graph(phq9).edges == ()


def test_doing_it_again_changes_nothing(workbench: Workbench, phq9: DatasetVersion) -> None:
    for _ in range(2):
        with workbench.datasets.transform(inputs=[phq9], code=SCORE, name="scored") as t:
            pass
    assert [v.name for v in workbench.datasets.list_versions("scored")] == ["scored@v1"]
    assert len(workbench.lineage.graph(t.version).edges) == 1


def test_the_code_of_functions_is_found_wherever_they_are(workbench: Workbench) -> None:
    from core.lineage.source_code import code_of

    class Scorer:
        """Doubles."""

        def __call__(self, frame: Any) -> Any:
            return frame * 2

    first, second = lambda d: d + 1, lambda d: max(d, key=(lambda e: -e))
    assert code_of(first).text == "lambda d: d + 1"
    assert code_of(second).text == "lambda d: max(d, key=(lambda e: -e))"
    assert code_of(partial(score, extra=3)) == code_of(score)
    assert code_of(Scorer()).text.startswith('class Scorer:\n    """Doubles.')
    assert workbench.datasets.list_datasets() == []


@pytest.mark.parametrize("code", [len, np.add, 3, "  ", None])
def test_code_without_source_is_refused(code: Any) -> None:
    from core.lineage.source_code import code_of

    with pytest.raises(LineageError):
        code_of(code)


def test_a_function_typed_into_an_interpreter_is_refused() -> None:
    from core.lineage.source_code import code_of

    space: dict[str, Any] = {}
    exec("def typed(d):\n    return d", space)  # noqa: S102
    with pytest.raises(LineageError, match="no source of typed"):
        code_of(space["typed"])
    with pytest.raises(LineageError, match="no source of <lambda>"):
        code_of(eval("lambda d: d"))  # noqa: S307


def test_parameters_are_bound_in_sql(workbench: Workbench, phq9: DatasetVersion) -> None:
    sql = "select id, q1 >= $cut as high from phq9"
    transform = partial(workbench.datasets.transform, inputs="phq9@v1", code=sql, name="high")
    with transform(parameters={"cut": 3}) as t:
        pass
    found, _ = workbench.datasets.get_dataset("high", as_frame="arrow")
    assert found["high"].to_pylist() == [False, True, False]
    (edge,) = workbench.lineage.graph(t.version).edges
    assert (edge.parameters, edge.source) == ({"cut": 3}, phq9.version_id)
    assert edge.columns == {"id": ("id",), "high": ("q1",)}
    with pytest.raises(DataVersionError, match="cannot be answered"), transform():
        pass
    with (
        pytest.raises(DataVersionError, match="cannot be answered"),
        transform(parameters={"x": 1}),
    ):
        pass


def test_functions_of_a_notebook_have_their_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook keeps its cells where Python looks for the lines of a file."""
    import linecache

    from core.lineage.source_code import code_of

    cells = {
        "<cell 1>": "def clean(d):\n    return d\n\ndouble = lambda d: d * 2\n",
        "<cell 2>": "%load_ext mhras_notebook\nhalf = lambda d: d / 2\n",
    }
    space: dict[str, Any] = {}
    for name, text in cells.items():
        lines = text.splitlines(keepends=True)
        monkeypatch.setitem(linecache.cache, name, (len(text), None, lines, name))
        exec(compile(text.replace("%load", "# load"), name, "exec"), space)  # noqa: S102
    assert code_of(space["clean"]).text == "def clean(d):\n    return d\n"
    assert code_of(space["double"]).text == "lambda d: d * 2"
    assert code_of(space["half"]).text == "half = lambda d: d / 2\n"
