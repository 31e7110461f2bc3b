"""Analyses of versions for pages: made once; small ones in place, with a bar that moves.

An analysis is of versions, which never change and have ids of their own, so what was made is kept
whatever else is written to the lake; the ones nobody asked for lately are let go of. What takes
long waits for a click, and the analysis of a large version is a job whose report is stored.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import streamlit as st

from app.job_watch import offer_work
from app.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from app.session import View
    from core.datasets.version import DatasetVersion
    from core.eda.issue import DataQualityIssue
    from core.eda.report import EDAReport

    Progress = Callable[[str, float], None]

T = TypeVar("T")
AT_ONCE: Final = 2_000_000  # values that are looked at without being asked
_MOST_KEPT: Final = 32
_kept: Final[OrderedDict[tuple[str, ...], Any]] = OrderedDict()
_making: Final[dict[tuple[str, ...], threading.Lock]] = {}


def made(key: tuple[str, ...]) -> bool:
    """Tell whether an analysis was made and is still kept."""
    return key in _kept


def made_once(key: tuple[str, ...], make: Callable[[], T], *, telling: str = "") -> T:
    """Return what was made for this key, or make it; who asks meanwhile waits for the same.

    Whoever waits sees what is `telling` of it.
    """
    waits = telling and not made(key)  # a spinner has a thread of its own, which costs 1 ms
    told = st.spinner(telling, show_time=True) if waits else nullcontext()
    with told, _making.setdefault(key, threading.Lock()):
        # a cache of Streamlit's would not let a bar move inside
        found: T = _kept[key] if key in _kept else make()
        _kept[key] = found
    _kept.move_to_end(key)
    while len(_kept) > _MOST_KEPT:
        _making.pop(_kept.popitem(last=False)[0], None)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class LongWork:
    """What a page shows of so many `values`, and the job that makes it where these are many.

    `algorithm` is the number of what makes its report now (core/jobs).
    """

    kind: str
    parameters: Mapping[str, str]
    values: int
    label: str
    title: str
    algorithm: int

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from all else that is made once."""
        return (self.kind, *(f"{name}={value}" for name, value in self.parameters.items()))


def made_here_or_by_a_job(
    view: View,
    work: LongWork,
    *,
    make: Callable[[], T],
    read: Callable[[Mapping[str, Any]], T],
    telling: str = "",
) -> T | None:
    """Return what is made at once where it is small, else what a job has kept.

    None while a job makes it, or nobody has asked for it, which is offered.
    """
    if work.values <= AT_ONCE or made(work.key):
        return made_once(work.key, make, telling=telling)
    kept = view.ask(
        view.workbench.jobs.report, work.kind, work.parameters, algorithm=work.algorithm
    )
    if kept is not None:
        return made_once(work.key, lambda: read(kept))
    offer_work(
        view,
        work.kind,
        work.parameters,
        label=work.label,
        title=work.title,
        note=f"{counted(work.values, 'value')} are compared in a process of its own, and what is"
        " found is kept.",
    )
    return None


def may_begin(key: tuple[str, ...], what: str, values: int) -> bool:
    """Tell whether to make an analysis; draw the button that begins one that takes long."""
    if values <= AT_ONCE or made(key):
        return True
    with st.container(border=True, key="begin"):
        st.text(f"This looks at {counted(values, 'value')}, which takes a while, and is made once.")
        return st.button(what, icon=":material/play_arrow:", type="primary", key="begin-button")


@contextmanager
def moving_bar(text: str) -> Iterator[Progress]:
    """Show a bar while the block works, that says what is done; nothing stays of it."""
    place = st.empty()

    def tell(what: str, share: float) -> None:
        place.progress(min(1.0, max(0.0, share)), text=f"{text}: {what}")

    try:
        yield tell
    finally:
        place.empty()


def quality_issues(view: View, version: DatasetVersion) -> list[DataQualityIssue] | None:
    """Return what is wrong with a version; None while nobody analyzed a large one."""
    from core.eda.module import EDAModule  # the first analysis needs it

    key = ("quality", version.version_id)
    if _is_large(version) and not made(key):
        report = eda_report(view, version)
        return None if report is None else list(report.quality_issues)

    def make() -> list[DataQualityIssue]:
        with moving_bar("Looking for faults") as tell:
            return EDAModule(view.datasets, progress=tell).detect_data_quality_issues(
                exactly(version)
            )

    return made_once(key, make)


def eda_report(view: View, version: DatasetVersion, target: str | None = None) -> EDAReport | None:
    """Return the analysis of a version; None while a job makes that of a large one, or nobody does.

    Raises EDAError.
    """
    from core.eda.module import EDAModule  # as above

    key = ("eda", version.version_id, target or "")
    if _is_large(version) and not made(key):
        stored = view.ask(view.workbench.eda.find_report, exactly(version), target)
        if stored is None:
            _offer_analysis(view, version, target)
            return None
        return made_once(key, lambda: stored)

    def make() -> EDAReport:
        with moving_bar("Analyzing") as tell:
            return EDAModule(view.datasets, progress=tell).analyze_dataset(exactly(version), target)

    return made_once(key, make)


def _is_large(version: DatasetVersion) -> bool:
    return version.num_rows * version.num_columns > AT_ONCE


def _offer_analysis(view: View, version: DatasetVersion, target: str | None) -> None:
    asked = {"target": target} if target else {}
    values = counted(version.num_rows * version.num_columns, "value")
    offer_work(
        view,
        "eda",
        {"dataset": exactly(version), **asked},
        label="Analyze",
        title=f"Analysis of {version.name}" + (f", target {target}" if target else ""),
        note=f"{values} are looked at in a process of its own, and the report is stored.",
    )


def exactly(version: DatasetVersion) -> str:
    """Name a version by its id, which nothing else ever has."""
    return f"{version.dataset_name}@{version.version_id}"
