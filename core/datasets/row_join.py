"""Rows of two versions, joined in a DuckDB of their own that goes to the disk for much memory.

Values are put in so that it compares them bit by bit: numbers and times as the words they are made
of, nested ones as a number of what is in them.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.types as is_a

from core.datasets.hashing import hash_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

    Place = tuple[int, int]  # a part, and a position in it

_SETTINGS: Final = ("set memory_limit = '512MB'", "set preserve_insertion_order = false")
_WORDS: Final = {1: pa.uint8(), 2: pa.uint16(), 4: pa.uint32(), 8: pa.uint64()}
_INSERT: Final = "{verb} from piece"
_REPEATED: Final = "select 1 from rows group by side, {keys} having count(*) > 1 limit 1"
_MATCH: Final = """
create table changes as
with numbered as (select *, {nth} as nth from rows),
joined as (
  select {marks} old.part as old_part, old.place as old_place,
         new.part as new_part, new.place as new_place, 1 as copies
  from (from numbered where side = 0) old
  full join (from numbered where side = 1) new on {same} and old.nth = new.nth)
from joined where old_part is null or new_part is null or {differ}
"""
_FIRST: Final = "arg_min({part: part, place: place}, part * 4294967296 + place)"
_CANCEL: Final = """
create table changes as
with counted as (
  select sum(2 * side - 1) as surplus,
         {first} filter (side = 0) as old, {first} filter (side = 1) as new
  from rows group by {names} having surplus <> 0)
select case when surplus < 0 then old.part end as old_part,
       case when surplus < 0 then old.place end as old_place,
       case when surplus > 0 then new.part end as new_part,
       case when surplus > 0 then new.place end as new_place, abs(surplus) as copies
from counted
"""
_COUNTS: Final = """
select coalesce(sum(copies) filter (old_part is null), 0)::bigint,
       coalesce(sum(copies) filter (new_part is null), 0)::bigint,
       count(*) filter (old_part is not null and new_part is not null)
from changes
"""
_CHANGED: Final = """
select count(*) from changes where old_part is not null and new_part is not null and d_{name}
"""
_ADDED: Final = """
select new_part, new_place from changes where old_part is null order by all limit $limit
"""
_REMOVED: Final = """
select old_part, old_place from changes where new_part is null order by all limit $limit
"""
_PAIRS: Final = """
select old_part, old_place, new_part, new_place from changes
where old_part is not null and new_part is not null order by new_part, new_place limit $limit
"""


@contextmanager
def spilling() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB of little memory that goes to the disk for more."""
    from catalog.session import connect

    with tempfile.TemporaryDirectory(prefix="mhras-") as folder:
        connection = connect()
        try:
            for setting in _SETTINGS:
                connection.execute(setting)
            connection.execute("set temp_directory = $1", [folder])
            yield connection
        finally:
            connection.close()


def put_in(
    connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, pa.Array], *, new: bool
) -> None:
    """Put rows into a table, which is made of the first ones."""
    connection.register("piece", pa.table(columns))
    verb = f"create table {table} as" if new else f"insert into {table}"
    connection.execute(_INSERT.format(verb=verb))
    connection.unregister("piece")


def numbered(part: int, rows: int) -> dict[str, pa.Array]:
    """Return columns that say where each row is."""
    return {
        "part": pa.array(np.full(rows, part, dtype=np.int64)),
        "place": pa.array(np.arange(rows, dtype=np.int64)),
    }


class JoinedRows:
    """The rows of both sides: put them in, match them, and ask what differs.

    Rows are matched by the columns of the key; one that is there several times by the order of its
    rows. Without a key equal rows of both sides are counted against each other.
    """

    def __init__(self, columns: Sequence[str], key: Sequence[str]) -> None:
        self._names = {name: f"c{place}" for place, name in enumerate(columns)}
        self._keys = [self._names[name] for name in key]
        self._others = {n: c for n, c in self._names.items() if self._keys and n not in key}
        self._made = False

    def __enter__(self) -> JoinedRows:
        self._stack = ExitStack()
        self._connection = self._stack.enter_context(spilling())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def add(self, side: int, part: int, table: pa.Table) -> None:
        """Take in the rows of a part; the side is 0 for what was before, and 1."""
        columns = {
            "side": pa.array(np.full(table.num_rows, side, dtype=np.int8)),
            **numbered(part, table.num_rows),
        }
        for name, column in self._names.items():
            columns[column] = comparable(table[name].combine_chunks())
        put_in(self._connection, "rows", columns, new=not self._made)
        self._made = True

    def match(self) -> None:
        """Find out which rows of one side are those of the other."""
        if self._keys:
            keys = ", ".join(self._keys)
            repeated = self._connection.execute(_REPEATED.format(keys=keys)).fetchall()
            order = f"row_number() over (partition by side, {keys} order by part, place)"
            others = self._others.values()
            query = _MATCH.format(
                nth=order if repeated else "1",
                marks="".join(f"old.{c} is distinct from new.{c} as d_{c}, " for c in others),
                same=" and ".join(f"old.{c} is not distinct from new.{c}" for c in self._keys),
                differ=" or ".join(f"d_{c}" for c in others) or "false",
            )
        else:
            names = ", ".join(self._names.values()) or "true"
            query = _CANCEL.format(first=_FIRST, names=names)
        self._connection.execute(query)

    def counts(self) -> tuple[int, int, int]:
        """Return how many rows were added, removed and changed."""
        added, removed, changed = self._connection.execute(_COUNTS).fetchall()[0]
        return added, removed, changed

    def changed_values(self) -> dict[str, int]:
        """Return for each column in how many rows its value changed."""
        found = {}
        for name, column in self._others.items():
            found[name] = self._connection.execute(_CHANGED.format(name=column)).fetchall()[0][0]
        return found

    def single(self, limit: int) -> tuple[list[Place], list[Place]]:
        """Return where the first rows are that were added, and those that were removed."""
        asked = {"limit": limit}
        added = self._connection.execute(_ADDED, asked).fetchall()
        return added, self._connection.execute(_REMOVED, asked).fetchall()

    def pairs(self, limit: int) -> list[tuple[Place, Place]]:
        """Return where the first rows are that changed, before and after."""
        rows = self._connection.execute(_PAIRS, {"limit": limit}).fetchall()
        return [((row[0], row[1]), (row[2], row[3])) for row in rows]


def comparable(array: pa.Array) -> pa.Array:
    """Return a stored column as values of which equal ones are equal in every bit.

    >>> comparable(pa.array([-0.0, 0.0])).to_pylist()
    [9223372036854775808, 0]
    """
    kind = array.type
    if is_a.is_nested(kind):
        return pa.array(hash_rows([array]))
    if is_a.is_boolean(kind) or is_a.is_large_string(kind) or is_a.is_large_binary(kind):
        return array
    width = kind.byte_width
    words = _WORDS.get(width) or pa.binary(width)
    valid, values = array.buffers()
    return pa.Array.from_buffers(words, len(array), [valid, values], offset=array.offset)
