"""The part of the page of comparison that asks whether a difference is chance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import streamlit as st

from app.draw import draw
from app.layout import Kpi, card, empty, kpis, plain, table as show_table
from app.wording import counted, number
from catalog.direction import lower_is_better
from core.charts.intervals import forest_plot
from core.tracking.repeats import Repeats, is_seed, repeats, welch_test

if TYPE_CHECKING:
    from app.compare_choice import Compared

_MOST_GROUPS: Final = 30
_AXIS: Final = 84  # pixels
_HOW: Final = (
    "Runs with the same params but the seed are repeats. Their spread is what chance does to the"
    " metric; run each setting at least three times and log the seed as a param."
)


def chance_part(compared: Compared, metric: str | None) -> None:
    """Draw the mean of each group of repeats with its interval, and compare two groups."""
    if metric is None:
        empty("Nothing to compare", "These runs logged no metrics.")
        return
    usual = [name for name in compared.params if is_seed(name)]
    seeds = st.multiselect(
        "Params that only tell repeats apart",
        compared.params,
        default=usual,
        key="seeds",
        bind="query-params",
        help="Runs that differ in nothing else are repeats of each other.",
    )
    named = _groups(compared, metric, seeds)
    repeated = {name: group for name, group in named.items() if len(group.values) > 1}
    if not repeated:
        empty("No repeats among these runs", _HOW, icon="casino")
        return
    left, right = st.columns([3, 2])
    shown = dict(list(repeated.items())[:_MOST_GROUPS])
    with left:
        _forest(shown, metric)
    with right:
        _two_groups(repeated, metric)
    _table(dict(list(named.items())[:_MOST_GROUPS]))
    told = "Finished runs only; intervals are of 95 %, by Student's t."
    if len(named) > _MOST_GROUPS:
        told += f" The best {_MOST_GROUPS} of {len(named):,} groups are shown."
    st.caption(told)


def _groups(compared: Compared, metric: str, seeds: list[str]) -> dict[str, Repeats]:
    """The groups by name, the best mean first."""
    table = compared.table
    params = {n: compared.values(f"params.{n}") for n in compared.params if n not in seeds}
    experiments = table.column("experiment_name").to_pylist()
    if len(set(experiments)) > 1:
        params = {"experiment": experiments, **params}
    status = table.column("status").to_pylist()
    values = compared.values(f"metrics.{metric}")
    done = [v if s == "FINISHED" else None for s, v in zip(status, values, strict=True)]
    found = repeats(list(compared.names), params, done)
    found.sort(key=lambda each: each.mean, reverse=not lower_is_better(metric))
    telling = [name for name in params if len({each.params[name] for each in found}) > 1]
    return {_name(each, telling): each for each in found}


def _name(group: Repeats, telling: list[str]) -> str:
    said = [f"{name}={group.params[name]}" for name in telling if group.params[name] is not None]
    absent = [f"no {name}" for name in telling if group.params[name] is None]
    return ", ".join((*said, *absent)) or "all runs"


def _forest(groups: dict[str, Repeats], metric: str) -> None:
    import pyarrow as pa  # loaded already, by who made the table

    rows = pa.table(
        {
            "name": list(groups),
            "value": [group.mean for group in groups.values()],
            "low": [group.low for group in groups.values()],
            "high": [group.high for group in groups.values()],
            "note": [counted(len(group.values), "run") for group in groups.values()],
        }
    )
    spec = forest_plot(f"Mean {metric}", value=metric, count=len(groups))
    # in a page the height holds the axis and its title too
    height = spec["height"] + _AXIS
    draw({**spec, "height": height}, rows, key="means")


def _two_groups(groups: dict[str, Repeats], metric: str) -> None:
    with card("Two groups"):
        names = list(groups)
        if len(names) < 2:
            st.caption("It takes two groups of repeats to compare them.")
            return
        first = st.selectbox("First", names, 1, key="first", bind="query-params") or names[1]
        second = st.selectbox("Second", names, 0, key="second", bind="query-params") or names[0]
        test = welch_test(groups[first].values, groups[second].values)
        if first == second:
            st.caption("Choose two different groups.")
        elif test is None:
            st.caption("Neither group varies at all, so chance cannot be told from these runs.")
        else:
            reach = f"95 %: {test.low:+.3g} to {test.high:+.3g}"
            told = f"t = {test.statistic:.2f}, {test.degrees:.1f} degrees of freedom"
            kpis(
                [
                    Kpi(
                        label=f"Second less first, {metric}",
                        value=f"{test.difference:+.3g}",
                        note=reach,
                    ),
                    Kpi(label="p, Welch's test", value=p_text(test.p_value), note=told),
                ]
            )
            st.caption(plain(_verdict(test.p_value, len(names))))


def _verdict(p_value: float, groups: int) -> str:
    """Say what p means, and what it takes when the pair was picked from many."""
    share = "less than 0.1" if p_value < 0.001 else number(float(f"{p_value * 100:.2g}"))
    told = (
        "If both had the same mean, chance alone would part them this far or further in"
        f" {share} % of repetitions."
    )
    pairs = math.comb(groups, 2)
    if pairs > 1:
        told += (
            f" There are {pairs:,} pairs of groups: if you looked for the most striking one, only"
            f" a p below {0.05 / pairs:.2g} is one in twenty by chance (Bonferroni)."
        )
    return told


def p_text(p_value: float) -> str:
    """Say a p-value with two digits that matter.

    >>> p_text(0.0412), p_text(0.00001)
    ('0.041', '< 0.001')
    """
    return "< 0.001" if p_value < 0.001 else f"{p_value:.2g}"


def _table(groups: dict[str, Repeats]) -> None:
    show_table(
        {
            "group": list(groups),
            "runs": [len(group.values) for group in groups.values()],
            "mean": [number(group.mean) for group in groups.values()],
            "95 % interval": [
                "" if g.low is None or g.high is None else f"{number(g.low)} to {number(g.high)}"
                for g in groups.values()
            ],
            "standard deviation": [
                "" if g.deviation is None else number(g.deviation) for g in groups.values()
            ],
        },
        key="groups",
        alt="Groups of repeats, the best first",
    )
