"""Commands on the lake as a whole: make, tidy and export it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_options import (
    JsonOption,
    LakeOption,
    open_lake,
    open_workbench,
    settings_of,
)
from app.cli_output import printable, progress, remark, say, say_json
from app.wording import counted, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.cli_output import Progress
    from core.settings import Settings
    from lake.compact import CompactionResult
    from lake.lake import Lake

commands = typer.Typer()
export_commands = typer.Typer()


@commands.command("init")
def init(
    folder: Annotated[str | None, typer.Argument(metavar="[DIR]", show_default=False)] = None,
    *,
    lake: LakeOption = None,
) -> None:
    """Make a lake; one that is there already stays as it is."""
    if folder is not None and lake is not None:
        raise typer.BadParameter("Give the folder once.", param_hint="--lake")
    from core.workbench import open_lake as make_lake

    settings = settings_of(folder or lake)
    known = lake_exists(settings)
    with make_lake(settings) as made:
        about = "There is a lake already at" if known else "Made an empty lake at"
        say(f"{about} {printable(made.url)}")


def lake_exists(settings: Settings) -> bool:
    """Tell whether there is a lake already."""
    from core.workbench import open_lake as open_it
    from lake import LakeError

    try:
        with open_it(settings, create=False):
            return True
    except LakeError:
        return False


@commands.command("compact")
def compact(
    *,
    lake: LakeOption = None,
    minimum: Annotated[
        int, typer.Option("--minimum", min=1, help="Only tables with so many small files.")
    ] = 64,
    as_json: JsonOption = False,
) -> None:
    """Merge small files into sorted ones, delete what was replaced."""
    from lake.copy_place import require_no_copy

    with open_lake(lake) as opened:
        require_no_copy(opened.store)
        recovered = opened.recover()
        with progress() as tell:
            done = list(compact_tables(opened, minimum, tell=tell))
    if as_json:
        say_json({"recovered_journals": sorted(recovered), "tables": done})
        return
    if recovered:
        say(f"{counted(len(recovered), 'journal')} of dead processes made into segments")
    for table in done:
        merged = counted(table["segments"], "segment")
        if table["data_files"]:
            merged += f" and {counted(table['data_files'], 'data file')}"
        what = f"{merged} into {counted(table['files'], 'file')} ({size(table['bytes'])})"
        say(f"{table['table']}: {what if table['files'] else 'nothing to merge'}")
        for path in table["damaged"]:
            remark(f"left as it is, for its bytes are wrong: {printable(path)}")
    if not any(table["files"] for table in done) and minimum > 1:
        remark(f"No table has {minimum} small files; --minimum 1 merges what there is.")


def compact_tables(
    lake: Lake, minimum: int, *, tell: Progress | None = None, grace: float | None = None
) -> Iterator[dict[str, Any]]:
    """Compact one table after the other, and delete what was replaced ``grace`` seconds ago."""
    from lake.compact import GRACE, collect

    names = sorted(lake.specs)
    for place, name in enumerate(names):
        if tell is not None:
            tell(f"compacting {name}", place / len(names))
        results = _compact_table(lake, name, minimum)
        deleted = collect(lake.table(name), grace=GRACE if grace is None else grace)
        yield {
            "table": name,
            "files": sum(len(result.paths) for result in results),
            "rows": sum(result.rows for result in results),
            "bytes": sum(result.bytes for result in results),
            "segments": sum(result.segments for result in results),
            "data_files": sum(result.data_files for result in results),
            "damaged": sorted({path for result in results for path in result.damaged}),
            "deleted": len(deleted),
        }


def _compact_table(lake: Lake, name: str, minimum: int) -> list[CompactionResult]:
    """Compact piece by piece what waits now; what is appended meanwhile is for the next time."""
    from lake.compact import compact as compact_once

    table = lake.table(name)
    waiting = len(table.snapshot().tail)
    results: list[CompactionResult] = []
    while waiting > 0:
        result = compact_once(table, minimum=minimum, settle=lake.settle)
        if result is None:
            break
        results.append(result)
        waiting -= result.segments
    return results


@export_commands.command("catalog")
def export_catalog(
    *,
    lake: LakeOption = None,
    folder: Annotated[
        str | None, typer.Option("--folder", metavar="DIR", help="Write there, not in the lake.")
    ] = None,
) -> None:
    """Write catalog.duckdb and catalog.sql: the lake as views for any DuckDB."""
    from pathlib import Path

    from catalog.export import export_catalog as export  # with DuckDB

    with open_workbench(lake) as wb:
        wb.lake.recover()
        path = export(
            wb.lake,
            folder=None if folder is None else Path(folder),
            view_prefix=wb.settings.experiment_db_table_prefix,
            datasets=wb.datasets.views.exported,
        )
    say(printable(path))
