"""The process that answers one question, started by catalog/console.py: `python -m ...`.

It waits for a question at its standard input, with everything it imports loaded, and writes the
answer to its standard output: a line of JSON, then Arrow streams. Then it ends.

    {"question": {...}, "tables": ["runs", ...]}    then a stream for each table
    {"more": false}                                 then a stream with the answer
    {"error": "...", "hint": "..."}                 instead
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import duckdb
from pyarrow import ipc

from catalog.errors import QueryError
from catalog.guard import Question, answer, closed_duckdb

if TYPE_CHECKING:
    from collections.abc import Mapping

# beside what DuckDB counts: the tables handed over, results under way, threads, Python itself
_BESIDE: Final = 768 * 1024**2
_NICENESS: Final = 5


def limit(question: Question) -> None:
    """Let the system hold this process to its limits."""
    memory = question.limits.memory_bytes + _BESIDE
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    seconds = int(question.limits.seconds * question.limits.threads) + 5
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def main() -> int:
    """Answer one question."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asks decides when to end it
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write that is not allowed fails instead
    os.nice(_NICENESS)
    duckdb.connect().close()  # loads what the first connection loads
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    line = source.readline()
    if not line:
        return 0  # who started us has gone
    request = json.loads(line)
    question = Question.from_dict(request["question"])
    tables = {name: ipc.open_stream(source).read_all() for name in request["tables"]}
    limit(question)
    try:
        with closed_duckdb(question, tables) as connection:
            table, more = answer(connection, question)
    except QueryError as error:
        _say(sink, {"error": error.message, "hint": error.hint})
    except MemoryError:
        _say(sink, {"error": "The answer takes more memory than there is for it.", "hint": ""})
    except Exception as error:  # noqa: BLE001 - the boundary: whoever asked is told, without values
        text = f"This cannot be answered ({type(error).__name__})."
        _say(sink, {"error": text, "hint": "Please report the query."})
    else:
        _say(sink, {"more": more})
        with ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        sink.flush()
    sys.stdout.flush()
    os._exit(0)  # nothing here needs an orderly end, which takes as long as the answer


def _say(sink: BinaryIO, document: Mapping[str, Any]) -> None:
    sink.write(json.dumps(document).encode() + b"\n")
    sink.flush()


if __name__ == "__main__":
    sys.exit(main())
