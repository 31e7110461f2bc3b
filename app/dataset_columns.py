"""The columns of a version: one line for each, and one of them whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.chosen_row import choose_row
from app.draw import draw_selectable
from app.layout import card, empty, facts, table
from app.wording import counted, number
from core.charts.bars import counted_names
from core.charts.intervals import histogram_with_density
from core.datasets.column_profile import FLAGS
from core.datasets.conditions import between, equal_to
from core.render.wording import named

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from core.charts.theme import Spec
    from core.datasets.column_profile import ColumnProfile

_ROW: Final = 38  # pixels; bars need some height
_TALLEST: Final = 12  # rows of the table, before it is scrolled
_COLOURS: Final = ("red", "red", "orange", "blue", "violet", "gray", "red")
_FACTS: Final = {
    "count": "Values",
    "missing": "Missing",
    "distinct": "Distinct",
    "mean": "Mean",
    "std": "Standard deviation",
    "skewness": "Skewness",
    "kurtosis": "Excess kurtosis",
    "mad": "Median distance from the median",
    "zeros": "Zeros",
    "negatives": "Negative",
    "infinite": "Infinite",
    "true": "True",
    "shortest": "Shortest text",
    "longest": "Longest text",
    "mean_length": "Mean length",
}
_QUANTILES: Final = {
    "min": "Least",
    "p1": "1 %",
    "p5": "5 %",
    "p25": "25 %",
    "p50": "Median",
    "p75": "75 %",
    "p95": "95 %",
    "p99": "99 %",
    "max": "Greatest",
}


def column_choice(profiles: Sequence[ColumnProfile], *, key: str) -> ColumnProfile:
    """Draw the table, and below it the choice of one column, which stands in the address."""
    names = [profile.name for profile in profiles]
    chosen = choose_row(names, table=key, of=str(len(names)))
    with chosen.place:
        _columns_table(profiles, chosen.selection)
    return profiles[chosen.row]


def _columns_table(profiles: Sequence[ColumnProfile], selection: Mapping[str, Any]) -> None:
    import pyarrow as pa  # loaded already, by who read the sketches

    names = [profile.name for profile in profiles]
    text, numbers = pa.string(), pa.float64()
    columns = {
        "column": pa.array(map(named, names), text),
        "label": pa.array([profile.label for profile in profiles], text),
        "type": pa.array([profile.type for profile in profiles], text),
        "missing": pa.array([100 * profile.missing_share for profile in profiles], numbers),
        "distinct": pa.array([profile.distinct for profile in profiles], pa.int64()),
        "values": pa.array([[*profile.counts] for profile in profiles], pa.list_(pa.int64())),
        "flags": pa.array([[*profile.flags] for profile in profiles], pa.list_(text)),
        "least": pa.array([_told(profile, "min") for profile in profiles], text),
        "median": pa.array([_told(profile, "p50") for profile in profiles], text),
        "mean": pa.array([_told(profile, "mean") for profile in profiles], text),
        "greatest": pa.array([_told(profile, "max") for profile in profiles], text),
        "usual": pa.array([_most_frequent(profile) for profile in profiles], text),
    }
    st.dataframe(
        pa.table(columns),
        hide_index=True,
        placeholder="",
        row_height=_ROW,
        height="content" if len(names) <= _TALLEST else (_TALLEST + 1) * _ROW + _ROW // 2,
        column_config=_settings(profiles),
        alt=counted(len(names), "column"),
        **selection,
    )


def _settings(profiles: Sequence[ColumnProfile]) -> dict[str, Any]:
    column = st.column_config
    flags = "; ".join(f"{name}: {meaning}" for name, meaning in FLAGS.items())
    settings: dict[str, Any] = {
        "column": column.TextColumn("Column", pinned=True, width=130),
        "label": column.TextColumn("Label", width=170),
        "type": column.TextColumn("Type", width=75),
        "missing": column.ProgressColumn(
            "Missing", min_value=0, max_value=100, format="%.1f%%", width=110
        ),
        "distinct": column.NumberColumn("Distinct", format="localized", width=70),
        "values": column.BarChartColumn(
            "Values", y_min=0, width=125, help="Rows by range, or of the most frequent values"
        ),
        "flags": column.MultiselectColumn(
            "Flags", options=[*FLAGS], color=_COLOURS, width=90, help=flags
        ),
        "usual": column.TextColumn("Most frequent", width=130),
    }
    for name, title in (
        ("least", "Least"),
        ("median", "Median"),
        ("mean", "Mean"),
        ("greatest", "Greatest"),
    ):
        settings[name] = column.TextColumn(title, width=70, alignment="right")
    for name, empty_of in (
        ("label", lambda p: not p.label),
        ("flags", lambda p: not p.flags),
        ("usual", lambda p: not _most_frequent(p)),
        ("least", lambda p: not _told(p, "min")),
        ("median", lambda p: not _told(p, "p50")),
        ("mean", lambda p: not _told(p, "mean")),
        ("greatest", lambda p: not _told(p, "max")),
    ):
        if all(map(empty_of, profiles)):
            settings[name] = None  # a column that says nothing takes room
    return settings


def _told(profile: ColumnProfile, name: str) -> str | None:
    value = profile.statistics.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value)
    return None if value is None else str(value)[:10]


def _most_frequent(profile: ColumnProfile) -> str | None:
    if not profile.names or not profile.counts or profile.counts[0] <= 1:
        return None
    share = profile.counts[0] / max(1, profile.rows - profile.missing)
    return f"{profile.names[0]} ({share:.0%})"


def column_detail(profile: ColumnProfile, on_bar: Callable[[str], None]) -> None:
    """Draw how a column is spread, and its statistics; a click on a bar asks for its rows."""
    left, right = st.columns([3, 2])
    with left:
        _chart(profile, on_bar)
    with right, card(f"{named(profile.name)} in numbers", key="column-facts"):
        found = profile.statistics
        shown = {title: _shown(found[n]) for n, title in _FACTS.items() if found.get(n) is not None}
        facts({"Type": profile.type, **shown}, alt=f"Statistics of {profile.name}")
    quantiles = {n: t for n, t in _QUANTILES.items() if found.get(n) is not None}
    if len(quantiles) > 2:  # times have ends only
        with card("Quantiles"):
            row = {title: [_shown(found[name])] for name, title in quantiles.items()}
            table(row, key="quantiles", alt=f"Quantiles of {profile.name}")


def _shown(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return number(value) if isinstance(value, float) else str(value)


def _chart(profile: ColumnProfile, on_bar: Callable[[str], None]) -> None:
    if not any(profile.counts):
        empty(
            named(profile.name),
            "There are no values to draw, or each is there once.",
            icon="bar_chart",
        )
        return
    spec, rows = _described(profile)

    def pick(bar: Mapping[str, Any]) -> None:
        if profile.edges:
            low, high = float(bar["low"]), float(bar["high"])
            last, whole = high >= profile.edges[-1], "int" in profile.type
            on_bar(between(profile.name, low, high, closed=last, whole=whole))
        else:
            on_bar(equal_to(profile.name, str(bar["name"])))

    draw_selectable(spec, rows, pick, key=f"column-{profile.name}")


def _described(profile: ColumnProfile) -> tuple[Spec, Any]:
    import pyarrow as pa  # loaded already, by who read the sketches

    total, called = max(1, profile.rows - profile.missing), named(profile.name)
    if profile.edges:
        low, high = pa.array(profile.edges[:-1]), pa.array(profile.edges[1:])
        shares = pa.array([count / total for count in profile.counts])
        spec = histogram_with_density(called, value=called, smooth=False, height=300)
        if profile.beyond:
            spec["description"] += f" Not drawn: {profile.beyond:,} values far beyond."
        return spec, pa.table({"low": low, "high": high, "share": shares})
    rows = {"name": [*profile.names], "value": [*profile.counts]}
    spec = counted_names(called, name=called, count=len(profile.names))
    return spec, pa.table(rows)
