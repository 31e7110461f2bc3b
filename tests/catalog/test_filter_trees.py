"""Random trees of filters against an evaluation in Python, with None for unknown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given, strategies as st

from catalog.filters import compile_filter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NAN, INF = math.nan, math.inf
Truth = bool | None
Row = dict[str, Any]
Tree = tuple["str", "Callable[[Row], Truth]"]

SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b or (a != a and b != b),  # noqa: PLR0124 - both NaN
    "!=": lambda a, b: not SIGNS["="](a, b),
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
NUMBERS = (-1.5, 0.0, 0.1, 4.0, INF, NAN)
TEXTS = ("rf", "RF", "4", "4.0", "it's", "", "nan")
ROWS: list[Row] = [
    {"x": x, "p": p} for x in (None, *NUMBERS) for p in (None, *TEXTS, "-1.5", "auto")
]


def number_of(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return NAN


def known(value: object, test: Callable[[], bool]) -> Truth:
    return None if value is None else test()


def literal(value: float | str) -> str:
    return repr(value) if isinstance(value, float) else "'{}'".format(value.replace("'", "''"))


@st.composite
def comparisons(draw: st.DrawFn) -> Tree:
    name = draw(st.sampled_from(["metrics.x", 'Metric."x"', "params.p", "param.`p`"]))
    key = "x" if name[0] in "mM" else "p"
    numeric = key == "x" or draw(st.booleans())
    finite = [n for n in NUMBERS if math.isfinite(n)]
    pool: Iterable[float | str] = (NUMBERS if key == "x" else finite) if numeric else TEXTS
    value = draw(st.sampled_from(list(pool)))
    ordered = numeric and not math.isnan(float(value))
    sign = draw(st.sampled_from([*SIGNS] if ordered else ["=", "!="]))

    def held(row: Row) -> Any:
        return number_of(row["p"]) if key == "p" and numeric and row["p"] is not None else row[key]

    match draw(st.sampled_from(["sign", "in", "null"])):
        case "sign":
            text = f"{name} {sign} {literal(value)}"
            return text, lambda row: known(held(row), lambda: SIGNS[sign](held(row), value))
        case "in":
            values = [value, *draw(st.lists(st.sampled_from(list(pool)), max_size=3))]
            negated = draw(st.booleans())
            text = f"{name} {'not ' * negated}in ({', '.join(map(literal, values))})"
            return text, lambda row: known(
                held(row), lambda: negated is not any(SIGNS["="](held(row), v) for v in values)
            )
    negated = draw(st.booleans())
    return f"{name} is {'not ' * negated}null", lambda row: negated is not (row[key] is None)


def opposite(tree: Tree) -> Tree:
    text, truth = tree
    return f"not ({text})", lambda row: None if (t := truth(row)) is None else not t


def joined(trees: list[Tree], word: str) -> Tree:
    def truth(row: Row) -> Truth:
        found = [tree[1](row) for tree in trees]
        decisive = word == "or"
        return decisive if decisive in found else None if None in found else not decisive

    return f" {word} ".join(f"({text})" for text, _ in trees), truth


trees = st.recursive(
    comparisons(),
    lambda inner: (
        inner.map(opposite)
        | st.builds(joined, st.lists(inner, min_size=2, max_size=3), st.sampled_from(["and", "or"]))
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def grid() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create table grid (i integer, x double, p varchar)")
    rows = [[i, row["x"], row["p"]] for i, row in enumerate(ROWS)]
    connection.executemany("insert into grid values (?, ?, ?)", rows)
    return connection


@given(tree=trees)
def test_sql_agrees_with_an_evaluation_in_python(
    tree: Tree, grid: duckdb.DuckDBPyConnection
) -> None:
    text, truth = tree
    compiled = compile_filter(text, lambda name: name.key)
    query = f"select {compiled.sql} from grid order by i"
    answers = [answer for (answer,) in grid.execute(query, compiled.parameters).fetchall()]
    assert answers == [truth(row) for row in ROWS]
