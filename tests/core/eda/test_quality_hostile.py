"""No table, however strange, breaks the checks, and every query returns the rows it counts."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings, strategies as st

from core.eda.issue import SEVERITIES
from core.eda.quality.registry import detect_issues
from core.errors import EDAError

EXTREMES = [2**63 - 1, -(2**63), 0, 1, 2**53 + 1, 2**53]
# the first and the last year, a moment before and at 1970, a day of 2000, one that is to come
MOMENTS = [-62135596799999674, 253402214400000000, -1, 0, 946684800000001, 71000000000000000]
STRANGE = ["", " ", "\u00e9\u0301", "😀" * 9, "'; drop table data; --", '"', "\\", "%_", "\ufffd"]


def check(table: pa.Table, **more: Any) -> None:
    """Look at a table, and compare every count with what the query returns."""
    issues = detect_issues(table, **more)
    if not table.num_columns:
        assert issues == []
        return
    with duckdb.connect() as connection:
        connection.register("data", table)
        for issue in issues:
            assert issue.severity in SEVERITIES
            assert set(issue.columns) <= set(table.column_names)
            if issue.sql and issue.sampled is None:
                found = len(connection.execute(issue.sql).fetchall())
                assert found == issue.affected_rows, issue


def column(random: np.random.Generator, rows: int) -> pa.Array:
    """Draw a column of some strange sort; here and there a value is missing."""
    floats = [0.0, -0.0, 1e300, -1e300, 5e-324, 1e-70, float("inf"), float("nan"), 1.5]
    moments = random.integers(-(2**55), 2**55, rows)
    values: list[pa.Array] = [
        pa.array(random.choice(floats, rows)),
        pa.array(np.ldexp(random.normal(size=rows), random.integers(-1070, 1000, rows))),
        pa.array(random.integers(-(2**63), 2**63 - 1, rows)),
        pa.array(random.choice(EXTREMES, rows)),
        pa.array(random.choice([0, 1, 2, 3, 7, 9, -9, 99, 66666], rows).astype(np.float32)),
        pa.array(random.poisson(3, rows) + 50.5 * (random.random(rows) < 0.1)),
        pa.array([STRANGE[place] for place in random.integers(0, len(STRANGE), rows)]),
        pa.array(["".join(map(chr, random.integers(1, 0x3000, 9))) for _ in range(rows)]),
        pa.array(random.random(rows) < 0.5),
        pa.array(random.integers(-(10**5), 10**5, rows), pa.int32()).cast(pa.date32()),
        pa.array(moments).cast(pa.timestamp("us")),
        pa.array(random.choice(MOMENTS, rows)).cast(pa.timestamp("us")),
        pa.array(random.choice(MOMENTS, rows)).cast(pa.timestamp("us", "Asia/Tokyo")),
    ]
    drawn = values[random.integers(0, len(values))]
    lost = random.random(rows) < random.choice([0, 0, 0.1, 0.9])
    return pc.if_else(pa.array(lost), None, drawn)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), rows=st.sampled_from([1, 2, 19, 60, 200, 700]))
def test_any_values_are_looked_at(seed: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    names = ["a", 'the "b"', "A", "é '"][: random.integers(1, 5)]
    check(pa.table({name: column(random, rows) for name in names}))


@pytest.mark.parametrize(
    "table",
    [
        pa.table({}),
        pa.table({"x": pa.array([], pa.float64())}),
        pa.table({"x": [1.0]}),
        pa.table({"x": ["a"], "y": [None]}),
        pa.table({"x": pa.nulls(50)}),
        pa.table({"x": pa.array([None] * 50, pa.float64())}),
        pa.table({"x": [float("nan")] * 50}),
        pa.table({"x": [float("inf"), float("-inf")] * 50}),
        pa.table({"x": [1e300, -1e300, 1e-300] * 50}),
        pa.table({"x": EXTREMES * 20}),
        pa.table({"x": pa.array([2**64 - 1, 0] * 40, pa.uint64())}),
        pa.table({"x": pa.array([decimal.Decimal("1.50"), decimal.Decimal("99.99")] * 40)}),
        pa.table({"x": [[1, 2], [], None] * 20, "y": list(range(60))}),
        pa.table({"x": [{"a": 1}, {"a": None}] * 20, "y": ["a", "b"] * 20}),
        pa.table({"x": [f"category {n}" for n in range(10_000)] * 2}),
        pa.table({"x": ["a" * 1_000_000, "b"] * 5}),
        pa.table({"x": STRANGE * 10}),
        pa.table({"x": pa.array(["a", "b", None] * 30).dictionary_encode()}),
        pa.table({"x": pa.array([b"\xff", b"a"] * 30)}),
        pa.table({"x": [dt.time(1, 2), dt.time(3, 4)] * 30}),
        pa.table({"x": [dt.timedelta(days=1)] * 60}),
        pa.table({"x": [dt.date(1, 1, 1), dt.date(9999, 12, 31)] * 30}),
        pa.table({"x": [dt.datetime(2020, 1, 1, tzinfo=dt.UTC)] * 60}),
        pa.table({"a": [1, 2] * 30, "A": [1, 2] * 30, "A_1": ["x", None] * 30}),
    ],
    ids=lambda table: str(table.schema)[:40].replace("\n", " "),
)
def test_strange_tables_are_looked_at(table: pa.Table) -> None:
    check(table)
    for name in table.column_names:
        check(table, target=name)


def test_columns_of_one_name_and_unknown_targets_are_refused_together() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"])
    with pytest.raises(EDAError) as raised:
        detect_issues(table, target="outcome")
    assert raised.value.facts["faults"] == [
        "x: the name of 2 columns",
        "outcome: no column has this name",
    ]


def test_pieces_and_dictionaries_change_nothing() -> None:
    values = np.random.default_rng(1).choice(["a", "b", "b "], 900).tolist()
    whole = pa.table({"x": values})
    pieces = pa.concat_tables([whole.slice(0, 100), whole.slice(100, 0), whole.slice(100)])
    coded = pa.table({"x": pa.chunked_array([c.dictionary_encode() for c in pieces["x"].chunks])})
    expected = [(i.issue_type, i.affected_rows) for i in detect_issues(whole)]
    assert [(i.issue_type, i.affected_rows) for i in detect_issues(pieces)] == expected
    assert [(i.issue_type, i.affected_rows) for i in detect_issues(coded)] == expected
    check(coded)


def test_what_names_a_person_is_never_told() -> None:
    secrets = [f"person{n}.secret@example.org" for n in range(90)]
    issues = detect_issues(pa.table({"contact": secrets * 3, "note": ["secret 123-45-6789"] * 270}))
    assert "personal_data" in {issue.issue_type for issue in issues}
    assert not [issue for issue in issues if "secret" in str(issue.to_dict())]


def test_no_other_issue_tells_it_either() -> None:
    contacts = ["a.secret@example.org"] * 590 + ["A.Secret@example.org"] * 9 + ["b"]
    issues = detect_issues(pa.table({"contact": contacts, "n": list(range(600))}))
    assert {"personal_data", "mixed_spellings"} <= {issue.issue_type for issue in issues}
    assert not [issue for issue in issues if "secret" in str(issue.to_dict()).casefold()]


def test_a_long_table_is_sampled_where_relations_are_looked_for() -> None:
    random = np.random.default_rng(3)
    x = random.normal(size=300_000)
    table = pa.table({"x": x, "y": x + 0.01 * random.normal(size=300_000)})
    (issue,) = detect_issues(table)
    assert (issue.issue_type, issue.columns) == ("correlated", ("x", "y"))
    assert issue.sampled == 100_000
