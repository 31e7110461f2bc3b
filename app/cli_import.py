"""`mhras import`: files become a version of a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli_datasets import version_document
from app.cli_options import JsonOption, LakeOption, open_workbench
from app.cli_output import printable, remark, row_counter, say, say_json
from app.wording import counted, size

commands = typer.Typer()


@commands.command("import")
def import_files(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...", help=".csv .tsv .parquet .xpt .jsonl .ndjson .arrow .feather"
        ),
    ],
    *,
    name: Annotated[str, typer.Option("--name", metavar="N", help="Of the dataset.")],
    key: Annotated[
        list[str] | None,
        typer.Option(
            "--key", metavar="COLUMN", help="Tells the rows apart; repeat it for several columns."
        ),
    ] = None,
    version: Annotated[
        str | None, typer.Option("--version", metavar="LABEL", help="Else v1, v2 ...")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="TEXT", help="Else the names of the files.")
    ] = None,
    description: Annotated[str, typer.Option("--description", metavar="TEXT")] = "",
    owner: Annotated[str, typer.Option("--owner", metavar="NAME")] = "",
    licence: Annotated[str, typer.Option("--licence", metavar="NAME")] = "",
    lake: LakeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Register files as one version of a dataset.

    Several files are one version: the rows of all of them, in this order. They must have the same
    columns. Ctrl-C leaves everything as it was.
    """
    with open_workbench(lake) as wb, row_counter() as tell:
        before = {summary.dataset_name: summary for summary in wb.datasets.summaries()}.get(name)
        made = wb.datasets.register_dataset(
            files[0] if len(files) == 1 else files,
            name,
            source or ", ".join(Path(file).name for file in files),
            version=version,
            key=key,
            description=description,
            owner=owner,
            licence=licence,
            progress=tell,
        )
        now = {summary.dataset_name: summary for summary in wb.datasets.summaries()}[name]
    if as_json:
        say_json(version_document(made))
    else:
        say(printable(made.name))
    if before is not None and now.versions == before.versions:
        remark(f"{printable(made.name)} holds just these rows already: nothing was added.")
    else:
        table = f"{counted(made.num_rows, 'row')}, {counted(made.num_columns, 'column')}"
        remark(f"{table}, {size(made.size_bytes)}.")
