from __future__ import annotations

import math
import struct
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings, strategies as st

from lake.errors import DamagedError, NotFoundError, SchemaError
from lake.segment import decode, encode, fit, footer, from_rows, widened
from lake.spec import TableSpec
from tests.lake.tables import EVERYTHING, METRICS, points

if TYPE_CHECKING:
    from pathlib import Path

text = st.text(st.characters(codec="utf-8"), max_size=20)
first, last = datetime(1700, 1, 1), datetime(2260, 1, 1)  # noqa: DTZ001 - naive is UTC here
times = st.datetimes(first, last).map(lambda moment: moment.replace(fold=0))
rows_of_everything = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "text": text | st.none(),
            "number": st.floats() | st.none(),
            "whole": st.integers(-(2**63), 2**63 - 1) | st.none(),
            "flag": st.booleans() | st.none(),
            "seen_at": times | st.none(),
            "tags": st.dictionaries(text, text | st.none(), max_size=3) | st.none(),
            "scores": st.dictionaries(text, st.floats() | st.none(), max_size=3) | st.none(),
        },
    ),
    max_size=8,
)


def _comparable(value: Any) -> Any:
    """Tell -0.0 from 0.0, and take any NaN as the same."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else struct.pack("d", value)
    if isinstance(value, dict):
        return {key: _comparable(inner) for key, inner in value.items()}
    return value


def _rows(table: pa.Table) -> list[Any]:
    return [_comparable(row) for row in table.to_pylist(maps_as_pydicts="strict")]


@settings(max_examples=60)
@given(rows=rows_of_everything)
def test_rows_come_back_as_they_went_in(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "property.parquet"
    table = from_rows(rows, EVERYTHING)
    complete = [_comparable(dict.fromkeys(EVERYTHING.columns) | row) for row in rows]
    assert _rows(table) == complete
    path.write_bytes(encode(table, EVERYTHING))
    assert _rows(decode(path, EVERYTHING)) == complete
    path.write_bytes(encode(table, EVERYTHING, compacted=True, nonce="n"))
    compacted = decode(path, EVERYTHING)
    assert compacted.schema == EVERYTHING.schema
    assert sorted(map(repr, _rows(compacted))) == sorted(map(repr, complete))


@pytest.mark.parametrize("compacted", [False, True])
def test_duckdb_reads_every_type(tmp_path: Path, compacted: bool) -> None:
    path = tmp_path / "x.parquet"
    rows: list[dict[str, Any]] = [
        {
            "text": "ä",
            "number": -0.5,
            "whole": 2**62,
            "flag": True,
            "seen_at": 1,
            "tags": {"k": "v"},
        },
        {"text": None, "number": math.inf, "scores": {"auc": math.nan}},
    ]
    path.write_bytes(encode(from_rows(rows, EVERYTHING), EVERYTHING, compacted=compacted))
    first = (
        "select text, number, whole, flag, epoch_us(seen_at), tags['k'], typeof(seen_at) from $1"
    )
    query = first.replace("$1", f"read_parquet('{path}') where text is not null")
    with duckdb.connect() as connection:
        found = connection.execute(query).fetchall()
    assert found == [("ä", -0.5, 2**62, True, 1, "v", "TIMESTAMP")]


@pytest.mark.parametrize("compacted", [False, True])
def test_duckdb_finds_not_a_number_among_numbers(tmp_path: Path, compacted: bool) -> None:
    path = tmp_path / "x.parquet"
    rows = [{"step": 1, "value": 0.5}, {"step": 2, "value": math.nan}]
    path.write_bytes(encode(from_rows(rows, METRICS), METRICS, compacted=compacted))
    query = f"select step from read_parquet('{path}') where isnan(value)"
    with duckdb.connect() as connection:
        assert connection.execute(query).fetchall() == [(2,)]


def test_a_compacted_file_is_in_the_order_of_its_table(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(encode(points(3, 1, 2), METRICS, compacted=True))
    assert decode(path, METRICS, columns=["step"]).to_pydict() == {"step": [1, 2, 3]}


def test_one_row_takes_little_room() -> None:
    assert len(encode(points(1), METRICS)) < 1000


def test_a_million_points_take_at_most_ten_bytes_each() -> None:
    """A tenth of them, to be quick: random values, and times that jitter."""
    import numpy as np

    random = np.random.default_rng(7)
    count, series = 100_000, 50
    step = np.arange(count) // series
    table = pa.table(
        {
            "run_id": [f"0193-{number % series:028x}" for number in range(count)],
            "metric_name": ["loss"] * count,
            "value": random.random(count),
            "step": step,
            "logged_at": 1_700_000_000_000_000 + step * 250_000 + random.integers(0, 60_000, count),
        }
    )
    assert len(encode(fit(table, METRICS), METRICS, compacted=True)) / count <= 10


def test_many_fresh_rows_come_back_in_their_order_and_need_no_dictionary_of_what_is_unique(
    tmp_path: Path,
) -> None:
    rows = 10_001
    names = [f"person {number * 7919 % rows}" for number in range(rows)]
    table = fit(pa.table({"text": names, "seen_at": pa.array(range(rows))}), EVERYTHING)
    repeating = fit(pa.table({"text": ["ward 7"] * rows}), EVERYTHING)
    for number, fresh in enumerate((table, repeating)):
        path = tmp_path / f"{number}.parquet"
        path.write_bytes(encode(fresh, EVERYTHING))
        assert decode(path, EVERYTHING) == fresh
        encodings = pq.ParquetFile(path).metadata.row_group(0).column(0).encodings
        assert ("RLE_DICTIONARY" in encodings) == (fresh is repeating)


def test_every_compaction_has_bytes_of_its_own() -> None:
    table = points(1, 2)
    files = {encode(table, METRICS, compacted=True, nonce=nonce) for nonce in ("a", "b")}
    assert len(files) == 2


def test_columns_a_file_lacks_are_null_and_unknown_ones_are_kept_on_demand(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    newer = TableSpec(name="metrics", columns={"step": "int64", "epoch": "int64"})
    path.write_bytes(encode(from_rows([{"step": 1, "epoch": 2}], newer), newer))
    assert decode(path, METRICS, columns=["step", "value"]).to_pylist() == [
        {"step": 1, "value": None}
    ]
    assert decode(path, METRICS, columns=["value"]).to_pylist() == [{"value": None}]
    assert decode(path, METRICS).schema == METRICS.schema
    assert decode(path, METRICS, keep_unknown=True).column("epoch").to_pylist() == [2]


def test_unknown_columns_cannot_be_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(encode(points(1), METRICS))
    with pytest.raises(SchemaError, match="stepp: no such column"):
        decode(path, METRICS, columns=["stepp"])


def test_fitting_casts_without_loss() -> None:
    berlin = timezone(timedelta(hours=2))
    given = pa.table(
        {
            "step": pa.array([1.0, None]),
            "value": pa.array([3, None], pa.int32()),
            "run_id": pa.array(["a", "a"]).dictionary_encode(),
            "logged_at": pa.array([datetime(2026, 1, 1, 12, tzinfo=berlin), None]),
        }
    )
    expected = {
        "run_id": "a",
        "metric_name": None,
        "value": 3.0,
        "step": 1,
        "logged_at": datetime(2026, 1, 1, 10, tzinfo=UTC).replace(tzinfo=None),
    }
    fitted = fit(given, METRICS)
    assert fitted.schema == METRICS.schema
    assert fitted.to_pylist()[0] == expected


def test_times_finer_than_microseconds_are_cut() -> None:
    given = pa.table({"logged_at": pa.array([1_999], pa.timestamp("ns"))})
    assert fit(given, METRICS).column("logged_at").cast("int64").to_pylist() == [1]


def test_all_faults_are_told_together() -> None:
    given = pa.table({"step": [1.5], "value": ["0.7"], "metric_name": [7], "stage": ["dev"]})
    with pytest.raises(SchemaError) as caught:
        fit(given, METRICS)
    assert caught.value.faults == (
        "stage: not a column of the table",
        "metric_name: int64 given, string wanted",
        "value: string given, double wanted",
        "step: Float value 1.500000 was truncated converting to int64",
    )


def test_rows_with_several_faults_are_told_together() -> None:
    with pytest.raises(SchemaError) as caught:
        from_rows([{"value": "high", "stage": 1}, {"step": 2**70}], METRICS)
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["stage", "value", "step"]  # type: ignore[attr-defined]


def test_a_table_that_makes_no_sense_is_refused_with_all_its_faults() -> None:
    with pytest.raises(SchemaError) as caught:
        TableSpec(name="Runs!", columns={"a": "text", "m": "map<string,string>"}, sort_by=("b",))
    assert len(caught.value.faults) == 3  # type: ignore[arg-type]


@pytest.mark.parametrize("broken", [b"", b"PAR1", b"no parquet at all", b"PAR1" + b"\xff" * 99])
def test_what_is_not_parquet_is_damage(tmp_path: Path, broken: bytes) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(broken)
    for read in (lambda: decode(path, METRICS), lambda: footer(path)):
        with pytest.raises(DamagedError) as caught:
            read()
        assert caught.value.path == str(path)


def test_a_flipped_bit_in_a_page_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    whole = encode(points(*range(5000)), METRICS, compacted=True)
    for place in range(200, len(whole) // 2, len(whole) // 20):
        broken = bytearray(whole)
        broken[place] ^= 4
        path.write_bytes(broken)
        with pytest.raises(DamagedError):
            decode(path, METRICS)


def test_an_absent_file_is_not_found(tmp_path: Path) -> None:
    for read in (lambda p: decode(p, METRICS), footer):
        with pytest.raises(NotFoundError):
            read(tmp_path / "absent")


def test_a_schema_grows_and_widens_but_does_not_change() -> None:
    before = pa.schema([("step", pa.int64()), ("older", pa.string())])
    wide = TableSpec(name="t", columns={"step": "double", "newer": "bool"})
    expected = [("step", pa.float64()), ("older", pa.string()), ("newer", pa.bool_())]
    assert widened(before, wide) == pa.schema(expected)
    with pytest.raises(SchemaError, match="another name"):
        widened(before, TableSpec(name="t", columns={"step": "string"}))
