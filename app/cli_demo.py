"""`mhras demo` and `mhras serve`: the workbench in a browser."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.cli_lake import compact_tables
from app.cli_options import LakeOption, open_lake, settings_of
from app.cli_output import printable, progress, say
from app.wording import counted, span

if TYPE_CHECKING:
    from app.demo import DemoSummary
    from core import Workbench
    from core.settings import Settings

commands = typer.Typer()
_DEMO_LAKE: Final = "demo-lake"
# as app.demo names them, which takes seconds to import
_RAND: Final = "rand-frequent-visits"
_NHANES: Final = "nhanes-depression-screen"
PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")]


@commands.command("serve")
def serve(
    *,
    lake: LakeOption = None,
    host: Annotated[str, typer.Option("--host", help="The address to listen at.")] = "127.0.0.1",
    port: PortOption = 8501,
) -> None:
    """Serve the workbench of a lake until it is interrupted."""
    open_lake(lake).close()  # say that there is none before the server starts
    _serve(settings_of(lake), host, port)


def _serve(settings: Settings, host: str, port: int) -> None:
    from app.serve import serve as run_server  # two seconds that only who serves pays

    def ready(url: str) -> None:
        say(f"Workbench at {url} (Ctrl-C ends it)")
        sys.stdout.flush()  # whoever waits for it at the other end of a pipe

    run_server(settings, host, port, ready)


@commands.command("demo")
def demo(
    *,
    lake: Annotated[
        str, typer.Option("--lake", metavar="DIR", help="The lake, made when it is not there.")
    ] = _DEMO_LAKE,
    nhanes: Annotated[
        str | None,
        typer.Option(
            "--nhanes", metavar="DIR", help="NHANES files to use, not the data that comes along."
        ),
    ] = None,
    port: PortOption = 8501,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Build the lake only.")] = False,
) -> None:
    """Build a lake of real data and fitted models, then serve it."""
    from core import Workbench

    files = None if nhanes is None else Path(nhanes)
    if files is not None and not files.is_dir():
        raise typer.BadParameter(f"There is no folder {nhanes}.", param_hint="--nhanes")
    settings = settings_of(lake)
    with Workbench(settings=settings) as wb:
        place = wb.lake.url
        if _is_built(wb, _RAND if files is None else _NHANES):
            say(f"The demo is in {printable(place)} already.")
        else:
            _say_summary(_build(wb, files), place)
    if not no_serve:
        _serve(settings, "127.0.0.1", port)


def _is_built(wb: Workbench, experiment: str) -> bool:
    """Tell whether the demo was built to its end, which is when it marks the best run."""
    return wb.runs.count_runs(experiment, "tags.stage = 'candidate'") > 0


def _build(wb: Workbench, nhanes: Path | None) -> DemoSummary:
    from app.demo import build_demo  # with scikit-learn
    from catalog.export import DATABASE, export_catalog

    # before the first export nobody reads by views, who alone need old files for a while
    exported = DATABASE in wb.lake.store.names()
    if not exported:
        wb.lake.settle = 0.0
    with progress() as tell:
        summary = build_demo(
            wb, nhanes=nhanes, progress=lambda text, share: tell(text, share * 0.95)
        )
        wb.tracker.wait()
        wb.lake.flush()
        tell("Sorting the files", 0.95)
        for _ in compact_tables(wb.lake, 1, grace=None if exported else 0.0):
            pass
    prefix = wb.settings.experiment_db_table_prefix
    export_catalog(wb.lake, view_prefix=prefix, datasets=wb.datasets.views.exported)
    return summary


def _say_summary(summary: DemoSummary, place: str) -> None:
    say(
        f"{printable(summary.title)}: {counted(summary.rows, 'person', 'people')}, "
        f"{counted(summary.runs, 'run')} in {span(summary.seconds)}, {summary.failed} of them "
        "failed on purpose"
    )
    say(f"Best held-out AUROC {summary.metrics['auc']:.3f}: {printable(summary.best_run_name)}")
    say(f"Registered as {printable(summary.model)}, with predictions and outcomes, in production")
    say(f"Lake at {printable(place)}: plain Parquet, and catalog.duckdb for any DuckDB")
