"""Check the stored rows of a version against a contract: chunk after chunk, one in memory."""

from __future__ import annotations

from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_a

from core.datasets.expectations import Violation, whole
from core.datasets.reader import VersionReader
from core.datasets.row_join import comparable, numbered, put_in, spilling
from core.profile.measured import is_number
from core.storable import stored_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import duckdb

    from core.datasets.expectations import Bound, ColumnRule, Contract
    from core.datasets.layout import Layout
    from lake.objects import Objects

    Test = Callable[[pa.Array], pa.Array]

_FAMILIES: Final[dict[str, Callable[[pa.DataType], bool]]] = {
    "integer": is_a.is_integer,
    "number": is_number,
    "text": is_a.is_large_string,
    "boolean": is_a.is_boolean,
    "date": is_a.is_date,
    "timestamp": is_a.is_timestamp,
}
_REPEATED: Final = """
select coalesce(sum(n - 1), 0)::bigint
from (select count(*) as n from {table} where {present} group by {columns} having n > 1)
"""
_SECOND: Final = """
select part, place from {table} where {present}
qualify row_number() over (partition by {columns} order by part, place) = 2
order by part, place limit $limit
"""


@dataclass(slots=True)
class _Rule:
    """A test of the values of one column, and the rows that did not pass."""

    name: str
    column: str
    text: str
    fails: Test
    most: float | None = None  # the share of rows that may fail
    count: int = 0
    places: list[tuple[int, int]] = field(default_factory=list)


def check(
    objects: Objects, layout: Layout, contract: Contract, *, key: tuple[str, ...], examples: int = 5
) -> tuple[Violation, ...]:
    """Return every violation, those of columns as a whole first."""
    found = [*_of_schema(layout, contract)]
    rules: list[_Rule] = []
    for name, rule in contract.columns.items():
        if name in layout.schema.names:
            kind = stored_type(layout.schema.field(name).type)
            for made in _rules(name, rule, kind):
                if isinstance(made, str):
                    found.append(_of_column("type", name, layout, made))
                else:
                    rules.append(made)
    names = layout.schema.names
    single = [(name,) for name, rule in contract.columns.items() if rule.unique]
    keys = [k for k in dict.fromkeys([*single, *contract.unique]) if set(k) <= set(names)]
    checked = _Checked(objects, layout, key, examples)
    return (*found, *checked.values(rules), *checked.unique(keys))


def _of_schema(layout: Layout, contract: Contract) -> Iterator[Violation]:
    if layout.rows < contract.minimum_rows:
        text = f"{layout.rows} rows, fewer than {contract.minimum_rows}"
        yield Violation(rule="minimum_rows", columns=(), count=layout.rows, message=text)
    names = layout.schema.names
    for name, rule in contract.columns.items():
        if name not in names:
            if rule.required:
                yield _of_column("required", name, layout, f"there is no column {name}")
            continue
        kind = layout.schema.field(name).type
        if rule.type is not None and not _is_of(kind, rule.type):
            yield _of_column("type", name, layout, f"{name} is {kind}, not {rule.type}")
    in_keys = dict.fromkeys(name for key in contract.unique for name in key)
    for name in [n for n in in_keys if n not in names and n not in contract.columns]:
        yield _of_column("required", name, layout, f"there is no column {name}")
    for name in () if contract.other_columns else names:
        if name not in contract.columns:
            yield _of_column("other_columns", name, layout, f"{name} is not expected")


def _of_column(rule: str, name: str, layout: Layout, text: str) -> Violation:
    return Violation(rule=rule, columns=(name,), count=layout.rows, message=text)


def _is_of(kind: pa.DataType, wanted: str) -> bool:
    family = _FAMILIES.get(wanted)
    return str(kind) == wanted or (family is not None and bool(family(stored_type(kind))))


def _rules(name: str, rule: ColumnRule, kind: pa.DataType) -> Iterator[_Rule | str]:
    """Make the tests of a column; a text says why one cannot be asked of it."""
    if rule.max_missing is not None:
        text = f"{name} is missing in {{}}, more than {rule.max_missing:.1%} of the rows"
        yield _Rule("max_missing", name, text, _missing, rule.max_missing)
    for limit, bound, compare in (
        ("minimum", rule.minimum, pc.less),
        ("maximum", rule.maximum, pc.greater),
    ):
        if bound is not None:
            way = "less" if limit == "minimum" else "more"
            text = f"{name} is {way} than {bound} in {{}}"
            scalar = _bound(bound, kind)
            if scalar is None:
                yield f"{name} is {kind}, which {limit} {bound} cannot be asked of"
            else:
                yield _Rule(limit, name, text, _beyond(compare, scalar))
    if rule.allowed is not None:
        allowed = _values(rule.allowed, kind)
        if allowed is None:
            yield f"{name} is {kind}, which has none of the allowed values"
        else:
            text = f"{name} has a value that is not allowed in {{}}"
            yield _Rule("allowed", name, text, _not_in(allowed))
    if rule.pattern is not None:
        if is_a.is_large_string(kind):
            text = f"{name} is not like {rule.pattern} in {{}}"
            yield _Rule("pattern", name, text, _unlike(rule.pattern))
        else:
            yield f"{name} is {kind}, which a pattern cannot be asked of"


def _missing(array: pa.Array) -> pa.Array:
    return array.is_null(nan_is_null=is_a.is_floating(array.type))


def _beyond(compare: Callable[[pa.Array, pa.Scalar], pa.Array], bound: pa.Scalar) -> Test:
    def fails(array: pa.Array) -> pa.Array:
        same = array if array.type == bound.type else array.cast(bound.type, safe=False)
        return compare(same, bound)

    return fails


def _not_in(allowed: pa.Array) -> Test:
    def fails(array: pa.Array) -> pa.Array:
        return pc.and_(pc.invert(_missing(array)), pc.invert(pc.is_in(array, value_set=allowed)))

    return fails


def _unlike(pattern: str) -> Test:
    def fails(array: pa.Array) -> pa.Array:
        return pc.invert(pc.match_substring_regex(array, whole(pattern)))

    return fails


def _bound(bound: Bound, kind: pa.DataType) -> pa.Scalar | None:
    """Return a bound to compare with values of a type; None where that makes no sense."""
    try:
        if is_a.is_date(kind) or is_a.is_timestamp(kind):
            return pa.scalar(_moment(bound, kind), kind)
        if is_a.is_integer(kind) and isinstance(bound, int) and _fits(bound, kind):
            return pa.scalar(bound, kind)
        if is_number(kind) and isinstance(bound, int | float):
            return pa.scalar(float(bound))
    except (ValueError, TypeError, OverflowError, pa.ArrowException):
        return None
    return None


def _fits(number: int, kind: pa.DataType) -> bool:
    bits: int = kind.bit_width
    least = -(2 ** (bits - 1)) if is_a.is_signed_integer(kind) else 0
    return bool(least <= number < least + 2**bits)


def _moment(value: Bound, kind: pa.DataType) -> date | datetime:
    moment = datetime.fromisoformat(value.isoformat() if isinstance(value, date) else str(value))
    if is_a.is_date(kind):
        return moment.date()
    if kind.tz is not None:
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def _values(allowed: tuple[Any, ...], kind: pa.DataType) -> pa.Array | None:
    try:
        if is_a.is_date(kind) or is_a.is_timestamp(kind):
            return pa.array([_moment(value, kind) for value in allowed], kind)
        return pa.array(list(allowed), kind)
    except (ValueError, TypeError, OverflowError, pa.ArrowException):
        return None


class _Checked:
    """Reads the columns that rules are about, and describes the rows that break them."""

    def __init__(
        self, objects: Objects, layout: Layout, key: tuple[str, ...], examples: int
    ) -> None:
        self._objects = objects
        self._layout = layout
        self._key = key
        self._examples = examples
        rows = [part.rows for part in layout.parts]
        self._starts = [sum(rows[:place]) for place in range(len(rows))]

    def values(self, rules: list[_Rule]) -> Iterator[Violation]:
        """Test values, row by row."""
        if rules:
            reader = self._reader(rule.column for rule in rules)
            for part in range(len(self._layout.parts)):
                table = reader.stored(part)
                for rule in rules:
                    failed = pc.fill_null(rule.fails(table[rule.column].combine_chunks()), False)
                    places = np.flatnonzero(np.asarray(failed))
                    rule.count += len(places)
                    wanted = places[: self._examples - len(rule.places)].tolist()
                    rule.places += [(part, place) for place in wanted]
        for rule in rules:
            if rule.count > (rule.most or 0.0) * self._layout.rows:
                rows = f"{rule.count} of {self._layout.rows} rows"
                yield Violation(
                    rule=rule.name,
                    columns=(rule.column,),
                    count=rule.count,
                    message=rule.text.replace("{}", rows),
                    examples=self._rows(rule.places, (rule.column,)),
                )

    def unique(self, keys: list[tuple[str, ...]]) -> Iterator[Violation]:
        """Find rows that are there twice by some columns."""
        with ExitStack() as stack:
            connection = stack.enter_context(spilling()) if keys else None
            for number, key in enumerate(keys):
                if connection is not None:
                    count, places = self._doubles(connection, f"keys_{number}", key)
                    if count:
                        text = f"{', '.join(key)}: {count} rows double an earlier one"
                        examples = self._rows(places, key)
                        yield Violation(
                            rule="unique", columns=key, count=count, message=text, examples=examples
                        )

    def _doubles(
        self, connection: duckdb.DuckDBPyConnection, table: str, key: tuple[str, ...]
    ) -> tuple[int, list[tuple[int, int]]]:
        kinds = [stored_type(self._layout.schema.field(name).type) for name in key]
        if not self._layout.parts or any(map(is_a.is_null, kinds)):
            return 0, []
        reader = self._reader(key)
        for part in range(len(self._layout.parts)):
            stored = reader.stored(part)
            arrays = [stored[name].combine_chunks() for name in key]
            present = [pc.if_else(_missing(a), None, comparable(a)) for a in arrays]
            columns = numbered(part, stored.num_rows)
            columns |= {f"c{place}": array for place, array in enumerate(present)}
            put_in(connection, table, columns, new=part == 0)
        names = [f"c{place}" for place in range(len(key))]
        said = {
            "table": table,
            "columns": ", ".join(names),
            "present": " and ".join(f"{name} is not null" for name in names),
        }
        (count,) = connection.execute(_REPEATED.format(**said)).fetchall()[0]
        limit = {"limit": self._examples}
        return count, connection.execute(_SECOND.format(**said), limit).fetchall()

    def _reader(self, names: Any) -> VersionReader:
        return VersionReader(self._objects, self._layout, list(dict.fromkeys(names)))

    def _rows(
        self, places: list[tuple[int, int]], columns: tuple[str, ...]
    ) -> tuple[Mapping[str, Any], ...]:
        reader = self._reader([*self._key, *columns])
        by_part = defaultdict(list)
        for part, place in places:
            by_part[part].append(place)
        found: list[dict[str, Any]] = []
        for part, wanted in by_part.items():
            rows = reader.restore(reader.stored(part).take(wanted)).to_pylist()
            numbers = [self._starts[part] + place for place in wanted]
            found += [{"row": n, **row} for n, row in zip(numbers, rows, strict=True)]
        return tuple(found)
