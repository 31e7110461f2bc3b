"""The one server: pages, their files, and a route that says whether it is well.

`mhras serve`, `uvicorn app.asgi:app` and `streamlit run app/asgi.py` all start this object, from
any folder and from an installed wheel. The lake is the one the settings name.
"""

from __future__ import annotations

import gc
import logging
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit import logger as streamlit_logger

from app import session
from app.defaults import apply_defaults
from app.drift_opinion import ROUTE, evidently_page
from app.errors import WithoutMessages, on_script_error
from app.shell import SecurityHeaders, page_routes
from lake.errors import MhrasError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

_log = logging.getLogger(__name__)


def healthz(_request: Request) -> JSONResponse:
    """Answer 200 when the lake can be read, 503 with the error's code when it cannot."""
    try:
        version = session.refreshed_version()
    except MhrasError as error:
        return JSONResponse({"status": "failed", "code": error.code}, status_code=503)
    return JSONResponse({"status": "ok", "version": str(version)})


@asynccontextmanager
async def _lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    await anyio.to_thread.run_sync(_warm_up)
    yield {}
    gc.unfreeze()
    await anyio.to_thread.run_sync(session.close)


def _warm_up() -> None:
    # The first visitor should not pay for imports. What is alive now stays alive, so later
    # collections need not look at it: a rerun's garbage is collected in 1 ms and not in 100.
    import pyarrow as pa

    _log.debug("warm with pyarrow %s", pa.__version__)
    try:
        session.refreshed_version()
    except MhrasError as error:
        _log.warning("the lake does not open: %s", error)
    gc.collect()
    gc.freeze()


apply_defaults()
for _name in ("streamlit.error_util", "streamlit.runtime.scriptrunner.script_runner"):
    streamlit_logger.get_logger(_name).addFilter(WithoutMessages())

app = st.App(
    Path(__file__).resolve().with_name("main.py"),
    routes=[
        Route("/healthz", healthz),
        Route(f"/{ROUTE}/{{report_id}}", evidently_page),
        *page_routes(),
    ],
    middleware=[Middleware(SecurityHeaders)],
    lifespan=_lifespan,
    on_script_error=on_script_error,
)
apply_defaults()  # again: making the App told Streamlit where the main script is, and it read anew
