from __future__ import annotations

from math import inf, nan

import duckdb
import pytest

from catalog.errors import FilterError
from catalog.filters import Name, compile_order, names_of_order

# id, metrics.x, params.p, status, start_time: newest last
ROWS = [
    ("a", 1.0, "10", "FINISHED", 1),
    ("b", nan, "9", "FAILED", 2),
    ("c", None, None, None, 3),
    ("d", -inf, "auto", "FINISHED", 4),
    ("e", inf, "nan", "RUNNING", 5),
    ("f", 1.0, "abc", "FAILED", 5),
    ("g", 2.0, "1e1", "FAILED", 5),
]


def ordered(*order_by: str) -> str:
    connection = duckdb.connect()
    connection.execute(
        "create table runs (run_id text, x double, p text, status text, at_us integer)"
    )
    connection.executemany("insert into runs values (?, ?, ?, ?, ?)", ROWS)
    columns = {
        Name("metric", "x"): "x",
        Name("metric", "x", "best"): "-x",
        Name("param", "p"): "p",
        Name("attribute", "status"): "status",
        Name("attribute", "start_time"): "make_timestamp(at_us)",
        Name("attribute", "run_id"): "run_id",
    }
    order = compile_order(order_by, columns.__getitem__)
    rows = connection.execute(f"select run_id from runs order by {order}").fetchall()
    return "".join(run_id for (run_id,) in rows)


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        ([], "efgdcba"),
        (["start_time"], "abcdefg"),
        (["Created DESC"], "efgdcba"),
        (["run_id desc"], "gfedcba"),
        (["metrics.x"], "dfagebc"),
        (["metrics.x desc"], "egfadbc"),
        (['metric."x" asc', "run_id"], "dafgebc"),
        (["best(metrics.x)"], "egfadbc"),
        (["params.p"], "bgaefdc"),
        (["params.`p` DESC"], "gabedfc"),
        (["status", "metrics.x desc"], "gfbadec"),
        (["status desc", "run_id"], "eadbfgc"),
    ],
)
def test_runs_stand_in_order(order_by: list[str], expected: str) -> None:
    assert ordered(*order_by) == expected


def test_one_key_may_come_without_a_list() -> None:
    order = compile_order("metrics.x desc", lambda name: name.key)
    assert order == compile_order(["metrics.x desc"], lambda name: name.key)


def test_names_of_order_include_those_that_break_ties() -> None:
    assert names_of_order(["min(metrics.x) desc", "tags.team"]) == {
        Name("metric", "x", "min"),
        Name("tag", "team"),
        Name("attribute", "start_time"),
        Name("attribute", "run_id"),
    }


@pytest.mark.parametrize(
    ("marked", "problem"),
    [
        ("§m.acc", "is not a kind of name"),
        ("§acc desc", "a run has no attribute 'acc'"),
        ("attribute.§start", "a run has no attribute 'start'"),
        ("metrics.x §decs", "'decs' cannot follow an order key"),
        ("metrics.x desc §nulls first", "Only asc or desc"),
        ("metrics.x §!= 1", "cannot follow an order key"),
        ("metrics.x§, metrics.y", "give several keys as a list"),
        ("§desc", "a run has no attribute 'desc'"),
        ("§", "a name is missing"),
        ("§`metrics.x", "never closed"),
        ("metrics.x§; drop table runs", "nothing follows it"),
        ("§1", "a name is expected"),
        ("§dataset.name", "give no order"),
        ("min(§start_time)", "min takes a metric"),
    ],
)
def test_a_wrong_key_is_refused_where_it_stands(marked: str, problem: str) -> None:
    text = marked.replace("§", "")
    with pytest.raises(FilterError, match="Write, for example: ") as raised:
        compile_order([text], lambda name: name.key)
    assert (raised.value.position, raised.value.filter) == (marked.index("§"), text)
    assert problem in str(raised.value)
