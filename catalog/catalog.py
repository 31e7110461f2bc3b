"""The catalog: SQL over a snapshot of the lake. It never writes the lake."""

from __future__ import annotations

import os
import threading
import weakref
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from catalog.cards import card_views
from catalog.comments import comment_views
from catalog.dataset_views import DATASETS, versions_in, view_of_version
from catalog.eda_search import LATEST_EDA_REPORTS
from catalog.errors import QueryError
from catalog.job_rows import LATEST_JOBS
from catalog.kept import kept_views
from catalog.model_views import JUDGED_VIEWS, model_views
from catalog.tables import SPECS
from catalog.view_names import VIEWS, prefixed_views
from catalog.views import (
    DATA_LINEAGE,
    LATEST_ARTIFACTS,
    LATEST_DATASET_CONTRACTS,
    LATEST_DATASET_TAGS,
    LATEST_DATASET_VERSIONS,
    LATEST_DRIFT_REPORTS,
    LATEST_EXPERIMENTS,
    MERGE_SUMMARIES,
)
from lake.checked import REPAIR
from lake.errors import DamagedError, LakeError, MhrasError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import duckdb
    import pyarrow as pa

    from catalog.filters import Name
    from catalog.mirror import Mirror
    from catalog.rows import RunRows
    from lake.lake import Lake

RECOVER_SECONDS: Final = 30.0
_RUNS: Final = (
    "run_id, experiment_id, experiment_name, run_name, status, start_time, end_time, duration,"
    " params, tags, metrics, git_commit, code_version, parent_run_id, environment, inputs,"
    " error, note, actor, heartbeat_at"
)
_VIEWS: Final = (
    f"create view all_runs as select {_RUNS}, deleted from run_rows",
    f"create view runs as select {_RUNS} from run_rows where not deleted",
    "create view experiments as " + LATEST_EXPERIMENTS.format(events="events_experiments"),
    "create view artifacts as " + LATEST_ARTIFACTS.format(events="events_artifacts"),
    "create view dataset_versions as "
    + LATEST_DATASET_VERSIONS.format(events="events_dataset_versions"),
    "create view dataset_tags as " + LATEST_DATASET_TAGS.format(events="events_dataset_tags"),
    "create view drift_reports as " + LATEST_DRIFT_REPORTS.format(events="events_drift_reports"),
    "create view eda_reports as " + LATEST_EDA_REPORTS.format(events="events_eda_reports"),
    "create view data_lineage as "
    + DATA_LINEAGE.format(events="events_data_lineage", versions="events_dataset_versions"),
    "create view dataset_contracts as "
    + LATEST_DATASET_CONTRACTS.format(events="events_dataset_contracts"),
    "create view jobs as " + LATEST_JOBS.format(events="events_jobs"),
    "create view metric_summary as " + MERGE_SUMMARIES.format(parts="summary_parts"),
    *(
        f"create view {name} as {query}"
        for views in (model_views, card_views, comment_views, kept_views)
        for name, query in views(lambda table: f"events_{table}").items()
    ),
)
_LAST_VIEWS: Final = tuple(f"create view {name} as {JUDGED_VIEWS[name]}" for name in JUDGED_VIEWS)
# read_parquet takes no subquery: the list of files reaches the view as a variable of the cursor
_SET_FILES: Final = "set variable {table}_files = $1"


class Catalog:
    """Ask a lake questions. Threads may share one: every query has a cursor of its own.

    Opening costs nothing; the first question imports DuckDB and reads what the lake holds, the
    later ones only what is new since. With a ``view_prefix`` such as "exp_" the views are also
    there as exp_runs and so on; InvalidNameError is raised for one that cannot be.

    >>> import tempfile
    >>> from lake.lake import Lake
    >>> with tempfile.TemporaryDirectory() as folder, Lake.open(folder + "/lake") as lake:
    ...     Catalog(lake).sql("select count(*) as runs from runs").to_pylist()
    [{'runs': 0}]
    """

    def __init__(self, lake: Lake, *, view_prefix: str = "") -> None:
        self.views = prefixed_views(view_prefix)
        lake.define(*SPECS.values())
        self.lake = lake
        self._lock = threading.RLock()
        self._held: _Held | None = None
        self._dataset_query: Callable[[str], str] | None = None
        self._recovered_at = -RECOVER_SECONDS
        self._version = 0
        _CATALOGS.add(self)

    @property
    def version(self) -> int:
        """A number that grows whenever a refresh found something new in the lake."""
        return self._version

    def show_datasets(self, query: Callable[[str], str]) -> None:
        """Let queries name versions of datasets, as in ``from datasets."phq9@v3"``.

        `query` returns what selects the rows of ``phq9@v3``. It is asked when a query names one.
        """
        self._dataset_query = query

    def query_of_version(self, name: str) -> str:
        """Return what selects the rows of ``phq9@v3``. Raises DatasetNotFoundError."""
        if self._dataset_query is None:
            raise QueryError("This catalog knows no versions of datasets.", version=name)
        return self._dataset_query(name)

    def refresh(self) -> int:
        """Take in what is new in the lake; the version that is visible now.

        Raises DamagedError when a file of the lake cannot be read.
        """
        with self._lock:
            self._recover()
            try:
                changed = self._look()
            except (_FileError, NotFoundError):
                # a compaction may have replaced files since they were listed
                try:
                    changed = self._look()
                except _FileError as error:
                    raise self._damaged(error) from error
                except NotFoundError as error:
                    message = f"A file of the lake is missing: {error.message}"
                    raise DamagedError(message, hint=REPAIR, **error.facts) from error
            self._version += changed
            return self._version

    def _look(self) -> bool:
        """Take in what is new in the lake; tell whether anything was."""
        import duckdb  # as in catalog.session

        held = self._hold()
        try:
            if (news := held.mirror.look()) is None:
                return False
            held.connection.begin()
            change = held.mirror.take(news)
            held.rows.update(change.runs, change.logged)
            self._show_files(held)
            held.connection.commit()
        except BaseException as error:
            self._forget()  # what is held may be half of something: read it again next time
            if isinstance(error, duckdb.Error):
                raise held.mirror.take_refusal() or _FileError(str(error)) from error
            raise
        return change.anything

    def _show_files(self, held: _Held) -> None:
        """Let views of tables read files once there are some, and no longer when none are."""
        for table, files in held.mirror.files.items():
            if (table in held.with_files) != bool(files):
                held.with_files ^= {table}
                _set_files(held.connection, table, files)
                held.connection.execute(_view_of_files(table, stored=bool(files)))

    def _hold(self) -> _Held:
        if self._held is None:
            # with DuckDB and pyarrow, not needed to log
            from catalog.mirror import IN_FILES, Mirror
            from catalog.rows import RunRows
            from catalog.session import connect

            connection = connect()
            mirror, rows = Mirror(self.lake, connection), RunRows(connection)
            of_files = [_view_of_files(table, stored=False) for table in IN_FILES]
            for view in (*_VIEWS, *of_files, *_LAST_VIEWS):
                connection.execute(view)
            for name, view in self.views.items():
                connection.execute(f"create view {name} as from {view}")
            connection.execute(f"create schema {DATASETS}")
            self._held = _Held(connection, mirror, rows)
        return self._held

    def _forget(self) -> None:
        if self._held is not None:
            self._held.connection.close()
            self._held = None

    def _begin_anew(self) -> None:
        """In a forked child: leave what is held, and who was asking, to the parent."""
        self._lock = threading.RLock()
        self._held = None

    def _recover(self) -> None:
        """Now and then, make segments of what dead writers left in their journals."""
        if monotonic() - self._recovered_at >= RECOVER_SECONDS:
            self._recovered_at = monotonic()
            try:
                self.lake.recover()
                self.lake.tend()
            except LakeError as error:  # the rows are read from the journals as well
                import logging  # 5 ms of every program's start, and wanted once in a while

                text = "journals of dead writers stay as they are: %s"
                logging.getLogger(__name__).warning(text, error)

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A DuckDB cursor on one snapshot of the lake, for one thread, until the block ends.

        Raises DamagedError when a file of the lake cannot be read, and QueryError.
        """
        with self._typed_errors(), self._cursor() as cursor:
            yield cursor

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._lock:
            self.refresh()
            cursor = self._snapshot()
        try:
            yield cursor
        finally:
            cursor.close()

    @contextmanager
    def _typed_errors(self) -> Iterator[None]:
        """Raise what DuckDB says about a query of our own: nothing but a file can be wrong."""
        import duckdb  # as in catalog.session

        try:
            yield
        except (
            duckdb.IOException,
            duckdb.InvalidInputException,
            duckdb.InternalException,
        ) as error:
            raise self._refusal() or self._damaged(error) from error
        except duckdb.Error as error:
            raise QueryError(str(error)) from error

    def _damaged(self, error: Exception) -> DamagedError:
        message = f"A file of the lake at {self.lake.url} cannot be read: {error}"
        return DamagedError(message, hint=REPAIR)

    def _snapshot(self) -> duckdb.DuckDBPyConnection:
        """A cursor whose transaction has begun: a later refresh does not change what it sees."""
        held = self._hold()
        cursor = held.connection.cursor()
        cursor.begin()
        cursor.execute("from live_metrics limit 0")
        for table, files in held.mirror.files.items():
            _set_files(cursor, table, files)
        return cursor

    @contextmanager
    def search_cursor(
        self, names: frozenset[Name]
    ) -> Iterator[tuple[duckdb.DuckDBPyConnection, Callable[[Name], str]]]:
        """A cursor, and the columns of `run_rows` that hold these names."""
        with self._lock:
            self.refresh()
            columns = {name: self._hold().rows.column(name) for name in names}
            cursor = self._snapshot()
        try:
            with self._typed_errors():
                yield cursor, columns.__getitem__
        finally:
            cursor.close()

    def sql(self, query: str, params: Sequence[Any] | Mapping[str, Any] | None = None) -> pa.Table:
        """Run one query over the views; values are bound to ``$name`` or ``?``.

        Returns an Arrow table. Raises QueryError with DuckDB's message when it refuses.
        """
        import duckdb  # as in catalog.session

        from catalog.session import ask

        hint = f"Views: {', '.join((*VIEWS, *self.views))}."
        missing: MhrasError | None = None
        try:
            missing = self._make_dataset_views(query)
            with self._cursor() as cursor:
                # not duckdb.extract_statements, which starts a DuckDB of its own
                kinds = [statement.type.name for statement in cursor.extract_statements(query)]
                if kinds != ["SELECT"]:
                    found = " and ".join(kinds) or "nothing"
                    message = f"This is {found}: one SELECT is asked here, which changes nothing."
                    raise QueryError(message, hint=hint, query=query)
                try:
                    return ask(cursor, query, params)
                except duckdb.IOException:
                    if not self._lost_files():
                        raise
            with self._cursor() as cursor:
                return ask(cursor, query, params)
        except duckdb.CatalogException as error:
            raise (missing or QueryError(str(error), hint=hint, query=query)) from error
        except duckdb.Error as error:
            refused = self._refusal() or QueryError(str(error), hint=hint, query=query)
            raise refused from error

    def _make_dataset_views(self, query: str) -> MhrasError | None:
        """Make views of the versions a query names; why there is none for one of the names."""
        missing: MhrasError | None = None
        query_of = self._dataset_query
        if query_of is None:
            return None
        for name in versions_in(query):
            try:
                made = query_of(name)
            except KeyError as error:  # nobody has to mean a version: it may be in a text
                if not isinstance(error, MhrasError):
                    raise
                missing = error
                continue
            with self._lock:
                held = self._hold()
                if held.dataset_views.get(name) != made:
                    held.connection.execute(view_of_version(name, made))
                    held.dataset_views[name] = made
        return missing

    def _refusal(self) -> LakeError | None:
        with self._lock:
            return None if self._held is None else self._held.mirror.take_refusal()

    def _lost_files(self) -> bool:
        """Tell whether files went that a query may read; the next refresh finds them again.

        Copies of a bucket's files may be deleted at any time, merged files after ten minutes.
        """
        with self._lock:
            return self._held is None or self._held.mirror.lost_files()


@dataclass(slots=True)
class _Held:
    """What a catalog holds once it was asked something."""

    connection: duckdb.DuckDBPyConnection
    mirror: Mirror
    rows: RunRows
    with_files: set[str] = field(default_factory=set)
    dataset_views: dict[str, str] = field(default_factory=dict)


class _FileError(Exception):
    """DuckDB could not read one of the files it was given."""


def _view_of_files(table: str, *, stored: bool) -> str:
    columns = ", ".join(SPECS[table].columns)
    files = f"from read_parquet(getvariable('{table}_files'), union_by_name=true)"
    # by name: files of an older version of this program lack the newer columns
    rows = f"({files} union all by name from live_{table})" if stored else f"live_{table}"
    return f"create or replace view {table} as select {columns} from {rows}"


def _set_files(cursor: duckdb.DuckDBPyConnection, table: str, files: Mapping[str, str]) -> None:
    cursor.execute(_SET_FILES.format(table=table), [list(files.values())])


_CATALOGS: weakref.WeakSet[Catalog] = weakref.WeakSet()


_kept: dict[int, list[_Held]] = {}


def _keep() -> None:
    """Before a fork: hold on to every DuckDB, also those that are garbage already.

    Their threads are not in the child: asking one there would wait for ever, and destroying it
    crashes, which a garbage collection may do before any other code of the child runs.
    """
    held = [catalog._held for catalog in list(_CATALOGS) if catalog._held is not None]
    _kept[threading.get_ident()] = held


def _let_go() -> None:
    _kept.pop(threading.get_ident(), None)


def _leave_to_parent() -> None:
    for catalog in list(_CATALOGS):
        catalog._begin_anew()
    for held in _kept.pop(threading.get_ident(), []):
        import ctypes  # 10 ms that only the child of a process with questions needs

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(held))  # it is never destroyed


os.register_at_fork(before=_keep, after_in_parent=_let_go, after_in_child=_leave_to_parent)
