"""Our own index.html: title, icon, and a strict Content-Security-Policy.

Streamlit's page has no policy, bears its name as the title until the first script ran, and on a
deep link asks `/<page>/_stcore/health` first, which logs 404s in the browser's console. Telling it
where the server is (`window.__streamlit`) ends that. The hook is not documented, so everything that
relies on it is in `index_page`, and a page that does not look as expected is served as it came.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.convertors import StringConvertor, register_url_convertor
from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

TITLE: Final = "MHRAS workbench"
_DESCRIPTION: Final = "Experiments, runs and data of a mental health research lake."
_ICON: Final = "./app/static/icon.svg"
_BACKEND: Final = (
    '<script>window.__streamlit={BACKEND_BASE_URL:new URL("./",location.href).href}</script>'
)
_INLINE_SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class SecurityHeaders:
    """Add the headers every answer of this server bears."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class _PageName(StringConvertor):
    """What the name of a page may look like: no dot, and not where a login comes back to."""

    regex = "(?!oauth2callback$)[A-Za-z0-9_-]+"


register_url_convertor("page", _PageName())


def page_routes() -> list[Route]:
    """Serve our index.html for every page; on it, Streamlit says that there is none of a name."""
    return [Route(path, _answer, methods=["GET"]) for path in ("/", "/{name:page}")]


def _answer(_request: Request) -> HTMLResponse:
    page, policy = index_page()
    headers = {"cache-control": "no-cache", "content-security-policy": policy}
    return HTMLResponse(page, headers=headers)


@functools.cache
def index_page() -> tuple[str, str]:
    """Return index.html and its policy; the stock page when it is not what we know."""
    from streamlit import file_util

    stock = (Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf8")
    page = stock
    for old, new in (
        ("<title>Streamlit</title>", _head()),
        ('href="./favicon.png"', f'href="{_ICON}" type="image/svg+xml"'),
    ):
        if page.count(old) != 1:
            return stock, policy(stock)
        page = page.replace(old, new)
    # Inter is the font of every page; what the stock page preloads would only log a warning
    page = re.sub(r"<link\s+rel=\"preload\"[^>]*SourceSans[^>]*>", _preload(), page, count=1)
    return page, policy(page)


def policy(page: str) -> str:
    """Allow this page's own files and its inline scripts by hash, and nothing else."""
    hashes = " ".join(f"'sha256-{_sha256(code)}'" for code in _INLINE_SCRIPT.findall(page))
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'wasm-unsafe-eval' {hashes}",
            "style-src 'self' 'unsafe-inline'",  # styles are made in the browser by emotion
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "connect-src 'self'",
            "frame-src 'self' data:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )


def _head() -> str:
    about = f'<meta name="description" content="{_DESCRIPTION}">'
    style = '<link rel="stylesheet" href="./app/static/workbench.css">'
    return f"<title>{TITLE}</title>{about}{style}{_BACKEND}"


def _preload() -> str:
    font = "./app/static/inter-latin-wght-normal.woff2"
    return f'<link rel="preload" href="{font}" as="font" type="font/woff2" crossorigin>'


def _sha256(code: str) -> str:
    return base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
