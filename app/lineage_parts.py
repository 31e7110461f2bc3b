"""The parts of the lineage page: what to look at, one thing, its steps, and what depends on it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from app.errors import show_fault
from app.layout import card, chip, facts, plain, table
from app.lineage_graph import WORDS
from app.nav import open_page
from app.wording import NOTHING, ago, clock, counted
from catalog.lineage_search import Direction
from core.lineage.graph import distances
from core.lineage.picture import MOST
from lake.errors import MhrasError

if TYPE_CHECKING:
    from app.session import View
    from core.lineage.graph import LineageEdge, LineageGraph, LineageNode

__all__ = ["MOST", "WORDS", "Direction"]
EVERYTHING: Final = ""
_LISTED: Final = 300
_THINGS: Final = """
select * from (
  select version_id as id, 'dataset ' || dataset_name || '@' || version as label,
         created_at as made_at
  from dataset_versions
  union all
  select run_id, 'run ' || experiment_name || '/' || run_name, start_time from runs
  union all
  select model_id, 'model ' || model_name || '@' || version, created_at from model_versions
  union all
  select card_id, 'card ' || model_name || '@' || version || ', card ' || card_number, created_at
  from model_cards
) order by made_at desc, id limit $most
"""


def things(view: View) -> dict[str, str]:
    """Return what a graph may begin at, the newest first: label by id, everything before all."""
    rows = view.ask(view.workbench.sql, _THINGS, {"most": _LISTED}).to_pylist()
    return {EVERYTHING: "Everything"} | {row["id"]: row["label"] for row in rows}


def exports(view: View, graph: LineageGraph, name: str) -> None:
    """Offer the graph as a picture, a page with all code, and JSON."""
    from core.lineage.document import lineage_document  # Jinja, which only an export needs
    from core.lineage.picture import lineage_file
    from core.render.html import render_html

    with st.popover("Export", icon=":material/download:", help="Take this graph away"):
        made = {
            "SVG": ("image/svg+xml", lambda: lineage_file(graph)),
            "JSON": ("application/json", lambda: json.dumps(graph.to_dict(), indent=1).encode()),
        }
        if graph.start:
            page = lambda: render_html(lineage_document(graph, view.workbench.lineage.code))  # noqa: E731
            made["HTML"] = ("text/html", page)
        for kind, (mime, build) in made.items():
            st.download_button(
                kind,
                data=build,
                file_name=f"lineage-{name}.{kind.lower()}",
                mime=mime,
                on_click="ignore",
                icon=":material/download:",
                key=f"lineage-{kind}",
            )


def legend(graph: LineageGraph) -> None:
    """Say how many things of each kind there are, and how many steps."""
    kinds: dict[str, int] = {}
    for node in graph.nodes:
        kinds[node.kind] = kinds.get(node.kind, 0) + 1
    parts = [counted(count, WORDS.get(kind, kind)) for kind, count in kinds.items()]
    text = ", ".join([*parts, counted(len(graph.edges), "step")])
    st.caption(f"{text}. Drag to move, turn the wheel to zoom.")
    for cycle in graph.cycles:
        way = " -> ".join(graph.node(node_id).label for node_id in cycle)
        chip(f"made of itself: {way}", colour="red", icon=":material/sync_problem:")


def without_files(graph: LineageGraph) -> LineageGraph:
    """Leave out the files that runs left: a run has many, and they hide everything else."""
    kept = {node.id for node in graph.nodes if node.kind != "artifact" or node.id == graph.start}
    return replace(
        graph,
        nodes=tuple(node for node in graph.nodes if node.id in kept),
        edges=tuple(e for e in graph.edges if e.source in kept and e.target in kept),
    )


def thing_card(graph: LineageGraph, node: LineageNode) -> None:
    """Draw one thing, with ways to open it and to begin the graph at it."""
    up = distances(node.id, graph.edges, "upstream")
    down = distances(node.id, graph.edges, "downstream")
    with card(node.label, key="lineage-thing"):
        with st.container(horizontal=True, vertical_alignment="center"):
            chip(WORDS.get(node.kind, node.kind).upper(), colour="blue")
            if node.missing or node.deleted:
                chip("gone" if node.missing else "deleted", colour="orange")
        rows = {
            "Made of": counted(len(up) - 1, "thing"),
            "Made of it": counted(len(down) - 1, "thing"),
        }
        if node.created_at:
            rows["Since"] = f"{ago(node.created_at)} ({clock(node.created_at)})"
        facts({**rows, "Id": node.id}, alt="The thing")
        with st.container(horizontal=True):
            if node.id != graph.start and not node.missing:
                st.button(
                    "Begin here",
                    icon=":material/center_focus_strong:",
                    key="begin-here",
                    on_click=_begin_at,
                    args=(node.id,),
                )
            _open_button(node)


def _begin_at(node_id: str) -> None:
    st.query_params["id"] = node_id
    st.query_params.pop("node", None)


def _open_button(node: LineageNode) -> None:
    if node.missing or node.kind not in {"run", "dataset_version", "model", "card"}:
        return
    if st.button("Open", icon=":material/arrow_forward:", key="open-thing"):
        if node.kind == "run":
            open_page("run", id=node.id)
        if node.kind == "card":
            open_page("card", model=node.label.rpartition(", card ")[0])
        name, _, version = node.label.rpartition("@")
        open_page("model" if node.kind == "model" else "dataset", name=name, version=version)


def impact(graph: LineageGraph, node: LineageNode) -> None:
    """List what depends on a thing, the nearest first: what breaks when it changes."""
    far = distances(node.id, graph.edges, "downstream")
    found = sorted(
        (other for other in graph.nodes if other.id in far and other.id != node.id),
        key=lambda other: (far[other.id], other.kind, other.label),
    )
    with card("What depends on it", key="lineage-impact"):
        if not found:
            st.caption("Nothing in this graph was made of it.")
            return
        table(
            {
                "Thing": [other.label for other in found],
                "Kind": [WORDS.get(other.kind, other.kind) for other in found],
                "Steps away": [far[other.id] for other in found],
            },
            key="impact",
            alt=counted(len(found), "thing"),
            height="content" if len(found) <= 8 else 330,
        )


def steps(view: View, graph: LineageGraph, node: LineageNode) -> None:
    """Draw the steps that lead to a thing and from it, each with its code and columns."""
    labels = {each.id: each.label for each in graph.nodes}
    near = [edge for edge in graph.edges if node.id in {edge.source, edge.target}]
    with card("Steps", key="lineage-steps"):
        if not near:
            st.caption("No step leads to it or from it.")
        for place, edge in enumerate(near):
            title = (
                f"{labels[edge.source]} \u2192 {labels[edge.target]} ({edge.transformation_type})"
            )
            with st.expander(
                plain(title), expanded=len(near) == 1 or (place == 0 and bool(edge.code))
            ):
                _step(view, edge)


def _step(view: View, edge: LineageEdge) -> None:
    told: dict[str, Any] = {
        "Type": edge.transformation_type,
        "By": edge.actor or NOTHING,
        "When": f"{ago(edge.created_at)} ({clock(edge.created_at)})"
        if edge.created_at
        else NOTHING,
    }
    facts(told | dict(edge.parameters), alt="The step")
    if edge.code:
        try:
            code = view.ask(view.workbench.lineage.code, edge.code)
        except MhrasError as error:
            show_fault(error)
        else:
            language = "sql" if edge.transformation_type in {"sql", "query"} else "python"
            st.code(code, language=language, wrap_lines=True)
    if edge.columns:
        rows = {
            "Column": list(edge.columns),
            "Comes from": [", ".join(sources) for sources in edge.columns.values()],
        }
        table(rows, key=f"columns-{edge.lineage_id}", alt="Columns of the step")
    for name, reason in edge.unresolved.items():
        st.caption(plain(f"{name}: {reason}"))
