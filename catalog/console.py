"""Questions of anybody to a lake, each answered by a closed process of its own.

    console.ask("select ...") ──> Asked: runs, can be cancelled, has an answer or an error

What a question may read comes from one snapshot: views that are held in memory are handed over as
Arrow tables, when the question names them; points of metrics and versions of datasets are read from
the lake's files by the process itself, which may open exactly these. A process waits ready, so that
a question does not wait for one.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from catalog.dataset_views import DATASETS, versions_in, view_of_version
from catalog.errors import QueryError
from catalog.guard import Limits, Question, quoted
from catalog.tables import SPECS
from catalog.view_names import VIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from catalog.catalog import Catalog

LONGEST: Final = 100_000
_MODULE: Final = "catalog.guard_process"
_ROOT: Final = Path(__file__).resolve().parents[1]
_WORD: Final = re.compile(r"\w+")
# who asks what there is gets all of it
_ASKS_WHAT_THERE_IS: Final = frozenset(
    {"show", "information_schema", "duckdb_tables", "duckdb_views", "duckdb_columns", "query"}
)
# a name in double quotes, or a text: only texts are paths in the queries that we make ourselves
_TEXTS: Final = re.compile(r"\"(?:[^\"]|\"\")*\"|'((?:[^']|'')*)'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The first rows, whether there are more than the limit let through, and how long it took."""

    table: pa.Table
    more: bool
    seconds: float


class Asked:
    """A question that was asked: it may be under way, answered, refused or cancelled."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.asked_at = monotonic()
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._cancelled = self._late = False
        self._answer: Answer | None = None
        self._error: Exception | None = None

    @property
    def done(self) -> bool:
        """Whether there is an answer, or a reason why there is none."""
        return self._done.is_set()

    @property
    def seconds(self) -> float:
        """How long it has been under way."""
        return monotonic() - self.asked_at

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is done, or for so many seconds; tell whether it is."""
        return self._done.wait(seconds)

    def answer(self) -> Answer:
        """Return the answer when there is one. Raises QueryError, and what reading the lake did."""
        self._done.wait()
        if self._error is not None:
            raise self._error
        assert self._answer is not None  # noqa: S101 - one of the two is set before `done` is
        return self._answer

    def cancel(self) -> None:
        """End it at once; nothing happens when it is done."""
        with self._lock:
            self._cancelled = True
            self._kill()

    def _run_out(self) -> None:
        with self._lock:
            self._late = True
            self._kill()

    def _kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    def _be_answered_by(self, process: subprocess.Popen[bytes], tables: dict[str, bytes]) -> None:
        with self._lock:
            self._process = process
            if self._cancelled:
                self._kill()
        clock = threading.Timer(self.question.limits.seconds, self._run_out)
        clock.daemon = True
        clock.start()
        try:
            self._answer = _talk(process, self.question, tables, self.asked_at)
        except (OSError, EOFError, ValueError):
            self._error = self._why_it_died()
        except QueryError as error:
            self._error = error
        finally:
            clock.cancel()
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    _close(pipe)

    def _why_it_died(self) -> QueryError:
        limits = self.question.limits
        if self._cancelled:
            return QueryError("The query was cancelled.", cancelled=True)
        if self._late:
            message = f"The query took longer than {limits.seconds:g} seconds and was ended."
            hint = "Ask for less: a filter, fewer groups, or an aggregate."
            return QueryError(message, hint=hint, query=self.question.sql)
        message = f"The query needed more memory than {limits.memory_bytes / 1024**2:,.0f} MB."
        return QueryError(message, hint="Ask for less at once.", query=self.question.sql)


class Console:
    """Asks a catalog in closed processes. Threads may share one.

    >>> import tempfile
    >>> from core import Workbench
    >>> with tempfile.TemporaryDirectory() as folder, Workbench(folder + "/lake") as wb:
    ...     wb.console.ask("select count(*) as runs from runs").answer().table.to_pylist()
    [{'runs': 0}]
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lock = threading.Lock()
        self._ready: subprocess.Popen[bytes] | None = None
        self._held: dict[str, tuple[int, bytes]] = {}

    def ask(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        explain: bool = False,
        limits: Limits | None = None,
    ) -> Asked:
        """Ask in SQL and return at once. With `explain` the answer is the plan, measured.

        More than LONGEST letters are refused, by the answer as all that is.
        """
        question = Question(
            sql=sql.strip().rstrip(";").rstrip(),
            parameters=dict(parameters or {}),
            explain=explain,
            limits=limits or Limits(),
        )
        asked = Asked(question)
        threading.Thread(target=self._answer, args=(asked,), name="console", daemon=True).start()
        return asked

    def close(self) -> None:
        """Let go of the process that waits."""
        with self._lock:
            process, self._ready = self._ready, None
        if process is not None:
            process.kill()
            process.communicate()

    def prepare(self) -> None:
        """Have a process ready for the next question."""
        with self._lock:
            if self._ready is None:
                self._ready = _start()

    def _answer(self, asked: Asked) -> None:
        try:
            if len(asked.question.sql) > LONGEST:
                message = f"The query has {len(asked.question.sql):,} letters."
                raise QueryError(message, hint=f"At most {LONGEST:,} can be asked.")  # noqa: TRY301
            asked.question, tables = self._with_sources(asked.question)
            with self._lock:
                process, self._ready = self._ready, None
            asked._be_answered_by(process or _start(), tables)
        except Exception as error:  # noqa: BLE001 - whoever waits for the answer gets it
            asked._error = error
        finally:
            asked._done.set()

    def _with_sources(self, question: Question) -> tuple[Question, dict[str, bytes]]:
        """Add what the question names, all of it from one snapshot."""
        from catalog.mirror import IN_FILES  # with Arrow, which only questions need

        words = {word.lower() for word in _WORD.findall(question.sql)}
        every = bool(words & _ASKS_WHAT_THERE_IS)
        named = [view for view in (*VIEWS, *self._catalog.views) if every or view.lower() in words]
        statements = [f"create schema {DATASETS}"]
        files: list[str] = []
        for name in versions_in(question.sql):
            query = self._catalog.query_of_version(name)
            statements.append(view_of_version(name, query))
            files += _texts(query)
        tables: dict[str, bytes] = {}
        with self._catalog.cursor() as cursor:
            version = self._catalog.version
            for name in named:
                view = self._catalog.views.get(name, name)
                if view not in IN_FILES:
                    tables[name] = self._table(cursor, view, version)
                    continue
                (paths,) = cursor.execute(f"select getvariable('{view}_files')").fetchall()[0]
                files += paths or []
                tables[f"live_{view}"] = self._table(cursor, f"live_{view}", version)
                statements.append(_view_of_files(name, view, paths or []))
        found = {**question.to_dict(), "files": tuple(files), "views": tuple(statements)}
        return Question.from_dict(found), tables

    def _table(self, cursor: Any, name: str, version: int) -> bytes:
        import pyarrow as pa
        from pyarrow import ipc  # with Arrow, which only questions need

        kept = self._held.get(name)
        if kept is not None and kept[0] == version:
            return kept[1]
        table = cursor.sql(f"from {name}").to_arrow_table()
        sink = pa.BufferOutputStream()
        with ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        data: bytes = sink.getvalue().to_pybytes()
        self._held[name] = (version, data)
        return data


def _view_of_files(name: str, table: str, paths: list[str]) -> str:
    columns = ", ".join(SPECS[table].columns)
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    files = f"from read_parquet([{listed}], union_by_name = true)"
    rows = f"({files} union all by name from live_{table})" if paths else f"live_{table}"
    return f"create view {quoted(name)} as select {columns} from {rows}"


def _texts(query: str) -> list[str]:
    """Return the texts in a query of ours, which are the files it reads.

    >>> _texts("select \\"it's\\" from read_parquet(['/a/b', '/c''d'])")
    ['/a/b', "/c'd"]
    """
    found = [match.group(1) for match in _TEXTS.finditer(query)]
    return [text.replace("''", "'") for text in found if text is not None]


def _start() -> subprocess.Popen[bytes]:
    # of the environment only what Python needs to find itself: no key of any bucket
    kept = ("PATH", "PYTHONPATH", "LANG", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    return subprocess.Popen(  # noqa: S603 - our own module, no shell
        [sys.executable, "-m", _MODULE],
        cwd=_ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _talk(
    process: subprocess.Popen[bytes],
    question: Question,
    tables: Mapping[str, bytes],
    asked_at: float,
) -> Answer:
    from pyarrow import ipc  # as above

    assert process.stdin is not None  # noqa: S101 - both are pipes
    assert process.stdout is not None  # noqa: S101
    request = {"question": question.to_dict(), "tables": list(tables)}
    process.stdin.write(json.dumps(request).encode() + b"\n")
    for data in tables.values():
        process.stdin.write(data)
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise EOFError
    said = json.loads(line)
    if "error" in said:
        raise QueryError(said["error"], hint=said["hint"], query=question.sql)
    table = ipc.open_stream(process.stdout).read_all()
    return Answer(table=table, more=said["more"], seconds=monotonic() - asked_at)


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except OSError:
        return  # the other end is gone, with what was not read
