"""Make a version out of others, in a block that records how.

    inputs ──> frames ──> the block's own code, or SQL that is run here ──> output ──> version
                                                                              └── steps, with code

Nothing is registered before the block has ended well. The steps are written before the version's
row: a version is never there without them, and steps to one that never came are not seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

from core.errors import DataVersionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    import pyarrow as pa

    from core.datasets.version import DatasetVersion
    from core.frames import FrameType
    from core.lineage.registry import Transformation as Step

    Read = Callable[[DatasetVersion], pa.Table]
    Register = Callable[[Any, Step], DatasetVersion]

_LOCKED: Final = (
    "set enable_external_access = false",
    "set python_enable_replacements = false",
    "set lock_configuration = true",
)


class Transformation:
    """A block that makes a version: `inputs` are frames, `version` is what came out.

    Made by `DataVersionControl.transform`.

    >>> import tempfile
    >>> from core import Workbench
    >>> with tempfile.TemporaryDirectory() as folder, Workbench(folder + "/lake") as wb:
    ...     _ = wb.datasets.register_dataset({"q1": [1, 3], "q2": [2, 0]}, "phq9", "form")
    ...     sql = "select q1 + q2 as total from phq9"
    ...     with wb.datasets.transform(inputs=["phq9@v1"], code=sql, name="scored") as t:
    ...         pass
    ...     t.version.name, [v.name for v in wb.datasets.get_lineage(t.version.version_id)]
    ('scored@v1', ['phq9@v1'])
    """

    def __init__(
        self,
        inputs: Mapping[str, DatasetVersion],
        step: Step,
        *,
        as_frame: FrameType,
        read: Read,
        register: Register,
    ) -> None:
        self._inputs = inputs
        self._step = step
        self._as_frame: FrameType = as_frame
        self._read = read
        self._register = register
        self._tables: dict[str, pa.Table] = {}
        self._outputs: list[Any] = []
        self._version: DatasetVersion | None = None

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The inputs as frames, in the order they were given."""
        return tuple(self.input(name) for name in self._inputs)

    def input(self, name: str) -> Any:
        """Return one of the inputs as a frame, by its name. Raises DataVersionError."""
        from core.frames import from_arrow  # with Arrow, which logging does not need

        return from_arrow(self._table(name), self._as_frame)

    def _table(self, name: str) -> pa.Table:
        if name not in self._inputs:
            message = f"There is no input {name!r}."
            raise DataVersionError(message, hint=f"Inputs: {', '.join(self._inputs)}.")
        if name not in self._tables:
            self._tables[name] = self._read(self._inputs[name])
        return self._tables[name]

    def output(self, frame: Any) -> None:
        """Hand over the table that came out; it is registered when the block ends well.

        Raises DataVersionError for a second one, or where SQL says what comes out.
        """
        if self._step.type == "sql":
            message = "The output of SQL is what the SQL selects."
            raise DataVersionError(message, hint="Leave `output` out, or give a function as code.")
        if self._outputs:
            message = "There is an output already."
            raise DataVersionError(message, hint="Begin another transform for another output.")
        self._outputs.append(frame)

    @property
    def version(self) -> DatasetVersion:
        """The version that came out. Raises DataVersionError until the block has ended well."""
        if self._version is None:
            message = "Nothing is registered before the block has ended."
            raise DataVersionError(message, hint="Ask after the `with` block.")
        return self._version

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            return
        step = self._step
        if step.type == "sql":
            tables = {name: self._table(name) for name in self._inputs}
            table = run_sql(step.code or "", tables, step.parameters)
            self._version = self._register(table, self._with_columns(step, table.column_names))
        elif self._outputs:
            self._version = self._register(self._outputs[0], step)
        else:
            message = "The block ended without an output."
            raise DataVersionError(message, hint="Call output(frame) in it.")

    def _with_columns(self, step: Step, outputs: Sequence[str]) -> Step:
        schemas = {name: tuple(version.schema) for name, version in self._inputs.items()}
        ids = {name: version.version_id for name, version in self._inputs.items()}
        return step.with_columns(schemas, ids, outputs)


def run_sql(
    query: str, tables: Mapping[str, pa.Table], parameters: Mapping[str, Any] | None = None
) -> pa.Table:
    """Return what a query selects from the tables, which is all it can see.

    The `parameters` are bound to ``$name``.

    Raises DataVersionError, with DuckDB's message, for what is not one SELECT that can be answered.
    """
    import duckdb  # 80 ms that only SQL needs

    from catalog.session import ask, connect

    connection = connect()
    hint = f"Write one SELECT, from {', '.join(tables)}."
    try:
        for name, table in tables.items():
            connection.register(name, table)
        for setting in _LOCKED:
            connection.execute(setting)
        kinds = [statement.type.name for statement in connection.extract_statements(query)]
        if kinds != ["SELECT"]:
            message = f"This is {' and '.join(kinds) or 'nothing'}, where one SELECT is wanted."
            raise DataVersionError(message, hint=hint, query=query)
        return ask(connection, query, parameters or None)
    except duckdb.Error as error:
        message = f"The SQL cannot be answered: {error}"
        raise DataVersionError(message, hint=hint, query=query) from error
    finally:
        connection.close()
