"""Lineage: what was made of what, how, and what breaks when something changes."""

from __future__ import annotations

from typing import cast

import streamlit as st

from app import lineage_parts as parts, session, state
from app.layout import context_line, copy_link, empty, header, plain
from app.lineage_graph import drawing
from app.wording import counted
from core.errors import DatasetNotFoundError, LineageError

WAYS = {"Both ways": "both", "Upstream": "upstream", "Downstream": "downstream"}
DEPTHS = {"All steps": None, "1 step": 1, "2 steps": 2, "3 steps": 3, "5 steps": 5}


def begin() -> None:
    """Let the graph begin at what was chosen in the list."""
    st.query_params["id"] = st.session_state["lineage-start"] or parts.EVERYTHING
    st.query_params.pop("node", None)


view = session.look()
lineage = view.workbench.lineage
start = str(st.query_params.get("id", ""))
known = parts.things(view)
problem = ""
try:
    if start and start not in known:
        thing = lineage.resolve(start)
        start = thing.id
        known[start] = thing.label
except DatasetNotFoundError as error:
    problem, start = str(error), parts.EVERYTHING

with header(
    "Lineage", context_line(f"lake {plain(session.lake_name())}", counted(len(known) - 1, "thing"))
):
    actions = st.container(horizontal=True, horizontal_alignment="right")

with st.container(horizontal=True, vertical_alignment="bottom"):
    ids = list(known)
    st.session_state["lineage-start"] = start
    st.selectbox(
        "Begin at",
        ids,
        format_func=known.__getitem__,
        key="lineage-start",
        on_change=begin,
        width=340,
    )
    way, depth = "Both ways", "All steps"
    if start:
        way = st.segmented_control(
            "Follow", list(WAYS), default=way, required=True, key="way", bind="query-params"
        )
        depth = st.selectbox("Depth", list(DEPTHS), key="depth", bind="query-params", width=110)
    found = st.container(width=230)
    files = st.toggle("Files of runs", key="files", bind="query-params")

if problem:
    st.warning(plain(problem), icon=":material/search_off:")
try:
    if start:
        direction = cast("parts.Direction", WAYS[way])
        graph = view.ask(lineage.graph, start, direction, depth=DEPTHS[depth])
    else:
        graph = view.ask(lineage.everything)
except LineageError as error:
    empty("No graph", str(error), icon="account_tree")
    st.stop()

if not files:
    graph = parts.without_files(graph)
with actions:
    parts.exports(view, graph, (known[start].rpartition(" ")[2] or "lake").replace("/", "-"))
if not graph.nodes or (not start and not graph.edges):
    empty(
        "Nothing was made of anything yet",
        "Transform a dataset, or start a run with inputs=[...]: each step appears here.",
        icon="account_tree",
    )
    st.stop()

nodes = {node.id: node for node in graph.nodes}
chosen = str(st.query_params.get("node", "")) or start
labels = {
    node.id: f"{node.label} ({parts.WORDS.get(node.kind, node.kind)})" for node in graph.nodes
}
with found:
    st.session_state["lineage-find"] = chosen if chosen in nodes else None
    picked = st.selectbox(
        "Find in the graph",
        list(nodes),
        format_func=labels.__getitem__,
        key="lineage-find",
        placeholder="name of a thing",
    )
if picked and picked != chosen:
    st.query_params["node"] = chosen = picked

if len(graph.nodes) > parts.MOST:
    st.warning(
        f"{len(graph.nodes):,} things are too many to draw; choose fewer steps.",
        icon=":material/warning:",
    )
else:
    with st.container(border=True, key="lineage-drawing"):
        clicked = drawing(graph, chosen if chosen in nodes else None)
        parts.legend(graph)
    if clicked is not None and clicked != chosen:
        st.query_params["node"] = clicked
        st.rerun()

with actions:
    values = {
        "id": start,
        "node": chosen if chosen != start else "",
        "way": way if way != "Both ways" else "",
    }
    copy_link(state.address("lineage", {**values, "depth": depth if depth != "All steps" else ""}))

if chosen in nodes:
    left, right = st.columns([2, 3])
    with left:
        parts.thing_card(graph, nodes[chosen])
        parts.impact(graph, nodes[chosen])
    with right:
        parts.steps(view, graph, nodes[chosen])
else:
    st.caption("Click a box to see what it is, how it was made, and what depends on it.")
