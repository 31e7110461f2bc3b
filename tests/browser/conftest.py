"""A real server, a real Chromium, and a guard that notices what a user would not."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.ui import LOCAL, Ui
from tests.support.sample_lake import SampleLake, make_sample_lake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SERVE: Final = """
import sys
from app.serve import serve
from core.settings import Settings
serve(Settings(lake=sys.argv[1]), port=0, ready=lambda address: print(address, flush=True))
"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.fail(f"no Chromium: install one of {', '.join(NAMES)}", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


class Server:
    """The server of a lake, started in another folder, as a user would."""

    def __init__(self, lake: Path, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(lake)],
            cwd=folder,
            env={**os.environ, "HOME": str(folder)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        assert urlsplit(self.address).hostname == LOCAL, "the server did not start"

    def stop(self) -> int:
        """End the server as Ctrl+C does; its exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=60)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Server]]:
    """Start servers that live as long as the tests."""
    servers: list[Server] = []

    def start(lake: Path) -> Server:
        servers.append(Server(lake, tmp_path_factory.mktemp("elsewhere")))
        return servers[-1]

    yield start
    assert [server.stop() for server in servers] == [0] * len(servers)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleLake:
    return make_sample_lake(tmp_path_factory.mktemp("lakes") / "sample")


@pytest.fixture(scope="session")
def served(serve: Callable[[Path], Server], sample: SampleLake) -> str:
    return serve(sample.folder).address


@pytest.fixture(scope="session")
def served_empty(serve: Callable[[Path], Server], tmp_path_factory: pytest.TempPathFactory) -> str:
    return serve(tmp_path_factory.mktemp("empty")).address


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def open_ui(chromium: Browser) -> Iterator[Callable[..., Ui]]:
    """Open windows on a server; each must have behaved when the test ends."""
    windows: list[Ui] = []

    def start(address: str, theme: str = "light") -> Ui:
        windows.append(Ui(chromium, address, theme))
        return windows[-1]

    yield start
    for window in windows:
        window.check()
        window.close()


@pytest.fixture
def ui(open_ui: Callable[..., Ui], served: str) -> Ui:
    return open_ui(served)
