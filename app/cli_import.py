"""`mhras import`: files become a version of a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli_datasets import version_document
from app.cli_options import JsonOption, LakeOption, open_workbench
from app.cli_output import printable, remark, row_counter, say, say_json
from app.wording import counted, size

if TYPE_CHECKING:
    from core.datasets.expectations import OnViolation
    from core.datasets.version import DatasetVersion

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
    contract: Annotated[
        str | None,
        typer.Option("--contract", metavar="FILE", help="What it must be like: TOML or JSON."),
    ] = None,
    on_violation: Annotated[
        str | None,
        typer.Option("--on-violation", metavar="refuse|warn", help="What then; else refuse."),
    ] = None,
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
            contract=contract,
            on_violation=_way(on_violation),
        )
        now = {summary.dataset_name: summary for summary in wb.datasets.summaries()}[name]
    fresh = before is None or now.versions > before.versions
    _say_made(made, fresh=fresh, as_json=as_json)


def _say_made(made: DatasetVersion, *, fresh: bool, as_json: bool) -> None:
    if as_json:
        say_json(version_document(made))
    else:
        say(printable(made.name))
    if not fresh:
        remark(f"{printable(made.name)} holds just these rows already: nothing was added.")
    else:
        table = f"{counted(made.num_rows, 'row')}, {counted(made.num_columns, 'column')}"
        remark(f"{table}, {size(made.size_bytes)}.")
    for violation in made.metadata.get("contract", {}).get("violations", ()):
        remark(f"warning: {printable(violation['text'])}")


def _way(text: str | None) -> OnViolation | None:
    """Read --on-violation. Raises BadParameter."""
    ways: dict[str | None, OnViolation | None] = {None: None, "refuse": "refuse", "warn": "warn"}
    if text in ways:
        return ways[text]
    raise typer.BadParameter(f"{text!r} is neither refuse nor warn.", param_hint="--on-violation")
