"""The catalogue of datasets: what there is, how fresh and how large it is, whose it is."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.layout import Kpi, kpis
from app.link_column import link_column
from app.wording import ago, counted, size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.session import View
    from core.datasets.version import DatasetSummary

UNTOUCHED: Final = {"find-data": "", "tagged": [], "owner": []}
_VERDICTS: Final = ("drifted", "stable")
_REPORTS: Final = 500  # the newest stored reports, in which verdicts are looked up
_BARS: Final = 20  # versions
_SHOWN: Final = 14  # rows
_ROW: Final = 35  # pixels
_SQL: Final = """\
select dataset_name, version, num_rows, num_columns, owner, created_at
from dataset_versions
qualify row_number() over (partition by dataset_name order by created_at desc) = 1
order by dataset_name"""
_PYTHON: Final = """\
from core import Workbench

with Workbench({lake!r}) as wb:
    for summary in wb.datasets.summaries():
        print(summary.dataset_name, summary.newest, summary.num_rows)"""


def filter_bar(summaries: Sequence[DatasetSummary]) -> list[DatasetSummary]:
    """Draw the bar; the datasets that match, the ones with the newest versions first."""
    tags = sorted({tag for summary in summaries for tag in summary.tags})
    owners = sorted({summary.owner for summary in summaries if summary.owner})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Search",
            key="find-data",
            bind="query-params",
            placeholder="name, description, column or source",
            icon=":material/search:",
        )
        chosen_tags: list[str] = []
        chosen_owners: list[str] = []
        if tags:
            chosen_tags = st.multiselect(
                "Tags", tags, key="tagged", bind="query-params", placeholder="any", width=240
            )
        if owners:
            chosen_owners = st.multiselect(
                "Owner", owners, key="owner", bind="query-params", placeholder="any", width=240
            )
    words = (text or "").lower().split()
    found = [
        summary
        for summary in summaries
        if _says(summary, words)
        and (not chosen_tags or set(chosen_tags) & set(summary.tags))
        and (not chosen_owners or summary.owner in chosen_owners)
    ]
    return sorted(found, key=lambda summary: summary.created_at, reverse=True)


def _says(summary: DatasetSummary, words: Sequence[str]) -> bool:
    """Tell whether every word stands somewhere in what is known of a dataset."""
    told = (
        summary.dataset_name,
        summary.description,
        summary.source,
        summary.owner,
        *summary.tags,
        *summary.column_names,
    )
    text = "\n".join(told).lower()
    return all(word in text for word in words)


def catalogue_numbers(shown: Sequence[DatasetSummary]) -> None:
    """Draw how much there is."""
    newest = max(shown, key=lambda summary: summary.created_at, default=None)
    largest = max(shown, key=lambda summary: summary.num_rows, default=None)
    kpis(
        [
            Kpi(
                label="Datasets",
                value=f"{len(shown):,}",
                note=counted(sum(summary.versions for summary in shown), "version"),
            ),
            Kpi(
                label="Rows, newest versions",
                value=f"{sum(summary.num_rows for summary in shown):,}",
                note=f"most: {largest.dataset_name}" if largest else "none",
            ),
            Kpi(
                label="Size, newest versions",
                value=size(sum(summary.size_bytes for summary in shown)),
                note="as Parquet",
                help="What the newest version of each would take alone; versions share chunks.",
            ),
            Kpi(
                label="Freshest",
                value=ago(newest.created_at) if newest else "-",
                note=newest.dataset_name if newest else "none",
            ),
        ]
    )


def catalogue_table(view: View, shown: Sequence[DatasetSummary]) -> None:
    """Draw the datasets; a click on a name opens its newest version."""
    import pyarrow as pa  # loaded already, by the catalog

    verdicts = _verdicts(view)
    names = [f"{summary.dataset_name}@{summary.newest}" for summary in shown]
    text = pa.string()
    columns: dict[str, Any] = {
        "dataset": pa.array([summary.dataset_name for summary in shown], text),
        "newest": pa.array([summary.newest for summary in shown], text),
        "drift": pa.array([verdicts.get(name, "") for name in names], text),
        "versions": pa.array([summary.versions for summary in shown]),
        "rows": pa.array([summary.num_rows for summary in shown]),
        "history": pa.array(map(_history, shown), pa.list_(pa.int64())),
        "columns": pa.array([summary.num_columns for summary in shown]),
        "size": pa.array([size(summary.size_bytes) for summary in shown], text),
        "registered": pa.array([s.created_at for s in shown], pa.timestamp("us", tz="UTC")),
    }
    optional: dict[str, list[Any]] = {
        "tags": [[f"{t} {v}" for t, v in s.tags.items()] for s in shown],
        "owner": [summary.owner for summary in shown],
    }
    for name, values in optional.items():  # a column that says nothing takes room
        if any(values):
            columns[name] = pa.array(values, pa.list_(text) if name == "tags" else text)
    columns["description"] = pa.array([s.description or s.source for s in shown], text)
    st.container(key="datasets-table").dataframe(
        pa.table(columns),
        key="datasets",
        hide_index=True,
        placeholder="",
        row_height=_ROW,
        height="content" if len(shown) <= _SHOWN else (_SHOWN + 1) * _ROW + _ROW // 2,
        column_config=_settings([summary.dataset_name for summary in shown]),
        alt=counted(len(shown), "dataset"),
    )


def _history(summary: DatasetSummary) -> list[int]:
    rows = [*summary.rows_by_version[-_BARS:]]
    return rows if len(rows) > 1 else []  # one bar says nothing


def _settings(names: Sequence[str]) -> dict[str, Any]:
    column = st.column_config
    return {
        "dataset": link_column(
            "Dataset", page="dataset", addresses=[{"name": name} for name in names], width=215
        ),
        "newest": column.TextColumn("Newest", width=75),
        "versions": column.NumberColumn("Versions", width=70),
        "rows": column.NumberColumn("Rows", format="localized", width=90),
        "history": column.BarChartColumn(
            "Rows by version", y_min=0, width=115, help="The oldest version at the left"
        ),
        "columns": column.NumberColumn("Columns", width=70),
        "size": column.TextColumn("Size", width=75),
        "registered": column.DatetimeColumn("Registered", format="distance", width=105),
        "drift": column.MultiselectColumn(
            "Drift",
            options=_VERDICTS,
            color=("orange", "green"),
            width=80,
            help="What the newest stored report says of the newest version",
        ),
        "tags": column.ListColumn("Tags", width=140, help="Each with the version it points to"),
        "owner": column.TextColumn("Owner", width=100),
        "description": column.TextColumn("Description", width="large"),
    }


def _verdicts(view: View) -> dict[str, str]:
    """Return what the newest report says of versions that were compared with others."""
    reports = view.ask(view.datasets.drift_reports, limit=_REPORTS)
    return {r.version2: _VERDICTS[0 if r.drift_detected else 1] for r in reversed(reports)}


def catalogue_csv(shown: Sequence[DatasetSummary]) -> bytes:
    """Return the catalogue as CSV in UTF-8."""
    import pyarrow as pa  # loaded already, by the catalog
    from pyarrow import csv  # 20 ms that only an export needs

    rows: list[Mapping[str, Any]] = [
        {
            "dataset_name": summary.dataset_name,
            "newest": summary.newest,
            "versions": summary.versions,
            "num_rows": summary.num_rows,
            "num_columns": summary.num_columns,
            "size_bytes": summary.size_bytes,
            "created_at": summary.created_at,
            "owner": summary.owner,
            "tags": ", ".join(f"{tag}={label}" for tag, label in summary.tags.items()),
            "source": summary.source,
            "description": summary.description,
        }
        for summary in shown
    ]
    sink = io.BytesIO()
    csv.write_csv(pa.Table.from_pylist(rows), sink)
    return sink.getvalue()


def snippets(lake: str) -> dict[str, tuple[str, str]]:
    """Return code that lists the same."""
    return {"Python": ("python", _PYTHON.format(lake=lake)), "SQL": ("sql", _SQL)}
