"""`mhras drift`: what changed between versions or files, or over time, and whether too much."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from app import drift_options as options  # noqa: TC001 - typer reads the annotations
from app.cli_options import LakeOption, open_workbench
from app.cli_output import remark
from lake.errors import LakeNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.drift_files import ReportFiles
    from core.drift.report import DriftReport
    from core.drift.second_opinion import SecondOpinion
    from core.drift.series import DriftSeries
    from core.workbench import Workbench

commands = typer.Typer()
_EVERY: Final = "1mo"
Names = tuple[str, str]


@commands.command("drift")
def drift(
    reference: options.Reference,
    others: options.Others = None,
    *,
    columns: options.Columns = None,
    over_time: options.OverTime = False,
    time: options.Time = None,
    every: options.Every = None,
    method: options.Method = "exact",
    by: options.By = None,
    target: options.Target = None,
    prediction: options.Prediction = None,
    correlations: options.Correlations = False,
    multivariate: options.Multivariate = False,
    cluster: options.Cluster = None,
    strata: options.Strata = None,
    second_opinion: options.SecondOpinion = False,
    opinion_html: options.OpinionHtml = None,
    html: options.Html = None,
    markdown: options.Markdown = None,
    json_file: options.JsonFile = None,
    fail_on_drift: options.FailOnDrift = False,
    store: options.Store = True,
    lake: LakeOption = None,
) -> None:
    """Compare B with A, column by column; with --over-time or --time, one after another.

    Exit codes: 0 compared, 1 drift with --fail-on-drift or an error, 2 not understood. Files
    need no lake.
    """
    from app.drift_files import ReportFiles  # not needed for --help

    files = ReportFiles(html=html, markdown=markdown, json=json_file, opinion=opinion_html)
    files.check()
    names = [reference, *(others or ())]
    asked: dict[str, Any] = {"by": by, "target": target, "prediction": prediction}
    asked |= {"correlations": correlations, "multivariate": multivariate, "method": method}
    asked |= {"cluster": _listed(cluster), "strata": _listed(strata)}
    opinion = second_opinion or opinion_html is not None
    found: DriftReport | DriftSeries
    if over_time or time is not None:
        _refuse({**asked, "second_opinion": opinion})
        asked = {"columns": _listed(columns), "time": time, "every": every}
        found = _over_time(names, lake, asked, files, store=store)
    else:
        _check_two(names, every)
        asked |= {"columns": _listed(columns)}
        found = _compared((names[0], names[1]), lake, asked, files, store=store, opinion=opinion)
    if fail_on_drift and found.drift_detected:
        remark("There is drift.")
        raise typer.Exit(1)


def _listed(texts: list[str] | None) -> list[str] | None:
    names = [name.strip() for text in texts or () for name in text.split(",") if name.strip()]
    return names or None


def _refuse(asked: Mapping[str, Any]) -> None:
    """Refuse what is asked of two tables only."""
    refused = [
        f"--{name.replace('_', '-')}"
        for name, value in asked.items()
        if value not in (None, False, "exact")
    ]
    if refused:
        raise typer.BadParameter(f"{', '.join(refused)}: of two tables only, not over time.")


def _check_two(names: list[str], every: str | None) -> None:
    if len(names) != 2:
        wanted = "Name two tables, A and B, or add --over-time or --time."
        raise typer.BadParameter(f"There are {len(names)} tables. {wanted}")
    if every is not None:
        raise typer.BadParameter("--every needs --time.")


def _compared(
    names: Names,
    lake: str | None,
    asked: dict[str, Any],
    files: ReportFiles,
    *,
    store: bool,
    opinion: bool,
) -> DriftReport:
    """Compare two tables, write the files asked for, and print what was found."""
    from app.drift_text import hand_over  # not needed for --help

    report, told = _asked_of_two(names, lake, asked, store=store, opinion=opinion)
    if told:
        files.write_opinion(told[1])
    hand_over(report, names, files, opinion=told[0] if told else None)
    return report


def _asked_of_two(
    names: Names, lake: str | None, asked: dict[str, Any], *, store: bool, opinion: bool
) -> tuple[DriftReport, tuple[SecondOpinion, bytes] | None]:
    try:
        with open_workbench(lake) as wb:
            report = wb.datasets.detect_drift(*names, store=store, **asked)
            return report, wb.datasets.second_opinion_page(report, names) if opinion else None
    except LakeNotFoundError:
        paths = _files(names, lake)
        if paths is None:
            raise
    from core.datasets.comparison import compare_tables  # with Arrow, which help needs not
    from core.datasets.sources import read_all  # as above
    from core.drift.second_opinion import ask_evidently  # as above

    first, second = paths
    report = compare_tables(first, second, **asked)
    if not opinion:
        return report, None
    return report, ask_evidently(read_all(first), read_all(second), report)


def _over_time(
    names: list[str], lake: str | None, asked: dict[str, Any], files: ReportFiles, *, store: bool
) -> DriftSeries:
    """Compare one table after another with the first, write files, and print what was found."""
    from app.series_text import hand_over_series  # not needed for --help

    series = _asked_over_time(names, lake, asked, store=store)
    hand_over_series(series, files)
    return series


def _asked_over_time(
    names: list[str], lake: str | None, asked: dict[str, Any], *, store: bool
) -> DriftSeries:
    reference, *others = names
    if asked["time"] is None:
        if not others:
            raise typer.BadParameter("Name tables to compare with A, or a column with --time.")
        if asked["every"] is not None:
            raise typer.BadParameter("--every needs --time.")
    elif len(others) > 1:
        raise typer.BadParameter("--time cuts one table: name B, or A alone.")
    asked["every"] = asked["every"] or _EVERY
    try:
        with open_workbench(lake) as wb:
            return wb.datasets.drift_over_time(
                reference, _series(wb, others, asked["time"]), store=store, **asked
            )
    except LakeNotFoundError:
        paths = _files(names, lake)
        if paths is None:
            raise
    from core.datasets.over_time import compare_over_time  # with Arrow, which help needs not

    return compare_over_time(*paths, **asked)


def _series(wb: Workbench, others: list[str], time: str | None) -> Any:
    """Return what is compared: one dataset's versions, one table that is cut, or several."""
    if time is not None:
        return others[0] if others else None
    whole = len(others) == 1 and others[0] in wb.datasets.list_datasets()
    return others[0] if whole else others


def _files(names: Sequence[str], lake: str | None) -> list[Path] | None:
    """Return the paths where all names are files, which need no lake."""
    paths = [Path(text).expanduser() for text in names]
    return paths if lake is None and all(path.is_file() for path in paths) else None
