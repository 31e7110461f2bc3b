"""Pages without a browser, started from the frame as Streamlit starts them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from app import session
from core.settings import Settings
from tests.support.sample_lake import SampleLake, make_sample_lake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleLake:
    return make_sample_lake(tmp_path_factory.mktemp("lakes") / "sample")


@pytest.fixture
def open_page(tmp_path: Path) -> Iterator[Callable[..., AppTest]]:  # noqa: ARG001
    """Open a page of a lake: `open_page(folder, "runs", filter="...")`.

    Without a lake it is that of the surroundings. It wants the folder of the test because that is
    deleted after whoever wanted it is done: lakes are closed before.
    """

    def start(lake: Path | None, page: str = "home", /, **parameters: str | list[str]) -> AppTest:
        if lake is not None:
            session.use(Settings(lake=str(lake)))
        app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=60)
        if page == "home":
            return app.run()
        app.run()
        app.switch_page(f"../pages/{page}.py")
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    yield start
    session.close()
