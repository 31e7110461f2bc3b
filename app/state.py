"""What a page remembers, and what its address says.

Single choices (experiment, filter, columns ...) are widgets bound to the address by Streamlit. The
set of runs to compare is too long-lived for a widget: it survives paging, filtering and a change of
page, so it lives here, and the address follows it as `?run=<id>&run=<id>`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import streamlit as st

from app.nav import PAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOST_CHOSEN: Final = 100  # runs; an address of four kilobytes
MOST_COMPARED: Final = 20  # of them, with a curve and a column each
# of a widget whose usual value depends on what is shown: the address says it whatever it is
VARIES: Final[Any] = object()
SEVERAL_VARY: Final[tuple[str, ...]] = ()  # the same, of a choice of several
_RUN_ID: Final = re.compile(r"[0-9a-zA-Z][0-9a-zA-Z_.-]{0,63}")
_CHOSEN: Final = "chosen_runs"
_CHANGES: Final = "chosen_runs_changes"


def is_run_id(text: str) -> bool:
    """Say whether a text from an address can be the id of a run.

    >>> is_run_id("01938f6a-0000-7000-8000-000000000000"), is_run_id("../x"), is_run_id("")
    (True, False, False)
    """
    return _RUN_ID.fullmatch(text) is not None


def run_id_in_address() -> str | None:
    """Return the run id of `?id=`, None when there is none that could be one."""
    text = str(st.query_params.get("id", ""))
    return text if is_run_id(text) else None


def chosen_runs() -> list[str]:
    """Return the ids of the runs to compare, from this session or, at first, the address."""
    if _CHOSEN not in st.session_state:
        given = dict.fromkeys(filter(is_run_id, st.query_params.get_all("run")))
        st.session_state[_CHOSEN] = list(given)[:MOST_CHOSEN]
    ids: list[str] = st.session_state[_CHOSEN]
    if st.query_params.get_all("run") != ids:
        if ids:
            st.query_params["run"] = ids
        else:
            del st.query_params["run"]
    return ids


def choose_runs(ids: Iterable[str]) -> None:
    """Set the runs to compare from outside the table, which then shows them as chosen."""
    st.session_state[_CHOSEN] = list(dict.fromkeys(ids))[:MOST_CHOSEN]
    st.session_state[_CHANGES] = choices_made() + 1


def choices_made() -> int:
    """Return how often runs were chosen from outside the table; part of the table's key."""
    return int(st.session_state.get(_CHANGES, 0))


def take_rows(key: str, shown: Sequence[str]) -> None:
    """Take over the rows chosen in a table that shows these ids; others stay chosen."""
    selection: Mapping[str, Any] = st.session_state[key]["selection"]
    here = [shown[row] for row in selection["rows"] if row < len(shown)]
    elsewhere = [run_id for run_id in st.session_state.get(_CHOSEN, []) if run_id not in shown]
    st.session_state[_CHOSEN] = [*elsewhere, *here][:MOST_CHOSEN]


def address(path: str, parameters: Mapping[str, Any]) -> str:
    """Return the full address of a page with parameters; what is empty is left out."""
    base = str(st.context.url or "").rstrip("/")
    base = next(
        (base.removesuffix(f"/{p.path}") for p in PAGES if base.endswith(f"/{p.path}")), base
    )
    filled = {name: value for name, value in parameters.items() if value not in (None, "", [], ())}
    query = urlencode(filled, doseq=True)
    return f"{base}/{path}{'?' if query else ''}{query}"


# what the widgets of the runs page say when nobody touched them
RUNS_UNTOUCHED: Final[dict[str, Any]] = {
    "experiment": "All experiments",
    "status": [],
    "filter": "",
    "show": "Active",
    "by": VARIES,
    "param": VARIES,
    "view": "Table",
    "sort": "Newest first",
    "page": 1,
    "along": "Step",
    "smooth": 0.0,
    "log": False,
}


def choose_at_first(key: str, value: str, options: Sequence[str]) -> None:
    """Let a bound choice without a default have a value, unless the address or somebody chose one.

    The address leaves out what is a default. Which version is the newest changes, so a choice of
    versions has none: an address that names one keeps it.
    """
    known = st.query_params.get(key) in options or st.session_state.get(key) in options
    if not known:
        st.session_state[key] = value


def unknown_in_address(key: str, options: Sequence[str], *, of: str = "") -> str | None:
    """Return what the address chose that is none of the options, of the thing it was said of.

    Streamlit takes it out of the address at once; it is told until `forget_unknown`.
    """
    memory = f"{key}-unknown"
    asked = st.query_params.get(key)
    if asked is not None:
        st.session_state[memory] = None if asked in options else (of, str(asked))
    kept = st.session_state.get(memory)
    return kept[1] if kept is not None and kept[0] == of else None


def forget_unknown(key: str) -> None:
    """Say no more what the address chose that is not there: something else was chosen."""
    st.session_state[f"{key}-unknown"] = None


def choose_version(labels: Sequence[str], shown: str, *, key: str) -> None:
    """Draw the choice of another version than the one of the address, which it then names."""

    def show() -> None:
        st.query_params["version"] = st.session_state[key]

    st.session_state[key] = shown
    st.selectbox(
        "Version", labels, key=key, on_change=show, label_visibility="collapsed", width=200
    )


def view_address(path: str, untouched: Mapping[str, Any], **always: Any) -> str:
    """Return the address that opens a page as it is now.

    `untouched` maps the keys of bound widgets to what they say when nobody touched them; `always`
    is part of the address whatever it is.
    """
    values = {key: st.session_state.get(key) for key in untouched}
    changed = {key: value for key, value in values.items() if value != untouched[key]}
    return address(path, {**changed, **always})
