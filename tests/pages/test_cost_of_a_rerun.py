"""What a page costs that is drawn once more, counted: no clock is asked, so nothing is flaky.

The numbers are what the pages need today and a third more. Whoever adds to a page may raise its
number, and sees here what everybody pays for it in every click.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import streamlit as st
from streamlit import dataframe_util
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from app import session
from app.session import View
from catalog.catalog import Catalog
from core import Workbench
from core.settings import Settings
from tests.support.sample_datasets import NAME, make_dataset_lake
from tests.support.sample_lake import log_sample

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from tests.support.sample_lake import SampleLake

    Opener = Callable[..., AppTest]

BYTES = 60_000
# page: messages at most; a heading, a box and a line of a box are one each
MESSAGES = {
    "home": 100,
    "runs": 120,
    "run": 125,
    "compare": 100,
    "datasets": 90,
    "dataset": 110,
    "eda": 110,
    "drift": 140,
    "lineage": 75,
    "models": 60,
    "sql": 95,
    "jobs": 75,
    "settings": 95,
}


@dataclass
class Cost:
    """What one run of a page did."""

    messages: int = 0
    sent: int = 0
    looks: int = 0
    queries: int = 0
    pages: int = 0
    through_pandas: int = 0


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleLake]:
    """A lake with runs of all kinds and versions of a dataset."""
    folder = make_dataset_lake(tmp_path_factory.mktemp("lakes") / "all")
    with Workbench(folder) as bench:
        return folder, log_sample(bench, folder)


def counted(monkeypatch: pytest.MonkeyPatch) -> Cost:
    """Count from now on."""
    cost = Cost()

    def watch(owner: Any, name: str, note: Callable[..., None]) -> None:
        real = getattr(owner, name)

        def watched(*given: Any, **named: Any) -> Any:
            note(*given)
            return real(*given, **named)

        monkeypatch.setattr(owner, name, watched)

    def count(what: str) -> Callable[..., None]:
        return lambda *_: setattr(cost, what, getattr(cost, what) + 1)

    def send(_queue: ForwardMsgQueue, message: Any) -> None:
        cost.messages += 1
        cost.sent += message.ByteSize()

    watch(ForwardMsgQueue, "enqueue", send)
    watch(session, "_look", count("looks"))
    watch(Catalog, "_snapshot", count("queries"))
    watch(st.Page, "__init__", count("pages"))
    watch(dataframe_util, "convert_pandas_df_to_arrow_bytes", count("through_pandas"))
    return cost


@pytest.mark.parametrize("page", MESSAGES)
def test_a_page_that_is_drawn_once_more_asks_nothing_again(
    open_page: Opener,
    lake: tuple[Path, SampleLake],
    monkeypatch: pytest.MonkeyPatch,
    page: str,
) -> None:
    folder, sample = lake
    addresses: dict[str, dict[str, Any]] = {
        "run": {"id": sample.finished},
        "compare": {"run": [sample.finished, sample.failed]},
        "dataset": {"name": NAME},
        "eda": {"data": f"{NAME}@v2"},
        "drift": {"reference": f"{NAME}@v1", "current": f"{NAME}@v2"},
    }
    # answers about runs that are running are kept for ten seconds, which may end in between
    monkeypatch.setattr(session, "_CLOCK_SECONDS", 10**10)
    app = open_page(folder, page, **addresses.get(page, {}))
    app.run()
    cost = counted(monkeypatch)
    app.run()
    assert not app.exception
    assert cost.messages <= MESSAGES[page], cost
    assert cost.sent <= BYTES, cost
    assert (cost.looks, cost.queries, cost.pages, cost.through_pandas) == (1, 0, 0, 0), cost


def test_all_of_a_page_sees_the_lake_at_one_moment(lake: tuple[Path, SampleLake]) -> None:
    folder, _ = lake
    session.use(Settings(lake=str(folder)))
    try:
        with session.one_look():
            before = session.look()
            with Workbench(folder) as bench, bench.tracker.start_run("later", "one more"):
                pass
            assert session.look() is before
        after = session.look()
        assert isinstance(after, View)
        assert after.version != before.version
        assert session.look() is not after  # each part of a page that is drawn alone looks anew
    finally:
        session.close()
