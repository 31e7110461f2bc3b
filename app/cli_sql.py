"""`mhras sql`: one question, answered as a table, JSON or CSV."""

from __future__ import annotations

import csv
import json
import sys
from typing import Annotated, Any

import typer

from app.cli_options import JsonOption, LakeOption, open_workbench
from app.cli_output import plain, printable, say_json, say_table

commands = typer.Typer()


@commands.command("sql")
def sql(
    query: Annotated[str, typer.Argument(metavar="QUERY", show_default=False)],
    *,
    lake: LakeOption = None,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV; maps as JSON.")] = False,
) -> None:
    """Ask the lake in SQL.

    Views: runs, all_runs (deleted ones too), experiments, metrics, metric_summary, artifacts.
    """
    if as_json and as_csv:
        raise typer.BadParameter("Choose one of --json and --csv.", param_hint="--csv")
    with open_workbench(lake) as wb:
        found = wb.sql(query)
    names = _distinct(found.column_names)
    rows = found.rename_columns(names).to_pylist(maps_as_pydicts="lossy")
    if as_json:
        say_json(rows)
    elif as_csv:
        _write_csv(names, rows)
    else:
        say_table(names, [tuple(row.values()) for row in rows])


def _distinct(names: list[str]) -> list[str]:
    """Number columns of the same name, as a row in JSON has each name once.

    >>> _distinct(["a", "b", "a"])
    ['a', 'b', 'a_2']
    """
    taken: list[str] = []
    for name in names:
        candidate, number = name, 1
        while candidate in taken:
            number += 1
            candidate = f"{name}_{number}"
        taken.append(candidate)
    return taken


def _write_csv(names: list[str], rows: list[dict[str, Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    escape = printable if sys.stdout.isatty() else str  # a program gets every character as it is
    writer.writerow([escape(name) for name in names])
    for row in rows:
        cells = [plain(value) for value in row.values()]
        texts = [json.dumps(cell) if isinstance(cell, list | dict) else cell for cell in cells]
        writer.writerow(["" if text is None else escape(text) for text in texts])
