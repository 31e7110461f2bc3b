"""The pages: what they are called, where they are, how to get there."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

import streamlit as st

_FOLDER: Final = Path(__file__).resolve().parents[1] / "pages"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEntry:
    """One page of the workbench; `path` is its place in the address."""

    path: str
    title: str
    icon: str
    help: str
    section: str = ""
    visibility: Literal["visible", "hidden"] = "visible"


PAGES: Final = (
    PageEntry(
        path="home",
        title="Home",
        icon="home",
        help="What happened lately, what needs you, and how much the lake holds.",
    ),
    PageEntry(
        path="runs",
        title="Runs",
        icon="experiment",
        section="Experiments",
        help="Search, sort and compare runs; draw their curves.",
    ),
    PageEntry(
        path="run",
        title="Run",
        icon="science",
        section="Experiments",
        visibility="hidden",
        help="One run: metrics, params, artifacts, environment and notes.",
    ),
    PageEntry(
        path="compare",
        title="Compare",
        icon="stacked_line_chart",
        section="Experiments",
        help="Runs side by side: differences, parallel coordinates, surroundings, chance.",
    ),
    PageEntry(
        path="datasets",
        title="Datasets",
        icon="database",
        section="Data",
        help="Find datasets by name, column, tag or owner; register new ones.",
    ),
    PageEntry(
        path="dataset",
        title="Dataset",
        icon="table",
        section="Data",
        visibility="hidden",
        help="One version of a dataset: columns, rows, quality, and how it differs from others.",
    ),
    PageEntry(
        path="eda",
        title="EDA",
        icon="query_stats",
        section="Data",
        help="Look at a version: columns, faults, pairs, what tells of a target, cohorts.",
    ),
    PageEntry(
        path="drift",
        title="Drift",
        icon="compare_arrows",
        section="Data",
        help="What changed between two versions, whether that is too much, and since when.",
    ),
    PageEntry(
        path="register",
        title="Register data",
        icon="upload",
        section="Data",
        visibility="hidden",
        help="Upload a file as a new dataset, or as a new version of one.",
    ),
    PageEntry(
        path="lineage",
        title="Lineage",
        icon="account_tree",
        section="Data",
        help="What was made of what, how, and what depends on it.",
    ),
    PageEntry(
        path="models",
        title="Models",
        icon="model_training",
        section="Models",
        help="Which models there are, which is in use, how good each is, how its card stands.",
    ),
    PageEntry(
        path="model",
        title="Model",
        icon="model_training",
        section="Models",
        visibility="hidden",
        help="One version of a model: figures with intervals, origins, stages.",
    ),
    PageEntry(
        path="card",
        title="Model card",
        icon="badge",
        section="Models",
        visibility="hidden",
        help="What a model is for and how good it is; publish, sign and export its card.",
    ),
    PageEntry(
        path="sql",
        title="SQL",
        icon="terminal",
        section="Tools",
        help="Ask the whole lake in SQL; nothing can be changed.",
    ),
    PageEntry(
        path="jobs",
        title="Jobs",
        icon="pending_actions",
        section="Tools",
        help="Long work: what waits, runs, or has ended.",
    ),
    PageEntry(
        path="settings",
        title="Settings",
        icon="settings",
        section="Tools",
        help="The lake, its storage, every setting with its source, limits, versions.",
    ),
)


@cache
def page(path: str) -> st.Page:
    """Return a page by its path, to link to it; the home page is the one without a path.

    It is made once: making one looks for its file, and every page links to a dozen.
    """
    (entry,) = (entry for entry in PAGES if entry.path == path)
    return st.Page(
        _FOLDER / f"{path}.py",
        title=entry.title,
        icon=f":material/{entry.icon}:",
        url_path=path,
        default=path == "home",
        visibility=entry.visibility,
        help=entry.help,
    )


def chosen_page() -> st.Page:
    """Tell Streamlit which pages there are, and return the one to run now."""
    # a page notes in itself that it may be run, once: every run of the script has its own
    return st.navigation([copy(page(entry.path)) for entry in PAGES], position="hidden")


def open_page(path: str, **parameters: str | list[str]) -> None:
    """Go to a page; its parameters stand in the address, so the address opens it again."""
    st.switch_page(page(path), query_params=parameters)
