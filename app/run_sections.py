"""The parts of the page of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import streamlit as st

from app.artifact_view import show_artifact
from app.comment_panel import marked_steps
from app.curves import curve_options, curves
from app.errors import show_fault
from app.layout import Kpi, card, chip, empty, facts, kpis, plain, status_chip, table
from app.link_column import link_column
from app.nav import open_page
from app.run_filters import RunColumns
from app.run_table import RunTable, run_table
from app.wording import NOTHING, ago, clock, counted, number, param_text, size, span
from lake.errors import DamagedError, NotFoundError

if TYPE_CHECKING:
    from app.session import View
    from core.tracking.changes import Pair, RunChanges
    from core.tracking.run import Run

_HEADLINES: Final = 4
_CHARTS: Final = 8
_CHILDREN: Final = 50
_LINES: Final = 12  # of an error; more are scrolled
_VERSIONS: Final = """
select version_id, dataset_name, version, dataset_name || '@' || version as name
from dataset_versions where list_contains($ids, version_id)
"""
_BEST: Final = (".best", ".best_step", ".min", ".max")


def status_line(run: Run) -> None:
    """Draw the state of a run and its times."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        status_chip(run.status, stale=run.is_stale)
        if run.deleted:
            chip("DELETED", icon=":material/delete:")
        st.caption(
            f"started {plain(ago(run.start_time))} ({clock(run.start_time)})", width="content"
        )
        if run.end_time is not None:
            st.caption(f"took {span(run.duration)}", width="content")
            st.caption(f"ended {clock(run.end_time)}", width="content")
        elif run.is_stale:
            st.caption(f"last sign of life {plain(ago(run.heartbeat_at))}", width="content")
        st.caption(f"by {plain(run.actor or 'nobody known')}", width="content")
    if run.error:
        height: Literal["content"] | int = "content"
        if len(run.error.splitlines()) > _LINES:
            height = 300
        with st.expander("Why it failed", icon=":material/error:", expanded=True):
            st.code(run.error, language=None, wrap_lines=True, height=height)


def headline(view: View, run: Run) -> None:
    """Draw some of the run's metrics as numbers, first those that have a course."""
    summary = _summary(view, run)
    drawable = _drawable(run, summary)
    names = [*drawable, *(name for name in sorted(run.last_metrics) if name not in drawable)]
    cards = []
    for name in names[:_HEADLINES]:
        course: list[float] = []
        if name in drawable:
            course = view.ask(view.runs.sparklines, [run.run_id], name).get(run.run_id, [])
        best = f"best {number(summary[f'metrics.{name}.best'])}" if course else "logged once"
        value = number(run.last_metrics[name])
        colour: Literal["green", "gray"] = "green" if course else "gray"
        cards.append(
            Kpi(label=name, value=value, trend=course, chart="line", note=best, colour=colour)
        )
    if cards:
        kpis(cards)


def _summary(view: View, run: Run) -> dict[str, Any]:
    compared = view.ask(view.tracker.compare_runs, [run.run_id], as_frame="arrow")
    return dict(compared.to_pylist()[0])


def _drawable(run: Run, summary: dict[str, Any]) -> list[str]:
    """Give the metrics with more than one value to join."""
    return [
        name
        for name in sorted(run.last_metrics)
        if summary.get(f"metrics.{name}.min") != summary.get(f"metrics.{name}.max")
    ]


def metrics_section(view: View, run: Run) -> None:
    """Draw a chart for each metric that has a course, and a table of all of them."""
    names = sorted(run.last_metrics)
    if not names:
        empty("No metrics yet", "tracker.log_metrics({'auc': 0.73}, step=1) brings the first.")
        return
    drawable = _drawable(run, _summary(view, run))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown = st.multiselect(
            "Metrics",
            drawable,
            default=drawable[:_CHARTS],
            key=f"shown-metrics-{run.run_id}",
            placeholder="All charts off",
        )
        options = curve_options()
    marks = marked_steps(view, run.run_id)
    with st.grid(2, min_column_width=380):
        drawn = [
            name
            for name in shown
            if curves(
                view,
                {run.run_id: run.run_name},
                name,
                options,
                key=f"curve-{name}",
                height=240,
                marks=marks.get(name, ()),
            )
        ]
    with card("Last and best values"):
        _metric_table(view, run, names)
    if not drawn:
        st.caption("No metric was logged twice, so there is no curve to draw.")


def _metric_table(view: View, run: Run, names: list[str]) -> None:
    summary = _summary(view, run)
    columns: dict[str, list[Any]] = {"Metric": names}
    columns["Last"] = [summary.get(f"metrics.{name}") for name in names]
    for suffix, label in zip(_BEST, ("Best", "Best at step", "Lowest", "Highest"), strict=True):
        columns[label] = [summary.get(f"metrics.{name}{suffix}") for name in names]
    form = st.column_config.NumberColumn(format="%.6g")
    settings = dict.fromkeys(("Last", "Best", "Lowest", "Highest"), form)
    table(columns, settings=settings, key="metrics", alt="Metrics")


def params_card(run: Run) -> None:
    """Draw the params as a table that can be searched."""
    with card(f"Params ({len(run.params)})", fill=False):
        if not run.params:
            st.caption("None were logged.")
            return
        rows = {
            "Param": sorted(run.params),
            "Value": [param_text(n, str(run.params[n])) for n in sorted(run.params)],
        }
        table(rows, key="params", alt="Params")


def changes_card(view: View, run: Run) -> None:
    """Draw what is different from the run before it in the same experiment."""
    changes: RunChanges = view.ask(view.tracker.changes_since_previous, run.run_id)
    with card("What changed since last time", fill=False):
        if changes.previous_run_id is None:
            st.caption("This is the first run of its experiment.")
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"Compared with {plain(changes.previous_run_name)}", width="content")
            if st.button("Open it", type="tertiary", icon=":material/arrow_forward:"):
                open_page("run", id=changes.previous_run_id)
        if changes.nothing:
            st.caption("Nothing: same params, metrics, code and packages.")
            return
        groups = (changes.params, changes.metrics, changes.code, changes.packages)
        rows: dict[str, list[str]] = {"What": [], "Name": [], "Before": [], "Now": []}
        for what, pairs in zip(("param", "metric", "code", "package"), groups, strict=True):
            for name, pair in pairs.items():
                _append_change(rows, what, name, pair)
        right = st.column_config.TextColumn(alignment="right")
        table(rows, key="changes", alt="What changed", settings={"Before": right, "Now": right})


def _append_change(rows: dict[str, list[str]], what: str, name: str, pair: Pair) -> None:
    texts = [
        number(v) if what == "metric" else "" if v is None else param_text(name, str(v))
        for v in pair
    ]
    for column, text in zip(rows, (what, name, *texts), strict=True):
        rows[column].append(text)


def artifacts_section(view: View, run: Run) -> None:
    """List the artifacts, and show the one that is chosen."""
    found = view.ask(view.runs.list_artifacts, run.run_id)
    # what the run made comes before what was kept of its code
    artifacts = sorted(found, key=lambda artifact: artifact.artifact_type == "code")
    if not artifacts:
        empty(
            "No artifacts", "tracker.log_artifact('model.json', 'model') keeps a file with the run."
        )
        return
    by_path = {artifact.path: artifact for artifact in artifacts}
    left, right = st.columns([3, 7])
    with left:
        st.caption(
            f"{counted(len(artifacts), 'file')}, {size(sum(a.size_bytes for a in artifacts))}"
        )
        path = st.selectbox("Artifact", list(by_path), key="artifact", bind="query-params")
        rows = {
            "File": [artifact.path for artifact in artifacts],
            "Type": [artifact.artifact_type for artifact in artifacts],
            "Size": [size(artifact.size_bytes) for artifact in artifacts],
        }
        column = st.column_config.TextColumn
        widths = {"File": column(width=155), "Type": column(width=55)}
        widths["Size"] = column(width=72, alignment="right")
        table(rows, key="artifacts", alt="Artifacts of the run", settings=widths)
    with right, card(path or artifacts[0].path, key="artifact-card"):
        show_artifact(view, by_path.get(path or "", artifacts[0]), as_model=True)


def environment_section(view: View, run: Run) -> None:
    """Draw where the run was made: code, machine, packages, and the changes nobody committed."""
    try:
        found = view.ask(view.runs.environment, run.run_id)
    except (DamagedError, NotFoundError) as error:
        show_fault(error)
        return
    code = found.get("git") or {}
    left, right = st.columns(2)
    with left:
        with card("Code", fill=False):
            facts(
                {
                    "Commit": run.git_commit or NOTHING,
                    "Version": run.code_version or NOTHING,
                    "Branch": code.get("branch") or NOTHING,
                    "Not committed": ", ".join(code.get("changed_files", [])) or "nothing",
                    "Script": (found.get("script") or {}).get("path") or NOTHING,
                },
                alt="Code of the run",
            )
        with card("Machine", fill=False):
            python = f"{found.get('implementation', '')} {found.get('python', '')}".strip()
            facts(
                {
                    "Host": found.get("host") or NOTHING,
                    "Platform": found.get("platform") or NOTHING,
                    "Python": python or NOTHING,
                    "Processors": found.get("cpus") or NOTHING,
                    "Folder": found.get("folder") or NOTHING,
                },
                alt="Machine of the run",
            )
            if found.get("command"):
                st.code(found["command"], language=None, wrap_lines=True)
    with right:
        _packages(found.get("packages", {}))
    _patch(view, run)


def _packages(packages: dict[str, str]) -> None:
    with card(f"Packages ({len(packages)})"):
        if packages:
            rows = {"Package": list(packages), "Version": list(packages.values())}
            table(rows, height=430, key="packages", alt="Packages")
        else:
            st.caption("They were not taken down.")


def _patch(view: View, run: Run) -> None:
    patch = next(
        (a for a in view.ask(view.runs.list_artifacts, run.run_id) if a.artifact_type == "code"),
        None,
    )
    if patch is not None:
        with st.expander("Changes that were not committed", icon=":material/difference:"):
            show_artifact(view, patch)


def family_card(view: View, run: Run) -> None:
    """Draw the run this one belongs to, and the runs that belong to it; nothing when alone."""
    children = view.ask(
        view.runs.search_runs_arrow, None, f"parent_run_id = '{run.run_id}'", limit=_CHILDREN
    )
    if run.parent_run_id is None and not children.num_rows:
        return
    with card("Family"):
        if run.parent_run_id is not None:
            parent = view.ask(view.tracker.get_run, run.parent_run_id)
            label = f"Belongs to {plain(parent.run_name)}"
            if st.button(label, icon=":material/account_tree:"):
                open_page("run", id=parent.run_id)
        if children.num_rows:
            shown = RunTable(columns=RunColumns(), with_experiment=False)
            run_table(children, shown, key="children", selectable=False)


def inputs_card(view: View, run: Run) -> None:
    """Draw the dataset versions the run read; a click opens one."""
    with card("Inputs", fill=False):
        if not run.inputs:
            st.caption("No dataset version was named.")
            return
        found = view.ask(view.workbench.sql, _VERSIONS, {"ids": [*run.inputs]}).to_pylist()
        known = {row["version_id"]: row for row in found}
        names = [known[each]["name"] if each in known else each for each in run.inputs]
        addresses = [
            {"name": row["dataset_name"], "version": row["version"]} if row else {"name": each}
            for each in run.inputs
            for row in [known.get(each)]
        ]
        link = link_column("Dataset version", page="dataset", addresses=addresses)
        table({"version": names}, key="inputs", alt="Inputs", settings={"version": link})
