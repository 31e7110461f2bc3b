"""Two tables side by side: what differs, on shared axes."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import ks_2samp
from typer.testing import CliRunner

from app.cli import app
from core.eda.comparison import EDAComparison
from core.eda.comparison_document import comparison_chart, comparison_document
from core.eda.module import EDAModule, EDAOptions
from core.errors import EDAError
from core.render.document import render_html, render_markdown
from core.workbench import Workbench

if TYPE_CHECKING:
    from pathlib import Path

RANDOM = np.random.default_rng(11)


def visits(rows: int, shift: float) -> pd.DataFrame:
    shares = [0.5, 0.5 - shift / 40, shift / 40]
    days = pd.to_timedelta(RANDOM.integers(0, 90, rows), "D")
    frame = pd.DataFrame(
        {
            "age": RANDOM.normal(50 + shift, 10, rows),
            "visits": RANDOM.poisson(2, rows),
            "site": RANDOM.choice(["Ulm", "Bonn", "Kiel"], rows, p=shares),
            "case": RANDOM.random(rows) < 0.3,
            "seen": pd.Timestamp("2024-01-01") + days,
        }
    )
    frame["lab"] = np.where(RANDOM.random(rows) < shift / 20, np.nan, RANDOM.normal(size=rows))
    return frame


FIRST, SECOND = visits(700, 0), visits(400, 8)


def test_differences_are_those_of_scipy() -> None:
    found = EDAModule().compare(FIRST, SECOND)
    columns = {column.name: column for column in found.columns}
    for name in ("age", "visits", "lab"):
        sides = FIRST[name].dropna(), SECOND[name].dropna()
        assert columns[name].difference == pytest.approx(ks_2samp(*sides).statistic, rel=1e-12)
        spread = math.sqrt((sides[0].var() + sides[1].var()) / 2)
        expected = (sides[1].mean() - sides[0].mean()) / spread
        assert columns[name].standardised == pytest.approx(expected, rel=1e-9)
    shares = [frame["site"].value_counts(normalize=True) for frame in (FIRST, SECOND)]
    apart = shares[0].sub(shares[1], fill_value=0).abs().sum() / 2
    assert columns["site"].difference == pytest.approx(apart, rel=1e-12)
    assert columns["lab"].missing == pytest.approx(SECOND["lab"].isna().mean())
    days = [frame["seen"].astype("int64") for frame in (FIRST, SECOND)]
    assert columns["seen"].difference == pytest.approx(ks_2samp(*days).statistic, rel=1e-12)


def test_what_differs_most_comes_first_in_the_order_and_in_the_advice() -> None:
    found = EDAModule().compare(FIRST, SECOND)
    ranks = [column.rank for column in found.columns]
    assert ranks == sorted(ranks, reverse=True)
    assert [text.split()[0] for text in found.recommendations] == [
        column.name for column in found.columns if column.rank >= 0.1
    ]
    assert EDAModule().compare(FIRST, FIRST).recommendations == ()


def test_both_are_drawn_on_one_axis() -> None:
    found = EDAModule().compare(FIRST, SECOND)
    for column in found.columns:
        spec = comparison_chart(column, found.names)
        if column.name == "seen":
            assert spec is None
            continue
        assert spec is not None
        rows = spec["data"]["values"]
        for side in ("reference", "current"):
            assert 0.95 < sum(row[side] for row in rows) <= 1 + 1e-9
    age = next(column for column in found.columns if column.name == "age")
    assert age.ranges[0] <= FIRST["age"].quantile(0.01)
    assert age.ranges[-1] >= SECOND["age"].quantile(0.99)


def test_columns_that_cannot_be_compared_are_told_first() -> None:
    first = {"a": [1, 2, 3], "b": ["x", "y", "x"], "c": [1, 1, 2]}
    second = {"a": ["1", "2", "2"], "b": ["x", "y", "y"], "d": [1, 1, 2]}
    found = EDAModule().compare(first, second)
    assert found.changed_kind == {"a": ("number", "category")}
    assert found.only == (("c",), ("d",))
    assert found.recommendations[0].startswith("a is number in table (first)")


def test_a_column_splits_a_table_into_cohorts() -> None:
    whole = pd.concat([FIRST.assign(wave="2023"), SECOND.assign(wave="2024")])
    found = EDAModule().compare(whole, split="wave")
    assert (found.names, found.rows) == (("wave 2023", "wave 2024"), (700, 400))
    assert [c.difference for c in found.columns] == [
        c.difference for c in EDAModule().compare(FIRST, SECOND).columns
    ]
    by_flag = EDAModule().compare(FIRST, split="case")
    assert by_flag.names == ("case false", "case true")
    chosen = EDAModule().compare(SECOND, split="site", values=["Kiel", "Ulm"])
    assert chosen.names == ("site Kiel", "site Ulm")
    for split, values in (
        ("site", None),
        ("nothing", None),
        ("site", ["Ulm", "Rome"]),
        ("age", None),
    ):
        with pytest.raises(EDAError):
            EDAModule().compare(SECOND, split=split, values=values)
    for arguments in ((FIRST,), (FIRST, SECOND, "site")):
        with pytest.raises(EDAError, match="second table, or the column"):
            EDAModule().compare(*arguments[:2], split=arguments[2] if len(arguments) > 2 else None)


STRANGE = [
    pa.table({"a": pa.nulls(3), "b": pa.array([None, None, None], pa.float64())}),
    pa.table({"a": pa.array([], pa.float64()), "b": pa.array([], pa.string())}),
    {"a": [math.inf, -math.inf, math.nan], "b": ["</script>", "\x00", "😀"]},
    {"a": [1e300, -1e300, 5e-324], "b": [True, None, False]},
    {"a": [2**63 - 1, -(2**63), 0], "b": [[1], None, []]},
]


@pytest.mark.parametrize("first", STRANGE, ids=range(len(STRANGE)))
@pytest.mark.parametrize("second", STRANGE, ids=range(len(STRANGE)))
def test_no_pair_of_tables_is_too_strange(first: object, second: object) -> None:
    found = EDAModule().compare(first, second)
    json.dumps(found.to_dict(), allow_nan=False)
    assert render_html(comparison_document(found)).startswith(b"<!doctype html>")
    assert all(0 <= column.rank <= 1 for column in found.columns)


def test_tables_that_are_too_large_are_compared_by_some_rows() -> None:
    large = pd.DataFrame({"a": RANDOM.normal(size=60_000)})
    found = EDAModule(options=EDAOptions(max_dataset_size=100_000)).compare(large, FIRST[["age"]])
    assert found.rows == (60_000, 700)
    assert found.looked_at[0] < 60_000
    assert "of 60,000 rows of table" in render_markdown(comparison_document(found))


def test_versions_are_compared_on_the_command_line(tmp_path: Path) -> None:
    lake = str(tmp_path / "lake")
    with Workbench(lake) as wb:
        wb.datasets.register_dataset(FIRST, "visits", "form")
        wb.datasets.register_dataset(SECOND, "visits", "form")
    page = tmp_path / "both.html"
    told = CliRunner().invoke(
        app, ["eda", "visits@v1", "--compare", "visits@v2", "--html", str(page), "--lake", lake]
    )
    assert told.exit_code == 0, told.output
    assert "visits@v1: 700 rows; visits@v2: 400 rows" in told.output
    assert "visits@v1 and visits@v2" in page.read_text(encoding="utf8")
    options = ["--split", "case", "--lake", lake]
    split = CliRunner().invoke(app, ["eda", "visits@v1", *options, "--json"])
    assert json.loads(split.stdout)["names"] == ["case false", "case true"]
    wrong = CliRunner().invoke(app, ["eda", "visits@v1", *options, "--target", "age"])
    assert wrong.exit_code != 0


def test_a_comparison_comes_back_from_json_as_it_was() -> None:
    found = EDAModule().compare(FIRST.assign(only=1, mixed=1.5), SECOND.assign(mixed="a"))
    assert EDAComparison.from_dict(json.loads(json.dumps(found.to_dict()))) == found
