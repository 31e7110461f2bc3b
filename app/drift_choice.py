"""Which two versions are compared, and how: the bar above the page of drift, and its answer."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app import state
from app.analysis import AT_ONCE, made_once
from app.job_watch import offer_work
from app.layout import chip, plain
from app.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.session import View
    from core.datasets.version import DatasetVersion
    from core.drift.report import DriftReport

UNTOUCHED: Final[dict[str, Any]] = {
    "split": None,
    "target": None,
    "prediction": None,
    "correlations": False,
    "multivariate": False,
    "column": None,
    "panel": "Columns",
    "cut": None,
    "every": "1mo",
}
_HEAVY: Final = frozenset({"multivariate", "target", "prediction"})  # fits models
_HELP: Final = "Each of these reads all rows of both versions; what changes only there is found."


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is compared, and what is asked beside the columns."""

    reference: DatasetVersion
    current: DatasetVersion
    options: dict[str, Any]

    @property
    def names(self) -> tuple[str, str]:
        """What the two are called, the reference first."""
        return self.reference.name, self.current.name

    @property
    def key(self) -> tuple[str, ...]:
        """What tells this comparison from all others."""
        asked = [f"{name}={value}" for name, value in sorted(self.options.items())]
        return ("drift", self.reference.version_id, self.current.version_id, *asked)

    @property
    def values(self) -> int:
        """How many values both versions have."""
        return sum(v.num_rows * v.num_columns for v in (self.reference, self.current))


def choose(view: View, names: Sequence[str]) -> Comparison:
    """Draw the choice of both versions; by default the newest one and the one before it."""
    usual = usual_pair(names)
    unknown = [state.unknown_in_address(key, names) for key in ("reference", "current")]
    state.choose_at_first("reference", usual[0], names)
    state.choose_at_first("current", usual[1], names)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = st.selectbox(
            "Reference",
            names,
            index=None,
            key="reference",
            bind="query-params",
            help="What is measured by",
            on_change=state.forget_unknown,
            args=("reference",),
        )
        second = st.selectbox(
            "Current",
            names,
            index=None,
            key="current",
            bind="query-params",
            help="What is measured",
            on_change=state.forget_unknown,
            args=("current",),
        )
        pair = first or usual[0], second or usual[1]
        st.button("Swap", icon=":material/swap_horiz:", on_click=_swap, args=pair)
        reference, current = (view.ask(view.datasets.get_version, *_parted(name)) for name in pair)
        options = _options([n for n in current.schema if n in reference.schema])
    for name in filter(None, unknown):
        st.caption(plain(f"The address names {name!r}, which is not here; another one is shown."))
    return Comparison(reference=reference, current=current, options=options)


def usual_pair(names: Sequence[str]) -> tuple[str, str]:
    """Return the two newest versions of the first dataset that has two, the older one first.

    >>> usual_pair(["a@v1", "b@v2", "b@v1"])
    ('b@v1', 'b@v2')
    """
    for newer, older in itertools.pairwise(names):
        if newer.rpartition("@")[0] == older.rpartition("@")[0]:
            return older, newer
    return names[0], names[0]


def _parted(name: str) -> tuple[str, str]:
    dataset, _, version = name.rpartition("@")
    return dataset, version


def _swap(first: str, second: str) -> None:
    st.session_state["reference"], st.session_state["current"] = second, first


def _options(columns: Sequence[str]) -> dict[str, Any]:
    with st.popover("Also compare", icon=":material/tune:", help=_HELP):
        found: dict[str, Any] = {}
        for key, name, label, text in (
            ("split", "by", "Subgroups by", "Compare within each value of this column"),
            ("target", "target", "Target", "What is to be predicted"),
            ("prediction", "prediction", "Prediction", "What a model predicted"),
        ):
            found[name] = st.selectbox(
                label,
                columns,
                index=None,
                key=key,
                bind="query-params",
                placeholder="none",
                help=text,
                width=300,
            )
        found["correlations"] = st.toggle(
            "Correlations of columns", key="correlations", bind="query-params"
        )
        found["multivariate"] = st.toggle(
            "All columns together", key="multivariate", bind="query-params"
        )
    return {name: value for name, value in found.items() if value}


def compared(view: View, wanted: Comparison) -> DriftReport | None:
    """Return the report: a stored one, one that is made now, or None while a job has to make it.

    Of large versions, what was counted at registration is compared at first.
    """
    stored = stored_id(view, wanted)
    if stored is not None:
        return view.ask(view.datasets.get_drift_report, stored)
    key = wanted.key
    if wanted.values > AT_ONCE or _HEAVY & set(wanted.options):
        _offer(view, wanted)
        if wanted.options:
            return None
        chip("from what was counted at registration", colour="blue", icon=":material/bolt:")
        return made_once((*key, "sketch"), lambda: _compare(view, wanted, method="sketch"))
    return made_once(key, lambda: _compare(view, wanted), telling="Comparing all rows")


def _offer(view: View, wanted: Comparison) -> None:
    versions = {"reference": wanted.reference.version_id, "current": wanted.current.version_id}
    asked = {"options": wanted.options} if wanted.options else {}
    offer_work(
        view,
        "drift",
        {**versions, **asked},
        label="Compare all rows",
        title=f"Drift from {wanted.reference.name} to {wanted.current.name}",
        note=f"{counted(wanted.values, 'value')} are compared in a process of their own, and the"
        " report is stored.",
    )


def _compare(view: View, wanted: Comparison, **method: Any) -> DriftReport:
    return view.datasets.detect_drift(
        wanted.reference.version_id,
        wanted.current.version_id,
        store=False,
        **wanted.options,
        **method,
    )


def stored_id(view: View, wanted: Comparison) -> str | None:
    """Return the id of the stored report of just this comparison; None when there is none."""
    current = wanted.current
    found = view.ask(view.datasets.drift_reports, current.dataset_name, current.version)
    for summary in found:
        same = (summary.version1, summary.version2) == wanted.names
        if same and dict(summary.parameters) == wanted.options:
            return summary.report_id
    return None


def keep_report(view: View, wanted: Comparison, report: DriftReport) -> str:
    """Store a report that was made, and return its id."""
    versions = (wanted.reference, wanted.current)
    kept = view.datasets.stored_reports.once(versions, report.parameters, lambda: report)
    return kept.report_id
