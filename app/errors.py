"""Errors of the app, and the cards a reader sees instead of a traceback.

MhrasError            the library's root: message, hint, facts, code
  ServeError          the server cannot start
"""

from __future__ import annotations

import logging
import secrets
from typing import Final

import streamlit as st

from app.layout import plain
from core.errors import SettingsError
from lake.errors import (
    DamagedError,
    FormatError,
    LakeError,
    LakeNotFoundError,
    MhrasError,
    NotFoundError,
    StoreError,
)

_log = logging.getLogger(__name__)
# what a reader is told first, by kind of error; the first match counts
_TITLES: Final[tuple[tuple[type[Exception], str], ...]] = (
    (SettingsError, "The settings are not right"),
    (LakeNotFoundError, "There is no lake here"),
    (DamagedError, "A file of the lake is damaged"),
    (FormatError, "This lake is newer than this program"),
    (StoreError, "The disk said no"),
    (NotFoundError, "Not found"),
    (PermissionError, "You may not see this"),
    (LakeError, "This lake cannot be opened"),
    (KeyError, "Not found"),
)


class ServeError(MhrasError):
    """The server cannot start; the facts `host` and `port` say where."""

    code = "serve"


def show_error(error: Exception) -> None:
    """Draw a card: what happened, what to do next, and a reference that is also in the log."""
    reference = secrets.token_hex(4)
    known = isinstance(error, MhrasError)
    title = next((text for kind, text in _TITLES if isinstance(error, kind)), "Something failed")
    # the message of an unknown error may hold data of a person, so neither page nor log gets it
    _log.error("page failed, reference %s: %s", reference, error if known else type(error).__name__)
    with st.container(border=True, key="error-card"):
        st.title(title if known else "Something failed", anchor=False)
        if isinstance(error, MhrasError):
            st.text(error.message)
            if error.hint:
                st.text(error.hint)
        else:
            st.text("This page hit an error that is not yours to fix. Please report it.")
        code = error.code if isinstance(error, MhrasError) else type(error).__name__
        st.caption(f"Code {plain(code)} · reference {reference}")
        st.button("Try again", icon=":material/refresh:", key="try-again")


def show_fault(error: MhrasError) -> None:
    """Draw what is wrong with one part of a page, in its place; the rest of the page stays."""
    _log.error("part of a page failed: %s", error)
    with st.container(key="fault"):
        st.error(f"**{plain(error.message)}**", icon=":material/broken_image:")
        if error.hint:
            st.text(error.hint)


def on_script_error(error: Exception) -> bool:
    """Answer Streamlit's question what to show for an error nobody caught."""
    show_error(error)
    return True


class WithoutMessages(logging.Filter):
    """Keep the types of uncaught errors in the log, and drop their messages and values."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the traceback of a record by the name of its error and where it was raised."""
        if record.exc_info and isinstance(record.exc_info[1], Exception):
            error = record.exc_info[1]
            trace = error.__traceback__
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
            record.msg = f"{record.getMessage()}: {type(error).__name__} at {where}"
            record.args, record.exc_info, record.exc_text = (), None, None
        return True
