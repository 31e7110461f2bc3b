"""The page the browser gets first: ours, strict, and whole even when Streamlit's changes."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from app import shell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import Message

APP = Starlette(routes=shell.page_routes(), middleware=[Middleware(shell.SecurityHeaders)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    headers: dict[str, str]
    text: str


def get(path: str) -> Answer:
    """Ask the page routes themselves, without a server."""
    sent: list[Message] = []
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    # in a thread: this one has an event loop of Playwright's once a browser test has run
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(APP(scope, receive, send))).result()
    return Answer(
        headers={name.decode(): value.decode() for name, value in sent[0]["headers"]},
        text=b"".join(message["body"] for message in sent[1:]).decode(),
    )


@pytest.fixture
def another_stock_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    page = "<html><title>Something new</title><script>start()</script></html>"
    (tmp_path / "index.html").write_text(page, encoding="utf8")
    monkeypatch.setattr("streamlit.file_util.get_static_dir", lambda: str(tmp_path))
    shell.index_page.cache_clear()
    yield page
    shell.index_page.cache_clear()


@pytest.mark.parametrize("path", ["/", "/runs", "/no-such-page"])
def test_every_page_has_our_title_and_icon(path: str) -> None:
    text = get(path).text
    assert f"<title>{shell.TITLE}</title>" in text
    assert 'href="./app/static/icon.svg"' in text
    assert "BACKEND_BASE_URL" in text


def test_only_known_scripts_may_run() -> None:
    policy = get("/").headers["content-security-policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe-inline" not in scripts
    assert "unsafe-eval" not in scripts.replace("wasm-unsafe-eval", "")
    assert scripts.count("sha256-") == 2
    assert "frame-ancestors 'self'" in policy


def test_every_answer_bears_security_headers() -> None:
    for path in ("/", "/nothing.txt"):
        headers = get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert headers["referrer-policy"] == "same-origin"


def test_a_page_of_another_make_is_served_as_it_came(another_stock_page: str) -> None:
    answer = get("/")
    assert answer.text == another_stock_page
    assert "sha256-" in answer.headers["content-security-policy"]
