"""Arrow tables of every type that a dataset may have, for property tests."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import hypothesis.strategies as st
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from decimal import Decimal

_TEXT = st.text(alphabet="aäß€𝄞\x00'\"\\,\n </", max_size=6)
_FLOAT = st.floats(width=64)
_MOMENTS = st.datetimes(
    dt.datetime.fromisoformat("1700-01-01"), dt.datetime.fromisoformat("2200-01-01")
)
_SMALL = st.integers(-128, 127)


def _decimals(places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(-999, 999, places=places, allow_nan=False, allow_infinity=False)


# type, values; those without a null of their own get one now and then
TYPES: Final[list[tuple[pa.DataType, st.SearchStrategy[Any]]]] = [
    (pa.bool_(), st.booleans()),
    (pa.int8(), _SMALL),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.float64(), _FLOAT),
    (pa.float32(), st.floats(width=32)),
    (pa.float16(), st.floats(width=16)),
    (pa.string(), _TEXT),
    (pa.large_string(), _TEXT),
    (pa.string_view(), _TEXT),
    (pa.binary(), st.binary(max_size=4)),
    (pa.binary_view(), st.binary(max_size=20)),
    (pa.binary(3), st.binary(min_size=3, max_size=3)),
    (pa.date32(), st.dates(dt.date(1700, 1, 1), dt.date(2200, 1, 1))),
    (pa.date64(), st.dates(dt.date(1700, 1, 1), dt.date(2200, 1, 1))),
    (pa.timestamp("s"), _MOMENTS.map(lambda moment: moment.replace(microsecond=0))),
    (pa.timestamp("us", "Europe/Berlin"), _MOMENTS.map(lambda m: m.replace(tzinfo=dt.UTC))),
    (pa.timestamp("ns"), _MOMENTS),
    (pa.time32("s"), st.times().map(lambda time: time.replace(microsecond=0))),
    (pa.time64("us"), st.times()),
    (pa.duration("ms"), st.integers(-(2**40), 2**40)),
    (pa.decimal64(10, 2), _decimals(2)),
    (pa.decimal128(12, 3), _decimals(3)),
    (pa.decimal256(50, 1), _decimals(1)),
    (pa.null(), st.none()),
    (pa.list_(pa.int8()), st.lists(st.none() | _SMALL, max_size=3)),
    (pa.large_list(pa.string()), st.lists(st.none() | _TEXT, max_size=2)),
    (pa.list_(pa.float64(), 2), st.lists(_FLOAT, min_size=2, max_size=2)),
    (pa.struct([("a", pa.int8()), ("b", pa.string())]), st.builds(dict, a=_SMALL, b=_TEXT)),
    (
        pa.map_(pa.string(), pa.int8()),
        st.dictionaries(_TEXT, _SMALL, max_size=2).map(lambda pairs: list(pairs.items())),
    ),
    (
        pa.list_(pa.struct([("x", pa.list_(pa.bool_()))])),
        st.lists(st.builds(dict, x=st.lists(st.booleans(), max_size=2)), max_size=2),
    ),
    (pa.dictionary(pa.int8(), pa.string()), _TEXT),
    (pa.dictionary(pa.int32(), pa.string(), ordered=True), _TEXT),
    (pa.run_end_encoded(pa.int32(), pa.int64()), st.integers(0, 2)),
]


def column(kind: pa.DataType, values: list[Any]) -> pa.Array:
    """Return an array of any of the types."""
    if pa.types.is_dictionary(kind):
        spare = pa.array(
            ["a category nothing has", *dict.fromkeys(v for v in values if v is not None)]
        )
        places = {value: place for place, value in enumerate(spare.to_pylist())}
        indices = pa.array([None if v is None else places[v] for v in values], kind.index_type)
        return pa.DictionaryArray.from_arrays(indices, spare, ordered=kind.ordered)
    if pa.types.is_run_end_encoded(kind):
        return pc.run_end_encode(pa.array(values, kind.value_type))
    if pa.types.is_duration(kind):
        return pa.array(values, pa.int64()).cast(kind)
    return pa.array(values, kind)


@st.composite
def tables(draw: st.DrawFn, *, rows: int = 40, columns: int = 4) -> pa.Table:
    """Draw a table of up to so many rows, cut and sliced as Arrow tables may be."""
    number = draw(st.integers(0, rows))
    kinds = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=columns))
    found = {}
    for place, (kind, values) in enumerate(kinds):
        drawn = draw(st.lists(st.none() | values, min_size=number, max_size=number))
        found[f"c{place}"] = column(kind, drawn)
    table = pa.table(found)
    start = draw(st.integers(0, number))
    return draw(
        st.sampled_from([table, table.slice(start), pa.concat_tables([table.slice(start), table])])
    )
