"""Looking into the rows of a version: conditions, order, pages, and what a condition may not do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from core import Workbench
from core.datasets import browser as module
from core.datasets.browser import RowQuery
from core.datasets.conditions import between, equal_to
from core.errors import DataVersionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.datasets.browser import DatasetBrowser

ROWS = 30_000
NAME = "many@v1"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    random = np.random.default_rng(0)
    table = {
        "n": np.arange(ROWS),
        "group": random.integers(0, 5, ROWS),
        'odd "name"': random.choice(["O'Neill", "b%", "C_"], ROWS),
        "share": np.where(np.arange(ROWS) % 100 == 0, np.nan, random.random(ROWS)),
    }
    with Workbench(tmp_path_factory.mktemp("lakes") / "lake") as bench:
        bench.datasets.register_dataset(table, "many", "here")
        bench.datasets.register_dataset({**table, "n": np.arange(ROWS) + 1}, "many", "here")
        yield bench


@pytest.fixture
def browser(bench: Workbench) -> DatasetBrowser:
    return bench.datasets.browser


def test_pages_give_every_row_once_in_the_order_of_the_version(browser: DatasetBrowser) -> None:
    pages = [browser.page(NAME, limit=9_000, offset=start) for start in range(0, ROWS, 9_000)]
    assert [n for page in pages for n in page.rows["n"].to_pylist()] == [*range(ROWS)]
    assert {page.matching for page in pages} == {ROWS}


def test_sorted_pages_agree_where_values_are_equal(browser: DatasetBrowser) -> None:
    wanted = RowQuery(order="group", descending=True)
    pages = [browser.page(NAME, wanted, limit=7_000, offset=s) for s in range(0, ROWS, 7_000)]
    rows = [row for page in pages for row in page.rows.select(["group", "n"]).to_pylist()]
    assert rows == sorted(rows, key=lambda row: (-row["group"], row["n"]))


def test_a_condition_and_a_search_are_joined(bench: Workbench, browser: DatasetBrowser) -> None:
    page = browser.page(NAME, RowQuery(where="n < 1000 or n = 5", search="o'n"), columns=["n"])
    frame, _ = bench.datasets.get_dataset("many", "v1", where="n < 1000")
    assert page.matching == int((frame['odd "name"'] == "O'Neill").sum())
    assert page.rows.column_names == ["n"]


@pytest.mark.parametrize("text", ["%", "_"])
def test_a_search_has_no_wildcards(browser: DatasetBrowser, text: str) -> None:
    found = browser.page(NAME, RowQuery(search=text), limit=5).rows
    assert all(text in name for name in found['odd "name"'].to_pylist())


def test_conditions_of_bars_are_answered(browser: DatasetBrowser) -> None:
    assert browser.page(NAME, RowQuery(where=between("n", 10, 12.5))).matching == 3
    quoted = browser.page(NAME, RowQuery(where=equal_to('odd "name"', "O'Neill"))).matching
    assert quoted > 0
    assert browser.page(NAME, RowQuery(where=equal_to("group", "3"))).matching > 0


@pytest.mark.parametrize(
    "where",
    [
        "n in (select 1 from read_csv('/etc/passwd'))",
        "exists (from glob('/*'))",
        "n > 1); copy data to '/tmp/stolen.csv'; select (1",
        "1=1); drop view data; select (1",
        "1=1) or (select true",
        "nothing = 1",
        "n >",
    ],
)
def test_a_condition_sees_nothing_but_the_rows(browser: DatasetBrowser, where: str) -> None:
    with pytest.raises(DataVersionError) as caught:
        browser.page(NAME, RowQuery(where=where))
    assert "root:" not in str(caught.value)


@pytest.mark.parametrize(
    "query",
    ["copy data to '/tmp/x'", "select 1; select 2", "set threads=1", "create table t(i int)"],
)
def test_only_a_query_is_asked_for_rows_behind_an_issue(
    browser: DatasetBrowser, query: str
) -> None:
    with pytest.raises(DataVersionError):
        browser.affected(NAME, query)


def test_rows_behind_an_issue_are_limited(browser: DatasetBrowser) -> None:
    assert browser.affected(NAME, 'select * from data where "group" = 1', limit=7).num_rows == 7


def test_what_takes_too_long_is_stopped(
    browser: DatasetBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.3)
    where = "n < (select count(*) from data a, data b, data c where a.n + b.n + c.n = 7)"
    with pytest.raises(DataVersionError, match="longer than"):
        browser.page(NAME, RowQuery(where=where))


def test_unknown_columns_are_refused(browser: DatasetBrowser) -> None:
    with pytest.raises(DataVersionError, match="no columns x, y"):
        browser.page(NAME, RowQuery(order="y"), columns=["x"])


def test_a_changed_version_shows_its_own_rows(browser: DatasetBrowser) -> None:
    wanted = RowQuery(order="n")
    assert browser.page("many@v2", wanted, limit=2).rows["n"].to_pylist() == [1, 2]


def test_columns_are_counted_without_reading_rows(browser: DatasetBrowser) -> None:
    profiles = {profile.name: profile for profile in browser.columns(NAME)}
    share = profiles["share"]
    assert (share.missing, share.missing_share) == (300, 0.01)
    assert sum(share.counts) == ROWS - 300
    assert len(share.edges) == 25
    assert sum(profiles["group"].counts) == ROWS
    assert profiles["group"].edges[0] == -0.5
    assert set(profiles['odd "name"'].names) == {"O'Neill", "b%", "C_"}
    assert profiles["n"].flags == ("all distinct",)


def test_what_is_drawn_is_near_the_rows(bench: Workbench, browser: DatasetBrowser) -> None:
    frame, _ = bench.datasets.get_dataset("many", "v1")
    (share,) = [profile for profile in browser.columns(NAME) if profile.name == "share"]
    exact, _ = np.histogram(frame["share"].dropna(), bins=np.array(share.edges))
    assert np.abs(np.array(share.counts) - exact).max() <= ROWS / 256
