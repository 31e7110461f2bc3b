"""The parts of the settings page."""

from __future__ import annotations

import platform
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Final

import streamlit as st

from app.cli_config import file_read, remarks, shown
from app.cli_doctor import DISTRIBUTION
from app.job_watch import offer_work
from app.layout import card, chip, facts, plain, table
from app.sql_answer import LIMITS
from app.sql_dataset import WHOLE
from app.wording import counted, size
from core.settings import DEFAULT, KEYS

if TYPE_CHECKING:
    from app.session import View
    from core.settings import Settings

_PACKAGES: Final = (
    *("streamlit", "duckdb", "pyarrow", "polars", "pandas", "numpy", "scipy"),
    *("scikit-learn", "altair", "s3fs"),
)
_FOLDERS: Final = {
    "tables": "rows: runs, metrics, versions ...",
    "objects": "files: artifacts, data, reports",
    "journal": "rows just logged",
    "claims": "names that must be unique",
}


def lake_card(view: View) -> None:
    """Draw which lake this is."""
    lake = view.workbench.lake
    with card("Lake", fill=False):
        facts(
            {
                "Place": lake.url,
                "Id": lake.lake_id,
                "Kind": "bucket" if lake.publishes else "folder",
                "Who acts": view.workbench.actor,
                "A call survives": "a power loss"
                if view.workbench.settings.durability == "commit"
                else "the end of the process",
            },
            alt="The lake",
        )


def storage_card(view: View) -> None:
    """Draw what the lake's bytes are for, and how many rows there are."""
    with card("Storage", fill=False):
        found = view.ask(view.workbench.storage_bytes)
        rows = {
            f"{name} ({_FOLDERS[name]})" if name in _FOLDERS else name: size(count)
            for name, count in found.items()
        }
        facts({**rows, "Together": size(sum(found.values()))}, alt="Bytes by kind")
        offer_work(
            view,
            "compaction",
            {},
            label="Compact",
            note="Merge the small files of tables: fewer files make questions faster.",
            key="compaction",
        )
        offer_work(
            view,
            "proof",
            {"level": "content"},
            label="Verify",
            note="Read every byte, and prove that it is what was written.",
            key="proof",
        )
        st.caption("mhras gc deletes what nobody sees any more; mhras verify --repair mends.")


def limits_card() -> None:
    """Draw what one question or upload may take."""
    with card("Limits", fill=False):
        facts(
            {
                "A query": f"{LIMITS.seconds:.0f} s, {size(LIMITS.memory_bytes)} of memory",
                "Its answer": f"{counted(LIMITS.rows, 'row')}, {size(LIMITS.answer_bytes)}",
                "Saved as a dataset": f"{counted(WHOLE.rows, 'row')}, {size(WHOLE.answer_bytes)}",
                "An upload": f"{st.get_option('server.maxUploadSize'):,} MB",
                "Jobs at a time": "2 on a machine",
            },
            alt="Limits",
        )


def versions_card() -> None:
    """Draw what is installed."""
    with card("Versions", fill=False):
        rows = {"Workbench": _version(DISTRIBUTION), "Python": platform.python_version()}
        rows |= {name: _version(name) for name in _PACKAGES}
        facts(rows, alt="Versions")


@cache
def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def configuration_card(settings: Settings) -> None:
    """Draw every setting, as `mhras config` prints it."""
    with card("Configuration", key="configuration"):
        st.caption(plain(f"{file_read()}; what is set elsewhere than by default comes first."))
        for remark in remarks():
            chip(remark, colour="orange", icon=":material/warning:")
        names = sorted(KEYS, key=lambda name: settings.source(name) == DEFAULT)
        table(
            {
                "Setting": names,
                "Value": [shown(settings, name) for name in names],
                "From": [settings.source(name) for name in names],
                "Variable": [KEYS[name].variable for name in names],
                "About": [KEYS[name].about.replace("`", "") for name in names],
            },
            key="configuration-table",
            alt="Settings",
            height="content",
        )
        st.caption("Set by a variable of the environment or in mhras.toml, then start again.")
