"""The part of the page of comparison about what runs were made with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app.layout import card, empty, plain, table as show_table
from app.wording import counted

if TYPE_CHECKING:
    from app.compare_choice import Compared
    from app.session import View
    from core.tracking.surroundings import SameSurroundings

_MOST_GROUPS = 20
_PARTS = {"code": "Code", "machine": "Python and machine", "packages": "Packages"}


def code_part(view: View, compared: Compared) -> None:
    """Draw what differs in code, machine and packages, a column for runs made with the same."""
    found = view.ask(view.runs.surroundings, list(compared.names))
    names = compared.names
    groups = found.groups[:_MOST_GROUPS]
    if not groups:
        empty("Nothing is known", "The surroundings of these runs were not kept.")
        return
    if len(found.groups) == 1:
        count = counted(len(groups[0].run_ids), "run")
        empty("Made with the same", f"Code, Python, machine and packages of {count} are the same.")
    else:
        titles = _titles(groups, names)
        for part, title in _PARTS.items():
            _differences(title, part, groups, titles)
    if len(found.groups) > len(groups):
        st.caption(f"The first {len(groups)} of {len(found.groups):,} surroundings are shown.")
    if found.unknown:
        without = ", ".join(plain(names[run_id]) for run_id in found.unknown[:5])
        more = ", ..." if len(found.unknown) > 5 else ""
        st.caption(f"Not kept for {counted(len(found.unknown), 'run')}: {without}{more}.")


def _titles(groups: tuple[SameSurroundings, ...], names: dict[str, str]) -> list[str]:
    """Name each group by its runs; a number keeps titles apart."""
    titles = []
    for number, group in enumerate(groups, 1):
        first, more = names[group.run_ids[0]], len(group.run_ids) - 1
        titles.append(f"{number}: {first}{f' and {more:,} more' if more else ''}")
    return titles


def _differences(
    title: str, part: str, groups: tuple[SameSurroundings, ...], titles: list[str]
) -> None:
    values: list[dict[str, Any]] = [getattr(group, part) for group in groups]
    labels = list(values[0])
    with card(title):
        if not labels:
            st.caption("The same in all.")
            return
        columns: dict[str, list[str]] = {"": labels}
        for heading, each in zip(titles, values, strict=True):
            columns[heading] = [_said(each[label]) for label in labels]
        show_table(
            columns,
            key=f"surroundings-{part}",
            alt=f"{title}: what differs between {counted(len(groups), 'group')} of runs",
            settings={"": st.column_config.TextColumn(" ", pinned=True, width=170)},
        )


def _said(value: Any) -> str:
    """Say a fact.

    >>> _said(True), _said(None), _said("3.12.1")
    ('yes', '', '3.12.1')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
